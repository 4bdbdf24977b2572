/** What a container has mounted: its root file system and its volumes, in the two directories that the VM sees; and its disks. */

import { join } from "node:path";

import type { InnerDirectory, Storages } from "../agent/agent.ts";
import type { PodDisk, PodDisks } from "./disks.ts";
import type { HostSockets } from "./host-sockets.ts";
import { diskKey, type DiskPlan, type GuestDisks } from "./plan-disks.ts";
import { GUEST_INNER_VOLUMES, type MemoryPlan } from "./plan-memory.ts";
import { GUEST_ROOTFS_SHARE, GUEST_VOLUMES_SHARE, type MountedVolume, type SocketPlan, type VolumePlan } from "./plan.ts";
import type { RootfsMount } from "./rootfs.ts";
import type { Share } from "./share.ts";
import type { MountedDirectory, SocketDirectories } from "./socket-directories.ts";
import type { Volume, Volumes } from "./volumes.ts";

/** The VM that sees what is mounted. */
export interface StorageGuest {
  /** What of it the guest has to be told when a container is made of it; undefined for nothing. */
  storagesToMount(storages: Storages): Storages | undefined;
  /** Before the host unmounts what is behind the paths. Never rejects: what the guest holds on to is in use on the host. */
  releaseStorages(storages: Storages): Promise<void>;
}

export class ContainerStorage implements AsyncDisposable {
  readonly #slot: string;
  readonly #share: Share;
  readonly #pool: Volumes;
  readonly #memory: readonly MemoryPlan[];
  readonly #volumes: Volume[] = [];
  readonly #disks = new Map<string, PodDisk>();
  #guest: StorageGuest | undefined;
  #sockets: HostSockets | undefined;
  #socketDirectories: SocketDirectories | undefined;
  #hasRootfs = false;

  /** `slot` names the container's directory in its share and is never used twice: the guest caches names. */
  constructor(options: { slot: string; rootfs: Share; volumes: Volumes; memory: readonly MemoryPlan[] }) {
    this.#slot = options.slot;
    this.#share = options.rootfs;
    this.#pool = options.volumes;
    this.#memory = options.memory;
  }

  /** Where the guest has what is mounted. */
  get guestPaths(): string[] {
    return [this.#guestRootfs, ...this.#volumes.map(sharePath)];
  }

  /** Numbers of the container's disks in the guest. */
  get disks(): GuestDisks {
    return new Map([...this.#disks].map(([key, { numbers }]) => [key, numbers]));
  }

  /** Has them in the VM, and in the guest. */
  async attachDisks(disks: Pick<PodDisks, "acquire">, plans: readonly DiskPlan[], signal: AbortSignal): Promise<void> {
    for (const plan of plans) {
      this.#disks.set(diskKey(plan), await disks.acquire(plan, signal));
    }
  }

  /** Answers where the guest has it. */
  async mountRootfs(mounts: readonly RootfsMount[]): Promise<string> {
    this.#hasRootfs = true;
    for (const { type, source, target, options } of mounts) {
      await this.#share.mount({ type, source, target: join(this.#rootfs, target), options });
    }
    return this.#guestRootfs;
  }

  /** In their order. */
  async mountVolumes(volumes: readonly VolumePlan[]): Promise<MountedVolume[]> {
    const acquired = await this.#pool.acquire(volumes, (volume) => this.#volumes.push(volume));
    const describe = async (volume: Volume): Promise<MountedVolume> => ({
      path: volume.below === "" ? sharePath(volume) : this.#innerPath(volume),
      ...(await volume.describe()),
    });
    return await Promise.all(acquired.map(describe));
  }

  /** From here on the guest may look at it, and has to let go of it before it is unmounted. What it is to mount. */
  showTo(guest: StorageGuest): Storages | undefined {
    this.#guest = guest;
    return guest.storagesToMount({ paths: this.guestPaths, inner: this.#inner(), memory: this.#memory.map(({ memory }) => memory) });
  }

  /** Of the host, which the guest has in their places from then on. */
  async openSockets(sockets: HostSockets, plans: readonly SocketPlan[]): Promise<void> {
    this.#sockets = sockets;
    await sockets.open(plans);
  }

  /** In directories among the volumes. */
  async coverSockets(directories: SocketDirectories, mounted: readonly MountedDirectory[]): Promise<void> {
    this.#socketDirectories = directories;
    await directories.open(mounted);
  }

  /** Idempotent, also for what was made half way; what fails is carried on by the next call. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socketDirectories?.[Symbol.asyncDispose]();
    await this.#sockets?.[Symbol.asyncDispose]();
    for (const [key, disk] of this.#disks) {
      await disk[Symbol.asyncDispose]();
      this.#disks.delete(key);
    }
    const inner = this.#inner();
    const unused = this.#volumes.filter((volume) => volume.release());
    await this.#guest?.releaseStorages({ paths: [this.#guestRootfs, ...unused.map(sharePath)], inner, memory: [] });
    for (let volume = this.#volumes.at(-1); volume !== undefined; volume = this.#volumes.at(-1)) {
      await volume[Symbol.asyncDispose]();
      this.#volumes.pop();
    }
    if (this.#hasRootfs) {
      await this.#share.unmount(this.#rootfs);
      this.#hasRootfs = false;
    }
  }

  /** In the share. */
  get #rootfs(): string {
    return `/${this.#slot}`;
  }

  get #guestRootfs(): string {
    return `${GUEST_ROOTFS_SHARE}/${this.#slot}`;
  }

  #inner(): InnerDirectory[] {
    const volumes = this.#volumes
      .filter(({ below }) => below !== "")
      .map((volume) => ({ directory: sharePath(volume), below: volume.below, recursive: volume.recursive, target: this.#innerPath(volume) }));
    return [...volumes, ...this.#memory.flatMap(({ inner }) => inner ?? [])];
  }

  #innerPath(volume: Volume): string {
    return `${GUEST_INNER_VOLUMES}/${this.#slot}-${this.#volumes.indexOf(volume)}`;
  }
}

function sharePath(volume: Volume): string {
  return `${GUEST_VOLUMES_SHARE}/${volume.name}`;
}
