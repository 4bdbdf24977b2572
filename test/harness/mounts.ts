/** The mounts of this process's namespace (proc(5), /proc/self/mountinfo). */
import { readFile } from "node:fs/promises";

/** Mount points in the order in which they were mounted. */
export async function mountPoints(): Promise<string[]> {
  const text = await readFile("/proc/self/mountinfo", "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => unescape(line.split(" ")[4] ?? ""));
}

/** The mount points that are `directory` or lie below it, in the order of mounting. */
export async function mountsBelow(directory: string): Promise<string[]> {
  return (await mountPoints()).filter((path) => path === directory || path.startsWith(`${directory}/`));
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
