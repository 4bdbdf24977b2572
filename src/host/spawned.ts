/** A process that libhadron has started, without a copy of this one on the way, until it is reaped. */
import { Socket } from "node:net";
import { constants } from "node:os";
import type { Readable } from "node:stream";

import { within } from "../time.ts";
import type { ChildEnd, Host, ProcessId } from "./host.ts";
import { LineSplitter } from "./line-splitter.ts";

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
export interface OwnedProcess extends ProcessId {
  readonly name: string;
  /** Fulfilled, never rejected, once the process is reaped and everything that it had written is read. */
  readonly exited: Promise<ChildExit>;
  /** The end of what it wrote to its standard error, at most 4 KiB. */
  readonly stderr: string;
  /** SIGKILL. Does nothing to a process that has exited: its pid may be another's by now. */
  kill(): void;
}

export type SpawnedHost = Pick<Host, "reapChild" | "killProcess">;

export interface SpawnedOptions {
  readonly host: SpawnedHost;
  readonly name: string;
  readonly id: ProcessId;
  /** The reading end of its standard error; becomes this object's. */
  readonly stderr: number;
  /** A line of its standard error, at most 4 KiB. */
  readonly onDiagnostic: ((name: string, line: string) => void) | undefined;
  /** Fulfilled when what else it has written, over sockets of the owner's, is read. */
  readonly heard: Promise<unknown>;
}

const SIGKILL = 9;
const KEPT_STDERR_BYTES = 4096;
/** How long an exited process's descriptors may be held open by somebody else before they are cut off. */
const DRAIN_MS = 1000;

/** What a process writes to its standard error: lines for the log, and the end of it for the reason of its exit. */
class Diagnostics {
  #end = Buffer.alloc(0);

  constructor(stream: Readable, onLine: (line: string) => void) {
    const lines = new LineSplitter(KEPT_STDERR_BYTES, (line) => onLine(line.toString("utf8")));
    stream.on("end", () => {
      lines.end();
    });
    stream.on("data", (chunk: Buffer) => {
      lines.push(chunk);
      this.#end = Buffer.from(Buffer.concat([this.#end, chunk]).subarray(-KEPT_STDERR_BYTES));
    });
  }

  get end(): string {
    return this.#end.toString("utf8");
  }
}

export class Spawned implements OwnedProcess {
  readonly name: string;
  readonly pid: number;
  readonly startTime: number;
  readonly exited: Promise<ChildExit>;
  readonly #host: SpawnedHost;
  readonly #diagnostics: Diagnostics;

  constructor({ host, name, id, stderr, onDiagnostic, heard }: SpawnedOptions) {
    this.name = name;
    this.pid = id.pid;
    this.startTime = id.startTime;
    this.#host = host;
    const pipe = new Socket({ fd: stderr, readable: true, writable: false });
    this.#diagnostics = new Diagnostics(pipe, (line) => onDiagnostic?.(name, line));
    pipe.on("error", () => undefined);
    this.exited = this.#end(pipe, heard);
  }

  get stderr(): string {
    return this.#diagnostics.end;
  }

  kill(): void {
    // What prevents it is that it is gone, or that libhadron is: then it dies with this process.
    this.#host.killProcess(this, SIGKILL).catch(() => undefined);
  }

  async #end(pipe: Socket, heard: Promise<unknown>): Promise<ChildExit> {
    const closed = new Promise((resolve) => pipe.once("close", resolve));
    const exit = await this.#host.reapChild(this.pid).then(exitOf, () => ({ code: null, signal: null }));
    await within(Promise.all([closed, heard]), DRAIN_MS);
    pipe.destroy();
    return exit;
  }
}

function exitOf({ code, signal }: ChildEnd): ChildExit {
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return { code, signal: names.find(([, number]) => number === signal)?.[0] ?? null };
}
