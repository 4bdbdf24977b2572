/** The FIFOs of a process, of which this is containerd's end. */
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";

import { makeFifo } from "../harness/fifo.ts";

/** More than any probe prints. */
const OUTPUT_LIMIT = 8 << 20;

export interface StdioOptions {
  /** Default: false. */
  readonly terminal?: boolean;
  /** Default: no stdin. */
  readonly stdin?: boolean;
}

/** The fields of Create and Exec. */
interface Paths {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

export class Stdio implements AsyncDisposable {
  readonly paths: Paths;
  readonly #outputs: readonly Output[];
  readonly #stdin: Socket | undefined;
  /** The shim's ends, until it has opened its own: before that there would be an end of file. */
  readonly #held: number[];
  /**
   * The shim's end of stdin, to the last: runc's shim answers Start before it has opened it for an additional process
   * (its fifo.OpenFifo opens in a goroutine), and what is written while nobody has it open is lost.
   */
  #reader: number | undefined;

  private constructor(paths: Paths) {
    const writers = [paths.stdout, paths.stderr].filter(Boolean);
    this.paths = paths;
    this.#outputs = writers.map((path) => new Output(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)));
    this.#held = writers.map((path) => openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    if (paths.stdin !== "") {
      this.#reader = openSync(paths.stdin, constants.O_RDONLY | constants.O_NONBLOCK);
      const fd = openSync(paths.stdin, constants.O_WRONLY | constants.O_NONBLOCK);
      this.#stdin = new Socket({ fd, readable: false, writable: true });
      // A process may end without having read it.
      this.#stdin.on("error", () => undefined);
    }
  }

  static make(directory: string, name: string, options: StdioOptions = {}): Stdio {
    const terminal = options.terminal ?? false;
    const path = (stream: string): string => join(directory, `${name}-${stream}`);
    const paths = {
      stdin: options.stdin === true ? path("stdin") : "",
      stdout: path("stdout"),
      stderr: terminal ? "" : path("stderr"),
      terminal,
    };
    for (const fifo of [paths.stdin, paths.stdout, paths.stderr].filter(Boolean)) {
      makeFifo(fifo);
    }
    return new Stdio(paths);
  }

  /** To be called when the shim has opened its ends, or never will. */
  handOver(): void {
    for (const fd of this.#held.splice(0)) {
      closeSync(fd);
    }
  }

  get stdout(): string {
    return this.#outputs[0]?.text ?? "";
  }

  get stderr(): string {
    return this.#outputs[1]?.text ?? "";
  }

  async untilStdout(words: string, signal: AbortSignal): Promise<void> {
    await this.#outputs[0]?.until(words, signal);
  }

  write(bytes: string): void {
    this.#stdin?.write(bytes);
  }

  /** Closes this end of stdin. The process sees the end of it when the shim is told, too. */
  endStdin(): void {
    this.#stdin?.end();
  }

  /** True when nobody can write any more; false when that was not so within `timeoutMs`. */
  async drained(timeoutMs: number): Promise<boolean> {
    const late = AbortSignal.timeout(timeoutMs);
    const results = await Promise.allSettled(this.#outputs.map(async (output) => await output.end(late)));
    return results.every(({ status }) => status === "fulfilled");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.handOver();
    this.#stdin?.destroy();
    if (this.#reader !== undefined) {
      closeSync(this.#reader);
      this.#reader = undefined;
    }
    for (const output of this.#outputs) {
      output.close();
    }
    for (const path of [this.paths.stdin, this.paths.stdout, this.paths.stderr]) {
      if (path !== "") {
        await rm(path, { force: true });
      }
    }
  }
}

/** One FIFO that is read to its end. */
class Output {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#length += chunk.length;
      if (this.#length <= OUTPUT_LIMIT) {
        this.#chunks.push(chunk);
      }
    });
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  async until(words: string, signal: AbortSignal): Promise<void> {
    while (!this.text.includes(words)) {
      if (this.#socket.closed) {
        throw new Error(`stdout ended without ${JSON.stringify(words)}: ${JSON.stringify(this.text)}`);
      }
      await Promise.race([once(this.#socket, "data", { signal }), once(this.#socket, "close", { signal })]);
    }
  }

  async end(signal: AbortSignal): Promise<void> {
    if (!this.#socket.closed) {
      await once(this.#socket, "close", { signal });
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
