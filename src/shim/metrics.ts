/**
 * From the guest's cgroup v2 files (Documentation/admin-guide/cgroup-v2.rst) to `io.containerd.cgroups.v2.Metrics`,
 * the message that containerd's clients switch on. The texts come from the guest and may be anything: what is
 * not a number counts as 0.
 */

import type { HugeTlbStat, IOEntry, MemoryStat, Metrics } from "../gen/metrics.ts";
import type { Init } from "../protobuf/message.ts";
import type { PodUsage } from "../sandbox/pod-usage.ts";

type Files = ReadonlyMap<string, string>;

const UNLIMITED = 2n ** 64n - 1n;
/** A guest with thousands of devices is a guest that lies. */
const MAX_ENTRIES = 256;

export function metricsOf(files: Files): Init<Metrics> {
  const cpu = keyed(files.get("cpu.stat"));
  const events = keyed(files.get("memory.events"));
  return {
    pids: { current: number(files.get("pids.current")), limit: number(files.get("pids.max")) },
    cpu: {
      usageUsec: cpu("usage_usec"),
      userUsec: cpu("user_usec"),
      systemUsec: cpu("system_usec"),
      nrPeriods: cpu("nr_periods"),
      nrThrottled: cpu("nr_throttled"),
      throttledUsec: cpu("throttled_usec"),
    },
    memory: memory(files),
    memoryEvents: {
      low: events("low"),
      high: events("high"),
      max: events("max"),
      oom: events("oom"),
      oomKill: events("oom_kill"),
    },
    io: { usage: ioEntries(files.get("io.stat")) },
    hugetlb: hugetlb(files),
  };
}

/** A pod's, as CRI reads them. The guest's memory is all it has, so no part of it is a cache that the host could take back. */
export function metricsOfPod(usage: PodUsage): Init<Metrics> {
  const { userUsec, systemUsec, memoryBytes, anonBytes, sharedBytes, swapBytes, faults, majorFaults, processes } = usage;
  return {
    pids: { current: processes, limit: UNLIMITED },
    cpu: { usageUsec: userUsec + systemUsec, userUsec, systemUsec },
    memory: {
      usage: memoryBytes,
      usageLimit: UNLIMITED,
      anon: anonBytes,
      file: memoryBytes - anonBytes,
      shmem: sharedBytes,
      swapUsage: swapBytes,
      swapLimit: UNLIMITED,
      pgfault: faults,
      pgmajfault: majorFaults,
    },
  };
}

function memory(files: Files): Init<MemoryStat> {
  const stat = keyed(files.get("memory.stat"));
  return {
    anon: stat("anon"),
    file: stat("file"),
    kernelStack: stat("kernel_stack"),
    slab: stat("slab"),
    sock: stat("sock"),
    shmem: stat("shmem"),
    fileMapped: stat("file_mapped"),
    fileDirty: stat("file_dirty"),
    fileWriteback: stat("file_writeback"),
    anonThp: stat("anon_thp"),
    inactiveAnon: stat("inactive_anon"),
    activeAnon: stat("active_anon"),
    inactiveFile: stat("inactive_file"),
    activeFile: stat("active_file"),
    unevictable: stat("unevictable"),
    slabReclaimable: stat("slab_reclaimable"),
    slabUnreclaimable: stat("slab_unreclaimable"),
    pgfault: stat("pgfault"),
    pgmajfault: stat("pgmajfault"),
    // Split in two by Linux 5.9; the message has the sum.
    workingsetRefault: stat("workingset_refault_anon") + stat("workingset_refault_file"),
    workingsetActivate: stat("workingset_activate_anon") + stat("workingset_activate_file"),
    workingsetNodereclaim: stat("workingset_nodereclaim"),
    pgrefill: stat("pgrefill"),
    pgscan: stat("pgscan"),
    pgsteal: stat("pgsteal"),
    pgactivate: stat("pgactivate"),
    pgdeactivate: stat("pgdeactivate"),
    pglazyfree: stat("pglazyfree"),
    pglazyfreed: stat("pglazyfreed"),
    thpFaultAlloc: stat("thp_fault_alloc"),
    thpCollapseAlloc: stat("thp_collapse_alloc"),
    usage: number(files.get("memory.current")),
    usageLimit: number(files.get("memory.max")),
    maxUsage: number(files.get("memory.peak")),
    swapUsage: number(files.get("memory.swap.current")),
    swapLimit: number(files.get("memory.swap.max")),
    swapMaxUsage: number(files.get("memory.swap.peak")),
  };
}

/** `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0` a line. */
function ioEntries(text: string | undefined): Init<IOEntry>[] {
  const entries: Init<IOEntry>[] = [];
  for (const line of lines(text)) {
    const match = /^([0-9]{1,9}):([0-9]{1,9}) (.*)$/.exec(line);
    if (match === null) {
      continue;
    }
    const values = pairs((match[3] ?? "").split(" "), "=");
    entries.push({
      major: number(match[1]),
      minor: number(match[2]),
      rbytes: number(values.get("rbytes")),
      wbytes: number(values.get("wbytes")),
      rios: number(values.get("rios")),
      wios: number(values.get("wios")),
    });
  }
  return entries;
}

/** hugetlb.2MB.current and hugetlb.2MB.max, for every page size. */
function hugetlb(files: Files): Init<HugeTlbStat>[] {
  const stats: Init<HugeTlbStat>[] = [];
  for (const [name, text] of files) {
    const size = /^hugetlb\.([0-9]+[KMG]B)\.current$/.exec(name)?.[1];
    if (size !== undefined && stats.length < MAX_ENTRIES) {
      stats.push({ pagesize: size, current: number(text), max: number(files.get(`hugetlb.${size}.max`)) });
    }
  }
  return stats;
}

/** Looks up `key value` lines ("flat keyed" in the kernel's document). */
function keyed(text: string | undefined): (key: string) => bigint {
  const values = pairs(lines(text), " ");
  return (key) => number(values.get(key));
}

function pairs(texts: readonly string[], separator: string): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text): [string, string] => {
      const [key = "", value = ""] = text.split(separator, 2);
      return [key, value];
    }),
  );
}

function lines(text: string | undefined): string[] {
  return text === undefined ? [] : text.split("\n", MAX_ENTRIES);
}

/** "max" is 2^64 - 1, as the cgroups library of containerd has it. */
function number(text: string | undefined): bigint {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "max") {
    return UNLIMITED;
  }
  return /^[0-9]{1,20}$/.test(trimmed) ? BigInt.asUintN(64, BigInt(trimmed)) : 0n;
}
