/** A kubectl that goes on, whose lines a test waits for. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const LINE_MS = 60_000;

/** Disposed, it is killed. */
export class Client implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor([file, ...args]: readonly [string, ...string[]]) {
    this.#child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#ended = once(this.#child, "exit");
  }

  /** The next line that has `text` in it. */
  async line(text: string): Promise<string> {
    const deadline = setTimeout(() => this.#child.kill("SIGKILL"), LINE_MS);
    try {
      for (;;) {
        const { done, value } = await this.#lines.next();
        if (done === true) {
          throw new Error(`it has ended, or said nothing of ${JSON.stringify(text)} for ${LINE_MS} ms`);
        }
        if (value.includes(text)) {
          return value;
        }
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /** Waits for its end; answers the exit code and the signal. */
  async end(): Promise<unknown> {
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
