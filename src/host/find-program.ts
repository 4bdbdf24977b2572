/** Where an executable is. */
import { constants } from "node:fs";
import { isAbsolute, join } from "node:path";

import { access } from "./files.ts";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first one in PATH, as an absolute path. `searchPath`: PATH's value. */
export async function findInPath(name: string, searchPath = process.env["PATH"] ?? DEFAULT_PATH): Promise<string | undefined> {
  for (const directory of searchPath.split(":")) {
    const path = join(directory, name);
    if (isAbsolute(path) && (await isExecutable(path))) {
      return path;
    }
  }
  return undefined;
}
