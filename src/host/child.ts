/**
 * A program that is started through hadron-exec, so that it dies with this process, and in namespaces of a pod. libhadron starts it: Node
 * would copy this process for that, which takes longer than all else.
 */
import { Code, HadronError, messageOf } from "../errors.ts";
import type { Host } from "./host.ts";
import { Spawned, type SpawnedHost } from "./spawned.ts";

export type ChildHost = SpawnedHost & Pick<Host, "spawnProgram">;

export interface ChildOptions {
  /** Names the process in messages: "qemu", "hadron-vsock". */
  readonly name: string;
  /** Path of hadron-exec. */
  readonly hadronExec: string;
  /** Network namespace of the process; absent: this process's. */
  readonly netns?: "new" | { readonly path: string };
  /** Mount namespace of the process, by one of `descriptors`' indexes, and its root directory there; absent: this process's. */
  readonly mountNamespace?: { readonly descriptor: number; readonly root: string } | undefined;
  readonly program: string;
  readonly args: readonly string[];
  /** Copies of these are the child's descriptors from 3 on. */
  readonly descriptors: readonly number[];
  /** Fulfilled when what it has written over sockets of the caller's is read. */
  readonly heard?: Promise<unknown>;
  /** A line of its standard error, at most 4 KiB. */
  readonly onDiagnostic?: ((name: string, line: string) => void) | undefined;
}

/** Of those that a process inherits. */
export const FIRST_DESCRIPTOR = 3;

/** Throws UNAVAILABLE when the process cannot be started. */
export async function spawnChild(host: ChildHost, options: ChildOptions): Promise<Spawned> {
  const { name, hadronExec, netns, mountNamespace, program, args, descriptors, heard, onDiagnostic } = options;
  const netnsArgs = netns === undefined ? [] : ["--netns", netns === "new" ? "new" : netns.path];
  const mntnsArgs =
    mountNamespace === undefined ? [] : ["--mntns", String(FIRST_DESCRIPTOR + mountNamespace.descriptor), "--root", mountNamespace.root];
  const before = ["--parent", String(process.pid), ...netnsArgs, ...mntnsArgs];
  try {
    const { fd: stderr, ...id } = await host.spawnProgram({ program: hadronExec, args: [...before, "--", program, ...args], fds: descriptors });
    return new Spawned({ host, name, id, stderr, onDiagnostic, heard: Promise.resolve(heard) });
  } catch (cause) {
    const message = `the process ${name} cannot be started: ${messageOf(cause)}; check that Hadron is installed completely`;
    throw new HadronError(Code.UNAVAILABLE, message, { cause });
  }
}
