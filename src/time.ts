/** Time as more than one room needs it. */

/** The host's clock, nanoseconds since 1970 (to the millisecond). */
export function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
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
