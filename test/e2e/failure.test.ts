/** Any part may die at any time: the exit is told, `ctr` can delete, and nothing is left. */
import { rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { killProcess, type Process, processes } from "../harness/processes.ts";
import { runArgs, runContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";

type Part = "qemu" | "hadron-vsock" | "daemon";

function isPart(process: Process, part: Part): boolean {
  switch (part) {
    case "qemu":
      return process.exe.includes("qemu-system");
    case "hadron-vsock":
      return process.exe.endsWith("/hadron-vsock");
    case "daemon":
      return process.args.some((arg) => arg.endsWith("/shim.js"));
  }
}

async function find(daemon: Containerd, part: Part): Promise<Process | undefined> {
  for (const process of await processes()) {
    if (isPart(process, part) && (await process.environment()).some((entry) => entry.endsWith(daemon.directory))) return process;
  }
  return undefined;
}

async function kill(daemon: Containerd, part: Part): Promise<void> {
  const victim = await find(daemon, part);
  if (victim === undefined) throw new Error(`there is no ${part} to kill`);
  await killProcess(victim);
}

/** Kills a part as soon as it is there: that something has been started is no event for a third party. */
async function killWhenThere(daemon: Containerd, part: Part, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const process = await find(daemon, part);
    if (process !== undefined) {
      await killProcess(process);
      return;
    }
    await setTimeout(5);
  }
}

const PARTS: readonly Part[] = ["qemu", "hadron-vsock", "daemon"];

describe.each(containerdVersions)("containerd %s: kill -9", (version) => {
  const daemon = useContainerd(version);

  test.each(PARTS)("of %s while a container is created is a clear error", async (part) => {
    const done = new AbortController();
    const killing = killWhenThere(daemon(), part, done.signal);
    const result = await runContainer(daemon(), ["sleep", "600"]);
    done.abort();
    await killing;
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).not.toMatch(/: unknown$/m);
    expect(result.stderr).toMatch(part === "daemon" ? /./ : /VM|QEMU|vsock/i);
  });

  test.each(PARTS)("of %s while a container runs is an exit with 137", async (part) => {
    await using attached = new Attached(daemon(), [...runArgs({ id: uniqueId(), flags: ["--rm"] }), "sh", "-c", "echo up; sleep 600"]);
    await attached.output(/up/);
    await kill(daemon(), part);
    expect(await attached.exit()).toBe(137);
  });

  test.each(PARTS)("of %s during an exec ends the exec and the container", async (part) => {
    await using container = await startContainer(daemon(), ["sleep", "600"]);
    await using attached = new Attached(daemon(), ["tasks", "exec", "--exec-id", "e", container.id, "sh", "-c", "echo up; sleep 600"]);
    await attached.output(/up/);
    await kill(daemon(), part);
    expect(await attached.exit()).not.toBe(0);
    await expect.poll(() => container.status()).toBe("STOPPED");
  });

  test.each(PARTS)("of %s while a container is deleted leaves nothing", async (part) => {
    const id = uniqueId();
    await using container = await startContainer(daemon(), ["true"], { id });
    await expect.poll(() => container.status()).toBe("STOPPED");
    const removing = container.remove();
    await kill(daemon(), part);
    await removing;
  });
});

describe.each(containerdVersions)("containerd %s: a guest", (version) => {
  const daemon = useContainerd(version);

  test("that panics ends its containers with 137", async () => {
    const result = await runContainer(daemon(), ["sh", "-c", "echo before; echo c > /proc/sysrq-trigger; sleep 600"], { flags: ["--privileged"] });
    expect(result.exitCode).toBe(137);
    expect(result.stdout).toBe("before\n");
  });

  test("that never answers is killed when its time is over", async () => {
    const path = `${daemon().directory}/impatient.json`;
    await writeFile(path, JSON.stringify({ agent_timeout_s: 2 }));
    await using container = await startContainer(daemon(), ["sleep", "600"], { flags: ["--runtime-config-path", path] });
    const qemu = await find(daemon(), "qemu");
    expect(qemu).toBeDefined();
    process.kill(qemu?.pid ?? 0, "SIGSTOP");
    const result = await container.exec(["true"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/did not start a process within 2 s/);
    await expect.poll(() => container.status()).toBe("STOPPED");
    expect((await container.remove()).exitCode).toBe(137);
    await rm(path);
  });

  test("that never boots is an error which says what to do", async () => {
    const path = `${daemon().directory}/unbootable.json`;
    await writeFile(path, JSON.stringify({ boot_timeout_s: 3, kernel_parameters: ["rdinit=/no/such/init"] }));
    const result = await runContainer(daemon(), ["true"], { flags: ["--runtime-config-path", path] });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/panic|did not answer within 3 s/i);
    await rm(path);
  });
});

describe.each(containerdVersions)("containerd %s: output", (version) => {
  const daemon = useContainerd(version);

  test("that nobody reads does not keep a container from being deleted", async () => {
    const id = uniqueId();
    {
      await using attached = new Attached(daemon(), [...runArgs({ id }), "sh", "-c", "echo up; yes"]);
      await attached.output(/up/);
    }
    // The writer fills the pipe and stands; it is killed and deleted all the same.
    expect((await daemon().ctr(["tasks", "kill", "--signal", "SIGKILL", id])).exitCode).toBe(0);
    await expect.poll(async () => (await daemon().ctr(["tasks", "rm", id])).exitCode, { timeout: 20_000 }).toBe(137);
    await daemon().mustCtr(["containers", "rm", id]);
  });
});
