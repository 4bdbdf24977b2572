/**
 * What a pod leaves on the host. A snapshot is taken before a test; afterwards everything that is new and
 * belongs to the test's containerd, or to nobody who still lives, is named.
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { type Containerd, ownerVariable } from "./containerd.ts";
import { mountPoints } from "./mounts.ts";
import { build } from "./paths.ts";
import { patient } from "./patience.ts";
import { type Process, processes } from "./processes.ts";

export const podDirectories = "/run/hadron";
export const shimSockets = "/run/containerd/s";

/** Things by a name that is theirs for ever, with a description for a person. */
export type HostState = ReadonlyMap<string, string>;

const GONE_MS = patient(5_000);
/** What tests make under their own names, the agent's and the lab's (tools/lab) too: no pod's, and others may run here. */
const OF_TESTS = /^hadron-(test|diff|peers|lab|agent-test)-/;
const POLL_MS = patient(50);

/** What there is now of the kinds of things that a pod makes. */
export async function hostState(daemon: Containerd): Promise<HostState> {
  const all = await processes();
  const foreign = await othersOf(all, daemon);
  const state = new Map<string, string>();
  for (const process of all) {
    if (process.pid !== daemon.pid && (await isOurs(process, daemon, foreign))) {
      state.set(`process ${process.pid} ${process.startTime}`, describe(process));
    }
  }
  for (const path of await mountPoints()) {
    const inDaemon = path.startsWith(`${daemon.directory}/`);
    if (inDaemon || (path.startsWith(`${podDirectories}/`) && !foreign.names.has(podOf(path)))) {
      add(state, "mount", path);
    }
  }
  for (const directory of [podDirectories, shimSockets]) {
    for (const name of await list(directory)) {
      if (!foreign.names.has(name)) {
        add(state, directory === shimSockets ? "socket" : "directory", join(directory, name));
      }
    }
  }
  for (const kind of ["state", "root"]) {
    for (const plugin of ["io.containerd.runtime.v2.task", "io.containerd.sandbox.controller.v1.shim"]) {
      const bundles = join(daemon.directory, kind, plugin, daemon.namespace);
      for (const name of await list(bundles)) {
        add(state, "bundle", join(bundles, name));
      }
    }
  }
  for (const path of await cgroups(daemon)) {
    add(state, "cgroup", path);
  }
  for (const directory of ["/tmp", "/var/tmp", "/dev/shm"]) {
    for (const name of await list(directory)) {
      if (/^\.?(hadron|qemu|vl\.)/i.test(name) && !OF_TESTS.test(name)) {
        add(state, "file", join(directory, name));
      }
    }
  }
  return state;
}

/**
 * Waits until nothing is left that was not there at `before`, and fails naming each item otherwise.
 * That something is gone is no event: this looks again until a deadline, 5 seconds by default.
 */
export async function expectNoLeftovers(daemon: Containerd, before: HostState, patienceMs = GONE_MS): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const now = await hostState(daemon);
    const left = [...now].filter(([key]) => !before.has(key)).map(([, description]) => description);
    if (left.length === 0) {
      return;
    }
    if (performance.now() > deadline) {
      throw new Error(`still there ${patienceMs} ms after the test:\n  ${left.join("\n  ")}`);
    }
    await setTimeout(POLL_MS);
  }
}

function add(state: Map<string, string>, kind: string, path: string): void {
  state.set(`${kind} ${path}`, `${kind} ${JSON.stringify(path)}`);
}

function describe(process: Process): string {
  return `process ${process.pid} (state ${process.state}): ${process.args.join(" ") || process.command}`;
}

/** What belongs to living shims of other containerds: other tests may run on the same machine. */
interface Foreign {
  /** In /run/hadron and /run/containerd/s. */
  readonly names: ReadonlySet<string>;
  /** Of the shims, and of all that they have started. */
  readonly pids: ReadonlySet<number>;
}

async function othersOf(all: readonly Process[], daemon: Containerd): Promise<Foreign> {
  const names = new Set<string>();
  const pids = new Set<number>();
  for (const process of all) {
    const { args } = process;
    const [namespace, address, id] = ["namespace", "address", "id"].map((name) => valueOf(args, name));
    // All that serve the CRI have the same namespace.
    if (
      namespace === undefined ||
      (namespace === daemon.namespace && (await process.environment()).includes(`${ownerVariable}=${daemon.directory}`))
    ) {
      continue;
    }
    pids.add(process.pid);
    for (const path of [valueOf(args, "state"), valueOf(args, "socket")]) {
      if (path !== undefined) {
        names.add(basename(path));
      }
    }
    if (address !== undefined && id !== undefined) {
      names.add(socketName(address, namespace, id));
    }
  }
  let known = -1;
  while (known < pids.size) {
    known = pids.size;
    all.filter(({ parent }) => pids.has(parent)).forEach(({ pid }) => pids.add(pid));
  }
  return { names, pids };
}

/** Of a shim's socket in /run/containerd/s, as containerd's own shims make it (SocketAddress of containerd's pkg/shim). */
export function socketName(address: string, namespace: string, id: string): string {
  return createHash("sha256")
    .update(join(address, namespace, id))
    .digest("hex");
}

/** The value of `--name VALUE` or `-name VALUE`. */
function valueOf(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg === `-${name}`);
  return at < 0 ? undefined : args[at + 1];
}

/** The pod's name in a path below /run/hadron. */
function podOf(path: string): string {
  return path.slice(podDirectories.length + 1).split("/")[0] ?? "";
}

async function isOurs(candidate: Process, daemon: Containerd, foreign: Foreign): Promise<boolean> {
  const line = candidate.args.join(" ");
  if (line.includes(daemon.directory)) {
    return true;
  }
  if (foreign.pids.has(candidate.pid)) {
    return false;
  }
  // The lab (tools/lab) may run beside these tests, and cargo's.
  if (line.includes("/hadron-lab-") || candidate.exe.includes("/target/")) {
    return false;
  }
  const owner = (await candidate.environment()).find((entry) => entry.startsWith(`${ownerVariable}=`));
  if (owner !== undefined) {
    return owner === `${ownerVariable}=${daemon.directory}`;
  }
  const pods = [...line.matchAll(/\/run\/(?:hadron|containerd\/s)\/([0-9a-f]{64})/g)].map(([, name]) => name ?? "");
  if (pods.length > 0) {
    return !pods.some((name) => foreign.names.has(name));
  }
  // Nothing says whose it is. On a machine that several people share, only one whose parent is dead is a leftover.
  const shared = process.env["CI"] === undefined;
  return (
    (!shared || candidate.parent === 1) &&
    (candidate.exe.startsWith(`${build}/`) || candidate.command.startsWith("hadron-") || /^(qemu-system|virtiofsd)/.test(basename(candidate.exe)))
  );
}

async function list(directory: string): Promise<string[]> {
  return await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") {
      return [];
    }
    throw error;
  });
}

/** cgroup directories of the daemon's containers, in every hierarchy (v1's, v2's, or both kinds mounted). */
async function cgroups(daemon: Containerd): Promise<string[]> {
  const found: string[] = [];
  const hierarchies = (await mountPoints()).filter((path) => path.startsWith("/sys/fs/cgroup"));
  for (const hierarchy of new Set(hierarchies)) {
    for (const name of daemon.cgroups) {
      found.push(...(await cgroupsIn(join(hierarchy, name))));
    }
    found.push(...(await cgroupsIn(hierarchy)).filter((path) => basename(path).startsWith("hadron") && !OF_TESTS.test(basename(path))));
  }
  return found;
}

/** The child cgroups; a cgroup's files are no directories. */
async function cgroupsIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
}
