import { expect, test } from "vitest";

import { throttle } from "./block-nodes.ts";

test("a disk's limit, of the device that has the medium", () => {
  const disk = { id: "disk0", limit: { bytesPerSecond: 1 << 20, operationsPerSecond: 100 } };
  const limits = { bps: 1 << 20, bps_rd: 0, bps_wr: 0, iops: 100, iops_rd: 0, iops_wr: 0 };
  expect(throttle(disk, "tuned")).toEqual({ id: "/machine/peripheral/disk0", ...limits });
  expect(throttle(disk, "debian")).toEqual({ id: "/machine/peripheral/disk0/virtio-backend", ...limits });
  expect(throttle({ id: "disk0" }, "tuned")).toBeUndefined();
});
