/** Block devices of the host in containers, as disks of the VM; with runc beside it where runc can say what is right. */
import { readFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { type CommandResult, mustRun } from "../harness/command.ts";
import { containerdVersions, onlyNewest } from "../harness/containerd.ts";
import { LoopDevice } from "../harness/loop-device.ts";
import { kvmMissing } from "../harness/machine.ts";
import { hadron, runContainer, runc, runSpec, type Spec, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { containerStatus, CriPod } from "./cri-pod.ts";
import { parts } from "./parts.ts";

const MIB = 1 << 20;
const inQemu = kvmMissing !== undefined || process.env["HADRON_TEST_HYPERVISOR"] === "qemu";
const SLEEP = ["sleep", "600"];

type Rules = { devices?: unknown[] };

/** What `ctr run --device` has no word for. */
function addDevice(spec: Spec, device: object, rule?: object): void {
  spec.linux["devices"] = [...((spec.linux["devices"] as object[] | undefined) ?? []), device];
  const resources = (spec.linux["resources"] ??= {}) as Rules;
  resources.devices = [...(resources.devices ?? []), ...(rule === undefined ? [] : [rule])];
}

async function inFile({ file }: LoopDevice, at: number, length: number): Promise<string> {
  return (await readFile(file)).subarray(at, at + length).toString("latin1");
}

/** For an expectation of the standard output that fails: what else is known of the run. */
function said({ exitCode, stderr }: Pick<CommandResult, "exitCode" | "stderr">): string {
  return `exit code ${exitCode}, standard error ${JSON.stringify(stderr)}`;
}

describe.each(containerdVersions)("containerd %s: a block device", (version) => {
  const daemon = useContainerd(version);

  describe.each([
    ["runc", runc],
    ["hadron", hadron],
  ])("with %s", (_, runtime) => {
    test("is read and written, with its size, and what was flushed is on it", async () => {
      await using loop = await LoopDevice.make(3 * MIB + 512);
      await mustRun("dd", ["if=/dev/urandom", `of=${loop.path}`, "bs=1M", "count=1", "conv=fsync"]);
      const lines = [
        `blockdev --getsize64 ${loop.path}`,
        `dd if=${loop.path} bs=1M count=1 2>/dev/null | sha256sum`,
        `printf written | dd of=${loop.path} bs=512 seek=2048 conv=fsync 2>/dev/null`,
        `dd if=/dev/zero of=${loop.path} bs=512 seek=6145 count=1 2>&1 | grep -c 'No space'`,
      ];
      const { stdout, ...rest } = await runContainer(daemon(), ["sh", "-c", lines.join("; ")], { runtime, flags: ["--device", loop.path] });
      const sum = await mustRun("sh", ["-c", `head -c ${MIB} ${loop.file} | sha256sum`]);
      expect(stdout, said(rest)).toBe(`${3 * MIB + 512}\n${sum}1\n`);
      expect(await inFile(loop, MIB, 7)).toBe("written");
      expect(await loop.holders()).toEqual([]);
    });

    test("is the node that the spec describes, whatever its path is", async () => {
      await using loop = await LoopDevice.make(MIB);
      const { stdout, ...rest } = await runSpec(
        daemon(),
        (spec) => {
          spec.process.args = [
            "sh",
            "-c",
            "stat -c '%F %a %u:%g' /dev/a/disk /dev/other; echo same | dd of=/dev/other bs=512 conv=sync,fsync 2>/dev/null; head -c 4 /dev/a/disk",
          ];
          addDevice(spec, loop.spec("/dev/a/disk", { fileMode: 0o640, uid: 1, gid: 2 }), loop.rule("rwm"));
          addDevice(spec, loop.spec("/dev/other", { fileMode: 0o660 }));
        },
        { runtime },
      );
      expect(stdout, said(rest)).toBe("block special file 640 1:2\nblock special file 660 0:0\nsame");
    });

    test("that may only be read is not written to", async () => {
      await using loop = await LoopDevice.make(MIB);
      await mustRun("sh", ["-c", `printf before | dd of=${loop.path} bs=512 conv=sync,fsync`]);
      const { stdout, ...rest } = await runSpec(
        daemon(),
        (spec) => {
          spec.process.args = ["sh", "-c", "head -c 6 /dev/disk; echo; echo after 2>/dev/null >/dev/disk || echo refused"];
          addDevice(spec, loop.spec("/dev/disk", { fileMode: 0o666 }), loop.rule("r"));
        },
        { runtime },
      );
      expect(stdout, said(rest)).toBe("before\nrefused\n");
      expect(await inFile(loop, 0, 6)).toBe("before");
    });

    test("without a rule for it is not opened", async () => {
      await using loop = await LoopDevice.make(MIB);
      const { stdout, ...rest } = await runSpec(
        daemon(),
        (spec) => {
          spec.process.args = ["sh", "-c", "head -c 1 /dev/disk 2>/dev/null || echo refused"];
          addDevice(spec, loop.spec("/dev/disk", { fileMode: 0o666 }));
        },
        { runtime },
      );
      expect(stdout, said(rest)).toBe("refused\n");
    });

    test("that the host has for reading only is read", async () => {
      await using loop = await LoopDevice.make(MIB, ["--read-only"]);
      const line = `head -c 1 ${loop.path} >/dev/null && echo read; dd if=/dev/zero of=${loop.path} bs=512 count=1 conv=fsync 2>/dev/null || echo refused`;
      const { stdout, ...rest } = await runContainer(daemon(), ["sh", "-c", line], { runtime, flags: ["--device", loop.path] });
      expect(stdout, said(rest)).toBe("read\nrefused\n");
    });

    test("takes a file system, and a partition of it is a device of its own", async () => {
      await using loop = await LoopDevice.make(16 * MIB, ["--partscan"]);
      // Not by a table, which the host may not be able to read.
      await mustRun("addpart", [loop.path, "1", "2048", "8192"]);
      const part = `${loop.path}p1`;
      const format = `mke2fs ${part} >/dev/null 2>&1; blockdev --getsize64 ${part}`;
      const { stdout, ...rest } = await runContainer(daemon(), ["sh", "-c", format], { runtime, flags: ["--device", part] });
      expect(stdout, said(rest)).toBe(`${8192 * 512}\n`);
      const mount = `mkdir /m && mount -t ext4 ${part} /m && echo text >/m/file && umount /m && echo done`;
      const mounted = await runContainer(daemon(), ["sh", "-c", mount], { runtime, flags: ["--device", part, "--cap-add", "CAP_SYS_ADMIN"] });
      expect(mounted.stdout, said(mounted)).toBe("done\n");
      const again = `mkdir /m && mount -t ext4 -o ro ${part} /m && cat /m/file`;
      const read = await runContainer(daemon(), ["sh", "-c", again], { runtime, flags: ["--device", part, "--cap-add", "CAP_SYS_ADMIN"] });
      expect(read.stdout, said(read)).toBe("text\n");
    });

    test("gives back what is discarded", async () => {
      await using loop = await LoopDevice.make(4 * MIB);
      await mustRun("dd", ["if=/dev/urandom", `of=${loop.path}`, "bs=1M", "count=4", "conv=fsync"]);
      const blocks = async (): Promise<number> => Number(await mustRun("stat", ["-c", "%b", loop.file]));
      const before = await blocks();
      const discard = `blkdiscard -o ${MIB} -l ${2 * MIB} ${loop.path}`;
      const { exitCode, stderr } = await runContainer(daemon(), ["sh", "-c", discard], { runtime, flags: ["--device", loop.path] });
      expect(exitCode, stderr).toBe(0);
      expect(before - (await blocks())).toBe((2 * MIB) / 512);
    });

    test("is slowed down as the spec says", async () => {
      await using loop = await LoopDevice.make(4 * MIB);
      const throttle = [{ major: 7, minor: loop.minor, rate: 2 * MIB }];
      const timed =
        "read before _ </proc/uptime; dd if=/dev/disk of=/dev/null bs=1M count=4 2>/dev/null; read after _ </proc/uptime; echo $before $after";
      const { stdout, ...rest } = await runSpec(
        daemon(),
        (spec) => {
          spec.process.args = ["sh", "-c", timed];
          addDevice(spec, loop.spec("/dev/disk", { fileMode: 0o666 }), loop.rule("rwm"));
          (spec.linux["resources"] as Record<string, unknown>)["blockIO"] = { throttleReadBpsDevice: throttle };
        },
        { runtime },
      );
      // 4 MiB by 2 a second, of which the first ones may come at once.
      const [before = 0, after = 0] = stdout.split(" ").map(Number);
      expect(after - before, said(rest)).toBeGreaterThan(1);
    });
  });

  test("of another container of the VM is not reached by its number", async () => {
    await using loop = await LoopDevice.make(MIB);
    // The guest's disks have the major number 254 or 253; a rule of the host's for these is about other devices.
    const { stdout, ...rest } = await runSpec(daemon(), (spec) => {
      spec.process.args = [
        "sh",
        "-c",
        "for major in 252 253 254; do mknod /n b $major 0 && head -c 1 /n 2>/dev/null && echo opened; rm -f /n; done; echo done",
      ];
      addDevice(spec, loop.spec("/dev/disk"), { allow: true, type: "b", major: 254, minor: 0, access: "rwm" });
      (spec.linux["resources"] as Rules).devices?.push({ allow: true, type: "b", major: 253, minor: 0, access: "rwm" });
    });
    expect(stdout, said(rest)).toBe("done\n");
  });

  test.each([
    ["that is not there", { path: "/dev/x", type: "b", major: 4095, minor: 1 }, /the device \/dev\/x \(b 4095:1\) is not there/],
    ["without a medium", { path: "/dev/x", type: "b", major: 7, minor: 0 }, /\/dev\/x \(b 7:\d+\) has no medium/],
  ])("%s is refused by name", async (_, device, sentence) => {
    // One that nobody uses.
    const free = (await mustRun("losetup", ["--find"])).trim().replace("/dev/loop", "");
    const { exitCode, stderr } = await runSpec(daemon(), (spec) => addDevice(spec, device.major === 7 ? { ...device, minor: Number(free) } : device));
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/: unknown$/m);
  });

  test("is closed when the VM or the daemon is killed", async () => {
    await using loop = await LoopDevice.make(MIB);
    for (const part of ["vmm", "daemon"] as const) {
      await using container = await startContainer(daemon(), SLEEP, { flags: ["--device", loop.path] });
      expect(await loop.holders()).toHaveLength(1);
      const [{ pid } = { pid: 0 }] = await parts(daemon(), part);
      process.kill(pid, "SIGKILL");
      await expect.poll(async () => await loop.holders()).toEqual([]);
      await expect.poll(async () => await container.status()).not.toBe("RUNNING");
    }
  });

  test("is there again for the next container with it", async () => {
    await using loop = await LoopDevice.make(MIB);
    for (const line of [`printf one | dd of=${loop.path} bs=512 conv=sync 2>/dev/null`, `head -c 3 ${loop.path}`]) {
      const { stdout, ...rest } = await runContainer(daemon(), ["sh", "-c", line], { flags: ["--device", loop.path] });
      expect(stdout, said(rest)).toBe(line.startsWith("head") ? "one" : "");
    }
  });
});

describe.each(onlyNewest)("containerd %s: a block device in a pod of CRI", (version) => {
  const daemon = useContainerd(version, { cri: { config: { spare_disks: 2, enable_annotations: ["io.hadron.spare_disks"] } } });

  test("comes when the VM runs, is one for all its containers, and goes with the last one", async () => {
    await using loop = await LoopDevice.make(2 * MIB);
    await using pod = await CriPod.run(daemon(), "podsandbox");
    const devices = [{ host_path: loop.path, container_path: "/dev/xvda", permissions: "rwm" }];
    const first = await pod.start(SLEEP, { devices });
    const second = await pod.start(SLEEP, { devices });
    const prints = async (output: string, ...command: string[]): Promise<void> => {
      const { stdout, ...rest } = await pod.exec(second, command);
      expect(stdout, said(rest)).toBe(output);
    };
    expect(await loop.holders()).toHaveLength(1);
    const write = await pod.exec(first, ["sh", "-c", "printf shared | dd of=/dev/xvda bs=512 conv=sync,fsync"]);
    expect(write.exitCode, said(write)).toBe(0);
    expect(await inFile(loop, 0, 6)).toBe("shared");
    await prints("shared", "head", "-c", "6", "/dev/xvda");
    await prints(String(2 * MIB), "blockdev", "--getsize64", "/dev/xvda");
    await daemon().mustCrictl(["rm", "--force", first]);
    await prints("shared", "head", "-c", "6", "/dev/xvda");
    await daemon().mustCrictl(["rm", "--force", second]);
    expect(await loop.holders()).toEqual([]);

    // The place is free again, for another one.
    await using other = await LoopDevice.make(MIB);
    const third = await pod.start(["sh", "-c", "printf late | dd of=/dev/b bs=512 conv=sync,fsync; blockdev --getsize64 /dev/b >&2"], {
      devices: [
        { host_path: loop.path, container_path: "/dev/a", permissions: "rwm" },
        { host_path: other.path, container_path: "/dev/b", permissions: "rwm" },
      ],
    });
    await expect.poll(async () => await containerStatus(daemon(), third)).toMatchObject({ exitCode: 0, state: "CONTAINER_EXITED" });
    expect(await inFile(other, 0, 4)).toBe("late");
    expect(await inFile(loop, 0, 6)).toBe("shared");
  });

  // Our own VMM always has one.
  test.skipIf(!inQemu)("without a place for it is refused with what to do", async () => {
    await using loop = await LoopDevice.make(MIB);
    await using pod = await CriPod.run(daemon(), "shim", { annotations: { "io.hadron.spare_disks": "0" } });
    const devices = [{ host_path: loop.path, container_path: "/dev/xvda", permissions: "rwm" }];
    const container = await pod.create(SLEEP, { devices });
    const { stderr } = await daemon().crictl(["start", container]);
    expect(stderr).toMatch(/spare_disks/);
  });
});
