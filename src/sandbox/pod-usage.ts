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
  readonly processes: number;
}

const USEC_PER_TICK = 10_000n;

/** Of these processes; one that is gone has no part in it. */
export async function podUsage(pids: readonly number[]): Promise<PodUsage> {
  const each = await Promise.all(pids.map(usageOf));
  return each.reduce(
    (sum, usage) => ({
      userUsec: sum.userUsec + usage.userUsec,
      systemUsec: sum.systemUsec + usage.systemUsec,
      memoryBytes: sum.memoryBytes + usage.memoryBytes,
      processes: sum.processes + usage.processes,
    }),
    NOTHING,
  );
}

const NOTHING: PodUsage = { userUsec: 0n, systemUsec: 0n, memoryBytes: 0n, processes: 0 };

async function usageOf(pid: number): Promise<PodUsage> {
  const stat = readProcessStat(pid);
  if (stat === undefined) {
    return NOTHING;
  }
  const memoryBytes = await pssOf(pid);
  const [userUsec, systemUsec] = [BigInt(stat.userTicks) * USEC_PER_TICK, BigInt(stat.systemTicks) * USEC_PER_TICK];
  return { userUsec, systemUsec, memoryBytes, processes: 1 };
}

/** `Pss:    1234 kB` of smaps_rollup (proc_pid_smaps_rollup(5)). */
async function pssOf(pid: number): Promise<bigint> {
  try {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, "latin1");
    return BigInt(/^Pss: +([0-9]+) kB$/m.exec(text)?.[1] ?? "0") * 1024n;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") {
      return 0n;
    }
    throw errorOfSystemCall(cause, `the memory of process ${pid} cannot be measured`);
  }
}
