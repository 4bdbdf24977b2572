/** Where there are mounts in this process's namespace (proc_pid_mountinfo(5)). */

import { readFile } from "./files.ts";

export async function mountPoints(): Promise<string[]> {
  return parseMountinfo(await readFile("/proc/self/mountinfo", "utf8"));
}

/** In the order in which they were mounted, as far as one is above another. */
export function parseMountinfo(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => unescape(line.split(" ")[4] ?? ""));
}

/** Where that mount is which `path`, which has no symbolic links in it, is on. */
export function mountPointAbove(mountPoints: readonly string[], path: string): string | undefined {
  const above = mountPoints.filter((mountPoint) => isAtOrBelow(path, mountPoint)).toSorted((a, b) => a.length - b.length);
  return above.at(-1);
}

function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);
}

/** Space, tab, line feed, backslash and # come as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
