/** Why a VM is gone, in words for a person. */
import { type ChildExit, describeExit } from "../../host/child.ts";

/** Of QEMU's process, and: */
export interface ExitFacts extends ChildExit {
  /** `reason` of QMP's last SHUTDOWN event (QEMU's qapi/run-state.json, ShutdownCause). */
  readonly shutdown: string | undefined;
  /** QMP told of a GUEST_PANICKED. */
  readonly panicked: boolean;
  /** It was killed since it had stopped the virtual CPUs by itself (RunState internal-error). */
  readonly halted: boolean;
  /** The end of QEMU's standard error. */
  readonly stderr: string;
  /** The console's last lines, oldest first. */
  readonly consoleLines: readonly string[];
}

/** A reason ends up in status messages: it has to be short. */
const MAX_QUOTED = 500;

export function exitReason(facts: ExitFacts): string {
  const panic = panicMessage(facts.consoleLines);
  if (facts.panicked || facts.shutdown === "guest-panic" || (facts.shutdown === "guest-reset" && panic !== undefined)) {
    return panic === undefined ? "the guest's kernel panicked" : `the guest's kernel panicked: ${panic}`;
  }
  switch (facts.shutdown) {
    case "guest-reset":
      return "the guest rebooted";
    case "guest-shutdown":
      return "the guest switched itself off";
    case "host-signal":
      return "qemu was asked to end by a signal";
    case "host-error":
      return withWords("qemu ended after an error of the host", facts.stderr);
    case undefined:
  }
  if (facts.halted) {
    // The registers follow, which are not for a status message.
    const words = /^.*\bkvm\b.*$/im.exec(facts.stderr)?.[0] ?? "";
    return withWords("the guest's CPU cannot go on", words);
  }
  return withWords(`qemu ${describeExit(facts)}`, facts.stderr);
}

/** Of a VM whose cgroup has lost a process to the OOM killer, which need not have been QEMU. */
export function outOfMemoryReason(reason: string): string {
  return `${reason}, for want of memory: the limit of a cgroup that the VM is in was reached`;
}

/** The sentence with what the process said at last, if it said anything. */
export function withWords(sentence: string, words: string): string {
  const quoted = printable(words);
  return quoted === "" ? sentence : `${sentence}: ${quoted}`;
}

function panicMessage(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const message = /Kernel panic - not syncing: (.*)/.exec(line)?.[1];
    if (message !== undefined) {
      return printable(message);
    }
  }
  return undefined;
}

/** On one line, without control characters, of the end at most MAX_QUOTED characters. */
function printable(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length > MAX_QUOTED ? `...${line.slice(-MAX_QUOTED)}` : line;
}
