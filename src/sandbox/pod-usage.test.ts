import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, it } from "vitest";

import { podUsage } from "./pod-usage.ts";

it("is the sum of the processes that live", async () => {
  // It uses some CPU time, and waits.
  const child = spawn("sh", ["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; exec sleep 60"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  const own = await podUsage([process.pid]);
  const childs = await podUsage([child.pid ?? 0]);
  const both = await podUsage([process.pid, child.pid ?? 0]);
  child.kill("SIGKILL");
  await once(child, "exit");
  const gone = await podUsage([child.pid ?? 0]);
  expect([own.processes, both.processes]).toEqual([1n, 2n]);
  expect(own.userUsec).toBeGreaterThan(0n);
  const cpu = ({ userUsec, systemUsec }: typeof own): bigint => userUsec + systemUsec;
  expect(cpu(childs)).toBeGreaterThan(0n);
  expect(cpu(both)).toBeGreaterThanOrEqual(cpu(own) + cpu(childs));
  // Node has more than that, and less than the machine.
  expect(own.memoryBytes).toBeGreaterThan(10n << 20n);
  expect(own.memoryBytes).toBeLessThan(BigInt(process.memoryUsage.rss()) * 2n);
  expect(own.anonBytes).toBeGreaterThan(10n << 20n);
  expect(own.memoryBytes).toBeGreaterThan(own.anonBytes);
  expect(own.faults).toBeGreaterThan(1000n);
  expect(own.faults).toBeGreaterThan(own.majorFaults);
  expect(new Set(Object.values(gone))).toEqual(new Set([0n]));
});
