import { expect, it } from "vitest";

import { mounts } from "../host/mountinfo.ts";
import { inRootMount, probePath, socketKind } from "./probe.ts";

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

it("tells sockets of streams from others, by all that are bound to the path", () => {
  const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 11111 /run/stream
0000000000000000: 00000002 00000000 00000000 0002 01  9 /run/log with spaces
0000000000000000: 00000002 00000000 00010000 0005 01 22222 /run/packets
0000000000000000: 00000002 00000000 00000000 0002 01 33333 /run/again
0000000000000000: 00000002 00000000 00010000 0001 01 44444 /run/again
0000000000000000: 00000003 00000000 00000000 0001 03 55555
`;
  expect(socketKind("/run/stream", table)).toBe("socket");
  expect(socketKind("/run/log with spaces", table)).toBe("socket of datagrams");
  expect(socketKind("/run/packets", table)).toBe("socket of sequenced packets");
  expect(socketKind("/run/again", table)).toBe("socket");
  expect(socketKind("/run/not known", table)).toBe("socket");
});
