/** Why a VM of our VMM is gone, in words for a person. */
import type { ChildExit } from "../../host/spawned.ts";
import { endReason, panicReason, withWords } from "../exit-words.ts";
import type { GuestEnd } from "./control.ts";

/** Of the VMM's process, and: */
export interface ExitFacts extends ChildExit {
  readonly end: GuestEnd | undefined;
  /** The end of its standard error: among others which system call a filter did not let through. */
  readonly stderr: string;
  /** The console's last lines, oldest first. */
  readonly consoleLines: readonly string[];
}

export function exitReason(facts: ExitFacts): string {
  switch (facts.end?.cause) {
    case "reset":
      return panicReason(facts.consoleLines) ?? "the guest rebooted";
    case "shutdown":
      return "the guest switched itself off";
    case "fault":
      return withWords("the VM cannot go on", facts.end.message);
    case undefined:
      return endReason("hadron-vmm", facts, facts.stderr);
  }
}
