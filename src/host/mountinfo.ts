/** The mounts of this process's namespace (proc_pid_mountinfo(5)). */

import { readFile } from "./files.ts";

export interface Mount {
  /** "major:minor" of the file system. */
  readonly device: string;
  /** The directory of the file system that is seen at `mountPoint`. */
  readonly root: string;
  readonly mountPoint: string;
  /** Of the mount itself: "ro" or "rw", "nosuid", ... */
  readonly flags: readonly string[];
  readonly type: string;
  /** Of the file system, as it has them. */
  readonly options: readonly string[];
}

export async function mounts(): Promise<Mount[]> {
  return parseMountinfo(await readFile("/proc/self/mountinfo", "utf8"));
}

/** In the order in which they were mounted, as far as one is above another. */
export function parseMountinfo(text: string): Mount[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const fields = line.split(" ");
      const [, , device = "", root = "", mountPoint = "", flags = ""] = fields;
      // Before the second part are fields of which there may be none or more.
      const [type = "", , options = ""] = fields.slice(fields.indexOf("-") + 1);
      return { device, root: unescape(root), mountPoint: unescape(mountPoint), flags: flags.split(","), type, options: options.split(",") };
    });
}

/** That which `path`, which has no symbolic links in it, is on. */
export function mountAbove(all: readonly Mount[], path: string): Mount | undefined {
  const above = all.filter(({ mountPoint }) => isAtOrBelow(path, mountPoint));
  return above.toSorted((a, b) => a.mountPoint.length - b.mountPoint.length).at(-1);
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

/** Space, tab, line feed, backslash and # come as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
