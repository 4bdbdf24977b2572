/** The mounts of this process's namespace (proc_pid_mountinfo(5)). */

import { readFile } from "./files.ts";

export interface MountPoint {
  readonly path: string;
  /** Of the mount itself, not of its file system: "ro" or "rw", "nosuid", ... */
  readonly flags: readonly string[];
}

export async function mountPoints(): Promise<MountPoint[]> {
  return parseMountinfo(await readFile("/proc/self/mountinfo", "utf8"));
}

/** In the order in which they were mounted, as far as one is above another. */
export function parseMountinfo(text: string): MountPoint[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [, , , , path = "", flags = ""] = line.split(" ");
      return { path: unescape(path), flags: flags.split(",") };
    });
}

/** The flags of the mount that `path`, which has no symbolic links in it, is on, and whether others are mounted below `path`. */
export function mountOf(mounts: readonly MountPoint[], path: string): { readonly flags: readonly string[]; readonly hasOthersBelow: boolean } {
  return {
    flags: mountAbove(mounts, path)?.flags ?? [],
    hasOthersBelow: mounts.some((mount) => mount.path !== path && isAtOrBelow(mount.path, path)),
  };
}

/** The mount that `path`, which has no symbolic links in it, is on. */
export function mountAbove(mounts: readonly MountPoint[], path: string): MountPoint | undefined {
  const above = mounts.filter((mount) => isAtOrBelow(path, mount.path)).toSorted((a, b) => a.path.length - b.path.length);
  return above.at(-1);
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

/** Space, tab, line feed, backslash and # come as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
