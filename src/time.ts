/** Time and waiting as more than one room needs them. */

/** The host's clock, nanoseconds since 1970 (to the millisecond). */
export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** Milliseconds of a clock that nobody sets. Loading Node's `performance` for it costs every daemon 2 ms and 0.3 MB. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** What all of them become. Waits for every one, whatever becomes of the others; then throws what the first one threw of those that failed. */
export async function allDone<const T extends readonly Promise<unknown>[]>(actions: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(actions);
  return await Promise.all(actions);
}

/** What `promise` becomes within `ms` milliseconds; undefined when it takes longer. The promise goes on by itself. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `promise` becomes, unless the signal is aborted before: then its reason is thrown. The promise goes on by itself. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) {
    onAbort();
  }
  try {
    return await Promise.race([aborted.promise, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
