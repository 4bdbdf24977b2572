/** Disks that are full and outputs that nobody reads: an error for who writes, never a container that cannot be removed. */
import { mkdir, mkdtemp, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { mustRun } from "../harness/command.ts";
import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { build } from "../harness/paths.ts";
import { runArgs, runContainer, runSpec, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";
import { DaemonLog } from "./daemon-log.ts";

const KIB = 1024;

/** A small tmpfs of the host, which is full after `bytes`. */
async function smallDisk(containerd: Containerd, bytes: number): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(containerd.directory, "disk-"));
  await mustRun("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await mustRun("umount", [path]);
      await rmdir(path);
    },
  };
}

/** A ctr that is attached removes the task by itself; of the two, one does. */
async function killAndRemove(containerd: Containerd, id: string): Promise<void> {
  await containerd.mustCtr(["tasks", "kill", "--signal", "SIGKILL", id]);
  const tasks = async (): Promise<string> => {
    await containerd.ctr(["tasks", "rm", id]);
    return await containerd.mustCtr(["tasks", "list", "-q"]);
  };
  await expect.poll(tasks).not.toContain(id);
  await containerd.mustCtr(["containers", "rm", id]);
}

/** Ways to write until an error comes. */
const WAYS = ["plain", "small", "appended", "synchronous", "sent", "again"] as const;

/** Prints for each of the ways how much write(2) says to have taken, what it said then, and whether all of that is there. */
const FILL = `
import os, sys
def fill(fds, chunk, source):
    taken = 0
    try:
        while taken < 4000000:
            for fd in fds:
                taken += os.write(fd, chunk) if source is None else os.sendfile(fd, source, 0, len(chunk))
    except OSError as error:
        return taken, error.strerror
    return taken, "no error"
for way in sys.argv[1:]:
    flags = os.O_RDWR | os.O_CREAT | {"appended": os.O_APPEND, "synchronous": os.O_SYNC}.get(way, 0)
    chunk = bytes(range(1, 252)) * (4 if way == "small" else 300)
    with open("/tmp/chunk", "wb") as file: file.write(chunk)
    source = os.open("/tmp/chunk", os.O_RDONLY) if way == "sent" else None
    fds = [os.open("/" + way + "/file", flags) for _ in range(2 if way == "appended" else 1)]
    taken, error = fill(fds, chunk, source)
    if way == "again":
        os.ftruncate(fds[0], 100000)
        os.lseek(fds[0], 0, os.SEEK_END)
        taken = 100000 + fill(fds, chunk, source)[0]
    content = os.pread(fds[0], 4000000, 0)
    print(way, taken, error, len(content) == taken and 0 not in content)
`;

describe.each(containerdVersions)("containerd %s: a full disk", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "python"] });

  test("under a volume is an error for the program that writes", async () => {
    await using disk = await smallDisk(daemon(), 256 * KIB);
    const result = await runContainer(daemon(), ["dd", "if=/dev/zero", "of=/v/file", "bs=64k", "count=64"], {
      mounts: [`type=bind,src=${disk.path},dst=/v,options=rbind:rw`],
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/No space left on device/);
  });

  test("under a volume is told to programs that do not look at what close(2) says: tee, a shell's >>, tar", async () => {
    await using disk = await smallDisk(daemon(), 1024 * KIB);
    const script = `yes | head -c 4000000 > /tmp/file
      tee /v/file < /tmp/file > /dev/null; echo $?; rm /v/file
      cat /tmp/file >> /v/file; echo $?; rm /v/file
      tar c -C /tmp file | tar x -C /v; echo $?`;
    const result = await runContainer(daemon(), ["sh", "-c", script], { mounts: [`type=bind,src=${disk.path},dst=/v,options=rbind:rw`] });
    expect(result.stdout, result.stderr).toBe("1\n1\n1\n");
  });

  test("has taken what write(2) says, to the last byte", async () => {
    await using stack = new AsyncDisposableStack();
    const disks: string[] = [];
    for (const _ of WAYS) {
      disks.push(stack.use(await smallDisk(daemon(), 1024 * KIB)).path);
    }
    const mounts = WAYS.map((way, index) => `type=bind,src=${disks[index]},dst=/${way},options=rbind:rw`);
    const result = await runContainer(daemon(), ["python3", "-c", FILL, ...WAYS], { image: "python", mounts });
    expect(result.stdout, result.stderr).toBe(WAYS.map((way) => `${way} ${1024 * KIB} No space left on device True\n`).join(""));
    const sizes = await Promise.all(disks.map(async (path) => (await stat(join(path, "file"))).size));
    expect(sizes).toEqual(WAYS.map(() => 1024 * KIB));
  });

  test("under the root file system is an error for the program that writes", async () => {
    await using disk = await smallDisk(daemon(), 8 * KIB * KIB);
    const result = await runSpec(daemon(), async (spec) => {
      const rootfs = join(disk.path, "rootfs");
      await mustRun("cp", ["-a", spec.root.path, rootfs]);
      spec.root.path = rootfs;
      spec.process.args = ["dd", "if=/dev/zero", "of=/file", "bs=1M", "count=16"];
    });
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/No space left on device/);
  });

  test("under a log file ends the program that writes with SIGPIPE", async () => {
    await using disk = await smallDisk(daemon(), 64 * KIB);
    await mkdir(join(disk.path, "logs"));
    const log = await DaemonLog.from(daemon());
    // A shell's child, since the kernel spares PID 1 this signal.
    const result = await runContainer(daemon(), ["sh", "-c", "yes; exit $?"], { flags: ["--log-uri", `file://${disk.path}/logs/out`] });
    expect(result.exitCode).toBe(141);
    await log.line(/output of a process was cut short.*No space left on device/);
  });
});

/** What is in the way on the host, as tmpfs' mount options and as what is done to it then, and what the error names. */
const FULL_STATE = [
  [
    "has no room for the journal",
    "size=4k",
    "echo > /run/hadron/full",
    /the shim daemon cannot start: The journal .* cannot be written.*no space left/i,
  ],
  ["has no room for a directory", "nr_inodes=1", "true", /the directory \S+ cannot be made: No space left on device \(os error 28\): exit/],
  // Its own directory, the pod's and the journal.
  ["has no room for a socket", "nr_inodes=3", "true", /the socket .* cannot be made.*no space left/i],
] as const;

describe.each(containerdVersions)("containerd %s: a host whose /run/hadron", (version) => {
  describe.each(FULL_STATE)("%s", (_, mountOptions, fill, sentence) => {
    const directory = join(tmpdir(), uniqueId("hadron-test-shim"));
    beforeAll(async () => {
      await mkdir(directory);
      // Each of the shim's processes has a mount namespace of its own, so that nobody else's /run/hadron is full.
      const script = `mkdir -p /run/hadron && mount -t tmpfs -o ${mountOptions} tmpfs /run/hadron && ${fill}; exec "$@"`;
      const launcher = join(build, "bin/containerd-shim-hadron-v2");
      await writeFile(join(directory, "containerd-shim-hadron-v2"), `#!/bin/sh\nexec unshare --mount sh -c '${script}' sh ${launcher} "$@"\n`, {
        mode: 0o755,
      });
    });
    const daemon = useContainerd(version, { shimPath: [directory] });
    afterAll(async () => await rm(directory, { recursive: true }));

    test("makes Create an error that says so", async () => {
      const result = await runContainer(daemon(), ["true"]);
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toMatch(sentence);
    });
  });
});

describe.each(containerdVersions)("containerd %s: output", (version) => {
  const daemon = useContainerd(version);

  test("whose reader is gone does not disturb the program", async () => {
    const id = uniqueId();
    const directory = await mkdtemp(join(daemon().directory, "volume-"));
    {
      const flags = ["--mount", `type=bind,src=${directory},dst=/v,options=rbind:rw`];
      await using attached = new Attached(daemon(), [
        ...runArgs({ id, flags }),
        "sh",
        "-c",
        "echo up; while [ ! -e /v/go ]; do sleep 0.1; done; echo more; touch /v/done; sleep 600",
      ]);
      await attached.output(/up/);
    }
    await mkdir(join(directory, "go"));
    await expect.poll(async () => (await mustRun("ls", [directory])).includes("done")).toBe(true);
    await killAndRemove(daemon(), id);
    await mustRun("rm", ["-r", directory]);
  });

  test("whose reader is gone does not keep a container that writes from being deleted", async () => {
    const id = uniqueId();
    {
      await using attached = new Attached(daemon(), [...runArgs({ id }), "sh", "-c", "echo up; yes"]);
      await attached.output(/up/);
    }
    await killAndRemove(daemon(), id);
  });

  test("that is never read does not keep a container from being deleted", async () => {
    const id = uniqueId();
    await using attached = new Attached(daemon(), [...runArgs({ id }), "sh", "-c", "echo up; yes"]);
    await attached.output(/up/);
    attached.pause();
    await killAndRemove(daemon(), id);
  });
});
