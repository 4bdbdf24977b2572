/** config-linux.md: linux.resources, as the container's own cgroup shows it. */
import type { Spec } from "../../../tools/default-spec.ts";
import { type SpecCase, variation, withNumbers } from "./case.ts";

function ownCgroup(spec: Spec): void {
  spec.linux.namespaces.push({ type: "cgroup" });
  spec.mounts.push({ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"] });
}

function resources(name: string, value: Record<string, unknown>): SpecCase {
  return variation(
    `linux.resources ${name}`,
    (spec) => {
      ownCgroup(spec);
      Object.assign(spec.linux.resources, value);
    },
    "cgroup:",
  );
}

const MIB = 1 << 20;

export const RESOURCE_CASES: readonly SpecCase[] = [
  variation(
    "linux.resources absent",
    (spec) => {
      ownCgroup(spec);
      Reflect.deleteProperty(spec.linux, "resources");
    },
    "cgroup:",
  ),
  variation(
    "linux.resources null",
    (spec) => {
      ownCgroup(spec);
      Object.assign(spec.linux, { resources: null });
    },
    "cgroup:",
  ),
  resources("default", {}),
  resources("memory.limit", { memory: { limit: 64 * MIB } }),
  resources("memory.limit odd", { memory: { limit: 64 * MIB + 1 } }),
  resources("memory.limit -1", { memory: { limit: -1 } }),
  resources("memory.limit 0", { memory: { limit: 0 } }),
  resources("memory.limit too small", { memory: { limit: 4096 } }),
  resources("memory.limit as text", { memory: { limit: "64m" } }),
  resources("memory.reservation", { memory: { reservation: 32 * MIB } }),
  resources("memory.reservation above limit", { memory: { limit: 32 * MIB, reservation: 64 * MIB } }),
  resources("memory.swap", { memory: { limit: 64 * MIB, swap: 128 * MIB } }),
  resources("memory.swap -1", { memory: { limit: 64 * MIB, swap: -1 } }),
  resources("memory.swap below limit", { memory: { limit: 64 * MIB, swap: 32 * MIB } }),
  resources("memory.swap alone", { memory: { swap: 64 * MIB } }),
  resources("memory.kernel", { memory: { limit: 64 * MIB, kernel: 32 * MIB } }),
  resources("memory.swappiness", { memory: { swappiness: 10 } }),
  resources("memory.swappiness 101", { memory: { swappiness: 101 } }),
  resources("memory.disableOOMKiller", { memory: { limit: 64 * MIB, disableOOMKiller: true } }),
  resources("memory.useHierarchy", { memory: { useHierarchy: true } }),
  resources("memory.checkBeforeUpdate", { memory: { limit: 64 * MIB, checkBeforeUpdate: true } }),
  resources("memory empty", { memory: {} }),
  variation(
    "linux.resources memory.limit of 2^63-1",
    withNumbers((spec) => {
      ownCgroup(spec);
      spec.linux.resources["memory"] = { limit: "@" };
      return { "@": "9223372036854775807" };
    }),
    "cgroup:",
  ),
  variation(
    "linux.resources memory.limit of 2^63",
    withNumbers((spec) => {
      ownCgroup(spec);
      spec.linux.resources["memory"] = { limit: "@" };
      return { "@": "9223372036854775808" };
    }),
    "cgroup:",
  ),
  resources("cpu.shares", { cpu: { shares: 512 } }),
  resources("cpu.shares 2", { cpu: { shares: 2 } }),
  resources("cpu.shares 0", { cpu: { shares: 0 } }),
  resources("cpu.shares 1", { cpu: { shares: 1 } }),
  resources("cpu.shares 262144", { cpu: { shares: 262144 } }),
  resources("cpu.shares 262145", { cpu: { shares: 262145 } }),
  resources("cpu.shares 1024", { cpu: { shares: 1024 } }),
  resources("cpu.quota", { cpu: { quota: 50000, period: 100000 } }),
  resources("cpu.quota alone", { cpu: { quota: 20000 } }),
  resources("cpu.period alone", { cpu: { period: 50000 } }),
  resources("cpu.quota -1", { cpu: { quota: -1, period: 100000 } }),
  resources("cpu.quota 0", { cpu: { quota: 0, period: 100000 } }),
  resources("cpu.quota too small", { cpu: { quota: 10, period: 100000 } }),
  resources("cpu.period too large", { cpu: { quota: 10000, period: 2000000 } }),
  resources("cpu.burst", { cpu: { quota: 50000, period: 100000, burst: 10000 } }),
  resources("cpu.idle", { cpu: { idle: 1 } }),
  resources("cpu.realtimeRuntime", { cpu: { realtimeRuntime: 0, realtimePeriod: 0 } }),
  resources("cpu.cpus", { cpu: { cpus: "0" } }),
  resources("cpu.cpus 0-1", { cpu: { cpus: "0-1" } }),
  resources("cpu.cpus that are not there", { cpu: { cpus: "999" } }),
  resources("cpu.cpus nonsense", { cpu: { cpus: "nonsense" } }),
  resources("cpu.mems", { cpu: { mems: "0" } }),
  resources("pids.limit", { pids: { limit: 100 } }),
  resources("pids.limit 0", { pids: { limit: 0 } }),
  resources("pids.limit -1", { pids: { limit: -1 } }),
  resources("pids.limit 1", { pids: { limit: 1 } }),
  resources("pids empty", { pids: {} }),
  resources("blockIO.weight", { blockIO: { weight: 500 } }),
  resources("blockIO.weight 10001", { blockIO: { weight: 10001 } }),
  resources("blockIO.throttleReadBpsDevice", { blockIO: { throttleReadBpsDevice: [{ major: 254, minor: 0, rate: 1048576 }] } }),
  resources("blockIO.throttleReadBpsDevice of no device", { blockIO: { throttleReadBpsDevice: [{ major: 199, minor: 99, rate: 1048576 }] } }),
  resources("unified pids.max", { unified: { "pids.max": "55" } }),
  resources("unified memory.high", { unified: { "memory.high": "67108864" } }),
  resources("unified unknown", { unified: { "no.such": "1" } }),
  resources("unified with a slash", { unified: { "../pids.max": "1" } }),
  resources("unknown", { somethingNew: {} }),
];
