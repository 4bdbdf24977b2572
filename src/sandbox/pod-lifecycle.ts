/**
 * A pod that containerd's Sandbox service makes, starts and stops, beside the containers in it:
 *
 *   created -> starting -> ready -> stopped
 *      └──────────┴──────────────────▲
 *
 * From its start to its stop it has the VM (pod-container.ts), whether there are containers or not. It is stopped for good.
 */

import { Code, HadronError } from "../errors.ts";
import { nowNs } from "../time.ts";
import type { PodMember } from "./container.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { Exit } from "./process.ts";

export type PodState = "created" | "starting" | "ready" | "stopped";

export interface PodStatus {
  readonly state: PodState;
  /** Of the process that stands for it on the host; 0 when there is none. */
  readonly pid: number;
  /** When it was started; 0 before. Nanoseconds since 1970, as in `exit`. */
  readonly createdAtNs: bigint;
  readonly exit: Exit | undefined;
}

export interface PodActions {
  /** The VM, and what stands for it on the host. Nothing is left when it throws. */
  open(pod: PodSpec, signal: AbortSignal): Promise<PodMember>;
  /** Ends the VM and all that is in it; answers when that is so. */
  end(): Promise<void>;
}

/** Of a pod that was stopped as asked for. */
const STOPPED_STATUS = 0;

export class PodLifecycle {
  readonly id: string;
  readonly spec: PodSpec;
  readonly #actions: PodActions;
  readonly #stopping = new AbortController();
  readonly #exited = Promise.withResolvers<Exit>();
  /** Stays, for what it may have to release. */
  #opened: PodMember | undefined;
  #starting: Promise<PodMember> | undefined;
  #createdAtNs = 0n;
  #exit: Exit | undefined;

  constructor(id: string, spec: PodSpec, actions: PodActions) {
    this.id = id;
    this.spec = spec;
    this.#actions = actions;
  }

  get status(): PodStatus {
    return {
      state: this.#state,
      pid: this.#exit === undefined ? (this.#opened?.init.pid ?? 0) : 0,
      createdAtNs: this.#createdAtNs,
      exit: this.#exit,
    };
  }

  get #state(): PodState {
    if (this.#exit !== undefined || this.#stopping.signal.aborted) {
      return "stopped";
    }
    if (this.#opened !== undefined) {
      return "ready";
    }
    return this.#starting === undefined ? "created" : "starting";
  }

  /** Fulfilled with its end, be it by `stop` or with its VM; never rejects. */
  get exited(): Promise<Exit> {
    return this.#exited.promise;
  }

  /** What stands for it while it is ready. */
  get itself(): PodMember | undefined {
    return this.#state === "ready" ? this.#opened : undefined;
  }

  /** That it was started and has not ended. */
  requireReady(what: string): void {
    if (this.#state !== "ready") {
      throw new HadronError(Code.FAILED_PRECONDITION, `cannot ${what}: pod ${this.id} is ${this.#state}, not ready`);
    }
  }

  /** After a failure it is as before. */
  async start(signal: AbortSignal): Promise<PodStatus> {
    if (this.#state !== "created") {
      throw new HadronError(Code.FAILED_PRECONDITION, `pod ${this.id} is ${this.#state}; only a created pod can be started`);
    }
    this.#starting = this.#actions.open(this.spec, AbortSignal.any([signal, this.#stopping.signal]));
    try {
      const opened = await this.#starting;
      this.#opened = opened;
      void opened.wait("").then(({ status, atNs }) => this.#settle({ status: this.#stopping.signal.aborted ? STOPPED_STATUS : status, atNs }));
      await opened.start("");
      this.#createdAtNs = nowNs();
      return this.status;
    } finally {
      this.#starting = undefined;
    }
  }

  /** Idempotent; one that is being started is not started any more. */
  async stop(): Promise<void> {
    this.#stopping.abort(new HadronError(Code.UNAVAILABLE, `pod ${this.id} is being stopped`));
    await this.#starting?.catch(() => undefined);
    await this.#actions.end();
    await this.#opened?.abandon();
    this.#settle({ status: STOPPED_STATUS, atNs: nowNs() });
  }

  /** First call wins. */
  #settle(exit: Exit): void {
    if (this.#exit === undefined) {
      this.#exit = exit;
      this.#exited.resolve(exit);
    }
  }
}
