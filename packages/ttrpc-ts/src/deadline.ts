/** setTimeout's limit, about 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Milliseconds that the process has run. Loading Node's `performance` takes 2 ms and 0.3 MB, which a small server does not have to spare. */
export function uptimeMs(): number {
  return process.uptime() * 1000;
}

/** Calls `fire` once when the process has run for `deadline` milliseconds, however far that is. */
export class DeadlineTimer {
  #timer: NodeJS.Timeout;

  constructor(deadline: number, fire: () => void) {
    const arm = (): NodeJS.Timeout => {
      const left = Math.max(1, Math.ceil(deadline - uptimeMs()));
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
