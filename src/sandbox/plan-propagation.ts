/**
 * Mount propagation: whether a container sees what the host mounts later, and the host what the container mounts
 * (Documentation/filesystems/sharedsubtree.rst).
 */

import type { HadronError } from "../errors.ts";
import { invalid, unsupported } from "./refusal.ts";

/**
 * What the host mounts below a source later is seen in the container as well ("slave"), or is not ("private").
 * The other way round, from the container to the host, there is no way: mounts of a guest are the guest's.
 */
export type Propagation = "private" | "slave";

/** Words of mount(8), which are those of `linux.rootfsPropagation` and of CRI. */
const WORDS: ReadonlyMap<string, Propagation | "shared"> = new Map([
  ["private", "private"],
  ["rprivate", "private"],
  // Private, and not to be bound again: that is for the guest, which gets the word too.
  ["unbindable", "private"],
  ["runbindable", "private"],
  ["slave", "slave"],
  ["rslave", "slave"],
  ["shared", "shared"],
  ["rshared", "shared"],
]);

/**
 * `linux.rootfsPropagation`. Without it, runc makes all mounts slaves of the host's (prepareRoot). A root that cannot be bound cannot
 * be made: runc binds it to itself ("invalid argument").
 */
export function rootfsPropagation(word: string | undefined): Propagation {
  if (word === undefined) {
    return "slave";
  }
  const propagation = WORDS.get(word);
  if (propagation === "shared") {
    throw refuseShared(`linux.rootfsPropagation ${JSON.stringify(word)}`);
  }
  if (propagation === undefined || word.endsWith("unbindable")) {
    throw invalid(`linux.rootfsPropagation is ${JSON.stringify(word)}; allowed are private, rprivate, slave and rslave`);
  }
  return propagation;
}

/**
 * Of a bind mount of the host. Without a word it inherits the root's, as with runc, which carries out all words in their order; and
 * a root that is private has cut off all that is below it before, so that there "slave" is slave of nothing.
 */
export function mountPropagation(destination: string, options: readonly string[], rootfs: Propagation): Propagation {
  let propagation = rootfs;
  for (const option of options) {
    const asked = WORDS.get(option);
    if (asked === "shared") {
      throw refuseShared(`the option ${JSON.stringify(option)} of the mount on ${destination}`);
    }
    // What was cut off once stays so.
    propagation = propagation === "private" ? propagation : (asked ?? propagation);
  }
  return propagation;
}

function refuseShared(what: string): HadronError {
  return unsupported(
    `${what} asks that what the container mounts be mounted on the host too, which cannot cross the boundary of a VM; ` +
      "allowed are private and slave (CRI: propagation None and HostToContainer, not Bidirectional)",
  );
}
