/** Several containers in one sandbox, and a containerd that comes and goes. */
import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { DaemonLog } from "./daemon-log.ts";
import { parts } from "./parts.ts";
import { TaskClient } from "./task-client.ts";
import { startUnread } from "./unread.ts";

const SLEEP = ["sleep", "600"];
const SANDBOX_ID = "io.kubernetes.cri.sandbox-id";

async function taskPid(daemon: Containerd, id: string): Promise<string> {
  const line = (await daemon.mustCtr(["tasks", "list"])).split("\n").find((row) => row.startsWith(id));
  return line?.trim().split(/\s+/)[1] ?? "";
}

describe.each(containerdVersions)("containerd %s: a pod", (version) => {
  const daemon = useContainerd(version);

  test("has one VM for its containers, which leave one by one", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    const second = await startContainer(daemon(), SLEEP, { annotations });
    const third = await startContainer(daemon(), SLEEP, { annotations });
    expect(await parts(daemon(), "vmm")).toHaveLength(1);

    await second[Symbol.asyncDispose]();
    expect((await third.exec(["echo", "still here"])).stdout).toBe("still here\n");
    await third[Symbol.asyncDispose]();
    expect((await first.exec(["echo", "me too"])).stdout).toBe("me too\n");
    expect(await parts(daemon(), "vmm")).toHaveLength(1);
  });

  test("can have five containers that start and end at once", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    const others = await Promise.all([1, 2, 3, 4].map(async () => await startContainer(daemon(), SLEEP, { annotations })));
    expect(await parts(daemon(), "vmm")).toHaveLength(1);
    const names = await Promise.all([first, ...others].map(async (container) => (await container.exec(["cat", "/proc/1/comm"])).stdout));
    expect(names).toEqual(Array.from({ length: 5 }, () => "sleep\n"));
    await Promise.all(others.map(async (container) => await container[Symbol.asyncDispose]()));
  });

  test("whose own container leaves first keeps the others", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    const first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    await using second = await startContainer(daemon(), SLEEP, { annotations });
    await first[Symbol.asyncDispose]();
    expect((await second.exec(["echo", "alone"])).stdout).toBe("alone\n");
  });

  test("keeps its VM for a container that comes while the last one is being deleted", async () => {
    const annotations = { [SANDBOX_ID]: uniqueId("pod") };
    // Nobody reads its output any more, so that its Delete has something to wait for.
    await using last = await startUnread(daemon(), annotations);
    expect((await last.kill("SIGKILL")).exitCode).toBe(0);
    await expect.poll(() => last.status()).toBe("STOPPED");
    const log = await DaemonLog.from(daemon());
    const removed = last.remove();
    await log.line(/deleting a container/);
    await using next = await startContainer(daemon(), SLEEP, { annotations });
    expect((await removed).stderr).toMatch(/exit code 137\b/);
    expect((await next.exec(["echo", "still here"])).stdout).toBe("still here\n");
  });

  test("shares the namespaces that its containers ask for, and only those", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), ["sh", "-c", "touch /dev/shm/seen; exec sleep 600"], { id: pod, annotations });
    const pid = await taskPid(daemon(), pod);
    const flags = ["ipc", "uts"].flatMap((type) => ["--with-ns", `${type}:/proc/${pid}/ns/${type}`]);
    await using joined = await startContainer(daemon(), SLEEP, { annotations, flags });
    await using other = await startContainer(daemon(), SLEEP, { annotations });

    const namespaces = async (container: typeof first): Promise<string[]> =>
      (await container.exec(["sh", "-c", "for n in ipc uts pid mnt net; do readlink /proc/self/ns/$n; done"])).stdout.trim().split("\n");
    const [a, b, c] = [await namespaces(first), await namespaces(joined), await namespaces(other)];
    expect(a).toHaveLength(5);
    expect(b.slice(0, 2)).toEqual(a.slice(0, 2));
    for (const index of [2, 3]) {
      expect(b[index]).not.toBe(a[index]);
    }
    for (const index of [0, 1, 2, 3]) {
      expect(c[index]).not.toBe(a[index]);
    }
    // The pod's network is the guest's own.
    expect(new Set([a[4], b[4], c[4]]).size).toBe(1);
  });

  test("has one /dev/shm for the containers that mount the pod's, in the guest's own memory", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    const mounts = ["type=bind,src=/dev/shm,dst=/dev/shm,options=rbind:rw"];
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations, mounts });
    await using second = await startContainer(daemon(), SLEEP, { annotations, mounts });
    await using apart = await startContainer(daemon(), SLEEP, { annotations });
    await first.exec(["sh", "-c", "echo shared > /dev/shm/note"]);
    expect((await second.exec(["cat", "/dev/shm/note"])).stdout).toBe("shared\n");
    expect((await second.exec(["stat", "-f", "-c", "%T", "/dev/shm"])).stdout).toBe("tmpfs\n");
    expect((await apart.exec(["ls", "/dev/shm"])).stdout).toBe("");
  });

  test("lets a container share the pid namespace of another", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    const pid = await taskPid(daemon(), pod);
    await using joined = await startContainer(daemon(), ["sleep", "601"], { annotations, flags: ["--with-ns", `pid:/proc/${pid}/ns/pid`] });
    const list = await joined.exec(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"]);
    expect(list.stdout).toContain("sleep 600");
    expect(list.stdout).toContain("sleep 601");
    expect((await first.exec(["true"])).exitCode).toBe(0);
  });

  test("lets nothing outlive a container that shares a pid namespace", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    const flags = ["--with-ns", `pid:/proc/${await taskPid(daemon(), pod)}/ns/pid`];
    const orphans = "sleep 666 & (trap '' TERM HUP; setsid sleep 667) & until pidof sleep | grep -q ' .* '; do sleep 0.1; done; exit 3";
    await using joined = await startContainer(daemon(), ["sh", "-c", orphans], { annotations, flags });
    await expect.poll(() => joined.status()).toBe("STOPPED");
    // It is not deleted yet.
    expect((await first.exec(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])).stdout).not.toMatch(/sleep 66[67]/);
    expect((await joined.remove()).stderr).toMatch(/exit code 3\b/);
  });
});

describe.each(containerdVersions)("containerd %s: a restart", (version) => {
  const daemon = useContainerd(version);

  test.each(["restart", "kill"] as const)("of containerd (%s) leaves tasks that can be used, killed and deleted", async (how) => {
    await using container = await startContainer(daemon(), SLEEP);
    if (how === "restart") {
      await daemon().restart();
    } else {
      await daemon().kill();
      await daemon().start();
    }
    expect(await container.status()).toBe("RUNNING");
    expect((await container.exec(["echo", "alive"])).stdout).toBe("alive\n");
    expect((await container.kill("SIGKILL")).exitCode).toBe(0);
    await expect.poll(() => container.status()).toBe("STOPPED");
  });

  test("is over before an exit: that is told as ever", async () => {
    await using container = await startContainer(daemon(), ["sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.1; done"]);
    await daemon().restart();
    await expect.poll(async () => (await container.kill("SIGTERM"), await container.status())).toBe("STOPPED");
    expect((await container.remove()).stderr).toMatch(/exit code 9\b/);
  });

  test("comes after an exit that containerd did not hear", async () => {
    await using container = await startContainer(daemon(), ["sleep", "600"]);
    await using shim = await TaskClient.connect(daemon(), container.id);
    await daemon().stop();
    await shim.task.kill({ id: container.id, signal: 9 });
    expect(await shim.task.wait({ id: container.id })).toMatchObject({ exitStatus: 137 });
    await daemon().start();
    if (version === "1.6") {
      expect(await container.status()).toBe("STOPPED");
      expect((await container.remove()).stderr).toMatch(/exit code 137\b/);
    } else {
      // Since 1.7 containerd deletes a task without processes when it loads it, with runc as well.
      await expect.poll(() => container.status()).toBeUndefined();
    }
  });
});
