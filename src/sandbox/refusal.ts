/**
 * The two ways in which what a caller asks for is refused. Neither is UNIMPLEMENTED, which is for methods that are not there:
 * containerd takes it for a shim of an older API, and sends a Create a second time.
 */

import { Code, HadronError } from "../errors.ts";

/** runc refuses it too. */
export function invalid(sentence: string): HadronError {
  return new HadronError(Code.INVALID_ARGUMENT, sentence);
}

/** runc carries it out; in a VM there is no way, or none yet. */
export function unsupported(sentence: string): HadronError {
  return new HadronError(Code.FAILED_PRECONDITION, sentence);
}

/** Tells the log what is treated otherwise than it is written; one sentence. */
export type Warn = (sentence: string) => void;

/** `"a", "b" and "c"`. */
export function enumerate(words: Iterable<string>): string {
  const quoted = [...words].map((word) => JSON.stringify(word));
  const last = quoted.pop() ?? "nothing";
  return quoted.length === 0 ? last : `${quoted.join(", ")} and ${last}`;
}
