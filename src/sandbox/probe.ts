/** What a path of the host is. */

import { Code, HadronError } from "../errors.ts";
import { stat } from "../host/files.ts";

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
