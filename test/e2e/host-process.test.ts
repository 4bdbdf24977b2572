/** The process on the host that stands for a container: the pid that containerd knows. */
import { existsSync, readFileSync, readlinkSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { readProcess } from "../harness/processes.ts";
import { startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { EventStream } from "./event-stream.ts";
import { onlyPart } from "./parts.ts";
import { TaskClient } from "./task-client.ts";

const SLEEP = ["sleep", "600"];
const SANDBOX_ID = "io.kubernetes.cri.sandbox-id";
/** No process of the host has a pid from here on (PID_MAX_LIMIT). */
const NO_PIDS = 4194304;

/** The pid that containerd knows, and those of Pids. */
async function pidsOf(daemon: Containerd, id: string): Promise<{ pid: number; all: number[]; stopped: () => Promise<number> }> {
  const client = await TaskClient.connect(daemon, id);
  const { pid } = await client.task.state({ id });
  const { processes } = await client.task.pids({ id });
  const stopped = async (): Promise<number> => {
    await using _ = client;
    return (await client.task.wait({ id })).exitStatus;
  };
  return { pid, all: processes.map((process) => process.pid), stopped };
}

/** What the events of the init process, until its deletion, have for a pid. */
async function toldPids(stream: EventStream, id: string): Promise<Set<unknown>> {
  const events = (await stream.ofTask(id)).map(({ body }) => body);
  return new Set(events.filter((body) => "pid" in body && !("exec_id" in body) && (body["id"] ?? id) === id).map(({ pid }) => pid));
}

const netnsOf = (pid: number): string => readlinkSync(`/proc/${pid}/ns/net`);

describe.each(containerdVersions)("containerd %s: the process on the host", (version) => {
  const daemon = useContainerd(version);

  test("belongs to the container alone, is in the pod's network namespace, and gone with the init process", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    await using second = await startContainer(daemon(), ["sh", "-c", "sleep 601; true"], { annotations });
    const one = await pidsOf(daemon(), first.id);
    const two = await pidsOf(daemon(), second.id);
    expect(two.pid).not.toBe(one.pid);
    expect(readFileSync(`/proc/${two.pid}/cmdline`, "utf8")).toBe(`hadron\0container\0${second.id}\0`);
    const netns = netnsOf((await onlyPart(daemon(), "vmm")).pid);
    expect([netnsOf(one.pid), netnsOf(two.pid)]).toEqual([netns, netns]);
    expect(netns).not.toBe(readlinkSync("/proc/self/ns/net"));
    expect(one.all).toEqual([one.pid]);
    // The shell's child as well, whose pid is the guest's.
    await expect.poll(async () => (await pidsOf(daemon(), second.id)).all).toEqual([two.pid, expect.toSatisfy((pid: number) => pid > NO_PIDS)]);

    const stopped = two.stopped();
    await second.kill("SIGKILL");
    expect(await stopped).toBe(137);
    expect(existsSync(`/proc/${two.pid}`)).toBe(false);
    expect(await first.status()).toBe("RUNNING");
    // The status is there as long as nobody deletes it, with the pid that it had.
    expect(await pidsOf(daemon(), second.id)).toMatchObject({ pid: two.pid, all: [] });
  });

  test("takes signals for the init process, and its death is that of the init process", async () => {
    await using stream = await EventStream.open(daemon());
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    const trap = "trap 'exit 9' TERM; touch /dev/shm/ready; while :; do sleep 0.1; done";
    await using asked = await startContainer(daemon(), ["sh", "-c", trap], { annotations });
    await using killed = await startContainer(daemon(), SLEEP, { annotations });
    await expect.poll(async () => (await asked.exec(["ls", "/dev/shm/ready"])).exitCode).toBe(0);
    for (const [container, signal, status] of [
      [asked, "SIGTERM", 9],
      [killed, "SIGKILL", 137],
    ] as const) {
      const { pid, stopped } = await pidsOf(daemon(), container.id);
      const exit = stopped();
      process.kill(pid, signal);
      expect(await exit).toBe(status);
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      await container[Symbol.asyncDispose]();
      expect(await toldPids(stream, container.id)).toEqual(new Set([pid]));
    }
    expect((await first.exec(["echo", "alive"])).stdout).toBe("alive\n");
  });

  test("stands for a paused container as well, and for one with the pid namespace of another", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    const holder = await pidsOf(daemon(), first.id);
    await using joined = await startContainer(daemon(), ["sleep", "601"], { annotations, flags: ["--with-ns", `pid:/proc/${holder.pid}/ns/pid`] });
    await daemon().mustCtr(["tasks", "pause", joined.id]);
    const { pid, all, stopped } = await pidsOf(daemon(), joined.id);
    expect(all).toEqual([pid]);
    expect((await pidsOf(daemon(), first.id)).all).toEqual([holder.pid]);
    const exit = stopped();
    process.kill(pid, "SIGKILL");
    expect(await exit).toBe(137);
    expect(await first.status()).toBe("RUNNING");
  });

  test("has its pid in all that containerd hears of a container whose daemon was killed", async () => {
    await using stream = await EventStream.open(daemon());
    await using container = await startContainer(daemon(), SLEEP);
    const { pid } = await pidsOf(daemon(), container.id);
    process.kill((await onlyPart(daemon(), "daemon")).pid, "SIGKILL");
    expect(await toldPids(stream, container.id)).toEqual(new Set([pid]));
    // An orphan, whom the host's init reaps when it gets to it.
    expect((await readProcess(pid))?.state ?? "Z").toBe("Z");
  });
});
