import { expect, it } from "vitest";

import { mounts } from "../host/mountinfo.ts";
import { inRootMount, probePath } from "./probe.ts";

it.each([
  ["/proc", "directory"],
  ["/proc/self/cwd", "directory"],
  ["/proc/self/status", "file"],
  ["/dev/null", "device"],
  ["/nowhere", undefined],
  ["/proc/self/status/x", undefined],
])("%s is a %s", async (path, kind) => {
  expect(await probePath(path)).toBe(kind);
});

it("tells what lies in the mount of the host's root, by whatever name", async () => {
  const inRoot = await inRootMount(["/", "/proc/..", "/proc", "/proc/self/root", "/proc/self/ns", "/nowhere"], await mounts());
  expect([...inRoot]).toEqual(["/", "/proc/..", "/proc/self/root"]);
});
