// Written by tools/proto.ts from proto/containerd/metrics.proto. Not to be edited.

import { Message } from "./codec.ts";
import { load } from "./static/metrics.ts";

/** io.containerd.cgroups.v2.PidsStat */
export interface PidsStat {
  readonly current: bigint;
  readonly limit: bigint;
}

export const PidsStat = new Message<PidsStat>("io.containerd.cgroups.v2.PidsStat", load, () => ({
  current: ["uint64"],
  limit: ["uint64"],
}));

/** io.containerd.cgroups.v2.CPUStat */
export interface CPUStat {
  readonly usageUsec: bigint;
  readonly userUsec: bigint;
  readonly systemUsec: bigint;
  readonly nrPeriods: bigint;
  readonly nrThrottled: bigint;
  readonly throttledUsec: bigint;
}

export const CPUStat = new Message<CPUStat>("io.containerd.cgroups.v2.CPUStat", load, () => ({
  usageUsec: ["uint64"],
  userUsec: ["uint64"],
  systemUsec: ["uint64"],
  nrPeriods: ["uint64"],
  nrThrottled: ["uint64"],
  throttledUsec: ["uint64"],
}));

/** io.containerd.cgroups.v2.MemoryStat */
export interface MemoryStat {
  readonly anon: bigint;
  readonly file: bigint;
  readonly kernelStack: bigint;
  readonly slab: bigint;
  readonly sock: bigint;
  readonly shmem: bigint;
  readonly fileMapped: bigint;
  readonly fileDirty: bigint;
  readonly fileWriteback: bigint;
  readonly anonThp: bigint;
  readonly inactiveAnon: bigint;
  readonly activeAnon: bigint;
  readonly inactiveFile: bigint;
  readonly activeFile: bigint;
  readonly unevictable: bigint;
  readonly slabReclaimable: bigint;
  readonly slabUnreclaimable: bigint;
  readonly pgfault: bigint;
  readonly pgmajfault: bigint;
  readonly workingsetRefault: bigint;
  readonly workingsetActivate: bigint;
  readonly workingsetNodereclaim: bigint;
  readonly pgrefill: bigint;
  readonly pgscan: bigint;
  readonly pgsteal: bigint;
  readonly pgactivate: bigint;
  readonly pgdeactivate: bigint;
  readonly pglazyfree: bigint;
  readonly pglazyfreed: bigint;
  readonly thpFaultAlloc: bigint;
  readonly thpCollapseAlloc: bigint;
  readonly usage: bigint;
  readonly usageLimit: bigint;
  readonly swapUsage: bigint;
  readonly swapLimit: bigint;
  readonly maxUsage: bigint;
  readonly swapMaxUsage: bigint;
}

export const MemoryStat = new Message<MemoryStat>("io.containerd.cgroups.v2.MemoryStat", load, () => ({
  anon: ["uint64"],
  file: ["uint64"],
  kernelStack: ["uint64"],
  slab: ["uint64"],
  sock: ["uint64"],
  shmem: ["uint64"],
  fileMapped: ["uint64"],
  fileDirty: ["uint64"],
  fileWriteback: ["uint64"],
  anonThp: ["uint64"],
  inactiveAnon: ["uint64"],
  activeAnon: ["uint64"],
  inactiveFile: ["uint64"],
  activeFile: ["uint64"],
  unevictable: ["uint64"],
  slabReclaimable: ["uint64"],
  slabUnreclaimable: ["uint64"],
  pgfault: ["uint64"],
  pgmajfault: ["uint64"],
  workingsetRefault: ["uint64"],
  workingsetActivate: ["uint64"],
  workingsetNodereclaim: ["uint64"],
  pgrefill: ["uint64"],
  pgscan: ["uint64"],
  pgsteal: ["uint64"],
  pgactivate: ["uint64"],
  pgdeactivate: ["uint64"],
  pglazyfree: ["uint64"],
  pglazyfreed: ["uint64"],
  thpFaultAlloc: ["uint64"],
  thpCollapseAlloc: ["uint64"],
  usage: ["uint64"],
  usageLimit: ["uint64"],
  swapUsage: ["uint64"],
  swapLimit: ["uint64"],
  maxUsage: ["uint64"],
  swapMaxUsage: ["uint64"],
}));

/** io.containerd.cgroups.v2.RdmaEntry */
export interface RdmaEntry {
  readonly device: string;
  readonly hcaHandles: number;
  readonly hcaObjects: number;
}

export const RdmaEntry = new Message<RdmaEntry>("io.containerd.cgroups.v2.RdmaEntry", load, () => ({
  device: ["string"],
  hcaHandles: ["uint32"],
  hcaObjects: ["uint32"],
}));

/** io.containerd.cgroups.v2.RdmaStat */
export interface RdmaStat {
  readonly current: readonly RdmaEntry[];
  readonly limit: readonly RdmaEntry[];
}

export const RdmaStat = new Message<RdmaStat>("io.containerd.cgroups.v2.RdmaStat", load, () => ({
  current: [RdmaEntry, "repeated"],
  limit: [RdmaEntry, "repeated"],
}));

/** io.containerd.cgroups.v2.IOEntry */
export interface IOEntry {
  readonly major: bigint;
  readonly minor: bigint;
  readonly rbytes: bigint;
  readonly wbytes: bigint;
  readonly rios: bigint;
  readonly wios: bigint;
}

export const IOEntry = new Message<IOEntry>("io.containerd.cgroups.v2.IOEntry", load, () => ({
  major: ["uint64"],
  minor: ["uint64"],
  rbytes: ["uint64"],
  wbytes: ["uint64"],
  rios: ["uint64"],
  wios: ["uint64"],
}));

/** io.containerd.cgroups.v2.IOStat */
export interface IOStat {
  readonly usage: readonly IOEntry[];
}

export const IOStat = new Message<IOStat>("io.containerd.cgroups.v2.IOStat", load, () => ({
  usage: [IOEntry, "repeated"],
}));

/** io.containerd.cgroups.v2.HugeTlbStat */
export interface HugeTlbStat {
  readonly current: bigint;
  readonly max: bigint;
  readonly pagesize: string;
}

export const HugeTlbStat = new Message<HugeTlbStat>("io.containerd.cgroups.v2.HugeTlbStat", load, () => ({
  current: ["uint64"],
  max: ["uint64"],
  pagesize: ["string"],
}));

/** io.containerd.cgroups.v2.MemoryEvents */
export interface MemoryEvents {
  readonly low: bigint;
  readonly high: bigint;
  readonly max: bigint;
  readonly oom: bigint;
  readonly oomKill: bigint;
}

export const MemoryEvents = new Message<MemoryEvents>("io.containerd.cgroups.v2.MemoryEvents", load, () => ({
  low: ["uint64"],
  high: ["uint64"],
  max: ["uint64"],
  oom: ["uint64"],
  oomKill: ["uint64"],
}));

/** io.containerd.cgroups.v2.Metrics */
export interface Metrics {
  readonly pids?: PidsStat;
  readonly cpu?: CPUStat;
  readonly memory?: MemoryStat;
  readonly rdma?: RdmaStat;
  readonly io?: IOStat;
  readonly hugetlb: readonly HugeTlbStat[];
  readonly memoryEvents?: MemoryEvents;
}

export const Metrics = new Message<Metrics>("io.containerd.cgroups.v2.Metrics", load, () => ({
  pids: [PidsStat],
  cpu: [CPUStat],
  memory: [MemoryStat],
  rdma: [RdmaStat],
  io: [IOStat],
  hugetlb: [HugeTlbStat, "repeated"],
  memoryEvents: [MemoryEvents],
}));
