/** Moments inside the shim daemon, seen in containerd's log, where the daemon's own debug lines go. */
import { open, stat } from "node:fs/promises";

import type { Containerd } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { untilFile } from "../harness/until-file.ts";

const DEADLINE_MS = patient(30_000);

/** What is logged from the moment on at which this was made. */
export class DaemonLog {
  readonly #path: string;
  readonly #start: number;

  private constructor(path: string, start: number) {
    this.#path = path;
    this.#start = start;
  }

  static async from(containerd: Containerd): Promise<DaemonLog> {
    return new DaemonLog(containerd.logPath, (await stat(containerd.logPath)).size);
  }

  /** Answers when a line matches; rejects after half a minute (in the lab more), or when `signal` fires. */
  async line(pattern: RegExp, signal?: AbortSignal): Promise<void> {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    try {
      await untilFile(this.#path, async () => pattern.test(await this.text()), either);
    } catch (cause) {
      throw new Error(`containerd's log has no line with ${pattern}:\n${await this.text()}`, { cause });
    }
  }

  async text(): Promise<string> {
    await using file = await open(this.#path);
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.max(size - this.#start, 0)), position: this.#start });
    return buffer.toString("utf8", 0, bytesRead);
  }
}
