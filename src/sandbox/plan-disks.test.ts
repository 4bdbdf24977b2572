import { describe, expect, it } from "vitest";

import type { ResourcesSpec } from "./oci.ts";
import { planDisks, resourcesWithDisks, withDisks } from "./plan-disks.ts";

const loop = (path: string, minor = 0n) => ({ path, type: "b", major: 7n, minor });
const rule = (allow: boolean, access: string, major?: bigint, minor?: bigint) => ({
  allow,
  access,
  ...(major !== undefined && { type: "b", major }),
  ...(minor !== undefined && { minor }),
});
const DISKS = new Map([
  ["7:0", { major: 254n, minor: 16n }],
  ["7:1", { major: 254n, minor: 32n }],
  ["8:0", { major: 254n, minor: 48n }],
]);

describe("the disks of a spec", () => {
  it("are its block devices, each once", () => {
    const devices = [loop("/dev/a"), { path: "/dev/c", type: "c", major: 7n, minor: 1n }, loop("/dev/b"), loop("/dev/c", 2n)];
    expect(planDisks({ devices }).map(({ path, minor }) => [path, minor])).toEqual([
      ["/dev/b", 0n],
      ["/dev/c", 2n],
    ]);
    expect(planDisks({})).toEqual([]);
    expect(planDisks(undefined)).toEqual([]);
  });

  it.each<[string, ResourcesSpec["devices"], boolean]>([
    ["there is no rule", undefined, false],
    ["all is allowed", [rule(true, "rwm")], false],
    ["nothing is", [rule(false, "rwm")], true],
    ["it is by its numbers", [rule(false, "rwm"), rule(true, "rw", 7n, 0n)], false],
    ["reading is", [rule(false, "rwm"), rule(true, "r", 7n, 0n)], true],
    ["writing another is", [rule(false, "rwm"), rule(true, "r", 7n, 0n), rule(true, "rw", 7n, 1n)], true],
    ["writing all of a kind is", [rule(false, "rwm"), rule(true, "rwm", 7n)], false],
    ["writing is forbidden", [rule(true, "rwm"), rule(false, "w", 7n, 0n)], true],
  ])("are read only when they may not be written to: %s", (_, devices, readOnly) => {
    expect(planDisks({ devices: [loop("/dev/a")], resources: { devices } })).toMatchObject([{ readOnly }]);
  });
});

describe("in the guest", () => {
  it("a device has the guest's numbers, and all else as it was", () => {
    const device = { ...loop("/dev/a"), fileMode: 0o600, uid: 1, gid: 2 };
    const fifo = { path: "/dev/f", type: "p", major: 7n, minor: 0n };
    expect(withDisks({ devices: [device, fifo], sysctl: { a: "b" } }, DISKS)).toEqual({
      devices: [{ ...device, major: 254n, minor: 16n }, fifo],
      sysctl: { a: "b" },
    });
  });

  it("rules are for the guest's numbers, and those for what is no disk of the container for nothing", () => {
    const kept = [rule(false, "rwm"), { allow: true, type: "c", major: 7n, minor: 0n, access: "rw" }, rule(true, "m", -1n, -1n)];
    const devices = [...kept, rule(true, "rw", 7n, 0n), rule(true, "r", 7n), rule(true, "w", -1n, 0n), rule(true, "rw", 254n, 32n)];
    expect(resourcesWithDisks({ devices }, DISKS).devices).toEqual([
      ...kept,
      rule(true, "rw", 254n, 16n),
      rule(true, "r", 254n, 16n),
      rule(true, "r", 254n, 32n),
      rule(true, "w", 254n, 16n),
      rule(true, "w", 254n, 48n),
    ]);
  });

  it("throttles are for the guest's numbers", () => {
    const blockIO = { throttleReadBpsDevice: [{ major: 7n, minor: 1n, rate: 5n }], throttleWriteIOPSDevice: [{ major: 8n, minor: 0n, rate: 6n }] };
    expect(resourcesWithDisks({ blockIO, cpu: {} }, DISKS)).toEqual({
      cpu: {},
      blockIO: {
        throttleReadBpsDevice: [{ major: 254n, minor: 32n, rate: 5n }],
        throttleWriteIOPSDevice: [{ major: 254n, minor: 48n, rate: 6n }],
      },
    });
  });
});
