import { expect, it } from "vitest";

import { mountAbove, mountOf, mountPoints, parseMountinfo } from "./mountinfo.ts";

const TEXT = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:5 / /data ro,nosuid,noatime - tmpfs tmpfs rw
24 23 0:6 / /data/a\\040b rw,noexec - tmpfs tmpfs rw
25 22 0:7 / /database rw - tmpfs tmpfs rw
26 22 0:8 / /twice rw - tmpfs tmpfs rw
27 26 0:9 / /twice ro - tmpfs tmpfs rw
`;

it.each([
  ["/data", ["ro", "nosuid", "noatime"], true],
  ["/data/a b", ["rw", "noexec"], false],
  ["/data/a b/c", ["rw", "noexec"], false],
  ["/data/a", ["ro", "nosuid", "noatime"], false],
  ["/dat", ["rw", "relatime"], false],
  ["/database/x", ["rw"], false],
  ["/twice", ["ro"], false],
  ["/", ["rw", "relatime"], true],
])("%s is on a mount with %j, and %s that others are below it", (path, flags, hasOthersBelow) => {
  expect(mountOf(parseMountinfo(TEXT), path)).toEqual({ flags, hasOthersBelow });
});

it.each([
  ["/data/a b/c", "/data/a b"],
  ["/database", "/database"],
  ["/dat", "/"],
  ["/", "/"],
])("%s is on the mount %s", (path, mount) => {
  expect(mountAbove(parseMountinfo(TEXT), path)?.path).toBe(mount);
});

it("knows the mounts of this machine", async () => {
  expect((await mountPoints()).map(({ path }) => path)).toContain("/proc");
});
