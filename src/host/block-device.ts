/** Block devices of the host, by their numbers: what a name of /dev leads to may be another one at any time. */
import { constants, fstat as fstatCallback, open as openCallback } from "node:fs";
import { promisify } from "node:util";

import { Code, HadronError } from "../errors.ts";
import { errorOfSystemCall } from "./error.ts";
import { close, readFile } from "./files.ts";

const open = promisify(openCallback);
const fstat = promisify(fstatCallback);

export interface OpenBlockDevice {
  /** The caller's. */
  readonly fd: number;
  /** Also where the host does not let it be written to. */
  readonly readOnly: boolean;
  /** It is open with O_DIRECT. */
  readonly direct: boolean;
}

export interface BlockDeviceHost {
  /** The directory that the kernel has a link in for each ("/sys/dev/block"), and that of their nodes. */
  readonly devices: string;
  readonly nodes: string;
}

const HOST: BlockDeviceHost = { devices: "/sys/dev/block", nodes: "/dev" };

/**
 * Opens one without the host's page cache, if it can be: whoever uses it has one of his own, and the host's memory is for more than that.
 *
 * @param what begins sentences: "the device /dev/xvda (b 7:0)"
 * @throws HadronError NOT_FOUND for one that is not there, FAILED_PRECONDITION for one without a medium, and as of open(2)
 */
export async function openBlockDevice(
  what: string,
  { major, minor, readOnly }: { readonly major: bigint; readonly minor: bigint; readonly readOnly: boolean },
  { devices, nodes }: BlockDeviceHost = HOST,
): Promise<OpenBlockDevice> {
  const directory = `${devices}/${major}:${minor}`;
  const name = /^DEVNAME=(.+)$/m.exec(await attribute(directory, "uevent", what))?.[1] ?? "";
  const path = `${nodes}/${name}`;
  // Linux opens a device for writing also when it cannot be written to. As with runc, that writing fails is all that comes of it.
  const unwritable = (await attribute(directory, "ro", what)) === "1";
  const device = await openFor(path, readOnly || unwritable, what);
  try {
    const stats = await fstat(device.fd);
    if (!stats.isBlockDevice() || stats.rdev !== deviceNumber(major, minor)) {
      throw new HadronError(Code.NOT_FOUND, `${what} cannot be opened: the host's ${path} is another file`);
    }
    // Of a loop device that no file belongs to, or a drive without a disk.
    if ((await attribute(directory, "size", what)) === "0") {
      throw new HadronError(Code.FAILED_PRECONDITION, `${what} has no medium: the host's ${path} has a size of 0`);
    }
    return device;
  } catch (error) {
    await close(device.fd);
    throw error;
  }
}

/** One of sysfs. `uevent` has the name below /dev, as the kernel has it: "mapper/x" is a link of udev's, "dm-0" the node. */
async function attribute(directory: string, name: "uevent" | "ro" | "size", what: string): Promise<string> {
  try {
    return (await readFile(`${directory}/${name}`, "utf8")).trim();
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "ENOENT"
      ? new HadronError(Code.NOT_FOUND, `${what} is not there: the host has no block device with these numbers`, { cause })
      : errorOfSystemCall(cause, `${what} cannot be looked at`);
  }
}

async function openFor(path: string, readOnly: boolean, what: string): Promise<OpenBlockDevice> {
  try {
    return await openWith(path, readOnly);
  } catch (cause) {
    throw errorOfSystemCall(cause, `${what} cannot be opened for the VM`);
  }
}

async function openWith(path: string, readOnly: boolean): Promise<OpenBlockDevice> {
  const flags = readOnly ? constants.O_RDONLY : constants.O_RDWR;
  try {
    return { fd: await open(path, flags | constants.O_DIRECT), readOnly, direct: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") {
      throw error;
    }
    return { fd: await open(path, flags), readOnly, direct: false };
  }
}

/** As stat(2) has it (glibc's makedev(3)). */
export function deviceNumber(major: bigint, minor: bigint): number {
  return Number(((major & ~0xfffn) << 32n) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) | (minor & 0xffn));
}
