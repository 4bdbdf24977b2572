/**
 * The harness itself, with runc as the runtime: what fails here is no fault of Hadron's.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { run } from "./command.ts";
import { Containerd, containerdVersions } from "./containerd.ts";
import { importImage } from "./images.ts";
import { expectNoLeftovers, hostState, socketName } from "./leftovers.ts";
import { mountsBelow } from "./mounts.ts";
import { patient } from "./patience.ts";
import { type ContainerOptions, runc, runContainer, runSpec, startContainer, uniqueId } from "./runtime.ts";
import { useContainerd } from "./suite.ts";

const withRunc: ContainerOptions = { runtime: runc };

describe("run", () => {
  test("keeps stdout and stderr apart and tells the exit code", async () => {
    const result = await run("sh", ["-c", "echo out; echo err >&2; cat; exit 42"], { stdin: "in\n" });
    expect(result).toEqual({ stdout: "out\nin\n", stderr: "err\n", exitCode: 42, signal: null });
  });

  test("kills what takes too long, and says what it had printed", async () => {
    await expect(run("sh", ["-c", "echo begun; exec sleep 60"], { timeoutMs: 200 })).rejects.toThrow(/did not end within 200 ms\nstdout: begun/);
  });

  test("rejects when the program is not there", async () => {
    await expect(run("/nowhere/program", [])).rejects.toThrow(/ENOENT/);
  });
});

describe.each(containerdVersions)("containerd %s with runc", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "busybox-no-proc"] });

  test("answers its version", async () => {
    expect(await daemon().mustCtr(["version"])).toMatch(new RegExp(`Server:\\s+Version:\\s+${version.replace(".", "\\.")}\\.`));
  });

  test.each([0, 1, 42])("passes on exit code %i", async (code) => {
    const result = await runContainer(daemon(), ["sh", "-c", `exit ${code}`], withRunc);
    expect(result.exitCode, result.stderr).toBe(code);
  });

  test("passes on both outputs and the input", async () => {
    const result = await runContainer(daemon(), ["sh", "-c", "cat; echo err >&2"], { ...withRunc, stdin: "in\n" });
    expect(result).toMatchObject({ stdout: "in\n", stderr: "err\n", exitCode: 0 });
  });

  test("does not wait to write the input of a container that never ran", async () => {
    const result = await runContainer(daemon(), ["/no/such/program"], { ...withRunc, stdin: "in\n" });
    expect(result.stderr).toContain("/no/such/program");
    expect(result.exitCode).not.toBe(0);
  });

  test("passes environment, working directory, annotations and mounts", async () => {
    const directory = await mkdtemp(join(daemon().directory, "volume-"));
    await writeFile(join(directory, "file"), "from the host");
    const result = await runContainer(daemon(), ["sh", "-c", "echo $COLOUR; pwd; cat /volume/file"], {
      ...withRunc,
      env: { COLOUR: "blue" },
      cwd: "/home/user",
      annotations: { "io.example.key": "value" },
      mounts: [`type=bind,src=${directory},dst=/volume,options=rbind:ro`],
    });
    expect(result).toMatchObject({ stdout: "blue\n/home/user\nfrom the host", exitCode: 0 });
    await rm(directory, { recursive: true });
  });

  test("runs a changed spec", async () => {
    const result = await runSpec(
      daemon(),
      (spec) => {
        spec.process.args = ["sh", "-c", "id; hostname"];
        spec.process.user = { uid: 1000, gid: 1000, additionalGids: [29, 50] };
        spec.hostname = "changed";
      },
      withRunc,
    );
    expect(result.stderr).toBe("");
    expect(result.stdout).toBe("uid=1000(user) gid=1000(user) groups=29(audio),50(staff)\nchanged\n");
  });

  test("has an image without /proc", async () => {
    const result = await runContainer(daemon(), ["ls", "-d", "/proc/1", "/tmp"], { ...withRunc, image: "busybox-no-proc" });
    expect(result).toMatchObject({ stdout: "/proc/1\n/tmp\n", exitCode: 0 });
  });

  test("a container outlives a restart and a kill of the daemon", async () => {
    await using container = await startContainer(daemon(), ["sleep", "600"], withRunc);
    await daemon().restart();
    expect(await container.status()).toBe("RUNNING");
    await daemon().kill();
    await daemon().start();
    expect((await container.exec(["echo", "alive"])).stdout).toBe("alive\n");
    expect((await container.kill("SIGKILL")).exitCode).toBe(0);
  });

  test("leftovers are found and named", async () => {
    const before = await hostState(daemon());
    const id = uniqueId();
    const mountPoint = await mkdtemp(join(daemon().directory, "mount-"));
    await run("mount", ["-t", "tmpfs", "tmpfs", mountPoint]);
    await mkdir("/run/hadron", { recursive: true });
    await mkdir(join("/run/hadron", id));
    const child = spawn("sleep", ["600"], { env: { ...process.env, HADRON_TEST_OWNER: daemon().directory } });
    try {
      await expect(expectNoLeftovers(daemon(), before, 200)).rejects.toThrow(
        new RegExp(`process ${child.pid} .*: sleep 600\\n.*mount "${mountPoint}"\\n.*directory "/run/hadron/${id}"`, "s"),
      );
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
      await run("umount", [mountPoint]);
      await rmdir(join("/run/hadron", id));
      await rmdir(mountPoint);
    }
    await expectNoLeftovers(daemon(), before);
  });

  test("what a shim of another containerd has is none, as long as it lives", async () => {
    const before = await hostState(daemon());
    const socket = join("/run/containerd/s", socketName("/nowhere/grpc.sock", "others", uniqueId()));
    const words = ["-namespace", "others", "-address", "/nowhere/grpc.sock", "-id", "first"];
    const first = join("/run/containerd/s", socketName("/nowhere/grpc.sock", "others", "first"));
    const directory = await mkdtemp(join(tmpdir(), "harness-"));
    await symlink("/bin/sleep", join(directory, "hadron-vsock"));
    await writeFile(first, "");
    // Where nobody else works (CI) its child would be ours by its name.
    const shim = spawn("sh", ["-c", `${directory}/hadron-vsock 600 & wait`, "sh", ...words], { detached: true });
    try {
      await expectNoLeftovers(daemon(), before, 200);
      await writeFile(socket, "");
      await expect(expectNoLeftovers(daemon(), before, 200)).rejects.toThrow(socket);
    } finally {
      process.kill(-(shim.pid ?? 0), "SIGKILL");
      await once(shim, "exit");
      await rm(socket, { force: true });
      await rm(directory, { recursive: true });
    }
    await expect(expectNoLeftovers(daemon(), before, 200)).rejects.toThrow(first);
    await rm(first);
    await expectNoLeftovers(daemon(), before);
  });
});

test(
  "a disposed daemon takes its containers and its directory with it",
  async () => {
    const [version] = containerdVersions;
    if (version === undefined) {
      throw new Error("HADRON_TEST_CONTAINERD names no known version");
    }
    const daemon = await Containerd.start(version);
    await importImage(daemon, "busybox");
    const container = await startContainer(daemon, ["sleep", "600"], withRunc);
    expect((await mountsBelow(daemon.directory)).length).toBeGreaterThan(0);
    await daemon[Symbol.asyncDispose]();
    const left = await hostState(daemon);
    expect([...left.values()].filter((item) => item.includes(daemon.directory) || item.includes(container.id))).toEqual([]);
    await expect(mkdir(daemon.directory)).resolves.toBeUndefined();
    await rmdir(daemon.directory);
  },
  patient(120_000),
);
