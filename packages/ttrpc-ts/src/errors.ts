import { Code, isCode } from "./code.ts";

/** google.protobuf.Any: a message of the type that `typeUrl` names, still encoded. */
export interface Any {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export interface TtrpcErrorOptions {
  /** google.rpc.Status.details: travels to the peer. */
  readonly details?: readonly Any[];
  /** Stays on this side. */
  readonly cause?: unknown;
}

/** A call that failed: what google.rpc.Status carries, in both directions. */
export class TtrpcError extends Error {
  override readonly name = "TtrpcError";
  readonly code: Code;
  readonly details: readonly Any[];

  constructor(code: Code, message: string, options?: TtrpcErrorOptions) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options?.details ?? [];
  }
}

/**
 * The status of anything that a handler threw. An object with a `code` of 1 to 16 and a message
 * keeps that code, so that a program's own error class needs no conversion; the rest is INTERNAL.
 * DOMException is looked at first because its legacy codes fall into the same range. Of an error during which releasing
 * something failed as well (SuppressedError) the first one's code counts, and both messages.
 */
export function toTtrpcError(error: unknown): TtrpcError {
  if (error instanceof TtrpcError) {
    return error;
  }
  if (error instanceof SuppressedError) {
    const { code, message, details } = toTtrpcError(error.suppressed);
    return new TtrpcError(code, `${message}; and then: ${messageOf(error.error)}`, { cause: error, details });
  }
  if (error instanceof DOMException) {
    if (error.name === "TimeoutError") {
      return new TtrpcError(Code.DEADLINE_EXCEEDED, error.message, { cause: error });
    }
    const code = error.name === "AbortError" ? Code.CANCELLED : Code.INTERNAL;
    return new TtrpcError(code, error.message, { cause: error });
  }
  if (typeof error === "object" && error !== null && "message" in error && typeof error.message === "string") {
    const code = "code" in error && isCode(error.code) && error.code !== Code.OK ? error.code : Code.INTERNAL;
    return new TtrpcError(code, error.message, { cause: error });
  }
  return new TtrpcError(Code.INTERNAL, String(error), { cause: error });
}

/** What a call fails with when its `AbortSignal` fires. */
export function abortError(reason: unknown): TtrpcError {
  if (reason instanceof TtrpcError) {
    return reason;
  }
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new TtrpcError(Code.DEADLINE_EXCEEDED, "the signal of the call timed out", { cause: reason });
  }
  return new TtrpcError(Code.CANCELLED, "the call was aborted by its signal", { cause: reason });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
