/** A container runs in a VM, and ends as its program does. */
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";

import { describe, expect, test } from "vitest";

import { containerdVersions, onlyNewest } from "../harness/containerd.ts";
import { configFile, kvmMissing } from "../harness/machine.ts";
import { type ContainerOptions, hadron, runArgs, runContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";
import { DaemonLog } from "./daemon-log.ts";

const MIB = 1024 * 1024;

describe.each(containerdVersions)("containerd %s: a container", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "busybox-no-proc", "python"] });

  test.each([0, 1, 42])("exits with %i", async (code) => {
    const result = await runContainer(daemon(), ["sh", "-c", `exit ${code}`]);
    expect(result.exitCode, result.stderr).toBe(code);
  });

  test.each([
    ["TERM", 143],
    ["KILL", 137],
    ["SEGV", 139],
  ])("killed by SIG%s exits with %i", async (signal, code) => {
    // Not the init process itself: a signal that it sends itself would be ignored.
    const result = await runContainer(daemon(), ["sh", "-c", `sh -c 'kill -${signal} $$'; exit $?`]);
    expect(result.exitCode, result.stderr).toBe(code);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGKILL", 137],
  ])("ends by %s from outside", async (signal, code) => {
    const id = uniqueId();
    await using attached = new Attached(daemon(), [
      ...runArgs({ id, flags: ["--rm"] }),
      "sh",
      "-c",
      "trap 'exit 143' TERM; echo ready; while :; do sleep 0.1; done",
    ]);
    await attached.output(/ready/);
    expect((await daemon().ctr(["tasks", "kill", "--signal", signal, id])).exitCode).toBe(0);
    expect(await attached.exit()).toBe(code);
  });

  test("that is not there says so and names the path", async () => {
    const result = await runContainer(daemon(), ["/no/such/program"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/\/no\/such\/program.*no such file or directory/i);
  });

  test("that is not in PATH says so and names the program", async () => {
    const result = await runContainer(daemon(), ["nosuchprogram"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/nosuchprogram.*not found/i);
  });

  test("that is not executable says so and names the path", async () => {
    const result = await runContainer(daemon(), ["/etc/not-executable"]);
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/\/etc\/not-executable.*permission denied/i);
  });

  test("runs on the guest's kernel and CPU, not on the host's", async () => {
    const result = await runContainer(daemon(), ["sh", "-c", "uname -r; cat /proc/cpuinfo; cat /proc/meminfo"]);
    const [release, ...rest] = result.stdout.split("\n");
    expect(release).not.toBe((await readFile("/proc/sys/kernel/osrelease", "utf8")).trim());
    expect(release).toMatch(/-hadron$|-amd64$/);
    expect(rest.filter((line) => line.startsWith("processor"))).toHaveLength(1);
    expect(Number(/^MemTotal: +([0-9]+) kB$/m.exec(result.stdout)?.[1])).toBeLessThan(600_000);
    expect(rest.join("\n")).toMatch(/hypervisor/);
  });

  test.each([2, 4])("has %i virtual CPUs when its annotation says so", async (vcpus) => {
    const result = await runContainer(daemon(), ["nproc"], { annotations: { "io.hadron.vcpus": String(vcpus) } });
    expect(result).toMatchObject({ stdout: `${vcpus}\n`, exitCode: 0 });
  });

  test("has the memory that its annotation says", async () => {
    const result = await runContainer(daemon(), ["grep", "MemTotal", "/proc/meminfo"], { annotations: { "io.hadron.memory_mib": "1024" } });
    const kilobytes = Number(/([0-9]+) kB/.exec(result.stdout)?.[1]);
    expect(kilobytes).toBeGreaterThan(900_000);
    expect(kilobytes).toBeLessThan(1_048_576);
  });

  test("runs from an image without /proc, /sys and /dev", async () => {
    const result = await runContainer(daemon(), ["ls", "-d", "/proc/1", "/sys/kernel", "/dev/null"], { image: "busybox-no-proc" });
    expect(result, result.stderr).toMatchObject({ stdout: "/dev/null\n/proc/1\n/sys/kernel\n", exitCode: 0 });
  });

  test("runs what is more than a shell", async () => {
    const program = "import threading, os; t = threading.Thread(target=lambda: print(sum(range(10**6)), os.uname().release)); t.start(); t.join()";
    const result = await runContainer(daemon(), ["python3", "-c", program], { image: "python" });
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(result.stdout).toMatch(/^499999500000 .*-(hadron|amd64)\n$/);
  });

  test("that was created and never started can be deleted", async () => {
    const id = uniqueId();
    await daemon().mustCtr(["containers", "create", "--runtime", hadron, "docker.io/library/busybox:test", id, "true"]);
    await daemon().mustCtr(["containers", "rm", id]);
  });
});

describe.each(onlyNewest)("containerd %s: the kernels", (version) => {
  describe.each([
    ["tuned", /-hadron$/],
    ["debian", /-amd64$/],
  ])("%s", (kernel, release) => {
    const daemon = useContainerd(version);

    const run = async (command: readonly string[], options: ContainerOptions = {}): Promise<string> => {
      await using config = await configFile(daemon(), { kernel });
      const result = await runContainer(daemon(), command, { ...options, flags: [...(options.flags ?? []), ...config.flags] });
      expect(result.exitCode, result.stderr).toBe(0);
      return result.stdout.trim();
    };

    test("boots and runs a container, and is warned of where files come by 9p without our patches", async () => {
      const log = await DaemonLog.from(daemon());
      expect(await run(["uname", "-r"])).toMatch(release);
      await log.line(/the pod's VM is up/);
      const warned = /With Debian's kernel, ftruncate, .*make kernel/.test(await log.text());
      expect(warned).toBe(kernel === "debian" && kvmMissing !== undefined);
    });

    // What is above the machine's own memory is no limit.
    test.each([512, Math.min(4096, Math.floor(totalmem() / 2 / MIB))])("has room for a container of %d MiB beside its own", async (mib) => {
      const limit = mib * MIB;
      // What all containers of the pod may have together.
      const room = await run(["cat", "/sys/fs/cgroup/hadron/memory.max"], {
        flags: ["--memory-limit", String(limit)],
        mounts: ["type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro"],
      });
      expect(Number(room)).toBeGreaterThanOrEqual(limit);
    });
  });
});
