/** What a path of the host is. */

import { Code, HadronError } from "../errors.ts";
import { realpath, stat } from "../host/files.ts";
import { mountAbove, type Mount } from "../host/mountinfo.ts";

export type PathKind = "directory" | "file" | "socket" | "device" | "other";

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
    return "socket";
  }
  if (stats.isCharacterDevice() || stats.isBlockDevice()) {
    return "device";
  }
  return "other";
}

/** Which of `paths` lie in the mount of the host's `/` itself. Of what is not there, none. */
export async function inRootMount(paths: readonly string[], mounts: readonly Mount[]): Promise<ReadonlySet<string>> {
  const known = await Promise.all(paths.map(async (path) => ({ path, real: await realpath(path).catch(() => undefined) })));
  return new Set(known.flatMap(({ path, real }) => (real !== undefined && mountAbove(mounts, real)?.mountPoint === "/" ? [path] : [])));
}
