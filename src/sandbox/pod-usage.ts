/** What a pod takes of the host: its VM, with all that runs in it, and who looks after it. */

import { errorOfSystemCall } from "../host/error.ts";
import { readFile } from "../host/files.ts";
import { readProcessStat } from "../host/process-stat.ts";

export interface PodUsage {
  /** CPU time since the processes began, microseconds. */
  readonly userUsec: bigint;
  readonly systemUsec: bigint;
  /** Their proportional share of what they have in memory (PSS): the guest's memory, which several of them map, counts once. */
  readonly memoryBytes: bigint;
  /** What of it is in no file, and what is in files that are memory, as the guest's is. */
  readonly anonBytes: bigint;
  readonly sharedBytes: bigint;
  readonly swapBytes: bigint;
  /** Page faults since the processes began: all, and those that read the disk. */
  readonly faults: bigint;
  readonly majorFaults: bigint;
  readonly processes: bigint;
}

const USEC_PER_TICK = 10_000n;

/** Of these processes; one that is gone has no part in it. */
export async function podUsage(pids: readonly number[]): Promise<PodUsage> {
  const sum = { ...NOTHING };
  for (const usage of await Promise.all(pids.map(usageOf))) {
    for (const key of Object.keys(NOTHING) as (keyof PodUsage)[]) {
      sum[key] += usage[key];
    }
  }
  return sum;
}

const NOTHING = {
  userUsec: 0n,
  systemUsec: 0n,
  memoryBytes: 0n,
  anonBytes: 0n,
  sharedBytes: 0n,
  swapBytes: 0n,
  faults: 0n,
  majorFaults: 0n,
  processes: 0n,
} satisfies PodUsage;

async function usageOf(pid: number): Promise<PodUsage> {
  const stat = readProcessStat(pid);
  if (stat === undefined) {
    return NOTHING;
  }
  const bytes = await memoryOf(pid);
  return {
    userUsec: BigInt(stat.userTicks) * USEC_PER_TICK,
    systemUsec: BigInt(stat.systemTicks) * USEC_PER_TICK,
    memoryBytes: bytes("Pss"),
    anonBytes: bytes("Pss_Anon"),
    sharedBytes: bytes("Pss_Shmem"),
    swapBytes: bytes("SwapPss"),
    faults: BigInt(stat.minorFaults + stat.majorFaults),
    majorFaults: BigInt(stat.majorFaults),
    processes: 1n,
  };
}

/** `Pss:    1234 kB` a line of smaps_rollup (proc_pid_smaps_rollup(5)). */
async function memoryOf(pid: number): Promise<(key: string) => bigint> {
  let text = "";
  try {
    text = await readFile(`/proc/${pid}/smaps_rollup`, "latin1");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOENT" && code !== "ESRCH") {
      throw errorOfSystemCall(cause, `the memory of process ${pid} cannot be measured`);
    }
  }
  const values = new Map([...text.matchAll(/^(\w+): +([0-9]+) kB$/gm)].map(([, key = "", kib = ""]) => [key, BigInt(kib) * 1024n]));
  return (key) => values.get(key) ?? 0n;
}
