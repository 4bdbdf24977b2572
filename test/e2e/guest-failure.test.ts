/** A guest may die, hang or run out of memory: its containers end in a defined way, and nothing is left. */
import { describe, expect, test } from "vitest";

import type { CommandResult } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { configFile } from "../harness/machine.ts";
import { patient } from "../harness/patience.ts";
import { runArgs, runContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";
import { DaemonLog } from "./daemon-log.ts";
import { EventStream } from "./event-stream.ts";
import { onlyPart } from "./parts.ts";
import { TaskClient } from "./task-client.ts";
import { startUnread } from "./unread.ts";

/** What ctr says of a task that it has removed. */
const KILLED = { exitCode: 0, stderr: expect.stringMatching(/exit code 137\b/) };
const SLEEP = ["sleep", "600"];
const SANDBOX_ID = "io.kubernetes.cri.sandbox-id";
/** The container's own /proc has a read-only sysrq-trigger; another one has not. */
const SYSRQ = ["--mount", "type=proc,src=proc,dst=/sys-proc,options=nosuid"];

/** The agent is PID 1 of the guest: its end, a panic and a reboot are the same for a pod. */
const DEATHS = [
  ["a panic", "c", /panic/],
  ["a reboot", "b", /reboot/],
] as const;

describe.each(containerdVersions)("containerd %s: a guest", (version) => {
  const daemon = useContainerd(version);

  test.each(DEATHS)("that ends by %s ends its containers with 137", async (_, key, reason) => {
    await using stream = await EventStream.open(daemon());
    const log = await DaemonLog.from(daemon());
    const id = uniqueId();
    await using attached = new Attached(daemon(), [...runArgs({ id, flags: ["--rm", ...SYSRQ] }), "sh", "-c", "echo before; sleep 600"]);
    // What has not left the guest yet dies with it.
    await attached.output(/before/);
    await daemon().ctr(["tasks", "exec", "--exec-id", "e", id, "sh", "-c", `echo ${key} > /sys-proc/sysrq-trigger; sleep 600`]);
    expect(await attached.exit()).toBe(137);
    expect(attached.stdout).toBe("before\n");
    await log.line(new RegExp(`the VM is gone.*${reason.source}`));
    const exits = (await stream.ofTask(id)).filter(({ topic }) => topic === "/tasks/exit").map(({ body }) => body);
    // The exec's comes before it, if the guest still said that the exec runs.
    expect(exits.at(-1)).toMatchObject({ id, exit_status: 137 });
    expect(exits.filter((exit) => exit["id"] === id)).toHaveLength(1);
  });

  test("that halts is gone, or is killed when it does not answer the next call in time", async () => {
    await using config = await configFile(daemon(), { agent_timeout_s: patient(2) });
    const log = await DaemonLog.from(daemon());
    await using container = await startContainer(daemon(), ["sh", "-c", "echo o > /sys-proc/sysrq-trigger; sleep 600"], {
      flags: [...SYSRQ, ...config.flags],
    });
    // Nothing tells of a halted CPU, where the machine has no switch as that of our own VMM has; calls that it still answered have come before.
    // (An exec could be started by the guest and then never end.)
    const call = (): Promise<CommandResult> => daemon().ctr(["tasks", "metrics", container.id]);
    for (let result = await call(); result.exitCode === 0;) {
      result = await call();
    }
    await log.line(new RegExp(`killing the VM.* within ${patient(2)} s|the VM is gone.*the guest switched itself off`));
    await expect.poll(() => container.status()).toBe("STOPPED");
    expect(await container.remove()).toMatchObject(KILLED);
  });

  test("that dies by an exec ends the exec and the container", async () => {
    await using container = await startContainer(daemon(), SLEEP, { flags: SYSRQ });
    await using other = new Attached(daemon(), ["tasks", "exec", "--exec-id", "other", container.id, "sh", "-c", "echo up; sleep 600"]);
    await other.output(/up/);
    const result = await container.exec(["sh", "-c", "echo c > /sys-proc/sysrq-trigger; sleep 600"]);
    // The guest may die before it has answered that the exec runs.
    if (result.exitCode !== 137) {
      expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/panic/) });
    }
    expect(await other.exit()).toBe(137);
    await expect.poll(() => container.status()).toBe("STOPPED");
    expect(await container.remove()).toMatchObject(KILLED);
  });

  test("that dies while a second container is created is a clear error, and the first one's exit", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations, flags: SYSRQ });
    const log = await DaemonLog.from(daemon());
    const creating = runContainer(daemon(), SLEEP, { annotations });
    await log.line(/creating a container/);
    await first.exec(["sh", "-c", "echo c > /sys-proc/sysrq-trigger; sleep 600"]);
    // Whichever of the two was quicker: the second container was not made, or it was and died.
    const result = await creating;
    if (result.exitCode !== 137) {
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toMatch(/panic/);
      expect(result.stderr).not.toMatch(/: unknown$/m);
    }
    await expect.poll(() => first.status()).toBe("STOPPED");
  });

  test("that dies while a container is deleted lets it be deleted", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using first = await startContainer(daemon(), SLEEP, { id: pod, annotations, flags: SYSRQ });
    await using second = await startUnread(daemon(), annotations);
    const log = await DaemonLog.from(daemon());
    // Delete waits for output that nobody reads: long enough for the guest to die meanwhile.
    const removing = daemon().ctr(["tasks", "rm", "--force", second.id]);
    await log.line(/deleting a container/);
    await first.exec(["sh", "-c", "echo c > /sys-proc/sysrq-trigger; sleep 600"]);
    expect(await removing).toMatchObject(KILLED);
    await daemon().mustCtr(["containers", "rm", second.id]);
    expect(await first.remove()).toMatchObject(KILLED);
  });

  test("that never answers is killed when its time is over", async () => {
    await using config = await configFile(daemon(), { agent_timeout_s: patient(2) });
    await using container = await startContainer(daemon(), SLEEP, { flags: config.flags });
    process.kill((await onlyPart(daemon(), "guest")).pid, "SIGSTOP");
    const result = await container.exec(["true"]);
    expect(result.exitCode).not.toBe(0);
    // Our own VMM is who serves the exec's streams as well.
    expect(result.stderr).toMatch(new RegExp(`did not start a process within ${patient(2)} s|vsock process's answer to .* took too long`));
    await expect.poll(() => container.status()).toBe("STOPPED");
    expect(await container.remove()).toMatchObject(KILLED);
  });

  test("that never answers while it is deleted is killed when its time is over", async () => {
    await using config = await configFile(daemon(), { agent_timeout_s: patient(2) });
    await using container = await startContainer(daemon(), ["true"], { flags: config.flags });
    await expect.poll(() => container.status()).toBe("STOPPED");
    process.kill((await onlyPart(daemon(), "guest")).pid, "SIGSTOP");
    // The exit was told already, and stands.
    expect((await container.remove()).exitCode).toBe(0);
  });

  test("that is slow by a container's own limit is waited for", async () => {
    await using config = await configFile(daemon(), { agent_timeout_s: 1 });
    const log = await DaemonLog.from(daemon());
    await using container = await startContainer(daemon(), ["sh", "-c", "while :; do :; done"], { flags: config.flags });
    // The init process uses up what the limit allows.
    await using shim = await TaskClient.connect(daemon(), container.id);
    const resources = {
      typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources",
      value: Buffer.from(JSON.stringify({ cpu: { period: 100_000, quota: 1_500 } })),
    };
    await shim.task.update({ id: container.id, resources });
    expect(await container.exec(["echo", "done"])).toMatchObject({ exitCode: 0, stdout: "done\n" });
    await log.line(/the guest lives, but has been taking more than 1 s to start a process/);
    expect(await container.status()).toBe("RUNNING");
  });

  test("that stops answering while it boots is an error when its time is over", async () => {
    await using config = await configFile(daemon(), { boot_timeout_s: patient(3) });
    const log = await DaemonLog.from(daemon());
    const running = runContainer(daemon(), SLEEP, { flags: config.flags });
    await log.line(/the VM's processes run/);
    process.kill((await onlyPart(daemon(), "guest")).pid, "SIGSTOP");
    const result = await running;
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain(`did not answer within ${patient(3)} s`);
  });

  test("that never boots is an error which says what to do", async () => {
    await using config = await configFile(daemon(), { boot_timeout_s: patient(5), kernel_parameters: ["rdinit=/no/such/init"] });
    const result = await runContainer(daemon(), ["true"], { flags: config.flags });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(new RegExp(`panic|did not answer within ${patient(5)} s`, "i"));
    expect(result.stderr).not.toMatch(/: unknown$/m);
  });

  test("that runs out of memory loses its hungriest process, nothing else", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const log = await DaemonLog.from(daemon());
    const hungriest = await container.exec(["tail", "/dev/zero"]);
    expect(hungriest.exitCode).toBe(137);
    // Of the containers' share, that is: where the whole guest has none left, the kernel may spin for ever instead.
    await log.line(/Memory cgroup out of memory: Killed process \d+ \(tail\)/);
    expect((await container.exec(["echo", "alive"])).stdout).toBe("alive\n");
    expect(await container.status()).toBe("RUNNING");
  });

  test("that runs out of memory by a container's init process ends this container with 137", async () => {
    const pod = uniqueId("pod");
    const annotations = { [SANDBOX_ID]: pod };
    await using other = await startContainer(daemon(), SLEEP, { id: pod, annotations });
    await using stream = await EventStream.open(daemon());
    const id = uniqueId();
    expect((await runContainer(daemon(), ["tail", "/dev/zero"], { id, annotations })).exitCode).toBe(137);
    const topics = (await stream.ofTask(id)).map(({ topic }) => topic);
    expect(topics.filter((topic) => topic === "/tasks/oom")).toHaveLength(1);
    expect((await other.exec(["echo", "alive"])).stdout).toBe("alive\n");
  });

  test("whose memory many small processes want keeps its agent", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    // busybox's tail keeps what it reads; five of them share the guest's memory.
    await container.exec(["sh", "-c", "for i in $(seq 5); do tail /dev/zero & done; wait"]);
    expect((await container.exec(["echo", "alive"])).stdout).toBe("alive\n");
  });
});
