/**
 * What a pod of the Sandbox service has below /etc, and its /dev/shm. With CRI's sandbox container containerd makes these and mounts
 * them into every container; to a sandbox service it leaves them. The content is the same.
 */

import { join } from "node:path";

import { makeDirectory, removeDirectory, removeFile } from "../host/directory.ts";
import { readFile, writeFile } from "../host/files.ts";
import type { Journal } from "../host/journal.ts";
import type { MountSpec, Spec } from "./oci.ts";

export interface PodFilesContent {
  /** Not empty. */
  readonly hostname: string;
  /** Undefined: the host's. */
  readonly resolvConf: string | undefined;
}

/** By their names below /etc. */
const NAMES = ["hostname", "hosts", "resolv.conf"] as const;

export class PodFiles implements AsyncDisposable {
  readonly #directory: string;
  readonly #journal: Journal;

  private constructor(directory: string, journal: Journal) {
    this.#directory = directory;
    this.#journal = journal;
  }

  /** In a new directory, which is theirs. */
  static async make(directory: string, journal: Journal, { hostname, resolvConf }: PodFilesContent): Promise<PodFiles> {
    await using undo = new AsyncDisposableStack();
    const files = undo.use(new PodFiles(directory, journal));
    await journal.add({ kind: "directory", path: directory });
    await makeDirectory(directory);
    const content: Readonly<Record<(typeof NAMES)[number], string | Buffer>> = {
      hostname: `${hostname}\n`,
      hosts: await ofHost("/etc/hosts"),
      "resolv.conf": resolvConf ?? (await ofHost("/etc/resolv.conf")),
    };
    for (const name of NAMES) {
      const path = join(directory, name);
      await journal.add({ kind: "file", path });
      await writeFile(path, content[name], { flag: "wx", mode: 0o644 });
    }
    undo.move();
    return files;
  }

  /** The spec with them, where it has nothing of its own in their place. containerd's own /dev/shm for each container is no such thing. */
  addTo(spec: Spec): Spec {
    const mounts = (spec.mounts ?? []).filter(({ destination, type }) => destination !== "/dev/shm" || type !== "tmpfs");
    const taken = new Set(mounts.map(({ destination }) => destination));
    const options = ["rbind", "rprivate", spec.root?.readonly === true ? "ro" : "rw"];
    const files = NAMES.map((name): MountSpec => ({ destination: `/etc/${name}`, type: "bind", source: join(this.#directory, name), options }));
    // The guest's, whatever is behind a source of this name (plan-mounts.ts).
    const shm: MountSpec = { destination: "/dev/shm", type: "bind", source: join(this.#directory, "shm"), options: ["rbind", "rprivate", "rw"] };
    return { ...spec, mounts: [...mounts, ...[...files, shm].filter(({ destination }) => !taken.has(destination))] };
  }

  /** Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of NAMES) {
      const path = join(this.#directory, name);
      await removeFile(path);
      await this.#journal.remove({ kind: "file", path });
    }
    await removeDirectory(this.#directory);
    await this.#journal.remove({ kind: "directory", path: this.#directory });
  }
}

/** The host's; there may be none. */
async function ofHost(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return "";
    }
    throw error;
  });
}
