/**
 * Keeps the guest's clock at the host's.
 *
 * The guest booted with the time at which its VM was asked for, knows nothing of a host that sleeps or whose clock is set,
 * and counts by a rate of the time stamp counter that is only nearly right. So it is told the time when it is up, before
 * every process that starts, when the host's clock was set, and now and then. Nothing waits for that.
 */

import type { Agent } from "../agent/agent.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { monotonicMs, nowNs } from "../time.ts";

/** A rate that is wrong by 5 ppm makes 1 ms of it in this time. */
const INTERVAL_MS = 200_000;
/** An answer that took longer says little of the time at which the guest read its clock: it is asked again. */
const PROMPT_MS = 20;
/** By how much the guest's clock has to be ahead for certain to be set back. */
const TOLERANCE_MS = 5;
const MAX_ROUNDS = 5;

export interface GuestClockOptions {
  readonly agent: Pick<Agent, "setClock">;
  /** Fulfilled when the host's clock is set, or the host wakes up; rejects when the signal is aborted. */
  readonly clockSet: (signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

export class GuestClock implements Disposable {
  readonly #options: GuestClockOptions;
  readonly #ended = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #correcting = false;

  constructor(options: GuestClockOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.correct(), INTERVAL_MS).unref();
    this.correct();
    void this.#followHost();
  }

  /** Sends the guest the time before anything that is asked of it next. */
  correct(): void {
    if (this.#correcting || this.#ended.signal.aborted) {
      return;
    }
    this.#correcting = true;
    void this.#correct()
      .catch((error: unknown) => {
        this.#options.log.debug({ err: messageOf(error) }, "the guest's clock was not corrected");
      })
      .finally(() => {
        this.#correcting = false;
      });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#ended.abort();
  }

  async #correct(): Promise<void> {
    const { agent, log } = this.#options;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const before = monotonicMs();
      const aheadMs = Number(await agent.setClock(nowNs(), false)) / 1e6;
      const tookMs = monotonicMs() - before;
      log.trace({ aheadMs, tookMs }, "compared the guest's clock");
      // Behind by what it says or by less, and set by now; ahead by what it says less the message's time on its way.
      if (aheadMs - tookMs > TOLERANCE_MS) {
        await agent.setClock(nowNs(), true);
      } else if (tookMs <= PROMPT_MS) {
        return;
      }
    }
  }

  async #followHost(): Promise<void> {
    const { clockSet, log } = this.#options;
    const { signal } = this.#ended;
    try {
      while (!signal.aborted) {
        await clockSet(signal);
        log.info({}, "the host's clock was set, or the host has slept; the guest's follows");
        this.correct();
      }
    } catch (error) {
      if (!signal.aborted) {
        log.warn({ err: messageOf(error) }, "the host's clock cannot be watched; the guest's follows it only now and then");
      }
    }
  }
}
