/**
 * The volumes of a pod's containers. What two of them take from the same place of the host is bound once: then it
 * is one thing in the guest as well, whose locks, shared mappings and notifications reach from one container to the other.
 */
import { join } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import { realpath, stat } from "../host/files.ts";
import type { MountDescription } from "../host/host.ts";
import type { ReadOnly } from "./plan-mounts.ts";
import type { VolumePlan } from "./plan.ts";
import type { Share } from "./share.ts";

interface Source {
  /** Its name in the share; never used twice, because the guest caches names. */
  readonly name: string;
  readonly plan: VolumePlan;
  readonly identity: Identity;
  mounted: Promise<void>;
  readonly: ReadOnly;
  /** There may be a reader whom nobody but the host keeps from writing: one who may write in what is mounted below. */
  hasReaders: boolean;
  users: number;
  isUnmounted: boolean;
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
  /** The host's mount that it is on. */
  describe(): Promise<MountDescription>;
  /** Ends this use. True if it was the last one: then the host's mount goes with the disposal. */
  release(): boolean;
}

export class Volumes {
  readonly #share: Share;
  readonly #sources = new Set<Source>();
  #next = 1;

  constructor(share: Share) {
    this.#share = share;
  }

  /**
   * In the order of `plans`. `acquired` takes each as soon as it is held, also when a later one fails. A directory that is
   * below another of them comes after it.
   */
  async acquire(plans: readonly VolumePlan[], acquired: (volume: Volume) => void): Promise<Volume[]> {
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
      const below = identity.path.slice(source.identity.path.length + 1);
      const volume = this.#use(source, below);
      try {
        await source.mounted;
        // Something else may be mounted over it, or may have been before.
        if ((await objectAt(this.#share.seen(`${placeOf(source)}/${below}`))) === identity.object && (await this.#serves(source, plan, below))) {
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
      if (await this.#serves(source, plan, "")) {
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
   * keeps the readers from writing, as it does where the writer came first. It cannot do so for readers who may write in what is mounted below.
   */
  async #serves(source: Source, plan: VolumePlan, below: string): Promise<boolean> {
    const { readonly } = plan;
    const needsHost = await this.#needsHost(source, plan, below);
    if (needsHost && source.readonly === "no") {
      return false;
    }
    // From now on, so that no writer who comes meanwhile has it made writable.
    source.hasReaders ||= needsHost;
    if (STRICTNESS[source.readonly] > STRICTNESS[readonly]) {
      const mount = { target: placeOf(source), source: source.plan.source };
      if (source.readonly === "all" || readonly === "top" || source.hasReaders || !(await this.#share.makeWritable(mount))) {
        return false;
      }
      source.readonly = "no";
    }
    return true;
  }

  /** Whether what is read-only there is so for the topmost mount alone, which the guest cannot carry out (withVolumes, plan-mounts.ts). */
  async #needsHost(source: Source, { readonly }: VolumePlan, below: string): Promise<boolean> {
    return readonly === "top" && (await this.#share.describe(join(placeOf(source), below))).hasOthersBelow;
  }

  #bind(plan: VolumePlan, identity: Identity): Source {
    const name = String(this.#next++);
    const source: Source = {
      name,
      plan,
      identity,
      mounted: Promise.resolve(),
      readonly: plan.readonly,
      // Until it has been looked at.
      hasReaders: plan.readonly === "top",
      users: 0,
      isUnmounted: false,
    };
    source.mounted = this.#mount(source);
    source.mounted.catch(() => {});
    this.#sources.add(source);
    return source;
  }

  async #mount(source: Source): Promise<void> {
    const { recursive, readonly, propagation } = source.plan;
    const options = [recursive ? "rbind" : "bind", ...READ_ONLY_OPTIONS[readonly], `r${propagation}`];
    await this.#share.mount({ type: "bind", source: source.plan.source, target: placeOf(source), options });
    source.hasReaders = await this.#needsHost(source, source.plan, "");
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
      describe: () => this.#share.describe(join(placeOf(source), below)),
      release,
      [Symbol.asyncDispose]: async () => {
        if (release() && !source.isUnmounted) {
          await this.#share.unmount(placeOf(source));
          source.isUnmounted = true;
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

/** In the share. */
function placeOf({ name }: Pick<Source, "name">): string {
  return `/${name}`;
}

/** Symbolic links are followed, as mount(2) does. */
async function identify(path: string): Promise<Identity> {
  try {
    const [real, object] = await Promise.all([realpath(path), objectAt(path)]);
    return { path: real, object };
  } catch (cause) {
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot look at ${JSON.stringify(path)}: ${messageOf(cause)}`, { cause });
  }
}

async function objectAt(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}
