/**
 * Whether the guest lives, asked while a call takes long.
 *
 * How long a call may take is not ours to say: a container's own CPU limit, its memory or its disk can slow it without
 * bound. So no call has a deadline. A guest is dead when its agent, which stands outside of every container's limits,
 * does not answer a question that costs it nothing. While no call is out nothing is asked.
 */

import { Code, HadronError } from "../errors.ts";
import { within } from "../time.ts";

/** A call that is answered within this time costs no question. */
const QUICK_MS = 1_000;

export interface LivenessOptions {
  /** Within which a question has to be answered, and how long until the next one, milliseconds. */
  readonly timeoutMs: number;
  /** Rejects when the agent answers with an error, and when the connection is gone. */
  readonly ping: () => Promise<void>;
  /** A call is out for longer than `timeoutMs`, and the guest lives. Told once for a call. */
  readonly onSlow: (sentence: string) => void;
  readonly onUnresponsive: (sentence: string) => void;
}

export class Liveness {
  readonly #options: LivenessOptions;
  /** The question that is out; one for all calls. */
  #question: Promise<boolean> | undefined;

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  /**
   * Waits for `call` as long as the guest lives. UNAVAILABLE when it does not.
   *
   * @param what as in "the guest did not `start a process`"
   */
  async watch<T>(what: string, call: Promise<T>): Promise<T> {
    const { timeoutMs, onSlow, onUnresponsive } = this.#options;
    const answer = call.then((value) => ({ value }));
    const seconds = timeoutMs / 1000;
    let slow = false;
    for (let pause = Math.min(QUICK_MS, timeoutMs); ; pause = timeoutMs) {
      const settled = (await within(answer, pause)) ?? (await Promise.race([answer, this.#lives()]));
      if (typeof settled === "object") {
        return settled.value;
      }
      if (!settled) {
        const sentence = `the guest did not ${what} within ${seconds} s, nor answer whether it lives`;
        onUnresponsive(sentence);
        throw new HadronError(Code.UNAVAILABLE, `${sentence}; its VM is being killed`);
      }
      if (!slow && pause === timeoutMs) {
        slow = true;
        onSlow(`the guest lives, but has been taking more than ${seconds} s to ${what}; the container's limits may be the reason`);
      }
    }
  }

  #lives(): Promise<boolean> {
    this.#question ??= this.#ask().finally(() => {
      this.#question = undefined;
    });
    return this.#question;
  }

  async #ask(): Promise<boolean> {
    // An error is an answer too, and a connection that is gone ends the call itself.
    const answered = this.#options.ping().then(
      () => true,
      () => true,
    );
    return (await within(answered, this.#options.timeoutMs)) ?? false;
  }
}
