/** What the configuration lets a pod's disks and NICs carry in a second. Times have a lower bound: that a limit holds, and not how fast a machine is. */
import { readdir, readlink } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { onlyNewest } from "../harness/containerd.ts";
import { LoopDevice } from "../harness/loop-device.ts";
import { configFile, kvmMissing } from "../harness/machine.ts";
import { answerSum, makeBytes, NODE_IPV4, sendBytes, TestNode } from "../harness/network.ts";
import { runContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { CriPod } from "./cri-pod.ts";
import { onlyPart } from "./parts.ts";

const MIB = 1 << 20;
const inQemu = kvmMissing !== undefined || process.env["HADRON_TEST_HYPERVISOR"] === "qemu";

/** A shell line that prints how many seconds another one takes. */
const timed = (line: string): string => `read before _ </proc/uptime; ${line}; read after _ </proc/uptime; echo $before $after`;

function seconds(stdout: string): number[] {
  return stdout
    .trim()
    .split("\n")
    .map((line) => line.split(" ").map(Number))
    .map(([before = 0, after = 0]) => after - before);
}

describe.each(onlyNewest)("containerd %s: a limit", (version) => {
  const daemon = useContainerd(version, { cri: { config: { spare_disks: 1, disk_limit_mib_per_s: 1 } } });

  test.each(["tuned", "debian"])(
    "of a disk's bytes holds for reads and writes together, and not for discards, with the %s kernel",
    async (kernel) => {
      await using loop = await LoopDevice.make(512 * MIB);
      await using config = await configFile(daemon(), { kernel, disk_limit_mib_per_s: 1 });
      const [read, write] = [`dd if=${loop.path} of=/dev/null`, `dd if=/dev/zero of=${loop.path} seek=100 conv=fsync`].map(
        (dd) => `${dd} bs=1M count=2 2>/dev/null`,
      );
      const lines = [timed(`${read}; ${write}`), timed(`blkdiscard ${loop.path}`)];
      const { stdout, stderr } = await runContainer(daemon(), ["sh", "-c", lines.join("; ")], { flags: ["--device", loop.path, ...config.flags] });
      const [moved = 0, discarded = Infinity] = seconds(stdout);
      // 4 MiB, of which a tenth comes at once, and the last request, of 1 MiB at most, is owed.
      expect(moved, stderr).toBeGreaterThan(2.5);
      expect(discarded, stderr).toBeLessThan(256);
    },
  );

  test("of a disk's operations holds however small they are", async () => {
    await using loop = await LoopDevice.make(64 * MIB);
    await using config = await configFile(daemon(), { disk_limit_operations_per_s: 20 });
    const each = `for at in $(seq 60); do dd if=${loop.path} of=/dev/null bs=512 skip=$((at * 2048)) count=1 2>/dev/null; done`;
    const { stdout, stderr } = await runContainer(daemon(), ["sh", "-c", timed(each)], { flags: ["--device", loop.path, ...config.flags] });
    // 60, of which two come at once, and the last is owed.
    expect(seconds(stdout)[0], stderr).toBeGreaterThan(2.5);
  });

  test("of a disk holds for one that comes when the VM runs, and for the next one in its place", async () => {
    await using pod = await CriPod.run(daemon(), "podsandbox");
    for (let nth = 0; nth < 2; nth++) {
      await using loop = await LoopDevice.make(4 * MIB);
      const devices = [{ host_path: loop.path, container_path: "/dev/xvda", permissions: "rwm" }];
      const container = await pod.start(["sleep", "600"], { devices });
      const { stdout, stderr } = await pod.exec(container, ["sh", "-c", timed("dd if=/dev/xvda of=/dev/null bs=1M 2>/dev/null")]);
      expect(seconds(stdout)[0], stderr).toBeGreaterThan(2.5);
      await daemon().mustCrictl(["rm", "--force", container]);
    }
  });

  test.skipIf(inQemu)("of a NIC holds in both directions", async () => {
    await using node = await TestNode.make();
    const { netns, ipv4 } = await node.pod();
    await using config = await configFile(daemon(), { nic_limit_mib_per_s: 1 });
    await using pod = await startContainer(daemon(), answerSum(5000), { flags: [...netns.flags, ...config.flags] });
    // The lab may be slower than the limit, so not by the time alone: a timer for each NIC, one of which is spare, and no kernel that carries packets.
    const { pid } = await onlyPart(daemon(), "guest");
    const links = await Promise.all(
      (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "closed meanwhile")),
    );
    expect(links.filter((path) => path === "anon_inode:[timerfd]")).toHaveLength(2);
    expect(links).not.toContain("/dev/vhost-net");
    // 3 MiB, of which a tenth comes at once.
    await using _server = await node.netns.startSum(6000);
    const sent = await pod.exec(["sh", "-c", `cd /tmp; ${makeBytes(3)}; ${timed(sendBytes(NODE_IPV4, 6000))}`]);
    const [made, answered, times = ""] = sent.stdout.split("\n");
    expect(answered, sent.stderr).toBe(made);
    expect(seconds(times)[0]).toBeGreaterThan(2.5);
    const sum = await node.netns.mustShell(makeBytes(3));
    const before = performance.now();
    expect(await node.netns.mustShell(sendBytes(ipv4, 5000))).toBe(sum);
    expect(performance.now() - before).toBeGreaterThan(2500);
  });

  test.skipIf(!inQemu)("of a NIC is refused, since QEMU has none", async () => {
    await using node = await TestNode.make();
    const { netns } = await node.pod();
    await using config = await configFile(daemon(), { nic_limit_mib_per_s: 1 });
    const { exitCode, stderr } = await runContainer(daemon(), ["true"], { flags: [...netns.flags, ...config.flags] });
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/nic_limit_mib_per_s cannot be kept: QEMU, which runs the pod's VM, has no such limit/);
    expect(stderr).not.toMatch(/: unknown$/m);
    expect(await netns.links()).toEqual(["eth0"]);
  });
});
