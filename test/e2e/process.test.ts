/** Additional processes, signals, pause, metrics, limits. */
import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { runContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";
import { refusal, TaskClient } from "./task-client.ts";

const SLEEP = ["sleep", "600"];
const MIB = 1024 * 1024;

describe.each(containerdVersions)("containerd %s: exec", (version) => {
  const daemon = useContainerd(version);

  test("passes on input, both outputs and the exit code", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const result = await container.exec(["sh", "-c", "cat; echo err >&2; exit 7"], { stdin: "in\n" });
    expect(result).toMatchObject({ stdout: "in\n", stderr: "err\n", exitCode: 7 });
  });

  test("of a program that is not there says so and names it", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const result = await container.exec(["nosuchprogram"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/nosuchprogram.*not found/i);
    expect((await container.exec(["true"])).exitCode).toBe(0);
  });

  test("runs ten at once", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const results = await Promise.all(Array.from({ length: 10 }, async (_, i) => await container.exec(["sh", "-c", `echo ${i}; exit ${i}`])));
    expect(results.map(({ stdout, exitCode }) => [stdout, exitCode])).toEqual(Array.from({ length: 10 }, (_, i) => [`${i}\n`, i]));
  });

  test("has its own user and working directory", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const result = await container.exec(["sh", "-c", "id -u; pwd"], { flags: ["--user", "1000", "--cwd", "/home/user"] });
    expect(result.stdout).toBe("1000\n/home/user\n");
  });

  test("into a stopped container is refused", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    await container.kill("SIGKILL");
    await expect.poll(() => container.status()).toBe("STOPPED");
    const result = await container.exec(["true"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/is stopped, not running/);
    await using shim = await TaskClient.connect(daemon(), container.id);
    const spec = { typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Process", value: Buffer.from('{"cwd":"/","args":["true"]}') };
    expect(await refusal(shim.task.exec({ id: container.id, execId: "late", spec }))).toMatchObject({ code: 9 });
  });

  test("can be killed alone", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    await using attached = new Attached(daemon(), ["tasks", "exec", "--exec-id", "victim", container.id, "sh", "-c", "echo up; exec sleep 600"]);
    await attached.output(/up/);
    await daemon().mustCtr(["tasks", "kill", "--exec-id", "victim", "--signal", "SIGTERM", container.id]);
    expect(await attached.exit()).toBe(143);
    expect(await container.status()).toBe("RUNNING");
  });
});

describe.each(containerdVersions)("containerd %s: signals", (version) => {
  const daemon = useContainerd(version);

  test("kill --all reaches every process", async () => {
    await using container = await startContainer(daemon(), ["sh", "-c", "sleep 601 & sleep 602 & wait"]);
    expect((await container.kill("SIGKILL", ["--all"])).exitCode).toBe(0);
    await expect.poll(() => container.status()).toBe("STOPPED");
  });

  test("kill of an exited container says that it is not found", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    await container.kill("SIGKILL");
    await expect.poll(() => container.status()).toBe("STOPPED");
    const result = await container.kill("SIGTERM");
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/process already finished/);
    await using shim = await TaskClient.connect(daemon(), container.id);
    expect(await refusal(shim.task.kill({ id: container.id, signal: 15 }))).toMatchObject({ code: 5 });
    expect(await refusal(shim.task.kill({ id: "nosuch", signal: 15 }))).toMatchObject({ code: 5 });
  });
});

describe.each(containerdVersions)("containerd %s: a running task", (version) => {
  const daemon = useContainerd(version);

  test("stands still while it is paused, and goes on", async () => {
    await using container = await startContainer(daemon(), ["sh", "-c", "i=0; while :; do i=$((i+1)); echo $i > /tmp/i; sleep 0.05; done"]);
    await daemon().mustCtr(["tasks", "pause", container.id]);
    expect(await container.status()).toBe("PAUSED");
    const usage = async (): Promise<string> =>
      /usage_usec[^0-9]*([0-9]+)/.exec((await daemon().mustCtr(["tasks", "metrics", "--format", "json", container.id])).replaceAll('"', ""))?.[1] ??
      "none";
    const first = await usage();
    expect(first).toMatch(/^[0-9]+$/);
    const second = await usage();
    expect(second).toBe(first);
    await daemon().mustCtr(["tasks", "resume", container.id]);
    expect(await container.status()).toBe("RUNNING");
    await expect.poll(usage).not.toBe(first);
  });

  test("shows its processes", async () => {
    await using container = await startContainer(daemon(), ["sh", "-c", "sleep 601 & sleep 602 & wait"]);
    await expect.poll(async () => (await daemon().mustCtr(["tasks", "ps", container.id])).trim().split("\n").length).toBe(1 + 3);
  });

  test("has metrics that move", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const metric = async (name: string): Promise<number> => {
      const text = await daemon().mustCtr(["tasks", "metrics", container.id]);
      return Number(new RegExp(`${name}\\s+([0-9]+)`).exec(text)?.[1]);
    };
    const cpuBefore = await metric("cpuacct.usage|usage_usec");
    expect(cpuBefore).toBeGreaterThan(0);
    await container.exec(["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]);
    expect(await metric("usage_usec")).toBeGreaterThan(cpuBefore);
    expect(await metric("memory.usage_in_bytes|usage")).toBeGreaterThan(0);
  });

  test("takes new limits while it runs", async () => {
    await using container = await startContainer(daemon(), SLEEP, {
      flags: ["--memory-limit", String(64 * MIB)],
      mounts: ["type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro"],
    });
    const limits = ["sh", "-c", "cd /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup) && cat memory.max cpu.max pids.max"];
    const before = await container.exec(limits);
    expect(before.stdout, before.stderr).toBe(`${64 * MIB}\nmax 100000\nmax\n`);
    await using shim = await TaskClient.connect(daemon(), container.id);
    const resources = { memory: { limit: 128 * MIB }, cpu: { quota: 50_000, period: 100_000 }, pids: { limit: 77 } };
    const typeUrl = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";
    await shim.task.update({ id: container.id, resources: { typeUrl, value: Buffer.from(JSON.stringify(resources)) } });
    const after = await container.exec(limits);
    expect(after.stdout).toBe(`${128 * MIB}\n50000 100000\n77\n`);
  });

  test("that takes more memory than its limit is killed, and containerd hears of it", async () => {
    const { stdout, exitCode } = await runContainer(daemon(), ["sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1; echo survived $?"], {
      flags: ["--memory-limit", String(32 * MIB)],
    });
    expect(exitCode).toBe(0);
    expect(stdout).toBe("survived 137\n");
  });
});
