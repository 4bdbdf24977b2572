/** `ctr run` and what tests do with a running container. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import type { CommandOptions, CommandResult } from "./command.ts";
import type { Containerd } from "./containerd.ts";
import { type ImageName, imageReference, unpackImage } from "./images.ts";

export const hadron = "io.containerd.hadron.v2";
export const runc = "io.containerd.runc.v2";

/** A container id that no other test has: it names things of the whole host. */
export function uniqueId(prefix = "c"): string {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}

export interface ContainerOptions {
  /** Default: a unique one. */
  readonly id?: string;
  /** Default: "busybox". It must have been imported into the daemon. */
  readonly image?: ImageName;
  /** Default: `hadron`. */
  readonly runtime?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** As ctr's --mount has them: "type=bind,src=/a,dst=/b,options=rbind:ro". */
  readonly mounts?: readonly string[];
  readonly tty?: boolean;
  /** Further flags of `ctr run`. */
  readonly flags?: readonly string[];
}

/** The arguments of `ctr` for `run`, up to and without the command. */
export function runArgs(options: ContainerOptions & { id: string }): string[] {
  return ["run", ...containerFlags(options), ...(options.tty === true ? ["--tty"] : []), imageReference(options.image ?? "busybox"), options.id];
}

function containerFlags(options: ContainerOptions): string[] {
  const flags = ["--runtime", options.runtime ?? hadron, ...(options.flags ?? [])];
  for (const [key, value] of Object.entries(options.annotations ?? {})) {
    flags.push("--annotation", `${key}=${value}`);
  }
  for (const [key, value] of Object.entries(options.env ?? {})) {
    flags.push("--env", `${key}=${value}`);
  }
  for (const mount of options.mounts ?? []) {
    flags.push("--mount", mount);
  }
  if (options.cwd !== undefined) {
    flags.push("--cwd", options.cwd);
  }
  return flags;
}

/** Runs a container to its end and removes it. The result's exit code is the container's, as ctr passes it on. */
export async function runContainer(
  daemon: Containerd,
  command: readonly string[],
  options: ContainerOptions & CommandOptions = {},
): Promise<CommandResult> {
  const id = options.id ?? uniqueId();
  const [verb, ...rest] = runArgs({ ...options, id });
  return await daemon.ctr([verb ?? "run", "--rm", ...rest, ...command], commandOptions(daemon, id, options));
}

/**
 * What is ctr's own of a container's options. ctr forgets an end of file on stdin that it reads while the
 * task is still being created (it has nothing to call CloseIO on yet), and the container then waits for ever:
 * so stdin is written when the task runs, which nothing but looking tells.
 */
function commandOptions(daemon: Containerd, id: string, options: ContainerOptions & CommandOptions): CommandOptions {
  const { env: _, cwd: __, ...rest } = options;
  if (rest.stdin === undefined) {
    return rest;
  }
  const stdinReady = async (ended: AbortSignal): Promise<void> => {
    const container = new RunningContainer(daemon, id);
    const early = ["UNKNOWN", "CREATED", undefined];
    while (!ended.aborted && early.includes(await container.status())) {
      await setTimeout(50);
    }
  };
  return { stdinReady, ...rest };
}

/** Starts a container that runs on; dispose the answer to kill and remove it. */
export async function startContainer(
  daemon: Containerd,
  command: readonly string[],
  options: ContainerOptions & CommandOptions = {},
): Promise<RunningContainer> {
  const id = options.id ?? uniqueId();
  const container = new RunningContainer(daemon, id);
  try {
    const [verb, ...rest] = runArgs({ ...options, id });
    await daemon.mustCtr([verb ?? "run", "--detach", "--null-io", ...rest, ...command], commandOptions(daemon, id, options));
  } catch (error) {
    await container[Symbol.asyncDispose]();
    throw error;
  }
  return container;
}

/** A container by its id. Nothing is cached: every method asks ctr. */
export class RunningContainer implements AsyncDisposable {
  readonly daemon: Containerd;
  readonly id: string;

  constructor(daemon: Containerd, id: string) {
    this.daemon = daemon;
    this.id = id;
  }

  /** Runs an additional process to its end. */
  async exec(command: readonly string[], options: CommandOptions & { flags?: readonly string[] } = {}): Promise<CommandResult> {
    const flags = ["--exec-id", uniqueId("e"), ...(options.flags ?? [])];
    return await this.daemon.ctr(["tasks", "exec", ...flags, this.id, ...command], options);
  }

  async kill(signal: string, flags: readonly string[] = []): Promise<CommandResult> {
    return await this.daemon.ctr(["tasks", "kill", "--signal", signal, ...flags, this.id]);
  }

  /** As `ctr tasks list` prints it: RUNNING, STOPPED, PAUSED ...; undefined when there is no task. */
  async status(): Promise<string | undefined> {
    const table = await this.daemon.mustCtr(["tasks", "list"]);
    const line = table.split("\n").find((row) => row.split(/\s+/)[0] === this.id);
    return line?.trim().split(/\s+/)[2];
  }

  /** Removes the stopped task, which answers its exit code. */
  async remove(): Promise<CommandResult> {
    return await this.daemon.ctr(["tasks", "rm", this.id]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The test may have stopped, removed or broken the task already; what is left over shows in `leftovers`.
    await this.daemon.ctr(["tasks", "rm", "--force", this.id]);
    await this.daemon.ctr(["containers", "rm", this.id]);
  }
}

/** An OCI runtime-spec config.json, as far as tests care to look into it. */
export interface Spec {
  process: Record<string, unknown> & { args: string[]; env: string[]; cwd: string; user: Record<string, unknown> };
  root: { path: string; readonly?: boolean };
  mounts: { destination: string; type?: string; source?: string; options?: string[] }[];
  linux: Record<string, unknown>;
  annotations?: Record<string, string>;
  hostname?: string;
  [key: string]: unknown;
}

/**
 * For what ctr has no flag for: runs a container from a spec that `edit` has changed. Its rootfs is a
 * directory of its own, not a snapshot: `spec.root.path` may be moved by the test.
 */
export async function runSpec(
  daemon: Containerd,
  edit: (spec: Spec) => void | Promise<void>,
  options: ContainerOptions & CommandOptions = {},
): Promise<CommandResult> {
  await using prepared = await prepareSpec(daemon, options.image ?? "busybox", edit);
  const id = options.id ?? uniqueId();
  const args = ["run", "--rm", ...containerFlags(options), "--config", prepared.path, id];
  return await daemon.ctr(args, commandOptions(daemon, id, options));
}

/** Writes a changed default spec with an unpacked rootfs; dispose the answer to remove both. */
export async function prepareSpec(
  daemon: Containerd,
  image: ImageName,
  edit: (spec: Spec) => void | Promise<void>,
): Promise<{ readonly path: string; readonly rootfs: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(daemon.directory, "spec-"));
  const rootfs = join(directory, "rootfs");
  await unpackImage(image, rootfs);
  const spec = JSON.parse(await daemon.mustCtr(["oci", "spec"])) as Spec;
  spec.root = { path: rootfs };
  spec.process.args ??= ["true"];
  spec.process.env ??= ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"];
  // A container's cgroup is named by its own id; the default spec has one name for all.
  delete spec.linux["cgroupsPath"];
  await edit(spec);
  const path = join(directory, "config.json");
  await writeFile(path, JSON.stringify(spec));
  return {
    path,
    rootfs,
    [Symbol.asyncDispose]: async () => await rm(directory, { recursive: true, force: true }),
  };
}
