import { expect, it } from "vitest";

import { Metrics } from "../gen/metrics.ts";
import { metricsOf, metricsOfPod } from "./metrics.ts";

it("reads what the kernel prints", () => {
  const metrics = metricsOf(
    new Map([
      ["cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n"],
      ["memory.current", "4096\n"],
      ["memory.max", "max\n"],
      ["memory.stat", "anon 12\nfile 34\nworkingset_refault_anon 1\nworkingset_refault_file 2\n"],
      ["memory.events", "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n"],
      ["pids.current", "2\n"],
      ["pids.max", "100\n"],
      ["io.stat", "254:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n"],
    ]),
  );
  const decoded = Metrics.decode(Metrics.encode(metrics));
  expect(decoded.cpu?.usageUsec).toBe(1500n);
  expect(decoded.memory).toMatchObject({ usage: 4096n, usageLimit: 2n ** 64n - 1n, anon: 12n, workingsetRefault: 3n });
  expect(decoded.memoryEvents?.oomKill).toBe(1n);
  expect(decoded.pids).toEqual({ current: 2n, limit: 100n });
  expect(decoded.io?.usage).toEqual([{ major: 254n, minor: 0n, rbytes: 4096n, wbytes: 0n, rios: 1n, wios: 0n }]);
});

it("takes anything from a guest that lies", () => {
  const files = new Map([
    ["cpu.stat", "usage_usec -1\nuser_usec 99999999999999999999999\n__proto__ 5"],
    ["io.stat", "garbage\n1:2\n1:2 rbytes=x"],
    ["memory.current", "18446744073709551616"],
  ]);
  expect(() => Metrics.encode(metricsOf(files))).not.toThrow();
  expect(metricsOf(new Map()).memory?.usage).toBe(0n);
});

it("has a pod's figures where CRI looks for them", () => {
  const memory = { memoryBytes: 5n << 20n, anonBytes: 2n << 20n, sharedBytes: 1n << 20n, swapBytes: 4096n, faults: 12n, majorFaults: 5n };
  const metrics = metricsOfPod({ userUsec: 30_000n, systemUsec: 12_000n, ...memory, processes: 3n });
  const decoded = Metrics.decode(Metrics.encode(metrics));
  expect(decoded.cpu).toMatchObject({ usageUsec: 42_000n, userUsec: 30_000n, systemUsec: 12_000n });
  expect(decoded.memory).toMatchObject({ usage: 5n << 20n, usageLimit: 2n ** 64n - 1n, inactiveFile: 0n });
  expect(decoded.memory).toMatchObject({ anon: 2n << 20n, file: 3n << 20n, shmem: 1n << 20n, swapUsage: 4096n, pgfault: 12n, pgmajfault: 5n });
  expect(decoded.pids?.current).toBe(3n);
});
