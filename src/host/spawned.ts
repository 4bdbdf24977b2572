import { Socket } from "node:net";
/** A process that libhadron has started: as a child of Node's own (child.ts) for whoever owns it, without a copy of this process on the way. */
import { constants } from "node:os";

import { within } from "../time.ts";
import { type ChildExit, DRAIN_MS, Diagnostics, type OwnedProcess } from "./child.ts";
import type { ChildEnd, Host, ProcessId } from "./host.ts";

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

export class Spawned implements OwnedProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  readonly #host: SpawnedHost;
  readonly #id: ProcessId;
  readonly #diagnostics: Diagnostics;

  constructor({ host, name, id, stderr, onDiagnostic, heard }: SpawnedOptions) {
    this.name = name;
    this.pid = id.pid;
    this.#host = host;
    this.#id = id;
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
    this.#host.killProcess(this.#id, SIGKILL).catch(() => undefined);
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
