/** What this process has open. */
import { readdirSync, readlinkSync } from "node:fs";

/** Its sockets and pipes, by what they are. */
export function openDescriptors(): string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    })
    .filter((target) => /^(socket|pipe):/.test(target))
    .toSorted();
}
