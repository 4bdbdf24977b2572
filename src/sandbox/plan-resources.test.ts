import { describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import type { ResourcesSpec } from "./oci.ts";
import { planResources, planUpdate } from "./plan-resources.ts";

function plan(resources: ResourcesSpec): { planned: ResourcesSpec; warnings: string[] } {
  const warnings: string[] = [];
  return { planned: planResources(resources, (sentence) => warnings.push(sentence)), warnings };
}

describe("limits", () => {
  it("that the guest's cgroups can keep come as they were written", () => {
    const resources: ResourcesSpec = {
      memory: { limit: 2n ** 63n - 1n, reservation: 4096n, swap: -1n, checkBeforeUpdate: true },
      cpu: { shares: 2n ** 64n - 1n, quota: -1n, burst: 0n, period: 100_000n, idle: 1n },
      pids: { limit: 7n },
      unified: { "memory.high": "max", "pids.max": "5" },
      devices: [
        { allow: false, access: "rwm" },
        { allow: true, type: "c", major: 1n, minor: 3n, access: "rw" },
      ],
    };
    expect(plan(resources)).toEqual({ planned: resources, warnings: [] });
  });

  it("of 0 are not set, as for runc, and no limit is -1", () => {
    expect(plan({ memory: { limit: 0n, reservation: 0n, swap: 0n }, pids: { limit: 0n } })).toEqual({ planned: { memory: {} }, warnings: [] });
    const old: ResourcesSpec = {
      memory: { kernel: 0n, kernelTCP: 0n, disableOOMKiller: false },
      blockIO: { weight: 0, throttleReadBpsDevice: [] },
      network: { classID: 0 },
    };
    expect(plan(old)).toEqual({ planned: { memory: {} }, warnings: [] });
    expect(plan({ pids: { limit: -7n } }).planned).toEqual({ pids: { limit: -1n } });
    expect(plan({ pids: {}, cpu: {}, blockIO: {}, network: {}, rdma: {}, hugepageLimits: [], unified: {} })).toEqual({
      planned: { cpu: {} },
      warnings: [],
    });
  });

  it("of the container's block devices are kept, with the host's numbers", () => {
    const [mine, other] = [
      { major: 7n, minor: 0n, rate: 1n },
      { major: 8n, minor: 0n, rate: 2n },
    ];
    const warnings: string[] = [];
    const blockIO = { weight: 0, throttleReadBpsDevice: [mine, other], throttleWriteIOPSDevice: [mine], throttleReadIOPSDevice: [other] };
    expect(planUpdate({ blockIO }, (sentence) => warnings.push(sentence), new Set(["7:0"]))).toEqual({
      blockIO: { throttleReadBpsDevice: [mine], throttleWriteIOPSDevice: [mine] },
    });
    expect(warnings).toEqual([expect.stringMatching(/"blockIO.throttleReadBpsDevice" and "blockIO.throttleReadIOPSDevice"/)]);
  });

  it("with numbers of the host are left out, with one warning", () => {
    const { planned, warnings } = plan({
      cpu: { quota: 5n, cpus: "6-7", mems: "1", realtimeRuntime: 5n, realtimePeriod: 0n },
      memory: { limit: 5n, kernel: 1n, kernelTCP: 1n, swappiness: 0n, disableOOMKiller: true, useHierarchy: true },
      blockIO: { weight: 10, weightDevice: [], throttleReadBpsDevice: [{ major: 8n, minor: 0n, rate: 1n }] },
      hugepageLimits: [{ pageSize: "2MB", limit: 1n }],
      network: { classID: 5 },
      rdma: { mlx: { hcaHandles: 1 } },
      unified: { "io.max": "8:0 rbps=1", "cpuset.cpus": "7", "memory.low": "1" },
    });
    expect(planned).toEqual({ cpu: { quota: 5n }, memory: { limit: 5n }, unified: { "memory.low": "1" } });
    expect(warnings).toHaveLength(1);
    for (const name of [
      "cpu.cpus",
      "cpu.mems",
      "cpu.realtimeRuntime",
      "memory.kernel",
      "memory.kernelTCP",
      "memory.swappiness",
      "memory.disableOOMKiller",
    ]) {
      expect(warnings[0]).toContain(`"${name}"`);
    }
    for (const name of [
      "blockIO.weight",
      "blockIO.throttleReadBpsDevice",
      "hugepageLimits",
      "network",
      "rdma",
      "unified.io.max",
      "unified.cpuset.cpus",
    ]) {
      expect(warnings[0]).toContain(`"${name}"`);
    }
    expect(warnings[0]).not.toMatch(/realtimePeriod|weightDevice|memory\.low/);
  });

  it("of no huge pages, which kubelet sends for each size of the host, are kept without a word", () => {
    expect(plan({ hugepageLimits: [{ pageSize: "1GB", limit: 0n }] })).toEqual({ planned: {}, warnings: [] });
  });
});

it("an update leaves the device rules alone", () => {
  expect(planUpdate({ devices: [{ allow: true }], pids: { limit: 3n } }, () => {})).toEqual({ pids: { limit: 3n } });
});

it.each<[ResourcesSpec, string]>([
  [{ memory: { limit: -5n } }, "memory.limit is -5"],
  [{ memory: { limit: 1000n, swap: 100n } }, "must not be below the limit (1000)"],
  [{ cpu: { cpus: "abc" } }, 'cpu.cpus is "abc"'],
  [{ cpu: { mems: "1-0" } }, 'cpu.mems is "1-0"'],
  [{ unified: { "memory/max": "1" } }, '"memory/max"'],
  [{ unified: { "../x.y": "1" } }, '"../x.y"'],
  [{ unified: { "cgroup.freeze": "1" } }, '"cgroup.freeze", by which'],
  [{ devices: [{ allow: true }] }, 'devices[0].access is ""'],
])("%o is refused", (resources, sentence) => {
  expect(() => plan(resources)).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringContaining(sentence) }));
});
