/** Waiting that an AbortSignal can end. */
import { Code, HadronError, messageOf } from "../../errors.ts";

/** CANCELLED, or DEADLINE_EXCEEDED if the signal is an AbortSignal.timeout; a HadronError stays what it is. */
export function abortError(signal: AbortSignal, what: string): HadronError {
  const reason: unknown = signal.reason;
  if (reason instanceof HadronError) {
    return reason;
  }
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new HadronError(Code.DEADLINE_EXCEEDED, `${what} took too long.`, { cause: reason });
  }
  return new HadronError(Code.CANCELLED, `${what} was given up: ${messageOf(reason)}.`, { cause: reason });
}

/** What `promise` becomes, unless the signal is aborted before. The promise goes on by itself. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    throw abortError(signal, what);
  }
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    aborted.reject(abortError(signal, what));
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
