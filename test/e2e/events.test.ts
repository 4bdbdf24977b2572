/** What containerd tells the world about a task: every event once, in the order in which things happened. */
import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { runContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { EventStream } from "./event-stream.ts";

const MIB = 1024 * 1024;

describe.each(containerdVersions)("containerd %s: events", (version) => {
  const daemon = useContainerd(version);

  test("of a container with an exec that is killed come in order, each once", async () => {
    await using stream = await EventStream.open(daemon());
    const id = uniqueId();
    {
      await using container = await startContainer(daemon(), ["sleep", "600"], { id });
      expect((await container.exec(["sh", "-c", "exit 3"])).exitCode).toBe(3);
      await container.kill("SIGKILL");
      await expect.poll(() => container.status()).toBe("STOPPED");
      await container.remove();
    }
    const events = await stream.ofTask(id);
    expect(events.map(({ topic }) => topic)).toEqual([
      "/tasks/create",
      "/tasks/start",
      "/tasks/exec-added",
      "/tasks/exec-started",
      "/tasks/exit",
      "/tasks/exit",
      "/tasks/delete",
    ]);
    expect(new Set(events.map(({ namespace }) => namespace))).toEqual(new Set([daemon().namespace]));
    const [create, start, added, execStarted, execExit, exit, remove] = events.map(({ body }) => body);
    expect(create).toMatchObject({ bundle: daemon().bundle(id), pid: expect.any(Number) });
    expect(start?.["pid"]).toBe(create?.["pid"]);
    expect(execStarted).toMatchObject({ exec_id: added?.["exec_id"] });
    expect(execExit).toMatchObject({ id: added?.["exec_id"], exit_status: 3 });
    // The id of the init process is the container's.
    expect(exit).toMatchObject({ id, exit_status: 137, pid: create?.["pid"] });
    expect(remove).toMatchObject({ exit_status: 137 });
  });

  test("tell of a container that was paused, resumed, and exceeded its memory limit", async () => {
    await using stream = await EventStream.open(daemon());
    const id = uniqueId();
    {
      await using container = await startContainer(daemon(), ["sh", "-c", "while [ ! -e /go ]; do sleep 0.1; done; tail /dev/zero"], {
        id,
        flags: ["--memory-limit", String(32 * MIB)],
      });
      await daemon().mustCtr(["tasks", "pause", id]);
      await daemon().mustCtr(["tasks", "resume", id]);
      await container.exec(["touch", "/go"]);
      await expect.poll(() => container.status(), { timeout: patient(60_000) }).toBe("STOPPED");
      await container.remove();
    }
    const topics = (await stream.ofTask(id)).map(({ topic }) => topic);
    // The exec's own four lie between; the guest's word of the OOM and that of the exit come on two ways.
    expect(topics.slice(0, 4)).toEqual(["/tasks/create", "/tasks/start", "/tasks/paused", "/tasks/resumed"]);
    expect(topics.filter((topic) => topic === "/tasks/oom")).toHaveLength(1);
    expect(topics.at(-1)).toBe("/tasks/delete");
  });

  test("of a task that could not be created are none", async () => {
    await using stream = await EventStream.open(daemon());
    const id = uniqueId();
    const failed = await runContainer(daemon(), ["/no/such/program"], { id });
    expect(failed.exitCode).not.toBe(0);
    const after = uniqueId();
    await runContainer(daemon(), ["true"], { id: after });
    const events = await stream.ofTask(after);
    expect(stream.soFar(id)).toEqual([]);
    expect(events.map(({ topic }) => topic)).toEqual(["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"]);
  });
});
