/** What a path of the host is. */

import { Code, HadronError } from "../errors.ts";
import { readFile, realpath, stat } from "../host/files.ts";
import { mountAbove, type Mount } from "../host/mountinfo.ts";

/** "socket": of streams, as far as is known. */
export type PathKind = "directory" | "file" | "socket" | "socket of datagrams" | "socket of sequenced packets" | "device" | "other";

/** Symbolic links are followed, as mount(2) does. undefined when there is nothing. */
export async function probePath(path: string): Promise<PathKind | undefined> {
  let stats;
  try {
    stats = await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR") {
      return undefined;
    }
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot look at ${JSON.stringify(path)}`, { cause: error });
  }
  if (stats.isDirectory()) {
    return "directory";
  }
  if (stats.isFile()) {
    return "file";
  }
  if (stats.isSocket()) {
    return socketKind(await realpath(path), await readFile("/proc/net/unix", "utf8"));
  }
  if (stats.isCharacterDevice() || stats.isBlockDevice()) {
    return "device";
  }
  return "other";
}

/** unix(7)'s types, as /proc/net/unix has them. */
const PACKETS: ReadonlyMap<string, PathKind> = new Map([
  ["0002", "socket of datagrams"],
  ["0005", "socket of sequenced packets"],
]);

/** Nobody tells of what is bound by another name or in another network namespace. `table`: /proc/net/unix. */
export function socketKind(path: string, table: string): PathKind {
  const types = table.split("\n").flatMap((line) => {
    // Number, references, protocol, flags, type, state, inode, and the path as it is.
    const [, type, bound] = /^\S+ \S+ \S+ \S+ (\S+) \S+ +\d+ (.*)$/.exec(line) ?? [];
    return bound === path && type !== undefined ? [type] : [];
  });
  const packets = types.map((type) => PACKETS.get(type));
  return packets.every((kind) => kind !== undefined) ? (packets[0] ?? "socket") : "socket";
}

/** Which of `paths` lie in the mount of the host's `/` itself. Of what is not there, none. */
export async function inRootMount(paths: readonly string[], mounts: readonly Mount[]): Promise<ReadonlySet<string>> {
  const known = await Promise.all(paths.map(async (path) => ({ path, real: await realpath(path).catch(() => undefined) })));
  return new Set(known.flatMap(({ path, real }) => (real !== undefined && mountAbove(mounts, real)?.mountPoint === "/" ? [path] : [])));
}
