/** Which sources of bind mounts are memory of the host. */

import type { FileOwner } from "../agent/agent.ts";
import { realpath, stat, statfs } from "../host/files.ts";
import { mountAbove, type Mount } from "../host/mountinfo.ts";

export interface HostMemory {
  readonly type: "tmpfs" | "hugetlbfs";
  /** "major:minor": the same memory has the same, by whatever path. */
  readonly device: string;
  /** 0n: no limit. */
  readonly sizeBytes: bigint;
  /** Of the memory's root. */
  readonly owner: FileOwner;
  /** Where in it the source is; "" for its root. */
  readonly below: string;
  readonly belowOwner: FileOwner;
  /** Of the source's mount, as mountinfo has them. */
  readonly flags: readonly string[];
  /** A kubelet's emptyDir: nothing is in it but what the pod's containers put there. */
  readonly isEmptyDir: boolean;
}

/** Where a kubelet mounts the memory of an emptyDir. Containers get that, or by `subPath` a mount of something below it. */
const EMPTY_DIR = /\/kubernetes\.io~empty-dir\/[^/]+$/;

/** By source. Those that are none, or are not there, are not in it. */
export async function hostMemory(sources: readonly string[], mounts: readonly Mount[]): Promise<ReadonlyMap<string, HostMemory>> {
  const known = await Promise.all(sources.map(async (source) => [source, await memoryAt(source, mounts)] as const));
  return new Map(known.flatMap(([source, memory]) => (memory === undefined ? [] : [[source, memory] as const])));
}

async function memoryAt(source: string, mounts: readonly Mount[]): Promise<HostMemory | undefined> {
  try {
    const path = await realpath(source);
    const mount = mountAbove(mounts, path);
    if (mount === undefined || (mount.type !== "tmpfs" && mount.type !== "hugetlbfs")) {
      return undefined;
    }
    const wholes = mounts.filter(({ device, root }) => device === mount.device && root === "/");
    const emptyDir = wholes.find((whole) => EMPTY_DIR.test(whole.mountPoint));
    const whole = emptyDir ?? wholes.at(-1);
    if (whole === undefined) {
      return undefined;
    }
    const [{ blocks, bsize }, owner, belowOwner] = await Promise.all([
      statfs(whole.mountPoint, { bigint: true }),
      ownerOf(whole.mountPoint),
      ownerOf(path),
    ]);
    const below = `${mount.root}/${path.slice(mount.mountPoint.length)}`.split("/").filter((name) => name !== "");
    return {
      type: mount.type,
      device: mount.device,
      sizeBytes: blocks * bsize,
      owner,
      below: below.join("/"),
      belowOwner,
      flags: mount.flags,
      isEmptyDir: emptyDir !== undefined,
    };
  } catch {
    // What cannot be looked at is refused where all sources are.
    return undefined;
  }
}

async function ownerOf(path: string): Promise<FileOwner> {
  const { mode, uid, gid } = await stat(path);
  return { mode: mode & 0o7777, uid, gid };
}
