/** Waiting that an AbortSignal can end. */
import { Code, HadronError, messageOf } from "./errors.ts";
import { untilAborted } from "./time.ts";

/** CANCELLED, or DEADLINE_EXCEEDED if the signal is an AbortSignal.timeout; a HadronError stays what it is. */
export function abortError(signal: AbortSignal, what: string): HadronError {
  const reason: unknown = signal.reason;
  if (reason instanceof HadronError) {
    return reason;
  }
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new HadronError(Code.DEADLINE_EXCEEDED, `${what} took too long`, { cause: reason });
  }
  return new HadronError(Code.CANCELLED, `${what} was given up: ${messageOf(reason)}`, { cause: reason });
}

/** What `promise` becomes, unless the signal is aborted before: then `abortError`. The promise goes on by itself. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  try {
    return await untilAborted(promise, signal);
  } catch (error) {
    throw signal.aborted && error === signal.reason ? abortError(signal, what) : error;
  }
}
