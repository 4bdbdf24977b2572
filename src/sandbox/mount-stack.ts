/**
 * What was mounted and made on the host for one owner, in the order of its making. Everything is in the journal
 * before it is made, and is taken off the list only when it is gone: a removal that fails half way is
 * carried on by the next call.
 */
import { Code, HadronError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Journal } from "../host/journal.ts";
import { makeDirectory, makeFile, removeDirectory, removeMountPoint } from "../host/mount-point.ts";
import type { Logger } from "../logger.ts";
import { sleep } from "../time.ts";

/**
 * Between the attempts to unmount what is in use, in milliseconds. What the guest has let go of is closed by its file
 * server a moment later, which nobody tells. That is virtiofsd: without KVM the first attempt was enough in 93 of 93
 * removals, on two CPUs with a load of 16.
 */
const PATIENCE_MS = [2, 5, 10, 20, 50, 100, 200, 400, 800];

export type MountHost = Pick<Host, "mount" | "makeWritable" | "umountTree">;

type Made = { readonly kind: "directory" | "file" | "mount"; readonly path: string };

export class MountStack implements AsyncDisposable {
  readonly host: MountHost;
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #made: Made[] = [];
  #removing: Promise<void> | undefined;

  constructor(host: MountHost, journal: Journal, log: Logger) {
    this.host = host;
    this.#journal = journal;
    this.#log = log;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.#record({ kind: "directory", path });
    await makeDirectory(path);
  }

  async makeFile(path: string): Promise<void> {
    await this.#record({ kind: "file", path });
    await makeFile(path);
  }

  /** `mount` puts something on `path`, or several things on it and below it. */
  async mount(path: string, mount: () => Promise<void>): Promise<void> {
    await this.#record({ kind: "mount", path });
    await mount();
  }

  /** Idempotent; also for what was made half way. Calls at once are one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#removing ??= this.#removeAll().finally(() => {
      this.#removing = undefined;
    });
    await this.#removing;
  }

  async #removeAll(): Promise<void> {
    for (let made = this.#made.at(-1); made !== undefined; made = this.#made.at(-1)) {
      await this.#remove(made);
      await this.#journal.remove(made);
      this.#made.pop();
    }
  }

  async #remove({ kind, path }: Made): Promise<void> {
    if (kind === "mount") {
      await this.#unmount(path);
    } else if (kind === "directory") {
      await removeDirectory(path);
    } else {
      await removeMountPoint(path);
    }
  }

  async #unmount(target: string): Promise<void> {
    for (const pause of PATIENCE_MS) {
      try {
        await this.host.umountTree({ target });
        return;
      } catch (error) {
        if (!(error instanceof HadronError) || error.code !== Code.FAILED_PRECONDITION) {
          throw error;
        }
        await sleep(pause);
      }
    }
    // It is gone from the tree at once, and from the kernel with its last user, who is none of the pod's.
    await this.host.umountTree({ target, detach: true });
    this.#log.warn({ path: target }, "a mount of the pod was in use on the host when it was removed; it goes with its last user");
  }

  async #record(made: Made): Promise<void> {
    await this.#journal.add(made);
    this.#made.push(made);
  }
}
