/** The two ways in which a spec is refused. */

import { Code, HadronError } from "../errors.ts";

/** runc refuses it too. */
export function invalid(sentence: string): HadronError {
  return new HadronError(Code.INVALID_ARGUMENT, sentence);
}

/** runc carries it out; in a VM there is no way, or none yet. */
export function unsupported(sentence: string): HadronError {
  return new HadronError(Code.UNIMPLEMENTED, sentence);
}

/** Tells the log what is treated otherwise than it is written; one sentence. */
export type Warn = (sentence: string) => void;

/** `"a", "b" and "c"`. */
export function enumerate(words: Iterable<string>): string {
  const quoted = [...words].map((word) => JSON.stringify(word));
  const last = quoted.pop() ?? "nothing";
  return quoted.length === 0 ? last : `${quoted.join(", ")} and ${last}`;
}
