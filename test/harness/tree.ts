/** Directory trees that tests make and remove by the thousand: without a process for each. */
import { chmod, link, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "./command.ts";
import { mountsBelow } from "./mounts.ts";

/** Makes `to` with the directories of `from` and their modes; all else is linked to what is there. */
export async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await linkTree(source, target);
    } else {
      await link(source, target);
    }
  }
  await chmod(to, (await stat(from)).mode);
}

/** Removes `directory` and all in it, unless something is mounted there: that is whoever mounted it to remove. */
export async function removeTree(directory: string): Promise<void> {
  const mounts = await mountsBelow(directory);
  if (mounts.length > 0) {
    throw new Error(`${directory} cannot be removed, since there are mounts: ${mounts.join(", ")}`);
  }
  await rm(directory, { recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENAMETOOLONG") {
      throw error;
    }
    // It goes down by directories, and needs no paths.
    await mustRun("rm", ["-rf", "--one-file-system", "--", directory]);
  });
}
