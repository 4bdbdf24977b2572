/**
 * Memory of the host that a pod's containers have in common: a kubelet's emptyDir with `medium: Memory`, and the pod's /dev/shm. It becomes
 * memory of the guest, a file system for all of them. Behind a file server it would be neither fast nor counted as the containers', and it
 * could not do all that memory can. Nobody else has anything in it, so nothing is lost but what the host could see.
 */

import { basename, join } from "node:path";

import type { GuestMemory, InnerDirectory } from "../agent/agent.ts";
import type { HostMemory } from "./host-memory.ts";
import type { PathKind } from "./probe.ts";
import { unsupported } from "./refusal.ts";

/** Where the guest has it, by name. */
const GUEST_MEMORY = "/run/hadron/memory";
/** Where the agent binds what lies in other volumes. */
export const GUEST_INNER_VOLUMES = "/run/hadron/inner";

export interface MemoryPlan {
  readonly memory: GuestMemory;
  /** If a part of it is what is mounted. */
  readonly inner: InnerDirectory | undefined;
}

export interface MemoryVolume extends MemoryPlan {
  /** In the guest. */
  readonly path: string;
  /** Of the host's mount. */
  readonly flags: readonly string[];
}

/** What a pod has where its manager makes none on the host (Docker's and CRI's default). */
const SHARED_MEMORY: Omit<HostMemory, "type"> = {
  device: "shm",
  sizeBytes: 64n << 20n,
  owner: { mode: 0o1777, uid: 0, gid: 0 },
  below: "",
  belowOwner: { mode: 0o1777, uid: 0, gid: 0 },
  flags: ["nosuid", "nodev", "noexec"],
  isEmptyDir: false,
};

export interface MemorySource {
  readonly destination: string;
  readonly source: string;
  readonly kind: PathKind | undefined;
  readonly found: HostMemory | undefined;
}

/** Undefined for all other mounts. `innerName`: never used twice. */
export function planMemory({ destination, source, kind, found }: MemorySource, innerName: string): MemoryVolume | undefined {
  if (found?.type === "hugetlbfs") {
    throw unsupported(
      `the source ${JSON.stringify(source)} of the bind mount on ${destination} is memory of the host in huge pages, which a VM has none of; ` +
        "use an emptyDir with medium: Memory, or none",
    );
  }
  // A manager that leaves it to the runtime names a place where nothing is.
  const isShared = destination === "/dev/shm" && basename(source) === "shm" && (found !== undefined || kind === undefined);
  if (!isShared && found?.isEmptyDir !== true) {
    return undefined;
  }
  const { device, sizeBytes, owner, below, belowOwner, flags } = found ?? SHARED_MEMORY;
  const target = join(GUEST_MEMORY, device);
  const memory = { target, sizeBytes, owner, below, belowOwner };
  if (below === "") {
    return { memory, inner: undefined, path: target, flags };
  }
  const path = join(GUEST_INNER_VOLUMES, innerName);
  return { memory, inner: { directory: target, below, recursive: false, target: path }, path, flags };
}
