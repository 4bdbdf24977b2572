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

/**
 * `linux.rootfsPropagation`: what becomes of the host's mounts before the container's are made of them (runc: prepareRoot). Words without
 * `r` are for the mount of the host's `/` alone, so that for all others it hangs on the host, as it does without a word.
 */
export interface RootPropagation {
  /** Of what lies in the mount of the host's `/`. "unbindable": nothing can be made of that. */
  readonly inRootMount: Propagation | "unbindable";
  /** Of what the host has mounted elsewhere. */
  readonly elsewhere: Propagation;
}

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

const ROOT_WORDS: ReadonlyMap<string | undefined, RootPropagation> = new Map([
  [undefined, { inRootMount: "slave", elsewhere: "slave" }],
  ["slave", { inRootMount: "slave", elsewhere: "slave" }],
  ["rslave", { inRootMount: "slave", elsewhere: "slave" }],
  ["private", { inRootMount: "private", elsewhere: "slave" }],
  ["rprivate", { inRootMount: "private", elsewhere: "private" }],
  ["unbindable", { inRootMount: "unbindable", elsewhere: "slave" }],
]);

/** Without a word, all mounts are slaves of the host's. `runbindable` leaves nothing of which a root could be made, so it is refused. */
export function rootfsPropagation(word: string | undefined): RootPropagation {
  if (word === "shared" || word === "rshared") {
    throw refuseShared(`linux.rootfsPropagation ${JSON.stringify(word)}`);
  }
  const propagation = ROOT_WORDS.get(word);
  if (propagation === undefined) {
    throw invalid(`linux.rootfsPropagation is ${JSON.stringify(word)}; allowed are private, rprivate, slave, rslave and unbindable`);
  }
  return propagation;
}

/** Whether it matters which sources lie in the mount of the host's `/`. */
export function dependsOnRootMount({ inRootMount, elsewhere }: RootPropagation): boolean {
  return inRootMount !== elsewhere;
}

/** What a bind mount of `source` begins with. */
export function sourcePropagation(source: string, isInRootMount: boolean, root: RootPropagation): Propagation {
  const propagation = isInRootMount ? root.inRootMount : root.elsewhere;
  if (propagation === "unbindable") {
    throw invalid(
      `linux.rootfsPropagation "unbindable" keeps ${JSON.stringify(source)} from being mounted in the container, since it lies in the mount of ` +
        "the host's /; allowed for it are private, rprivate, slave and rslave",
    );
  }
  return propagation;
}

/**
 * Of a bind mount of the host that begins as `source`. runc carries out all words in their order; what was cut off before is a slave of
 * nothing, so that there "slave" changes nothing.
 */
export function mountPropagation(destination: string, options: readonly string[], source: Propagation): Propagation {
  let propagation = source;
  for (const option of options) {
    const asked = WORDS.get(option);
    if (asked === "shared") {
      throw refuseShared(`the option ${JSON.stringify(option)} of the mount on ${destination}`);
    }
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
