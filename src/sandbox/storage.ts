/**
 * What a container has mounted on the host: its root file system and its volumes, in the two directories that
 * the VM sees. Everything is in the journal before it is made.
 */

import { isAbsolute, join } from "node:path";

import type { InnerDirectory, ShareUse } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import { stat } from "../host/files.ts";
import type { Journal } from "../host/journal.ts";
import type { Logger } from "../logger.ts";
import { MountStack, type MountHost } from "./mount-stack.ts";
import type { Spec } from "./oci.ts";
import { GUEST_ROOTFS_SHARE, GUEST_VOLUMES_SHARE, type PathKind, type Propagation, type VolumePlan } from "./plan.ts";
import type { Volume, Volumes } from "./volumes.ts";

/** Where the agent binds volumes that lie in other ones. */
const GUEST_INNER_VOLUMES = "/run/hadron/inner";

/** containerd.types.Mount: type, source and options are mount(8)'s. */
export interface RootfsMount {
  readonly type: string;
  readonly source: string;
  /** Below the root file system; "" for the root file system itself. */
  readonly target: string;
  readonly options: readonly string[];
}

/** The VM that sees what is mounted. */
export interface StorageGuest {
  /** Before a container is made of it. */
  enterShares(use: ShareUse): Promise<void>;
  /** Before the host unmounts what is behind the paths. Never rejects: what the guest holds on to is in use on the host. */
  leaveShares(use: ShareUse): Promise<void>;
}

export class ContainerStorage implements AsyncDisposable {
  readonly #slot: string;
  readonly #rootfs: string;
  readonly #stack: MountStack;
  readonly #pool: Volumes;
  readonly #volumes: Volume[] = [];
  #guest: StorageGuest | undefined;

  /** `slot` names the container's directory in its share and is never used twice: the guest caches names. */
  constructor(options: { host: MountHost; journal: Journal; stateDir: string; slot: string; volumes: Volumes; log: Logger }) {
    this.#slot = options.slot;
    this.#rootfs = join(options.stateDir, "rootfs", options.slot);
    this.#stack = new MountStack(options.host, options.journal, options.log);
    this.#pool = options.volumes;
  }

  /** Where the guest has what is mounted. */
  get guestPaths(): string[] {
    return [this.#guestRootfs, ...this.#volumes.map(sharePath)];
  }

  /** Mounts what containerd sent or, when it sent nothing (Docker), the root.path of the spec. */
  async mountRootfs(mounts: readonly RootfsMount[], bundle: string, root: Spec["root"], propagation: Propagation): Promise<void> {
    await this.#stack.makeDirectory(this.#rootfs);
    await this.#stack.mount(this.#rootfs, () => this.#mountRootfs(mounts, bundle, root, propagation));
  }

  /** Where the guest has the volumes, in their order. */
  async mountVolumes(volumes: readonly VolumePlan[]): Promise<string[]> {
    const acquired = await this.#pool.acquire(volumes, (volume) => this.#volumes.push(volume));
    return acquired.map((volume) => (volume.below === "" ? sharePath(volume) : this.#innerPath(volume)));
  }

  /** From here on the guest may look at it, and has to let go of it before it is unmounted. */
  async showTo(guest: StorageGuest): Promise<void> {
    this.#guest = guest;
    await guest.enterShares({ paths: this.guestPaths, inner: this.#inner() });
  }

  /** Idempotent, also for what was made half way; what fails is carried on by the next call. */
  async [Symbol.asyncDispose](): Promise<void> {
    const inner = this.#inner();
    const unused = this.#volumes.filter((volume) => volume.release());
    await this.#guest?.leaveShares({ paths: [this.#guestRootfs, ...unused.map(sharePath)], inner });
    for (let volume = this.#volumes.at(-1); volume !== undefined; volume = this.#volumes.at(-1)) {
      await volume[Symbol.asyncDispose]();
      this.#volumes.pop();
    }
    await this.#stack[Symbol.asyncDispose]();
  }

  get #guestRootfs(): string {
    return `${GUEST_ROOTFS_SHARE}/${this.#slot}`;
  }

  #inner(): InnerDirectory[] {
    return this.#volumes
      .filter(({ below }) => below !== "")
      .map((volume) => ({ directory: sharePath(volume), below: volume.below, recursive: volume.recursive, target: this.#innerPath(volume) }));
  }

  #innerPath(volume: Volume): string {
    return `${GUEST_INNER_VOLUMES}/${this.#slot}-${this.#volumes.indexOf(volume)}`;
  }

  async #mountRootfs(mounts: readonly RootfsMount[], bundle: string, root: Spec["root"], propagation: Propagation): Promise<void> {
    const { host } = this.#stack;
    if (mounts.length === 0) {
      if (root === undefined || root.path === "") {
        throw new HadronError(Code.INVALID_ARGUMENT, "there is no root file system: the request has no rootfs mounts and the spec no root.path");
      }
      const source = isAbsolute(root.path) ? root.path : join(bundle, root.path);
      if ((await probePath(source)) !== "directory") {
        throw new HadronError(Code.INVALID_ARGUMENT, `the root file system ${JSON.stringify(source)} is not a directory`);
      }
      await host.bind({ source, target: this.#rootfs, recursive: true, readonly: false, propagation });
      return;
    }
    for (const mount of mounts) {
      if (mount.type.includes("/") || mount.options.some((option) => option.includes("{{"))) {
        throw new HadronError(
          Code.UNIMPLEMENTED,
          `mounts of type ${mount.type} are left to containerd's mount manager: use a snapshotter that passes plain mounts, such as overlayfs`,
        );
      }
      await host.mount({
        type: mount.type,
        source: mount.source,
        target: mount.target === "" ? this.#rootfs : join(this.#rootfs, mount.target),
        options: [...mount.options],
      });
    }
  }
}

function sharePath(volume: Volume): string {
  return `${GUEST_VOLUMES_SHARE}/${volume.name}`;
}

/** What a bind mount's source is; symbolic links are followed, as mount(2) does. */
export async function probePath(path: string): Promise<PathKind | undefined> {
  let stats;
  try {
    stats = await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || (error as NodeJS.ErrnoException).code === "ENOTDIR") {
      return undefined;
    }
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot look at ${JSON.stringify(path)}`, { cause: error });
  }
  if (stats.isDirectory()) return "directory";
  if (stats.isFile()) return "file";
  if (stats.isSocket()) return "socket";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "device";
  return "other";
}
