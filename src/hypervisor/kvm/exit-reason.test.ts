import { expect, test } from "vitest";

import { exitReason, type ExitFacts } from "./exit-reason.ts";

const facts: ExitFacts = { code: 0, signal: null, end: undefined, stderr: "", consoleLines: [] };
const panic = ["[    3.6] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300", "[    3.7] CPU: 0 PID: 1 Comm: init"];
const reset = { cause: "reset", message: "" } as const;

test.each<[Partial<ExitFacts>, string]>([
  [{ end: reset }, "the guest rebooted"],
  [{ end: { cause: "shutdown", message: "" } }, "the guest switched itself off"],
  [{ end: reset, consoleLines: panic }, "the guest's kernel panicked: Attempted to kill init! exitcode=0x00000300"],
  [{ end: { cause: "fault", message: "CPU 0 met a triple fault" } }, "the VM cannot go on: CPU 0 met a triple fault"],
  [{ code: null, signal: "SIGKILL" }, "hadron-vmm was killed by SIGKILL"],
  [{ code: null, signal: "SIGKILL", stderr: "hadron-vmm: the process in the jail was killed by signal 9\n" }, "hadron-vmm was killed by SIGKILL"],
  // What the guest prints alone does not make it so.
  [{ code: null, signal: "SIGSEGV", consoleLines: panic }, "hadron-vmm was killed by SIGSEGV"],
  [
    { code: null, signal: "SIGSYS", stderr: "hadron-vmm: the thread vcpu0 called socket, which its filter does not let through\n" },
    "hadron-vmm was killed by SIGSYS: hadron-vmm: the thread vcpu0 called socket, which its filter does not let through",
  ],
])("%j", (change, reason) => {
  expect(exitReason({ ...facts, ...change })).toBe(reason);
});
