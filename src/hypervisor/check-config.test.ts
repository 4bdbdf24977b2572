import { expect, test } from "vitest";

import { Code } from "../errors.ts";
import { checkConfig, type Limits } from "./check-config.ts";
import type { SharedDirectory, VmConfig } from "./hypervisor.ts";

const limits: Limits = { maxVcpus: 16, deviceSlots: 22, pluggableSlots: { tuned: 5, debian: 0 }, vhostNet: true, nicLimits: true };
const machine = { vcpus: 2, memoryMiB: 256, kernel: { kind: "tuned", path: "/k" }, devices: [] } as const;
const nic = { kind: "nic", hardwareAddress: "02:00:00:00:00:01", queues: [5], vhost: [] } as const;
const streamNic = { kind: "stream-nic", hardwareAddress: "02:00:00:00:00:0a", socket: 5 } as const;
const limit = { bytesPerSecond: 1 << 20, operationsPerSecond: 0 } as const;
const disk = { kind: "disk", id: "disk0", queues: 2, medium: undefined } as const;
const share = (tag: string): SharedDirectory => ({ kind: "share", tag, share: { namespace: 5, directory: 6, places: 7 } });

test("what is possible", () => {
  const most = Array.from({ length: 16 }, () => 5);
  for (const change of [
    {},
    { vcpus: 16, memoryMiB: 64 },
    { devices: Array.from({ length: 22 }, (_, index) => share(`t${index}`)) },
    { devices: [share("t".repeat(36)), { ...nic, queues: most, vhost: most }, streamNic] },
    { devices: [disk, { ...disk, id: "a123456789b123456789", medium: { fd: 5, readOnly: true, direct: true, cache: "unsafe" } as const }] },
    { devices: [share("a"), share("b"), nic], pluggedNics: 2 },
    {
      devices: [
        { ...disk, limit },
        { ...nic, limit },
      ],
    },
  ]) {
    expect(() => checkConfig({ ...machine, ...change }, limits)).not.toThrow();
  }
});

test.each<[string, Partial<VmConfig>, RegExp, Partial<Limits>?]>([
  ["no CPU", { vcpus: 0 }, /1 to 16/],
  ["too many CPUs", { vcpus: 17 }, /1 to 16/],
  ["half a CPU", { vcpus: 1.5 }, /1 to 16/],
  ["too little memory", { memoryMiB: 32 }, /at least 64/],
  ["memory that is no number", { memoryMiB: Number.NaN }, /at least 64/],
  ["more devices than slots", { devices: Array.from({ length: 23 }, (_, index) => share(`t${index}`)) }, /at most 22/],
  ["a NIC without a queue", { devices: [{ ...nic, queues: [] }] }, /1 to 16/],
  ["a NIC with too many queues", { devices: [{ ...nic, queues: Array.from({ length: 17 }, () => 5) }] }, /1 to 16/],
  ["a NIC with an address of a group", { devices: [{ ...nic, hardwareAddress: "01:00:00:00:00:01" }] }, /single NIC/],
  ["a NIC whose address has more to say", { devices: [{ ...nic, hardwareAddress: "02:00:00:00:00:01,x=y" }] }, /single NIC/],
  ["a NIC on a socket with such an address", { devices: [{ ...streamNic, hardwareAddress: "01:00:00:00:00:0a" }] }, /single NIC/],
  ["vhost-net without KVM", { devices: [{ ...nic, vhost: [6] }] }, /without KVM/, { vhostNet: false }],
  ["vhost-net for some queues", { devices: [{ ...nic, queues: [5, 6], vhost: [7] }] }, /2 pairs of queues and 1 desc/],
  ["a NIC's limit that nobody keeps", { devices: [{ ...nic, limit }] }, /limit, which .* for disks only/, { nicLimits: false }],
  ["a limit of what the kernel carries", { devices: [{ ...nic, limit, vhost: [6] }] }, /a limit and be carried by vhost-net/],
  ["a tag too long", { devices: [share("t".repeat(37))] }, /1 to 36 bytes/],
  ["a disk without a name", { devices: [{ ...disk, id: "" }] }, /a letter and at most 19/],
  ["a disk whose name has more to say", { devices: [{ ...disk, id: "a,x=y" }] }, /a letter and at most 19/],
  ["a disk with a name too long", { devices: [{ ...disk, id: "a".repeat(21) }] }, /at most 19/],
  ["a disk without a queue", { devices: [{ ...disk, queues: 0 }] }, /1 to 16/],
  ["a disk with too many queues", { devices: [{ ...disk, queues: 65 }] }, /1 to 64/, { maxVcpus: 240 }],
  ["NICs to be plugged beside too many devices", { devices: [nic, nic, nic, nic], pluggedNics: 2 }, /4 devices .* 2 NICs .* at most 5/],
  ["NICs to be plugged into Debian's kernel", { kernel: { kind: "debian", path: "/k" }, pluggedNics: 1 }, /debian kernel .* at most 0/],
  ["an empty tag", { devices: [share("")] }, /1 to 36 bytes/],
])("refused: %s", (_, change, message, less = {}) => {
  expect(() => checkConfig({ ...machine, ...change }, { ...limits, ...less })).toThrow(
    expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringMatching(message) as string }) as Error,
  );
});
