/**
 * The volumes of a pod's containers. What two of them take from the same place of the host is bound once: then it
 * is one thing in the guest as well, whose locks, shared mappings and notifications reach from one container to the other.
 */
import { join } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import { stat } from "../host/files.ts";
import type { Journal } from "../host/journal.ts";
import type { Logger } from "../logger.ts";
import { MountStack, type MountHost } from "./mount-stack.ts";
import type { VolumePlan } from "./plan.ts";

interface Source {
  /** Its name in the share; never used twice, because the guest caches names. */
  readonly name: string;
  readonly key: string;
  readonly readonly: boolean;
  readonly stack: MountStack;
  readonly mounted: Promise<void>;
  users: number;
}

/** One container's use of a volume. Disposing it is idempotent, and carries on what failed half way. */
export interface Volume extends AsyncDisposable {
  /** In the share of volumes. */
  readonly name: string;
  /** Ends this use. True if it was the last one: then the host's mount goes with the disposal. */
  release(): boolean;
}

export class Volumes {
  readonly #host: MountHost;
  readonly #journal: Journal;
  readonly #directory: string;
  readonly #log: Logger;
  readonly #sources = new Map<string, Source[]>();
  #next = 1;

  /** `directory`: the share's, on the host. */
  constructor(options: { host: MountHost; journal: Journal; directory: string; log: Logger }) {
    this.#host = options.host;
    this.#journal = options.journal;
    this.#directory = options.directory;
    this.#log = options.log;
  }

  async acquire(plan: VolumePlan): Promise<Volume> {
    const key = await keyOf(plan);
    const same = this.#sources.get(key) ?? [];
    // What is read-only here and writable there is bound writable: the guest keeps the one from writing, and may
    // write for the other. What was bound read-only stays so.
    const source = same.find((known) => plan.readonly || !known.readonly) ?? this.#bind(plan, key);
    source.users += 1;
    const volume = this.#use(source);
    try {
      await source.mounted;
    } catch (error) {
      volume.release();
      await volume[Symbol.asyncDispose]();
      throw error;
    }
    return volume;
  }

  #bind(plan: VolumePlan, key: string): Source {
    const name = String(this.#next++);
    const stack = new MountStack(this.#host, this.#journal, this.#log);
    const source: Source = { name, key, readonly: plan.readonly, stack, mounted: this.#mount(plan, join(this.#directory, name), stack), users: 0 };
    source.mounted.catch(() => {});
    this.#sources.set(key, [...(this.#sources.get(key) ?? []), source]);
    return source;
  }

  async #mount(plan: VolumePlan, target: string, stack: MountStack): Promise<void> {
    await (plan.kind === "directory" ? stack.makeDirectory(target) : stack.makeFile(target));
    const { source, recursive, readonly, propagation } = plan;
    await stack.mount(target, () => this.#host.bind({ source, target, recursive, readonly, propagation }));
  }

  #use(source: Source): Volume {
    let used = true;
    const release = (): boolean => {
      if (used) {
        used = false;
        source.users -= 1;
        if (source.users === 0) {
          this.#forget(source);
        }
      }
      return source.users === 0;
    };
    return {
      name: source.name,
      release,
      [Symbol.asyncDispose]: async () => {
        if (release()) {
          await source.stack[Symbol.asyncDispose]();
        }
      },
    };
  }

  #forget(source: Source): void {
    const rest = (this.#sources.get(source.key) ?? []).filter((other) => other !== source);
    if (rest.length === 0) {
      this.#sources.delete(source.key);
    } else {
      this.#sources.set(source.key, rest);
    }
  }
}

/** The same for what a bind mount cannot tell apart. Symbolic links are followed, as mount(2) does. */
async function keyOf({ source, recursive, propagation }: VolumePlan): Promise<string> {
  try {
    const { dev, ino } = await stat(source, { bigint: true });
    return `${dev}:${ino}:${recursive}:${propagation}`;
  } catch (cause) {
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot look at ${JSON.stringify(source)}: ${messageOf(cause)}`, { cause });
  }
}
