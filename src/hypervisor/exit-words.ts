/** What every hypervisor says of a VM that is gone, in words for a person. */

import { type ChildExit, describeExit } from "../host/spawned.ts";

/** A reason ends up in status messages: it has to be short. */
const MAX_QUOTED = 500;

/** Of a VM whose guest's kernel said at last what these lines are, the oldest first; undefined: it did not panic. */
export function panicReason(consoleLines: readonly string[]): string | undefined {
  for (const line of consoleLines) {
    const message = /Kernel panic - not syncing: (.*)/.exec(line)?.[1];
    if (message !== undefined) {
      return withWords("the guest's kernel panicked", message);
    }
  }
  return undefined;
}

/** Of a VM whose cgroup has lost a process to the OOM killer, which need not have been the one that runs the guest. */
export function outOfMemoryReason(reason: string): string {
  return `${reason}, for want of memory: the limit of a cgroup that the VM is in was reached`;
}

/** How a process ended, with what it said at last. Whom SIGKILL ends has no last words: what there is tells nothing of the end. */
export function endReason(name: string, exit: ChildExit, words: string): string {
  return withWords(`${name} ${describeExit(exit)}`, exit.signal === "SIGKILL" ? "" : words);
}

/** The sentence with what the process said at last, if it said anything. */
export function withWords(sentence: string, words: string): string {
  const quoted = printable(words);
  return quoted === "" ? sentence : `${sentence}: ${quoted}`;
}

/** On one line, without control characters, of the end at most MAX_QUOTED characters. */
function printable(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length > MAX_QUOTED ? `...${line.slice(-MAX_QUOTED)}` : line;
}
