import { expect, test } from "vitest";

import { inserted, type KvmMachine, placeOf, vmmStart } from "./machine.ts";

const machine: KvmMachine = {
  vcpus: 2,
  memoryMiB: 256,
  kernelParameters: [],
  kind: "tuned",
  kvm: 10,
  kernel: 11,
  initrd: 12,
  serial: 13,
  vsock: 14,
  devices: [],
};

test("what every VM has", () => {
  const { config, fds } = vmmStart(machine);
  expect(fds).toEqual([10, 11, 12, 13, 14]);
  expect(config).toEqual({
    vcpus: 2,
    memoryMib: 256,
    kvm: 0,
    kernel: 1,
    initrd: 2,
    commandLine: expect.stringMatching(/^console=ttyS0 quiet panic=-1 .* reboot=k lapic_timer_hz=1000000000$/) as string,
    serial: 3,
    devices: [{ kind: "vsock", cid: 3, control: 4 }, { kind: "rng" }, { kind: "balloon" }],
  });
});

test("devices in their order, each with its descriptors", () => {
  const { config, fds } = vmmStart({
    ...machine,
    devices: [
      { kind: "fs", tag: "rootfs", socket: 20 },
      { kind: "nic", hardwareAddress: "02:00:00:00:00:01", queues: [21, 22], vhost: [23, 24] },
      { kind: "stream-nic", hardwareAddress: "02:00:00:00:00:02", socket: 25 },
      { kind: "fs", tag: "volumes", socket: 26 },
    ],
  });
  expect(fds.slice(5)).toEqual([20, 21, 22, 23, 24, 25, 26]);
  expect((config["devices"] as unknown[]).slice(3)).toEqual([
    { kind: "fs", tag: "rootfs", socket: 5 },
    { kind: "net", hardwareAddress: "02:00:00:00:00:01", queues: [6, 7], vhost: [8, 9] },
    { kind: "streamNet", hardwareAddress: "02:00:00:00:00:02", socket: 10 },
    { kind: "fs", tag: "volumes", socket: 11 },
  ]);
});

test("disks, and places where they may come", () => {
  const medium = { fd: 30, readOnly: true, direct: true, cache: "writeBack" } as const;
  const disk = { kind: "disk", id: "disk0", queues: 2, medium } as const;
  const { config, fds } = vmmStart({ ...machine, devices: [disk, { ...disk, id: "disk1", medium: undefined }] });
  const block = { kind: "block", readOnly: true, serial: "disk0", queues: 2, cache: "writeBack" };
  expect(fds.slice(5)).toEqual([30]);
  expect((config["devices"] as unknown[]).slice(placeOf(0))).toEqual([{ ...block, file: 5 }, { kind: "vacant" }]);
  expect(inserted(disk, medium)).toEqual({ device: { ...block, file: 0 }, fds: [30] });
});

test("limits of disks and NICs", () => {
  const [ofDisk, ofNic] = [
    { bytesPerSecond: 1 << 20, operationsPerSecond: 100 },
    { bytesPerSecond: 2 ** 40, operationsPerSecond: 0 },
  ];
  const medium = { fd: 30, readOnly: false, direct: true, cache: "writeBack" } as const;
  const disk = { kind: "disk", id: "disk0", queues: 1, medium, limit: ofDisk } as const;
  const nic = { kind: "nic", hardwareAddress: "02:00:00:00:00:01", queues: [21], vhost: [], limit: ofNic } as const;
  const { config } = vmmStart({ ...machine, devices: [disk, nic, { ...disk, medium: undefined }] });
  expect((config["devices"] as unknown[]).slice(placeOf(0))).toEqual([
    { kind: "block", file: 5, readOnly: false, serial: "disk0", queues: 1, cache: "writeBack", rateLimit: ofDisk },
    { kind: "net", hardwareAddress: "02:00:00:00:00:01", queues: [6], vhost: [], rateLimit: ofNic },
    { kind: "vacant" },
  ]);
  expect(inserted(disk, medium).device).toMatchObject({ rateLimit: ofDisk });
});

test("the configuration's kernel parameters come last", () => {
  const { config } = vmmStart({ ...machine, kind: "debian", kernelParameters: ["loglevel=7", "debug"] });
  expect(config["commandLine"]).toMatch(/ reboot=k loglevel=7 debug$/);
  expect(() => vmmStart({ ...machine, kernelParameters: ["x".repeat(2000)] })).toThrow(/kernel command line has \d+ bytes/);
  // As long as Linux takes one, with the VMM's own word.
  const others = String(vmmStart({ ...machine, kernelParameters: ["x"] }).config["commandLine"]).length - 1;
  const longest = 2047 - "pci=off ".length - others;
  expect(vmmStart({ ...machine, kernelParameters: ["x".repeat(longest)] }).config["commandLine"]).toHaveLength(2039);
  expect(() => vmmStart({ ...machine, kernelParameters: ["x".repeat(longest + 1)] })).toThrow("has 2040 bytes; at most 2039 are possible");
});
