/** Waiting for what a file says. */
import { once } from "node:events";
import { watch } from "node:fs";

/** Answers when `holds` does: asked at once, and after each change of the file. Rejects when `signal` fires. */
export async function untilFile(path: string, holds: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  // Not the watch of fs/promises: that begins when its first change is asked for, and misses what comes before.
  const watcher = watch(path);
  try {
    for (;;) {
      const changed = once(watcher, "change", { signal });
      changed.catch(() => {});
      if (await holds()) {
        return;
      }
      await changed;
    }
  } finally {
    watcher.close();
  }
}
