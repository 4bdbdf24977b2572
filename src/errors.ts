/**
 * The one error class of the control plane.
 *
 * Every refusal that can reach containerd is a `HadronError`: it carries the status code of
 * google.rpc.Code that the caller acts on, and a sentence that tells a person what to do. The
 * cause, if there is one, stays attached for the log.
 */

import { Code } from "ttrpc-ts/code";

export { Code };

export class HadronError extends Error {
  override readonly name = "HadronError";
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The message of anything that was thrown; of an error during which releasing something failed as well, both. */
export function messageOf(error: unknown): string {
  if (error instanceof SuppressedError) {
    return `${messageOf(error.suppressed)}; and then: ${messageOf(error.error)}`;
  }
  return error instanceof Error ? error.message : String(error);
}
