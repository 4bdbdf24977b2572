/** Where a pod's processes are on the host: in a cgroup of their own beside those that its containers would have. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { mountPoints } from "../harness/mounts.ts";
import { patient } from "../harness/patience.ts";
import { killProcess } from "../harness/processes.ts";
import { startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { DaemonLog } from "./daemon-log.ts";
import { EventStream } from "./event-stream.ts";
import { onlyPart } from "./parts.ts";

const SLEEP = ["sleep", "600"];

/** The cgroups of a process: by the line of /proc/PID/cgroup, of each hierarchy. */
const cgroupsOf = (pid: number): string[] =>
  readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.replace(/^\d+:[^:]*:/, ""));

/** The directories of one cgroup, in every hierarchy that has it. */
async function directoriesOf(cgroup: string): Promise<string[]> {
  const hierarchies = new Set((await mountPoints()).filter((path) => path.startsWith("/sys/fs/cgroup")));
  return [...hierarchies].map((hierarchy) => join(hierarchy, cgroup)).filter((directory) => existsSync(directory));
}

/** The pods' cgroups of this containerd's namespace, or in another one, in every hierarchy. */
async function podCgroups(daemon: Containerd, above = daemon.namespace): Promise<string[]> {
  return (await directoriesOf(above)).flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.startsWith("hadron_"))
      .map((name) => join(directory, name)),
  );
}

/** Of all in a cgroup that is not there yet, where this host counts the memory. */
async function limitMemory(cgroup: string, bytes: number): Promise<void> {
  const [version1] = (await mountPoints()).filter((path) => path === "/sys/fs/cgroup/memory");
  const root = version1 ?? "/sys/fs/cgroup";
  if (version1 === undefined) {
    // As systemd does it.
    await writeFile(join(root, "cgroup.subtree_control"), "+memory");
  }
  const directory = join(root, cgroup);
  await mkdir(directory);
  await writeFile(join(directory, version1 === undefined ? "memory.max" : "memory.limit_in_bytes"), String(bytes));
}

describe.each(containerdVersions)("containerd %s: the pod's cgroup", (version) => {
  const daemon = useContainerd(version);

  test("holds the daemon, the VM and the processes of the containers, and goes with the VM", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const found = await podCgroups(daemon());
    expect(found.length).toBeGreaterThan(0);
    const [name] = new Set(found.map((path) => path.slice(path.indexOf(`/${daemon().namespace}/`))));
    for (const part of ["daemon", "vmm", "guest", "vsock"] as const) {
      const cgroups = cgroupsOf((await onlyPart(daemon(), part)).pid);
      expect(cgroups.filter((cgroup) => cgroup === name)).toHaveLength(found.length);
    }
    // The name is that of the pod's directory.
    expect(existsSync(`/run/hadron/${name?.split("/hadron_")[1]}`)).toBe(true);
    await daemon().mustCtr(["tasks", "rm", "--force", container.id]);
    expect(await podCgroups(daemon())).toEqual([]);
  });

  test("is one for all of its containers, and is made anew with the VM", async () => {
    const pod = uniqueId("pod");
    const annotations = { "io.kubernetes.cri.sandbox-id": pod };
    let first: string[];
    {
      await using _one = await startContainer(daemon(), SLEEP, { id: pod, annotations });
      await using _two = await startContainer(daemon(), SLEEP, { annotations });
      first = await podCgroups(daemon());
      expect(new Set(first.map((path) => path.split("/").at(-1))).size).toBe(1);
    }
    await using _three = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    expect(await podCgroups(daemon())).toEqual(first);
  });

  test("counts what the VM uses", async () => {
    await using _ = await startContainer(daemon(), SLEEP);
    const files = (await podCgroups(daemon())).flatMap((path) => ["memory.usage_in_bytes", "memory.current"].map((file) => join(path, file)));
    const used = files.filter((file) => existsSync(file)).map((file) => Number(readFileSync(file, "utf8")));
    expect(used).toEqual([expect.toSatisfy((bytes: number) => bytes > 30 << 20)]);
  });

  test("is in the slice that systemd's notation names", async () => {
    const slice = `${uniqueId("t").replace("-", "")}.slice`;
    try {
      await using _ = await startContainer(daemon(), SLEEP, { flags: ["--cgroup", `${slice}:hadron:${uniqueId()}`] });
      const found = await podCgroups(daemon(), slice);
      const [name] = found.map((path) => path.slice(path.indexOf(`/${slice}/`)));
      const cgroups = cgroupsOf((await onlyPart(daemon(), "guest")).pid);
      expect(cgroups.filter((cgroup) => cgroup === name)).toHaveLength(found.length);
      expect(found.length).toBeGreaterThan(0);
    } finally {
      for (const directory of await directoriesOf(slice)) {
        await rmdir(directory);
      }
    }
  });

  test("ends with a limit above it, which its containers are told", async () => {
    await limitMemory(daemon().cgroupParent, 200 << 20);
    const log = await DaemonLog.from(daemon());
    await using events = await EventStream.open(daemon());
    const id = uniqueId();
    const flags = ["--cgroup", `${daemon().cgroupParent}/${id}`];
    await using container = await startContainer(daemon(), ["dd", "if=/dev/zero", "of=/dev/null", "bs=300M", "count=1"], { id, flags });
    await expect.poll(async () => await container.status(), { timeout: patient(20_000) }).toBe("STOPPED");
    await log.line(/the VM is gone.*(qemu|hadron-vmm) was killed by SIGKILL, for want of memory/);
    await daemon().ctr(["tasks", "rm", id]);
    const told = (await events.ofTask(id)).map(({ topic, body }) => [topic, body["exit_status"]]);
    expect(told.slice(-3)).toEqual([
      ["/tasks/oom", undefined],
      ["/tasks/exit", 137],
      ["/tasks/delete", 137],
    ]);
  });

  test.each(["daemon", "vmm"] as const)("is gone after a kill of the %s", async (part) => {
    await using container = await startContainer(daemon(), SLEEP);
    expect(await podCgroups(daemon())).not.toEqual([]);
    await killProcess(await onlyPart(daemon(), part));
    await expect.poll(async () => await container.status()).not.toBe("RUNNING");
    await daemon().ctr(["tasks", "rm", "--force", container.id]);
    await expect.poll(async () => await podCgroups(daemon())).toEqual([]);
  });
});
