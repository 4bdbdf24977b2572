/**
 * The volumes of a pod's containers. What two of them take from the same place of the host is bound once: then it
 * is one thing in the guest as well, whose locks, shared mappings and notifications reach from one container to the other.
 */
import { join } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import { realpath, stat } from "../host/files.ts";
import type { Journal } from "../host/journal.ts";
import type { Logger } from "../logger.ts";
import { MountStack, type MountHost } from "./mount-stack.ts";
import type { ReadOnly } from "./plan-mounts.ts";
import type { VolumePlan } from "./plan.ts";

interface Source {
  /** Its name in the share; never used twice, because the guest caches names. */
  readonly name: string;
  readonly plan: VolumePlan;
  readonly identity: Identity;
  readonly stack: MountStack;
  readonly mounted: Promise<void>;
  readonly: ReadOnly;
  users: number;
}

interface Identity {
  /** Without symbolic links. */
  readonly path: string;
  readonly object: string;
}

/** One container's use of a volume. Disposing it is idempotent, and carries on what failed half way. */
export interface Volume extends AsyncDisposable {
  /** In the share of volumes. */
  readonly name: string;
  /** The volume is this directory of what is bound there; "" for itself. */
  readonly below: string;
  readonly recursive: boolean;
  /** Without symbolic links. */
  readonly hostPath: string;
  /** Ends this use. True if it was the last one: then the host's mount goes with the disposal. */
  release(): boolean;
}

export class Volumes {
  readonly #host: MountHost;
  readonly #journal: Journal;
  readonly #directory: string;
  /** The same without symbolic links. */
  #realDirectory: string;
  readonly #log: Logger;
  readonly #sources = new Set<Source>();
  #next = 1;

  /** `directory`: the share's, on the host. */
  constructor(options: { host: MountHost; journal: Journal; directory: string; log: Logger }) {
    this.#host = options.host;
    this.#journal = options.journal;
    this.#directory = options.directory;
    this.#realDirectory = options.directory;
    this.#log = options.log;
  }

  /**
   * In the order of `plans`. `acquired` takes each as soon as it is held, also when a later one fails. A directory that is
   * below another of them comes after it.
   */
  async acquire(plans: readonly VolumePlan[], acquired: (volume: Volume) => void): Promise<Volume[]> {
    this.#realDirectory = await realpath(this.#directory);
    const known = await Promise.all(plans.map(async (plan) => ({ plan, identity: await identify(plan.source) })));
    const volumes = new Map<VolumePlan, Volume>();
    for (const { plan, identity } of known.toSorted((a, b) => a.identity.path.length - b.identity.path.length)) {
      const volume = (await this.#inner(plan, identity)) ?? (await this.#same(plan, identity));
      acquired(volume);
      volumes.set(plan, volume);
    }
    return plans.flatMap((plan) => volumes.get(plan) ?? []);
  }

  /** A directory below one that is bound already, of those the outermost. */
  async #inner(plan: VolumePlan, identity: Identity): Promise<Volume | undefined> {
    if (plan.kind !== "directory") {
      return undefined;
    }
    const outer = [...this.#sources]
      .filter((source) => source.plan.kind === "directory" && fits(plan, source) && identity.path.startsWith(`${source.identity.path}/`))
      .sort((a, b) => a.identity.path.length - b.identity.path.length);
    for (const source of outer) {
      const volume = this.#use(source, identity.path.slice(source.identity.path.length + 1));
      try {
        await source.mounted;
        // Something else may be mounted over it, or may have been before.
        if ((await identify(volume.hostPath)).object === identity.object && (await this.#serves(source, plan))) {
          return volume;
        }
      } catch {
        // Then it is bound by itself, and whoever bound the outer one is told what was wrong with that.
      }
      await volume[Symbol.asyncDispose]();
    }
    return undefined;
  }

  async #same(plan: VolumePlan, identity: Identity): Promise<Volume> {
    for (const source of [...this.#sources].filter((known) => known.identity.object === identity.object && fits(plan, known))) {
      const volume = await this.#mounted(source);
      if (await this.#serves(source, plan)) {
        return volume;
      }
      await volume[Symbol.asyncDispose]();
    }
    return await this.#mounted(this.#bind(plan, identity));
  }

  async #mounted(source: Source): Promise<Volume> {
    const volume = this.#use(source, "");
    try {
      await source.mounted;
    } catch (error) {
      await volume[Symbol.asyncDispose]();
      throw error;
    }
    return volume;
  }

  /**
   * Whether the guest may write where `plan` says so. What was bound for readers is made writable, unless it is not on the host: then the guest
   * keeps the readers from writing, as it does where the writer came first.
   */
  async #serves(source: Source, { readonly }: VolumePlan): Promise<boolean> {
    if (STRICTNESS[source.readonly] > STRICTNESS[readonly]) {
      const mount = { target: join(this.#directory, source.name), source: source.plan.source };
      if (source.readonly === "all" || readonly === "top" || !(await this.#host.makeWritable(mount))) {
        return false;
      }
      source.readonly = "no";
    }
    return true;
  }

  #bind(plan: VolumePlan, identity: Identity): Source {
    const name = String(this.#next++);
    const stack = new MountStack(this.#host, this.#journal, this.#log);
    const source: Source = {
      name,
      plan,
      identity,
      stack,
      mounted: this.#mount(plan, join(this.#directory, name), stack),
      readonly: plan.readonly,
      users: 0,
    };
    source.mounted.catch(() => {});
    this.#sources.add(source);
    return source;
  }

  async #mount(plan: VolumePlan, target: string, stack: MountStack): Promise<void> {
    await (plan.kind === "directory" ? stack.makeDirectory(target) : stack.makeFile(target));
    const { source, recursive, readonly, propagation } = plan;
    const options = [recursive ? "rbind" : "bind", ...READ_ONLY_OPTIONS[readonly], `r${propagation}`];
    await stack.mount(target, () => this.#host.mount({ type: "bind", source, target, options }));
  }

  #use(source: Source, below: string): Volume {
    source.users += 1;
    let used = true;
    const release = (): boolean => {
      if (used) {
        used = false;
        source.users -= 1;
        if (source.users === 0) {
          this.#sources.delete(source);
        }
      }
      return source.users === 0;
    };
    return {
      name: source.name,
      below,
      recursive: source.plan.recursive,
      hostPath: join(this.#realDirectory, source.name, below),
      release,
      [Symbol.asyncDispose]: async () => {
        if (release()) {
          await source.stack[Symbol.asyncDispose]();
        }
      },
    };
  }
}

const READ_ONLY_OPTIONS: Readonly<Record<ReadOnly, readonly string[]>> = { no: [], top: ["ro"], all: ["rro"] };
const STRICTNESS: Readonly<Record<ReadOnly, number>> = { no: 0, top: 1, all: 2 };

/** Whether the one can be had from the other, as far as that does not change. */
function fits(plan: VolumePlan, { plan: bound }: Source): boolean {
  return plan.recursive === bound.recursive && plan.propagation === bound.propagation;
}

/** Symbolic links are followed, as mount(2) does. */
async function identify(path: string): Promise<Identity> {
  try {
    const [real, { dev, ino }] = await Promise.all([realpath(path), stat(path, { bigint: true })]);
    return { path: real, object: `${dev}:${ino}` };
  } catch (cause) {
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot look at ${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
}
