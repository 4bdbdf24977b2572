/** Making what a pod has on the host, and taking it away; errors say what could not be made. */
import { errorOfSystemCall } from "./error.ts";
import { mkdir, rmdir, unlink } from "./files.ts";

/** ALREADY_EXISTS, RESOURCE_EXHAUSTED on a full disk. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    throw errorOfSystemCall(cause, `the directory ${path} cannot be made`);
  }
}

/** What is there no more, or never came to be, is as good as removed. Not recursive: what is in it is not ours. */
export async function removeDirectory(path: string): Promise<void> {
  await rmdir(path).catch(ignoreMissing);
}

/** As `removeDirectory`. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch(ignoreMissing);
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") {
    throw error;
  }
}
