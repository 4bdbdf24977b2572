/** `linux.devices` (runc: specconv, createDevices). */

import type { DeviceSpec } from "./oci.ts";
import { requireOneOf } from "./plan-process.ts";
import { invalid, unsupported, type Warn } from "./refusal.ts";

const NODE_TYPES: ReadonlySet<string> = new Set(["c", "u", "b", "p"]);
/** The file type, which comes with `type`: st_mode of a device that was looked at has it too. */
const S_IFMT = 0o170000;

/** Beside null, zero, full, random, urandom and tty, which every container has, whatever stands here. */
export function planDevices(devices: readonly DeviceSpec[], warn: Warn): DeviceSpec[] {
  // The first of a path is made; runc finds it there when it comes to the next.
  const byPath = new Map<string, DeviceSpec>();
  for (const device of devices) {
    requireOneOf(`the type of the device ${device.path} in linux.devices`, device.type, NODE_TYPES);
    if (/^\/*$/.test(device.path)) {
      warn(`linux.devices has a device with the path ${JSON.stringify(device.path)}, which the container does without`);
      continue;
    }
    const planned = planDevice(device);
    if (!byPath.has(planned.path)) {
      byPath.set(planned.path, planned);
    }
  }
  return [...byPath.values()];
}

function planDevice(device: DeviceSpec): DeviceSpec {
  const { path, type, major, minor, fileMode = 0o666, uid = 0, gid = 0 } = device;
  if (type !== "p" && (major < 0n || minor < 0n)) {
    throw invalid(`the device ${path} in linux.devices has the numbers ${major}:${minor}; a device node has none below 0`);
  }
  // Block devices of the host are disks of the VM (plan-disks.ts).
  if (type !== "b" && !isPortable(device)) {
    throw unsupported(
      `the device ${path} (${type} ${major}:${minor}) is a device of the host, which the VM does not have; ` +
        "allowed are block devices, FIFOs, the memory devices, ttys, /dev/net/tun and /dev/fuse. For a privileged container leave the host's devices out " +
        "(CRI: privileged_without_host_devices = true; ctr: --privileged-without-host-devices)",
    );
  }
  return {
    path: path.startsWith("/") ? path : `/${path}`,
    type: type === "u" ? "c" : type,
    major,
    minor,
    fileMode: fileMode & ~S_IFMT,
    uid,
    gid,
  };
}

/** Character devices with numbers that every Linux has (Documentation/admin-guide/devices.txt). */
function isPortable({ type, major, minor }: DeviceSpec): boolean {
  if (type !== "c" && type !== "u") {
    return type === "p";
  }
  switch (major) {
    case 1n: // mem, null, zero, full, random, urandom
    case 5n: // tty, console, ptmx
    case 136n: // pts
      return true;
    case 10n: // misc: tun and fuse have fixed minors
      return minor === 200n || minor === 229n;
    default:
      return false;
  }
}
