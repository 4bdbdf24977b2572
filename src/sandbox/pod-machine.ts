/**
 * When a pod has a VM: from the first lease of it to the end of the last one. A lease is taken and given up, and the last one is
 * known to be the last, without anything happening in between: no container can come into a VM that is about to end.
 *
 * Two VMs of a pod never exist at once: one that is wanted while another ends starts after its end.
 */

import { Code, HadronError, messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { PodSpec } from "./pod-spec.ts";

export interface PodMachineOptions<M extends AsyncDisposable> {
  readonly podId: string;
  /** Nothing is left when it throws. */
  readonly start: (pod: PodSpec, signal: AbortSignal) => Promise<M>;
  readonly log: Logger;
}

interface Generation<M> {
  readonly pod: PodSpec;
  readonly started: Promise<M>;
  readonly abort: AbortController;
  readonly leases: Set<Lease<M>>;
  readonly ended: PromiseWithResolvers<void>;
  stopping: boolean;
}

export interface Lease<M> extends AsyncDisposable {
  /** What the VM was made for: that of its first lease. */
  readonly pod: PodSpec;
  /** Rejects when it did not start. */
  readonly machine: Promise<M>;
  /** Whether nobody else has a lease. If so, from now on nobody gets one of this VM. */
  isLast(): boolean;
  /** Gives it up; after the last one the VM is stopped, and this answers when it is. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

export class PodMachine<M extends AsyncDisposable> implements AsyncDisposable {
  readonly #options: PodMachineOptions<M>;
  /** The one of which leases can be had. */
  #current: Generation<M> | undefined;
  /** The end of all before. */
  #ended: Promise<void> = Promise.resolve();
  readonly #alive = new Set<Generation<M>>();

  constructor(options: PodMachineOptions<M>) {
    this.#options = options;
  }

  /** What the VM was made for of which `lease` would give one. */
  get pod(): PodSpec | undefined {
    return this.#current?.pod;
  }

  /** Starts the VM, if there is none that can be leased, for `pod`. Who gets one for another pod is to compare. */
  lease(pod: PodSpec): Lease<M> {
    const generation = (this.#current ??= this.#begin(pod));
    const lease: Lease<M> = {
      pod: generation.pod,
      machine: generation.started,
      isLast: () => this.#seal(generation, lease),
      [Symbol.asyncDispose]: () => this.#giveUp(generation, lease),
    };
    generation.leases.add(lease);
    return lease;
  }

  /** Stops the VM, whoever has a lease. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const generation of this.#alive) {
      this.#stop(generation, "is shutting down");
    }
    await this.#ended;
  }

  #begin(pod: PodSpec): Generation<M> {
    const abort = new AbortController();
    const ended = Promise.withResolvers<void>();
    const started = this.#ended.then(() => {
      abort.signal.throwIfAborted();
      return this.#options.start(pod, abort.signal);
    });
    // Whoever has a lease hears of it; somebody may have given it up before.
    started.catch(() => undefined);
    this.#ended = ended.promise;
    const generation = { pod, started, abort, leases: new Set<Lease<M>>(), ended, stopping: false };
    this.#alive.add(generation);
    return generation;
  }

  #seal(generation: Generation<M>, lease: Lease<M>): boolean {
    const isLast = generation.leases.size === 1 && generation.leases.has(lease);
    if (isLast && this.#current === generation) {
      this.#current = undefined;
    }
    return isLast;
  }

  async #giveUp(generation: Generation<M>, lease: Lease<M>): Promise<void> {
    generation.leases.delete(lease);
    if (generation.leases.size === 0) {
      this.#stop(generation, "has no containers left");
      await generation.ended.promise;
    }
  }

  #stop(generation: Generation<M>, why: string): void {
    if (generation.stopping) {
      return;
    }
    generation.stopping = true;
    if (this.#current === generation) {
      this.#current = undefined;
    }
    generation.abort.abort(new HadronError(Code.UNAVAILABLE, `pod ${this.#options.podId} ${why}`));
    generation.ended.resolve(this.#end(generation).finally(() => this.#alive.delete(generation)));
    // Of one that cannot be stopped its last lease hears; the next VM must not start beside it.
    generation.ended.promise.catch(() => undefined);
  }

  async #end({ started }: Generation<M>): Promise<void> {
    let machine: M;
    try {
      machine = await started;
    } catch (error) {
      // It never ran, and whoever asked for it was told.
      this.#options.log.debug({ err: messageOf(error) }, "no VM to stop");
      return;
    }
    await machine[Symbol.asyncDispose]();
  }
}
