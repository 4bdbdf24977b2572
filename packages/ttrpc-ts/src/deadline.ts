/** setTimeout's limit, about 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `fire` once when `performance.now()` has reached `deadline`, however far that is. */
export class DeadlineTimer {
  #timer: NodeJS.Timeout;

  constructor(deadline: number, fire: () => void) {
    const arm = (): NodeJS.Timeout => {
      const left = Math.max(1, Math.ceil(deadline - performance.now()));
      if (left <= LONGEST_TIMER_MS) {
        return setTimeout(fire, left);
      }
      return setTimeout(() => (this.#timer = arm()), LONGEST_TIMER_MS);
    };
    this.#timer = arm();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}
