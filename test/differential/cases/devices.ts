/** config-linux.md: linux.devices and linux.resources.devices. */
import { type SpecCase, variation } from "./case.ts";

function device(name: string, value: Record<string, unknown>, ...look: string[]): SpecCase {
  return variation(
    `linux.devices ${name}`,
    (spec) => {
      spec.linux["devices"] = [value];
      spec.linux.resources["devices"] = [{ allow: true, access: "rwm" }];
    },
    ...look,
  );
}

function rules(name: string, devices: readonly Record<string, unknown>[] | null, ...look: string[]): SpecCase {
  return variation(
    `linux.resources.devices ${name}`,
    (spec) => void (spec.linux.resources["devices"] = devices),
    "device:c,1,3",
    "device:c,10,200",
    "device:c,10,229",
    "device:c,5,1",
    ...look,
  );
}

/** "+rwm c:10:229" allows, "-" denies; without numbers it is for all. */
function rule(text: string): Record<string, unknown> {
  const [access = "", numbers = "a"] = text.slice(1).split(" ");
  const [type, major, minor] = numbers.split(":");
  return { allow: text.startsWith("+"), access, type, ...(major !== undefined && { major: Number(major), minor: Number(minor) }) };
}

const FUSE = "c:10:229";

/** Rules that meet: which of them holds, or whether they add up. */
const meeting: readonly SpecCase[] = [
  ["-rwm", `+r ${FUSE}`, `+w ${FUSE}`],
  ["-rwm", `+rw ${FUSE}`, `-w ${FUSE}`],
  ["-rwm", `+rw ${FUSE}`, `-r ${FUSE}`, `-w ${FUSE}`],
  ["-rwm", `-r ${FUSE}`, `+rw ${FUSE}`],
  ["-rwm", "+rwm c:10:-1", `-w ${FUSE}`],
  ["-rwm", "+rwm c:10:-1", `-rwm ${FUSE}`],
  ["-rwm", "+r c:10:-1", `+w ${FUSE}`],
  ["-rwm", "+r c:10:-1", `-w ${FUSE}`],
  ["-rwm", "+rwm c:-1:-1", "-rwm c:10:200"],
  ["-rwm", "+rw c:-1:229"],
  ["-rwm", "+rwm c:-1:-1"],
  ["-rwm", "+rwm b:-1:-1"],
  ["-rwm", `+rw ${FUSE}`, "-rwm b:10:229"],
  ["+rwm", `-r ${FUSE}`, `-w ${FUSE}`],
  ["+rwm", `-rw ${FUSE}`, `+r ${FUSE}`],
  ["+rwm", "-rw c:10:-1", `+rw ${FUSE}`],
  ["+rwm", "-r c:10:-1", `-w ${FUSE}`],
  ["+rwm", "-rwm c:-1:-1"],
  ["+rwm", `-rwm ${FUSE}`, "+rwm"],
  ["-rwm", `+rwm ${FUSE}`, "-rwm"],
  ["-rwm", `+rwm ${FUSE}`, "+rwm", "-rwm c:10:200"],
  [`+rw ${FUSE}`],
  [`-rw ${FUSE}`],
  ["-w c:1:3"],
  ["+rwm", "-w c:1:3"],
  ["+rwm", "-rwm c:1:3", "-rwm c:5:1"],
].map((texts) => rules(`in a row: ${texts.join(", ")}`, texts.map(rule)));

export const DEVICE_CASES: readonly SpecCase[] = [
  device("null elsewhere", { path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 }, "write:/dev/mynull"),
  device("with another mode", { path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o600, uid: 0, gid: 0 }),
  device("without a mode", { path: "/dev/mynull", type: "c", major: 1, minor: 3 }),
  device("with mode 0", { path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0 }),
  device("with an owner", { path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o640, uid: 1000, gid: 29 }),
  device("with file type bits in its mode", { path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o20666 }),
  device("of type u", { path: "/dev/mynull", type: "u", major: 1, minor: 3, fileMode: 0o666 }),
  device("a FIFO", { path: "/dev/myfifo", type: "p", fileMode: 0o666 }),
  device("of an unknown type", { path: "/dev/mynull", type: "x", major: 1, minor: 3 }),
  device("of no type", { path: "/dev/mynull", major: 1, minor: 3 }),
  device("outside /dev", { path: "/work/null", type: "c", major: 1, minor: 3, fileMode: 0o666 }, "stat:/work/null"),
  device("in a new directory", { path: "/dev/a/b/null", type: "c", major: 1, minor: 3, fileMode: 0o666 }, "stat:/dev/a"),
  device("with a relative path", { path: "dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o666 }, "stat:/dev/mynull"),
  device("with an empty path", { path: "", type: "c", major: 1, minor: 3, fileMode: 0o666 }),
  device("in place of a default one", { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o600 }, "stat:/dev/null"),
  device("with other numbers in place of a default one", { path: "/dev/null", type: "c", major: 1, minor: 5, fileMode: 0o666 }, "stat:/dev/null"),
  device("fuse", { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666 }),
  device("tun", { path: "/dev/net/tun", type: "c", major: 10, minor: 200, fileMode: 0o666 }),
  device("kmsg", { path: "/dev/kmsg", type: "c", major: 1, minor: 11, fileMode: 0o666 }),
  device("a block device", { path: "/dev/loop250", type: "b", major: 7, minor: 250, fileMode: 0o660 }),
  device("a device of the host", { path: "/dev/kvm", type: "c", major: 10, minor: 232, fileMode: 0o666 }),
  device("with a large number", { path: "/dev/large", type: "c", major: 511, minor: 1048575, fileMode: 0o666 }),
  device("with a negative number", { path: "/dev/mynull", type: "c", major: -1, minor: -1, fileMode: 0o666 }),
  variation(
    "linux.devices twice",
    (spec) => void (spec.linux["devices"] = [0o600, 0o640].map((fileMode) => ({ path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode }))),
  ),
  variation("linux.devices null", (spec) => void (spec.linux["devices"] = null)),
  variation(
    "linux.devices without a rule for it",
    (spec) => void (spec.linux["devices"] = [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666 }]),
    "write:/dev/fuse",
  ),
  variation(
    "linux.devices in /dev of the image",
    (spec) => {
      spec.mounts = spec.mounts.filter((mount) => !mount.destination.startsWith("/dev"));
      spec.linux["devices"] = [{ path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o666 }];
    },
    "stat:/dev/mynull",
  ),
  rules("null", null),
  rules("empty", []),
  rules("that deny all", [{ allow: false, access: "rwm" }]),
  rules("that allow all", [{ allow: true, access: "rwm" }]),
  rules("that allow fuse", [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
  ]),
  rules("that allow reading tun", [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 10, minor: 200, access: "r" },
  ]),
  rules("that deny tun", [
    { allow: true, access: "rwm" },
    { allow: false, type: "c", major: 10, minor: 200, access: "rwm" },
  ]),
  rules("that deny making", [
    { allow: true, access: "rwm" },
    { allow: false, type: "c", major: 10, minor: 200, access: "m" },
  ]),
  rules("of every minor", [
    { allow: false, access: "rwm" },
    { allow: true, type: "c", major: 10, minor: -1, access: "rwm" },
  ]),
  rules("of an unknown type", [{ allow: true, type: "x", major: 1, minor: 1, access: "rwm" }]),
  rules("without access", [{ allow: true, type: "c", major: 10, minor: 229 }]),
  rules("with unknown access", [{ allow: true, type: "c", major: 10, minor: 229, access: "xyz" }]),
  rules("that deny all by one letter", [
    { allow: true, access: "rwm" },
    { allow: false, access: "w" },
  ]),
  rules("that allow all by one letter", [
    { allow: false, access: "rwm" },
    { allow: true, access: "r" },
  ]),
  rules("that deny all by unknown access", [
    { allow: true, access: "rwm" },
    { allow: false, access: "xyz" },
  ]),
  rules("that deny all by a number", [
    { allow: true, access: "rwm" },
    { allow: false, type: "a", major: 10, minor: 229, access: "rwm" },
  ]),
  rules("that allow some, then deny all, then allow another", [
    { allow: true, type: "c", major: 10, minor: 200, access: "rwm" },
    { allow: false, access: "r" },
    { allow: true, type: "c", major: 10, minor: 229, access: "rw" },
  ]),
  rules("with unknown access, denying", [
    { allow: true, access: "rwm" },
    { allow: false, type: "c", major: 10, minor: 229, access: "xyz" },
  ]),
  rules("with access of which one is unknown", [{ allow: true, type: "c", major: 10, minor: 229, access: "rx" }]),
  ...meeting,
];
