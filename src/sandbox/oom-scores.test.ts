import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import { describe, expect, it, test } from "vitest";

import { OomScores, type OomSpec, podOomScoreAdj } from "./oom-scores.ts";

const log = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const workload = (value?: number) => ({ value, isPause: false });
const pause = { value: -998, isPause: true };

describe("the VM's value", () => {
  it("is that of a container alone", () => {
    expect(podOomScoreAdj([workload(500)], 1)).toBe(500);
    expect(podOomScoreAdj([workload()], 1)).toBe(1);
    expect(podOomScoreAdj([pause], 1)).toBe(-998);
  });

  it("is the lowest of a pod's, whose pause container does not count", () => {
    // Burstable: one container has requested half of the node's memory, the other one nothing.
    expect(podOomScoreAdj([pause, workload(500), workload(999)], 1)).toBe(500);
    // Best effort and guaranteed.
    expect(podOomScoreAdj([pause, workload(1000)], 1)).toBe(1000);
    expect(podOomScoreAdj([pause, workload(-997), workload(-997)], 1)).toBe(-997);
    expect(podOomScoreAdj([workload(500), workload()], 1)).toBe(1);
  });
});

test("processes have what their containers ask for, as these come and go", async () => {
  const [vm, a, b] = [0, 1, 2].map(() => spawn("sleep", ["60"], { stdio: "ignore" }));
  const pids = [vm, a, b].map((child) => child?.pid ?? 0) as [number, number, number];
  const scores = (): number[] => pids.map((pid) => Number(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8")));
  const own = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
  const spec = (oomScoreAdj?: bigint): OomSpec => ({ process: { oomScoreAdj } });
  try {
    const oom = new OomScores(log);
    await oom.add("a", spec(700n), pids[1], [pids[0]]);
    expect(scores()).toEqual([700, 700, own]);
    await oom.add("b", spec(300n), pids[2], [pids[0]]);
    expect(scores()).toEqual([300, 700, 300]);
    await oom.remove("b", [pids[0]]);
    expect(scores()).toEqual([700, 700, 300]);
    await oom.add("c", spec(), pids[2], [pids[0]]);
    expect(scores()).toEqual([own, 700, 300]);
    // A VM that is gone is no error.
    await oom.remove("c", [4_194_305]);
  } finally {
    for (const child of [vm, a, b]) {
      child?.kill("SIGKILL");
    }
  }
});
