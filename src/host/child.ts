/**
 * A process that belongs to a VM: started through hadron-exec, so that it dies with this one, and
 * reaped in any case.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { Duplex, type Readable } from "node:stream";

import { Code, HadronError, messageOf } from "../errors.ts";
import { LineSplitter } from "./line-splitter.ts";

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
  /**
   * The child's descriptors from 3 on: "stream" makes a connected pair of stream sockets, a number is a
   * descriptor of this process, which stays the caller's.
   */
  readonly descriptors: readonly ("stream" | number)[];
  /** A line of its standard error, at most 4 KiB. */
  readonly onDiagnostic?: ((name: string, line: string) => void) | undefined;
}

/** How a process ended; one of the two is null. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** "was killed by SIGKILL", "exited with status 1". */
export function describeExit(exit: ChildExit): string {
  return exit.signal === null ? `exited with status ${exit.code ?? "unknown"}` : `was killed by ${exit.signal}`;
}

/** A process that is this one's to end, however it was started. */
export interface OwnedProcess {
  readonly name: string;
  readonly pid: number;
  /** Fulfilled, never rejected, once the process is reaped and everything that it had written is read. */
  readonly exited: Promise<ChildExit>;
  /** The end of what it wrote to its standard error, at most 4 KiB. */
  readonly stderr: string;
  /** SIGKILL. Does nothing to a process that has exited: its pid may be another's by now. */
  kill(): void;
}

const KEPT_STDERR_BYTES = 4096;
/** How long an exited process's descriptors may be held open by somebody else before they are cut off. */
export const DRAIN_MS = 1000;
/** Of those that a process inherits. */
export const FIRST_DESCRIPTOR = 3;

/** What a process writes to its standard error: lines for the log, and the end of it for the reason of its exit. */
export class Diagnostics {
  #end = Buffer.alloc(0);

  constructor(stream: Readable | null, onLine: (line: string) => void) {
    const lines = new LineSplitter(KEPT_STDERR_BYTES, (line) => onLine(line.toString("utf8")));
    stream?.on("end", () => {
      lines.end();
    });
    stream?.on("data", (chunk: Buffer) => {
      lines.push(chunk);
      this.#end = Buffer.from(Buffer.concat([this.#end, chunk]).subarray(-KEPT_STDERR_BYTES));
    });
  }

  get end(): string {
    return this.#end.toString("utf8");
  }
}

export class Child implements OwnedProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  readonly #diagnostics: Diagnostics;

  private constructor({ name, onDiagnostic }: ChildOptions, pid: number, process: ChildProcess) {
    this.name = name;
    this.pid = pid;
    this.#process = process;
    this.#diagnostics = new Diagnostics(process.stderr, (line) => onDiagnostic?.(name, line));
    const exited = Promise.withResolvers<ChildExit>();
    this.exited = exited.promise;
    let drain: NodeJS.Timeout | undefined;
    process.on("exit", () => {
      drain = setTimeout(() => {
        for (const stream of process.stdio) {
          stream?.destroy();
        }
      }, DRAIN_MS);
    });
    process.on("close", (code, signal) => {
      clearTimeout(drain);
      exited.resolve({ code, signal });
    });
  }

  /** Throws UNAVAILABLE when the process cannot be started. */
  static spawn(options: ChildOptions): Child {
    const { name, hadronExec, netns, mountNamespace, program, args, descriptors } = options;
    const netnsArgs = netns === undefined ? [] : ["--netns", netns === "new" ? "new" : netns.path];
    const mntnsArgs =
      mountNamespace === undefined ? [] : ["--mntns", String(FIRST_DESCRIPTOR + mountNamespace.descriptor), "--root", mountNamespace.root];
    const child = spawn(hadronExec, ["--parent", String(process.pid), ...netnsArgs, ...mntnsArgs, "--", program, ...args], {
      stdio: ["ignore", "ignore", "pipe", ...descriptors.map((each) => (each === "stream" ? ("pipe" as const) : each))],
      // The daemon's own directory is the bundle, which must not be kept busy; of its environment nothing is needed.
      cwd: "/",
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
    });
    // A start that failed is seen by the missing pid, a kill that failed by its missing effect; without a
    // listener either would be thrown at nobody.
    child.on("error", () => undefined);
    if (child.pid === undefined) {
      for (const stream of child.stdio) {
        stream?.destroy();
      }
      throw new HadronError(
        Code.UNAVAILABLE,
        `the process ${name} cannot be started: ${hadronExec} cannot be executed; check that Hadron is installed completely`,
      );
    }
    return new Child(options, child.pid, child);
  }

  /** The socket that is the child's `descriptors[index]`, which must be a "stream". */
  stream(index: number): Duplex {
    const stream = this.#process.stdio[FIRST_DESCRIPTOR + index];
    if (!(stream instanceof Duplex)) {
      throw new HadronError(Code.INTERNAL, `descriptor ${FIRST_DESCRIPTOR + index} of ${this.name} is not a stream`);
    }
    return stream;
  }

  get stderr(): string {
    return this.#diagnostics.end;
  }

  kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch (cause) {
      throw new HadronError(Code.INTERNAL, `the process ${this.name} (${this.pid}) cannot be killed: ${messageOf(cause)}`, { cause });
    }
  }
}
