/**
 * Cgroups of the host for a process of ours and what it starts: a directory in each hierarchy, of version 1, of version 2, or of
 * both (cgroups(7)). The limits are those of who made the cgroup above it.
 */

import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

import { Code, HadronError } from "../errors.ts";
import { readFile } from "./files.ts";
import type { CgroupPlace, Host } from "./host.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Journal } from "./journal.ts";
import { type Mount, mounts } from "./mountinfo.ts";

export interface CgroupPath {
  /** Absolute, as if the root of a hierarchy were "/". */
  readonly path: string;
  /** Begins at the cgroup that the process is in, and not at the root. */
  readonly relative: boolean;
}

export interface Hierarchy {
  readonly mountPoint: string;
  /** Of version 1; version 2 has none to itself. */
  readonly controllers: readonly string[];
  /** Where the process is, as a path within the mount; undefined when that shows no such place. */
  readonly own: string | undefined;
}

export type CgroupHost = Pick<Host, "makeCgroups" | "enterCgroups" | "leaveCgroups" | "removeCgroups">;

export interface CgroupOptions {
  readonly host: CgroupHost;
  readonly journal: Pick<Journal, "add" | "remove">;
  readonly place: CgroupPath;
  /** Told in a sentence what cannot be, on a host whose cgroups nobody may change. */
  readonly warn: (sentence: string) => void;
  readonly pid?: number;
}

/**
 * Version 1's and version 2's, each with a line `oom_kill 1`. A cgroup with processes of its own cannot hand version 2's controllers down;
 * that one has the figure of all that is in it.
 */
const OOM_FILES = ["memory.oom_control", "memory.events", "../memory.events"];
/** In one of the hierarchies. */
interface Place {
  readonly hierarchy: Hierarchy;
  /** Within the mount. */
  readonly path: string;
  readonly directory: string;
}

/** The process's stay in a cgroup that was made for it. */
export class CgroupStay implements AsyncDisposable {
  readonly #options: CgroupOptions;
  readonly #pid: number;
  /** Where the directory is, or is being made. */
  #places: readonly Place[] = [];
  #inside = false;
  #oomKillsBefore = 0;

  private constructor(options: CgroupOptions) {
    this.#options = options;
    this.#pid = options.pid ?? process.pid;
  }

  /** Makes the cgroup and takes the process there; what it starts from now on is there, too. Nothing is left when it throws. */
  static async enter(options: CgroupOptions): Promise<CgroupStay> {
    await using undo = new AsyncDisposableStack();
    const stay = undo.use(new CgroupStay(options));
    const places = (await hierarchiesOf(stay.#pid)).flatMap((hierarchy) => stay.#placeIn(hierarchy) ?? []);
    await options.journal.add(...places.map(entryOf));
    stay.#places = places;
    await stay.#make();
    stay.#inside = true;
    await options.host.enterCgroups(stay.#pid, stay.directories);
    stay.#oomKillsBefore = stay.#oomKills();
    undo.move();
    return stay;
  }

  /** The directories, one in each hierarchy. */
  get directories(): readonly string[] {
    return this.#places.map(({ directory }) => directory);
  }

  /** Whether the kernel has killed a process in it for want of memory, be it by a limit of its own, of one above, or the host's. */
  get outOfMemory(): boolean {
    return this.#oomKills() > this.#oomKillsBefore;
  }

  #oomKills(): number {
    return this.#places.reduce((sum, { directory }) => sum + oomKills(directory), 0);
  }

  /** Takes the process back to where it was; what it has started stays. Idempotent. */
  async leave(): Promise<void> {
    if (!this.#inside) {
      return;
    }
    this.#inside = false;
    const { host, warn } = this.#options;
    const before = this.#places.map(({ hierarchy }) => placeOf(hierarchy, hierarchy.own ?? "/"));
    for (const problem of await host.leaveCgroups(this.#pid, before)) {
      warn(`the shim daemon cannot go back to ${problem}`);
    }
  }

  /** Takes the process back, and removes the cgroup, which has to be empty then. FAILED_PRECONDITION when it is not. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
    const { gone, problem } = await this.#options.host.removeCgroups(this.directories);
    const removed = this.#places.filter(({ directory }) => gone.includes(directory));
    this.#places = this.#places.filter((place) => !removed.includes(place));
    await this.#options.journal.remove(...removed.map(entryOf));
    if (problem !== undefined) {
      throw new HadronError(Code.FAILED_PRECONDITION, problem);
    }
  }

  #placeIn(hierarchy: Hierarchy): Place | undefined {
    const { place, warn } = this.#options;
    const base = place.relative ? hierarchy.own : "/";
    if (base === undefined) {
      warn(`the cgroup of the pod cannot be made below ${hierarchy.mountPoint}, which does not show the one that the shim daemon is in`);
      return undefined;
    }
    const path = join(base, place.path);
    return { hierarchy, path, directory: join(hierarchy.mountPoint, path) };
  }

  async #make(): Promise<void> {
    const { host, journal, warn } = this.#options;
    const readOnly = new Set(await host.makeCgroups(this.#places.map(({ hierarchy, path }) => placeOf(hierarchy, path))));
    if (readOnly.size === 0) {
      return;
    }
    const left = this.#places.filter((_, index) => readOnly.has(index));
    this.#places = this.#places.filter((_, index) => !readOnly.has(index));
    await journal.remove(...left.map(entryOf));
    for (const { directory } of left) {
      warn(`the cgroup ${directory} of the pod cannot be made, since the file system is read-only: the pod's limits do not hold its VM`);
    }
  }
}

function placeOf({ mountPoint, controllers }: Hierarchy, path: string): CgroupPlace {
  return { mountPoint, path, cpuset: controllers.includes("cpuset") };
}

function entryOf({ directory }: Place): JournalEntry {
  return { kind: "cgroup", path: directory };
}

/** Reads synchronously: cgroupfs answers from memory. 0 in a hierarchy that does not count them. */
function oomKills(directory: string): number {
  for (const file of OOM_FILES) {
    try {
      return Number(/^oom_kill ([0-9]+)$/m.exec(readFileSync(join(directory, file), "latin1"))?.[1] ?? 0);
    } catch {
      // There is no such file.
    }
  }
  return 0;
}

async function hierarchiesOf(pid: number): Promise<Hierarchy[]> {
  const [mounted, cgroup] = await Promise.all([mounts(), readFile(`/proc/${pid}/cgroup`, "utf8")]);
  return hierarchies(mounted, cgroup);
}

/** Those that are mounted, once each. `cgroup`: /proc/PID/cgroup. */
export function hierarchies(mounted: readonly Mount[], cgroup: string): Hierarchy[] {
  const places = new Map(
    cgroup
      .split("\n")
      .filter((line) => line !== "")
      .map((line): [string, string] => {
        const [, controllers = "", ...path] = line.split(":");
        return [controllers, path.join(":")];
      }),
  );
  const found = new Map<string, Hierarchy>();
  for (const { root, mountPoint, type, options } of mounted) {
    const isIt = (controllers: string): boolean =>
      controllers === "" ? type === "cgroup2" : type === "cgroup" && controllers.split(",").every((name) => options.includes(name));
    const controllers = [...places.keys()].find(isIt);
    if (controllers !== undefined && !found.has(controllers)) {
      const own = below(places.get(controllers) ?? "/", root);
      found.set(controllers, { mountPoint, controllers: controllers === "" ? [] : controllers.split(","), own });
    }
  }
  return [...found.values()];
}

/** `path` as seen from `root`; undefined when it is not there: a cgroup outside of the namespace begins with "/..". */
function below(path: string, root: string): string | undefined {
  const relative = posix.relative(root, path);
  return path.split("/").includes("..") || relative.startsWith("..") ? undefined : `/${relative}`;
}
