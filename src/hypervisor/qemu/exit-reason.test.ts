import { expect, test } from "vitest";

import { outOfMemoryReason } from "../exit-words.ts";
import { exitReason, type ExitFacts } from "./exit-reason.ts";

const facts: ExitFacts = { code: 0, signal: null, shutdown: undefined, panicked: false, halted: false, stderr: "", consoleLines: [] };
const panic = [
  "[    3.6] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300",
  "[    3.7] CPU: 0 PID: 1 Comm: init",
  "[    3.8] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300 ]---",
];

test.each<[Partial<ExitFacts>, string]>([
  [{ code: null, signal: "SIGKILL" }, "qemu was killed by SIGKILL"],
  [{ code: 1, stderr: "qemu: no\nsuch file\n" }, "qemu exited with status 1: qemu: no such file"],
  [{ shutdown: "guest-reset" }, "the guest rebooted"],
  [{ shutdown: "guest-shutdown" }, "the guest switched itself off"],
  [{ shutdown: "guest-reset", consoleLines: panic }, "the guest's kernel panicked: Attempted to kill init! exitcode=0x00000300"],
  [{ panicked: true, shutdown: "guest-shutdown" }, "the guest's kernel panicked"],
  [
    { halted: true, signal: "SIGKILL", stderr: "KVM internal error. Suberror: 1\nextra data[0]: 0x0\nEAX=d0000000 EBX=0\n" },
    "the guest's CPU cannot go on: KVM internal error. Suberror: 1",
  ],
  [{ halted: true, signal: "SIGKILL", stderr: "" }, "the guest's CPU cannot go on"],
  // What the guest prints alone does not make it so.
  [{ code: null, signal: "SIGSEGV", consoleLines: panic }, "qemu was killed by SIGSEGV"],
  [{ shutdown: "guest-panic", consoleLines: ["Kernel panic - not syncing: \u001b[2Jred"] }, "the guest's kernel panicked: [2Jred"],
])("%j", (change, reason) => {
  expect(exitReason({ ...facts, ...change })).toBe(reason);
});

test("a lack of memory is the reason of the reason", () => {
  expect(outOfMemoryReason(exitReason({ ...facts, code: null, signal: "SIGKILL" }))).toMatch(
    /^qemu was killed by SIGKILL, for want of memory: the limit/,
  );
});

test("of long words the end is quoted", () => {
  const reason = exitReason({ ...facts, code: 1, stderr: `${"x".repeat(4000)}the end` });
  expect(reason).toMatch(/^qemu exited with status 1: \.\.\.x+the end$/);
  expect(reason.length).toBeLessThan(600);
});
