/**
 * The process on the host that stands for a container (native/task): its pid is what the host is told for the init
 * process's. It is in the pod's network namespace and lives for as long as the init process does. What it is sent is meant
 * for that one, and who kills it kills that one, as with runc, where the two are the same.
 */

import { Socket } from "node:net";
import { join } from "node:path";
import { getSystemErrorName } from "node:util";

import { Code, HadronError, messageOf } from "../errors.ts";
import type { Host, ProcessId } from "../host/host.ts";
import type { Journal } from "../host/journal.ts";
import type { Logger } from "../logger.ts";
import { within } from "../time.ts";

export type HostProcessHost = Pick<Host, "spawnTask" | "reapChild" | "killProcess">;

export interface HostProcessOptions {
  readonly host: HostProcessHost;
  readonly journal: Pick<Journal, "add" | "remove">;
  /** PREFIX/lib/hadron. */
  readonly libraryDirectory: string;
  readonly containerId: string;
  /** Path of the network namespace that is the pod's. */
  readonly netns: string;
  readonly log: Logger;
}

const SIGKILL = 9;
/** It starts and dies in less than a millisecond; if this passes, the host hangs. */
const PATIENCE_MS = 10_000;

type Spawned = Awaited<ReturnType<HostProcessOptions["host"]["spawnTask"]>>;

export class HostProcess implements AsyncDisposable {
  readonly pid: number;
  readonly #options: HostProcessOptions;
  readonly #id: ProcessId;
  readonly #ready = Promise.withResolvers<"ready">();
  /** Fulfilled when it is reaped: the status that it exited with, null when it was killed. */
  readonly #gone: Promise<number | null>;
  #onSignal: ((signal: number) => void) | undefined;
  /** Somebody else did it. */
  #killed = false;
  #end: Promise<void> | undefined;

  private constructor(options: HostProcessOptions, { fd, pid, startTime }: Spawned) {
    this.pid = pid;
    this.#options = options;
    this.#id = { pid, startTime };
    const pipe = new Socket({ fd, readable: true, writable: false });
    pipe.on("data", (told: Buffer) => {
      for (const signal of told) {
        if (signal === 0) {
          this.#ready.resolve("ready");
        } else {
          this.#onSignal?.(signal);
        }
      }
    });
    // What there is to know of its end is heard from its reaping.
    pipe.on("error", () => undefined);
    this.#gone = options.host.reapChild(pid).then(({ code }) => {
      pipe.destroy();
      if (this.#end === undefined) {
        this.#killed = true;
        this.#onSignal?.(SIGKILL);
      }
      return code;
    });
    // Whoever waits for it hears of a failure; nobody may be waiting.
    this.#gone.catch(() => undefined);
  }

  /**
   * Answers when it is in the network namespace and in the journal; until then it dies with this process, if need be.
   * UNAVAILABLE when it cannot be started: the VM, and its network namespace with it, may be gone.
   */
  static async start(options: HostProcessOptions): Promise<HostProcess> {
    const { host, journal, libraryDirectory, containerId, netns } = options;
    let spawned: Spawned;
    try {
      spawned = await host.spawnTask({
        program: join(libraryDirectory, "hadron-task"),
        args: ["hadron", "container", containerId],
        netns,
      });
    } catch (error) {
      throw unavailable(containerId, messageOf(error), error);
    }
    await using undo = new AsyncDisposableStack();
    const process = undo.use(new HostProcess(options, spawned));
    await Promise.all([journal.add(process.#entry), process.#started()]);
    undo.move();
    return process;
  }

  /** `onSignal` is told each signal that it is sent, and SIGKILL when it was killed, be it before this call. */
  forward(onSignal: (signal: number) => void): void {
    this.#onSignal = onSignal;
    if (this.#killed) {
      onSignal(SIGKILL);
    }
  }

  /** Kills it; answers when its pid is free. What prevents that is logged. Idempotent. */
  end(): Promise<void> {
    this.#end ??= this.#kill();
    return this.#end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  get #entry() {
    // The launcher's `delete` looks for the container's id, to tell containerd this pid once more.
    return { kind: "process", ...this.#id, role: "container", name: this.#options.containerId } as const;
  }

  async #started(): Promise<void> {
    const outcome = await within(Promise.race([this.#ready.promise, this.#gone]), PATIENCE_MS);
    if (outcome === "ready") {
      return;
    }
    const why =
      outcome === undefined
        ? `it said nothing within ${PATIENCE_MS / 1000} s`
        : outcome === null
          ? "it was killed"
          : `it did not come into the pod's network namespace: ${getSystemErrorName(-outcome)}`;
    throw unavailable(this.#options.containerId, why);
  }

  async #kill(): Promise<void> {
    const { host, journal, log, containerId } = this.#options;
    try {
      await host.killProcess(this.#id, SIGKILL);
      if ((await within(this.#gone, PATIENCE_MS)) === undefined) {
        throw new HadronError(Code.DEADLINE_EXCEEDED, `killed ${PATIENCE_MS / 1000} s ago, it is still there`);
      }
      await journal.remove(this.#entry);
    } catch (error) {
      log.error({ err: error, pid: this.pid }, `the process that stands for container ${containerId} on the host cannot be ended`);
    }
  }
}

function unavailable(containerId: string, why: string, cause?: unknown): HadronError {
  return new HadronError(Code.UNAVAILABLE, `the process that stands for container ${containerId} on the host cannot be started: ${why}`, { cause });
}
