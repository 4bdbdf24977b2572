/** The shim without a containerd: what `start` promises to whoever calls it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { connect } from "ttrpc-ts";
import { describe, expect, test } from "vitest";

import { TaskV2, TaskV3 } from "../../src/shim/services.ts";
import { mustRun, run } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { build } from "../harness/paths.ts";
import { processes } from "../harness/processes.ts";
import { uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { refusal } from "./task-client.ts";

describe.each(containerdVersions.slice(-1))("a shim daemon of containerd %s", (version) => {
  const daemon = useContainerd(version);

  /** Runs `start` as containerd does, in a bundle of its own. */
  async function start(spec: object, id = uniqueId()): Promise<{ socket: string; id: string; bundle: string }> {
    const bundle = await mkdtemp(join(daemon().directory, "bundle-"));
    await mkdir(join(bundle, "rootfs"));
    await writeFile(join(bundle, "config.json"), JSON.stringify(spec));
    const launcher = join(build, "bin/containerd-shim-hadron-v2");
    const args = ["-namespace", daemon().namespace, "-address", daemon().address, "-publish-binary", "/bin/false", "-id", id, "start"];
    const address = await mustRun(launcher, args, { cwd: bundle, env: { ...process.env, TTRPC_ADDRESS: `${daemon().address}.ttrpc` } });
    return { socket: address.replace(/^unix:\/\//, ""), id, bundle };
  }

  test("serves both versions of the task service and refuses with codes that mean something", async () => {
    const { socket, id, bundle } = await start({ ociVersion: "1.1.0" });
    const client = await connect({ path: socket });
    for (const service of [TaskV2, TaskV3]) {
      const task = client.service(service);
      expect(await task.connect({ id })).toMatchObject({ taskPid: 0 });
      for (const call of [
        () => task.state({ id }),
        () => task.start({ id }),
        () => task.delete({ id }),
        () => task.pids({ id }),
        () => task.pause({ id }),
        () => task.resume({ id }),
        () => task.kill({ id, signal: 9 }),
        () => task.exec({ id, execId: "e" }),
        () => task.resizePty({ id }),
        () => task.closeIO({ id, stdin: true }),
        () => task.update({ id }),
        () => task.wait({ id }),
        () => task.stats({ id }),
      ]) {
        expect(await refusal(call())).toMatchObject({ code: 5, message: expect.stringContaining(id) as string });
      }
      expect(await refusal(task.checkpoint({ id }))).toMatchObject({ code: 12 });
      expect(await refusal(task.create({ id, bundle, checkpoint: "/c" }))).toMatchObject({ code: 9 });
      expect(await refusal(task.create({ id, bundle: "/no/such/bundle" }))).toMatchObject({ code: 3 });
      expect(await refusal(task.create({ id, bundle }))).toMatchObject({ code: 3 });
    }
    await client.service(TaskV2).shutdown({ id });
    await client.closed;
    await rm(bundle, { recursive: true });
  });

  test("starts with the bytecode that was made of it, which V8 refuses in silence when a flag or a version differs", async () => {
    const { socket, id, bundle } = await start({ ociVersion: "1.1.0" });
    const node = (await processes()).find(({ args }) => args.includes(socket));
    if (node === undefined) {
      throw new Error("no process has the socket among its arguments");
    }
    const hook = join(bundle, "hook.cjs");
    await writeFile(
      hook,
      `const vm = require("node:vm");
      vm.Script = class extends vm.Script {
        constructor(...parameters) { super(...parameters); console.log("rejected:", this.cachedDataRejected); }
      };`,
    );
    // Without the arguments behind shim.js it ends at once.
    const flags = node.args.slice(1, node.args.findIndex((arg) => arg.endsWith("/shim.js")) + 1);
    const { stdout } = await run(node.exe, ["--require", hook, ...flags]);
    expect(stdout).toBe("rejected: false\n");
    const client = await connect({ path: socket });
    await client.service(TaskV2).shutdown({ id });
    await client.closed;
    await rm(bundle, { recursive: true });
  });

  test("refuses a bundle whose config.json is cut short, naming the file", async () => {
    const { socket, id, bundle } = await start({ ociVersion: "1.1.0" });
    await writeFile(join(bundle, "config.json"), '{"ociVersion": "1.1.0", "proc');
    await using client = await connect({ path: socket });
    const task = client.service(TaskV2);
    expect(await refusal(task.create({ id, bundle }))).toMatchObject({ code: 3, message: expect.stringContaining("config.json") as string });
    await task.shutdown({ id });
    await rm(bundle, { recursive: true });
  });

  test("whom nobody calls gives memory back, and goes away by itself", async () => {
    const { socket, id, bundle } = await start({ ociVersion: "1.1.0" });
    const client = await connect({ path: socket });
    const { shimPid } = await client.service(TaskV2).connect({ id });
    const resident: number[] = [];
    const watch = setInterval(() => {
      const note = (status: string): void => {
        const kilobytes = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
        if (kilobytes !== undefined) {
          resident.push(Number(kilobytes));
        }
      };
      // It may be gone already.
      void readFile(`/proc/${shimPid}/status`, "utf8").then(note, () => undefined);
    }, 200);
    // idle_timeout_s is 30 by default; the connection ends with the daemon.
    await client.closed;
    clearInterval(watch);
    expect(Math.min(...resident)).toBeLessThan(Math.max(...resident) / 2);
    await rm(bundle, { recursive: true });
  });
});
