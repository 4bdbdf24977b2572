/** A `ctr` that is read and written while it runs. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

import type { Containerd } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";

const DEADLINE_MS = patient(60_000);

/** Dispose it to kill ctr, not what it runs. */
export class Attached implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<number | null>;
  readonly #waiting = new Set<() => void>();
  stdout = "";
  stderr = "";

  constructor(daemon: Containerd, args: readonly string[]) {
    this.#child = spawn(daemon.ctrPath, [...daemon.ctrGlobals, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
      this.#changed();
    });
    this.#closed = new Promise((resolve) => {
      this.#child.once("close", (code) => {
        resolve(code);
        this.#changed();
      });
    });
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  /** Reads no more of the output. */
  pause(): void {
    this.#child.stdout.pause();
  }

  /** Answers when the output so far matches; rejects when ctr ends or a minute (in the lab more) passes before it does. */
  async output(pattern: RegExp): Promise<void> {
    const deadline = performance.now() + DEADLINE_MS;
    while (!pattern.test(this.stdout)) {
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`${pattern} did not come: ${JSON.stringify(this.stdout)} ${JSON.stringify(this.stderr)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, DEADLINE_MS);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** The exit code, when all output has been read. */
  async exit(): Promise<number | null> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), DEADLINE_MS);
    const code = await this.#closed;
    clearTimeout(timer);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  #changed(): void {
    for (const wake of this.#waiting) {
      wake();
    }
    this.#waiting.clear();
  }
}
