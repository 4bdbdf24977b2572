/** The clock of a pod is the host's, when its first process starts and as long as it lives. */
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { runArgs, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";

const TOLERANCE_MS = 50;
/** busybox's date knows whole seconds only. */
const NOW = "adjtimex | sed -n 's/.*time.tv_sec: *//p; s/.*time.tv_usec: *//p' | tr '\\n' ' '";
/** Tells the time when it starts, and again for every line. */
const CLOCK = `while ${NOW}; echo; read line; do :; done`;

/** What the last line of the output says, in milliseconds since 1970. */
function told(attached: Attached): number {
  const [seconds, microseconds] = attached.stdout.trimEnd().split("\n").at(-1)?.trim().split(" ") ?? [];
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

/** A container that tells the time; its first line has been read. */
async function clock(daemon: Containerd, flags: readonly string[] = []): Promise<{ attached: Attached; id: string; before: number }> {
  const id = uniqueId();
  const attached = new Attached(daemon, [...runArgs({ id, flags: ["--rm", ...flags] }), "sh", "-c", CLOCK]);
  const before = Date.now();
  await attached.output(/\n/);
  return { attached, id, before };
}

/** By how much the container's clock is off for certain, of the quickest of some answers; milliseconds. */
async function offset(attached: Attached): Promise<number> {
  let least = { tookMs: Infinity, offMs: Infinity };
  for (let round = 0; round < 5; round++) {
    const lines = attached.stdout.split("\n").length;
    const before = Date.now();
    if (!attached.stdin.write("\n")) {
      await once(attached.stdin, "drain");
    }
    await attached.output(new RegExp(`^(.*\\n){${lines}}`));
    const after = Date.now();
    const now = told(attached);
    const offMs = Math.max(before - now, now - after, 0);
    if (after - before < least.tookMs) {
      least = { tookMs: after - before, offMs };
    }
  }
  return least.offMs;
}

describe.each(containerdVersions)("containerd %s: a pod's clock", (version) => {
  const daemon = useContainerd(version);

  test("is right when the first process starts, and ten seconds later", async () => {
    const { attached, id, before } = await clock(daemon());
    await using _ = attached;
    // The process started after the VM, which takes longer than the tolerance: the time of the VM's start is wrong.
    const after = Date.now();
    const first = told(attached);
    expect(first).toBeGreaterThan(before + 100);
    expect(first).toBeLessThan(after + TOLERANCE_MS);
    expect(await offset(attached)).toBeLessThan(TOLERANCE_MS);
    await setTimeout(10_000);
    expect(await offset(attached)).toBeLessThan(TOLERANCE_MS);
    await daemon().mustCtr(["tasks", "kill", "--signal", "SIGKILL", id]);
    await attached.exit();
  });

  test.each([3_600, -3_600])("that is %d s off is right again with the next process", async (seconds) => {
    await using container = await startContainer(daemon(), ["sleep", "600"], { flags: ["--cap-add", "CAP_SYS_TIME"] });
    const wrong = Math.floor(Date.now() / 1000) + seconds;
    const set = await container.exec(["sh", "-c", `date -s @${wrong} >&2 && date +%s`]);
    expect(Math.abs(Number(set.stdout) - wrong)).toBeLessThan(60);
    await using attached = new Attached(daemon(), ["tasks", "exec", "--exec-id", uniqueId("e"), container.id, "sh", "-c", CLOCK]);
    await attached.output(/\n/);
    expect(Math.abs(told(attached) - Date.now())).toBeLessThan(60_000);
    expect(await offset(attached)).toBeLessThan(TOLERANCE_MS);
    attached.stdin.end();
  });
});
