/**
 * What a container has mounted on the host: its root file system and its volumes, in the two directories that
 * the VM sees. Everything is in the journal before it is made.
 */

import { isAbsolute, join } from "node:path";

import { Code, HadronError } from "../errors.ts";
import { stat } from "../host/files.ts";
import type { Host } from "../host/host.ts";
import type { Journal } from "../host/journal.ts";
import { makeDirectory, makeFile, removeDirectory, removeMountPoint } from "../host/mount-point.ts";
import type { Spec } from "./oci.ts";
import type { PathKind, VolumePlan } from "./plan.ts";

/** containerd.types.Mount: type, source and options are mount(8)'s. */
export interface RootfsMount {
  readonly type: string;
  readonly source: string;
  /** Below the root file system; "" for the root file system itself. */
  readonly target: string;
  readonly options: readonly string[];
}

export class ContainerStorage implements AsyncDisposable {
  readonly #host: Host;
  readonly #journal: Journal;
  readonly #rootfs: string;
  readonly #volumes: string;
  /** What was mounted, in the order of mounting. */
  readonly #mountPoints: string[] = [];
  readonly #directories: string[] = [];

  /** `slot` names the container's directory in both shares and is never used twice: the guest caches names. */
  constructor(options: { host: Host; journal: Journal; stateDir: string; slot: string }) {
    this.#host = options.host;
    this.#journal = options.journal;
    this.#rootfs = join(options.stateDir, "rootfs", options.slot);
    this.#volumes = join(options.stateDir, "volumes", options.slot);
  }

  /** Mounts what containerd sent or, when it sent nothing (Docker), the root.path of the spec. */
  async mountRootfs(mounts: readonly RootfsMount[], bundle: string, root: Spec["root"]): Promise<void> {
    await this.#makeDirectory(this.#rootfs);
    await this.#recordMount(this.#rootfs);
    if (mounts.length === 0) {
      if (root === undefined || root.path === "") {
        throw new HadronError(Code.INVALID_ARGUMENT, "there is no root file system: the request has no rootfs mounts and the spec no root.path");
      }
      const source = isAbsolute(root.path) ? root.path : join(bundle, root.path);
      if ((await probePath(source)) !== "directory") {
        throw new HadronError(Code.INVALID_ARGUMENT, `the root file system ${JSON.stringify(source)} is not a directory`);
      }
      await this.#host.bind({ source, target: this.#rootfs, recursive: true, readonly: false });
      return;
    }
    for (const mount of mounts) {
      if (mount.type.includes("/") || mount.options.some((option) => option.includes("{{"))) {
        throw new HadronError(
          Code.UNIMPLEMENTED,
          `mounts of type ${mount.type} are left to containerd's mount manager: use a snapshotter that passes plain mounts, such as overlayfs`,
        );
      }
      await this.#host.mount({
        type: mount.type,
        source: mount.source,
        target: mount.target === "" ? this.#rootfs : join(this.#rootfs, mount.target),
        options: [...mount.options],
      });
    }
  }

  async mountVolumes(volumes: readonly VolumePlan[]): Promise<void> {
    if (volumes.length === 0) {
      return;
    }
    await this.#makeDirectory(this.#volumes);
    for (const volume of volumes) {
      const target = join(this.#volumes, String(volume.index));
      await (volume.kind === "directory" ? makeDirectory(target) : makeFile(target));
      await this.#recordMount(target);
      await this.#host.bind({ source: volume.source, target, recursive: volume.recursive, readonly: volume.readonly });
    }
  }

  /** Idempotent; also for what was made half way. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let path = this.#mountPoints.pop(); path !== undefined; path = this.#mountPoints.pop()) {
      await this.#host.umountTree({ target: path });
      await this.#journal.remove({ kind: "mount", path });
      if (!this.#directories.includes(path)) {
        await removeMountPoint(path);
      }
    }
    for (let path = this.#directories.pop(); path !== undefined; path = this.#directories.pop()) {
      await removeDirectory(path);
      await this.#journal.remove({ kind: "directory", path });
    }
  }

  async #recordMount(path: string): Promise<void> {
    await this.#journal.add({ kind: "mount", path });
    this.#mountPoints.push(path);
  }

  async #makeDirectory(path: string): Promise<void> {
    await this.#journal.add({ kind: "directory", path });
    this.#directories.push(path);
    await makeDirectory(path);
  }
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
