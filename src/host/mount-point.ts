import { errorOfSystemCall } from "./error.ts";
/** Making what mounts are put on, and taking it away; errors say what could not be made. */
import { lstat, mkdir, rm, rmdir, writeFile } from "./files.ts";

/** ALREADY_EXISTS, RESOURCE_EXHAUSTED on a full disk. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    throw errorOfSystemCall(cause, `the directory ${path} cannot be made`);
  }
}

/** An empty file; errors as `makeDirectory`. */
export async function makeFile(path: string): Promise<void> {
  try {
    await writeFile(path, "", { flag: "wx" });
  } catch (cause) {
    throw errorOfSystemCall(cause, `the file ${path} cannot be made`);
  }
}

/** What is there no more, or never came to be, is as good as removed. Not recursive: what is in it is not ours. */
export async function removeDirectory(path: string): Promise<void> {
  await rmdir(path).catch(ignoreMissing);
}

/** A directory or file that `makeDirectory` or `makeFile` made; never recursive. */
export async function removeMountPoint(path: string): Promise<void> {
  try {
    const stats = await lstat(path);
    await (stats.isDirectory() ? rmdir(path) : rm(path));
  } catch (error) {
    ignoreMissing(error);
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
    throw error;
  }
}
