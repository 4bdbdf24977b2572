/** Block volumes, and a pod that is privileged. */
import { readFile } from "node:fs/promises";

import { expect, test } from "vitest";

import { LoopDevice } from "../harness/loop-device.ts";
import type { Resource } from "./kubectl.ts";
import { type Scene, shell } from "./scene.ts";

const MIB = 1 << 20;
/** The pod runs already when a container with a disk comes, and QEMU has to have kept a place. */
const SPARE_DISK = { "io.hadron.spare_disks": "1" };

export function deviceTests(scene: () => Scene): void {
  test("a claim of volumeMode Block is a device that the pod writes to, and another pod finds it so", { timeout: 400_000 }, async () => {
    const { kubectl, runtimeClass } = scene();
    await using loop = await LoopDevice.make(8 * MIB);
    const name = `block-${runtimeClass}`;
    await kubectl.apply(...blockVolume(name, loop.path));
    try {
      await kubectl.apply(
        user(scene(), "writer", name, ["blockdev --getsize64 /dev/data", "printf written | dd of=/dev/data bs=1M seek=1 conv=fsync"]),
      );
      await kubectl.wait("pod/writer", "jsonpath={.status.phase}=Succeeded", 120);
      expect(await kubectl.must(["logs", "writer"])).toMatch(/^8388608\n/);
      await scene().delete("pod/writer");
      expect((await readFile(loop.file)).subarray(MIB, MIB + 7).toString("latin1")).toBe("written");
      await kubectl.apply(user(scene(), "reader", name, ["dd if=/dev/data bs=1M skip=1 count=1 2>/dev/null | head -c 7"]));
      await kubectl.wait("pod/reader", "jsonpath={.status.phase}=Succeeded", 120);
      expect(await kubectl.must(["logs", "reader"])).toBe("written");
      await scene().delete("pod/reader");
    } finally {
      await scene().delete("pods", "writer", "reader", "--ignore-not-found", "--force", "--grace-period=0");
      await scene().delete(`persistentvolumeclaim/${name}`, `persistentvolume/${name}`, "--ignore-not-found");
    }
    // The kubelet has a loop device of its own on it as long as the volume is mapped.
    await expect.poll(() => loop.holders(), { timeout: 60_000, interval: 500 }).toEqual([]);
  });

  test("a privileged pod mounts and has the rights of root, in the VM alone", { timeout: 300_000 }, async () => {
    const { kubectl, runtimeClass } = scene();
    const lines = [
      "mkdir /tmp/mounted && mount -t tmpfs none /tmp/mounted && stat -f -c %T /tmp/mounted",
      "grep CapEff /proc/self/status",
      "cat /proc/sys/kernel/random/boot_id",
      "[ -w /proc/sys ] && echo writable",
    ];
    const container = shell("root", lines, { securityContext: { privileged: true } });
    await kubectl.apply(scene().pod("privileged", { restartPolicy: "Never", containers: [container] }));
    try {
      await kubectl.wait("pod/privileged", "jsonpath={.status.phase}=Succeeded", 120);
      const [mounted, rights, boot, proc] = (await kubectl.must(["logs", "privileged"])).trimEnd().split("\n");
      expect([mounted, proc]).toEqual(["tmpfs", "writable"]);
      // All that the kernel knows, which is the host's with runc.
      expect(Number.parseInt(rights?.split(/\s+/)[1] ?? "", 16)).toBeGreaterThan(0xff_ffff_ffff);
      const host = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
      expect(boot === host).toBe(runtimeClass === "runc");
    } finally {
      await scene().delete("pod/privileged", "--force", "--grace-period=0");
    }
  });
}

/** A volume that is a device of the node, and a claim to it, of the same name. */
function blockVolume(name: string, device: string): Resource[] {
  const shared = { accessModes: ["ReadWriteOnce"], storageClassName: name, volumeMode: "Block" };
  const node = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["node"] }] };
  const spec = {
    ...shared,
    capacity: { storage: "8Mi" },
    persistentVolumeReclaimPolicy: "Retain",
    local: { path: device },
    nodeAffinity: { required: { nodeSelectorTerms: [node] } },
  };
  const claim = { ...shared, resources: { requests: { storage: "8Mi" } } };
  return [
    { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec },
    { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name }, spec: claim },
  ];
}

/** A pod that does something with the device once. */
function user(scene: Scene, name: string, claim: string, lines: readonly string[]): Resource {
  const container = shell("main", ["set -e", ...lines], { volumeDevices: [{ name: "data", devicePath: "/dev/data" }] });
  const spec = { restartPolicy: "Never", containers: [container], volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }] };
  return scene.pod(name, spec, { annotations: SPARE_DISK });
}
