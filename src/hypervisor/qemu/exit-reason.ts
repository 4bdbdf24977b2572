/** Why a VM of QEMU is gone, in words for a person. */
import type { ChildExit } from "../../host/spawned.ts";
import { endReason, panicReason, withWords } from "../exit-words.ts";

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

export function exitReason(facts: ExitFacts): string {
  const panic = panicReason(facts.consoleLines);
  if (facts.panicked || facts.shutdown === "guest-panic" || (facts.shutdown === "guest-reset" && panic !== undefined)) {
    return panic ?? "the guest's kernel panicked";
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
  return endReason("qemu", facts, facts.stderr);
}
