import { expect, it } from "vitest";

import { mountAbove, mounts, parseMountinfo } from "./mountinfo.ts";

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
  expect(mountAbove(parseMountinfo(TEXT), path)?.mountPoint).toBe(mountPoint);
});

it("tells what is mounted, with and without optional fields", () => {
  expect(parseMountinfo("30 25 0:26 /a\\040b /c rw shared:4 master:1 - cgroup none rw,cpu,cpuacct\n31 25 0:5 / /d ro - tmpfs - rw\n")).toEqual([
    { device: "0:26", root: "/a b", mountPoint: "/c", flags: ["rw"], type: "cgroup", options: ["rw", "cpu", "cpuacct"] },
    { device: "0:5", root: "/", mountPoint: "/d", flags: ["ro"], type: "tmpfs", options: ["rw"] },
  ]);
});

it("knows the mounts of this machine", async () => {
  expect(await mounts()).toContainEqual(expect.objectContaining({ root: "/", mountPoint: "/proc", type: "proc" }));
});
