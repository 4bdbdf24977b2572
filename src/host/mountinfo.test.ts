import { expect, it } from "vitest";

import { mountPointAbove, mountPoints, parseMountinfo } from "./mountinfo.ts";

const TEXT = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:5 / /data ro,nosuid,noatime - tmpfs tmpfs rw
24 23 0:6 / /data/a\\040b rw,noexec - tmpfs tmpfs rw
25 22 0:7 / /database rw - tmpfs tmpfs rw
`;

it.each([
  ["/data/a b/c", "/data/a b"],
  ["/data/a b", "/data/a b"],
  ["/data/a", "/data"],
  ["/database", "/database"],
  ["/dat", "/"],
  ["/", "/"],
])("%s is on the mount %s", (path, mountPoint) => {
  expect(mountPointAbove(parseMountinfo(TEXT), path)).toBe(mountPoint);
});

it("knows the mounts of this machine", async () => {
  expect(await mountPoints()).toContain("/proc");
});
