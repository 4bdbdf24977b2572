/**
 * One process of a container, the init process or an additional one (exec), as a state machine:
 *
 *   created -> starting -> running -> stopped
 *      └──────────┴─────────────────────▶ stopped   (killed before it ran; start failed for an exec)
 *
 * An init process whose start failed is created again (docs/architecture.md, States).
 * The exit of a process is told after its start was, and once.
 */

import type { Agent, StdioPorts, TerminalSize } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import { nowNs } from "../time.ts";
import { type Joiner, openProcessIo, type ProcessIo, type StdioRequest } from "./stdio.ts";

export type ProcessState = "created" | "starting" | "running" | "stopped";

export interface Exit {
  /** 0..255; 128 + n when killed by signal n. */
  readonly status: number;
  /** The host's clock, nanoseconds since 1970. */
  readonly atNs: bigint;
}

/**
 * Added to a pid of the guest where a pid of the host is asked for: the kernel's own limit (PID_MAX_LIMIT), so that no
 * process of the host ever has the sum for its pid. Whoever takes it for one finds nothing, instead of somebody else's process.
 */
const GUEST_PIDS = 1 << 22;

/** What the host is told for a process of the guest that no process of the host stands for; 0 for none. */
export function pidOfGuest(guestPid: number): number {
  return guestPid === 0 ? 0 : GUEST_PIDS + guestPid;
}

/** What waitpid gives for SIGKILL: also the status of what was lost with its VM. */
export const KILLED_STATUS = 137;

/** The part of the guest that knows when a process has exited. */
export type WaitingAgent = Pick<Agent, "waitProcess">;

export class Process {
  readonly containerId: string;
  /** Empty: the init process. */
  readonly execId: string;
  readonly stdio: StdioRequest;
  /** The `process` object for the guest; of an additional process only. */
  readonly specJson: string | undefined;

  /** Guest pid; 0 until the process exists. */
  guestPid = 0;
  /** Of the init process: the process of the host that stands for it. */
  hostPid = 0;
  /** Set by a resize that came before the start. */
  terminalSize: TerminalSize | undefined;

  #state: ProcessState = "created";
  #exit: Exit | undefined;
  readonly #exited = Promise.withResolvers<Exit>();
  #io: ProcessIo | undefined;
  #stdinClosed = false;
  #startSettled: Promise<void> = Promise.resolve();

  constructor(containerId: string, execId: string, stdio: StdioRequest, specJson?: string) {
    this.containerId = containerId;
    this.execId = execId;
    this.stdio = stdio;
    this.specJson = specJson;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Fulfilled with the exit, before or after; never rejects. */
  get exited(): Promise<Exit> {
    return this.#exited.promise;
  }

  /** What the host is told for this process's pid; 0 until it exists. The one place where that is decided. */
  get pid(): number {
    return this.execId === "" ? this.hostPid : pidOfGuest(this.guestPid);
  }

  get io(): ProcessIo | undefined {
    return this.#io;
  }

  /**
   * Opens its standard I/O, joined with the guest, and has `make` make the process with it; the answer is the guest's pid.
   * When that fails, nothing stays open.
   */
  async open(joiner: Joiner, make: (stdio: StdioPorts) => Promise<number>): Promise<void> {
    const io = await openProcessIo(joiner, this.stdio);
    try {
      this.#io = io;
      if (this.#stdinClosed) {
        await io.closeStdin();
      }
      this.guestPid = await make(this.terminalSize === undefined ? io.ports : { ...io.ports, size: this.terminalSize });
    } catch (error) {
      // That something cannot be closed as well is the lesser news.
      await io.close().catch(() => undefined);
      throw error;
    }
  }

  /** Takes effect at once or, as a client may have sent its last byte while the process is being started, then. */
  async closeStdin(): Promise<void> {
    this.#stdinClosed = true;
    await this.#io?.closeStdin();
  }

  get name(): string {
    return this.execId === "" ? `container ${this.containerId}` : `exec ${this.execId} of container ${this.containerId}`;
  }

  /** Runs `begin` as the step from created to running. `told` is called before any exit is. */
  async start(begin: () => Promise<void>, told: () => void): Promise<void> {
    if (this.#state !== "created") {
      throw new HadronError(Code.FAILED_PRECONDITION, `${this.name} is ${this.#state}; only a created process can be started`);
    }
    this.#state = "starting";
    const settled = Promise.withResolvers<void>();
    this.#startSettled = settled.promise;
    try {
      await begin();
      // The exit may have been seen first: it waits for startSettled, so the order is kept.
      if (this.#exit === undefined) {
        this.#state = "running";
      }
      told();
    } catch (error) {
      if (this.#exit === undefined) {
        this.#state = "created";
      }
      throw error;
    } finally {
      settled.resolve();
    }
  }

  /**
   * Waits for the guest's word and settles with it, after `atExit`; a lost guest settles with KILLED_STATUS elsewhere.
   */
  async watch(agent: WaitingAgent, atExit: () => Promise<void>): Promise<void> {
    let status: number;
    try {
      status = await agent.waitProcess(this.containerId, this.execId);
    } catch (error) {
      // The connection is gone, so the machine is or is about to be: its owner settles every process.
      if (error instanceof HadronError && error.code === Code.UNAVAILABLE) {
        return;
      }
      throw error;
    }
    const atNs = nowNs();
    await this.#startSettled;
    await atExit();
    this.settle(status, atNs);
  }

  /** The guest is gone, and the process with it. A start that is under way is told, or fails, before. */
  async lose(): Promise<void> {
    const atNs = nowNs();
    await this.#startSettled;
    this.settle(KILLED_STATUS, atNs);
  }

  /** First call wins. */
  settle(status: number, atNs = nowNs()): void {
    if (this.#exit !== undefined) {
      return;
    }
    // The status comes from the guest, which may say anything.
    const clamped = Number.isInteger(status) && status >= 0 && status <= 255 ? status : KILLED_STATUS;
    this.#exit = { status: clamped, atNs };
    this.#state = "stopped";
    this.#exited.resolve(this.#exit);
  }

  requireNotStopped(): void {
    if (this.#state === "stopped") {
      // kill(2) would say ESRCH; CRI relies on NotFound here.
      throw new HadronError(Code.NOT_FOUND, `${this.name}: process already finished`);
    }
  }
}
