/**
 * `linux.resources` for the guest's cgroup v2.
 *
 * Numbers that name things of the host (CPUs, NUMA nodes, block devices, network interfaces) mean nothing in the guest, and what only
 * cgroup v1 can do there is not. A limit is no boundary, that is the VM; a container that runs without it does what it should. So
 * they are left out, and one warning says which. runc does the same on hosts with cgroup v2 for v1's, and fails for devices that are not there.
 */

import type { ResourcesSpec } from "./oci.ts";
import { planDeviceRules } from "./plan-device-rules.ts";
import { diskKey, THROTTLES } from "./plan-disks.ts";
import { checkCpuList } from "./plan-process.ts";
import { enumerate, invalid, type Warn } from "./refusal.ts";

type Memory = NonNullable<ResourcesSpec["memory"]>;
type Cpu = NonNullable<ResourcesSpec["cpu"]>;
type BlockIO = NonNullable<ResourcesSpec["blockIO"]>;

/** Files of cgroup v2 that take numbers of the host's CPUs, nodes and devices. */
const HOST_FILES = /^(?:cpuset|io|rdma|misc|hugetlb)\./;

/** `disks`: the keys of the container's block devices, with the host's numbers. */
export function planResources(resources: ResourcesSpec, warn: Warn, disks: ReadonlySet<string> = new Set()): ResourcesSpec {
  const ignored = new Set<string>();
  const planned: ResourcesSpec = {};
  const rules = planDeviceRules(resources.devices);
  if (rules !== undefined) {
    planned.devices = rules;
  }
  if (resources.memory !== undefined) {
    planned.memory = planMemory(resources.memory, ignored);
  }
  if (resources.cpu !== undefined) {
    planned.cpu = planCpu(resources.cpu, ignored);
  }
  // 0 is "not set" for runc, everything below it no limit.
  const pids = resources.pids?.limit ?? 0n;
  if (pids !== 0n) {
    planned.pids = { limit: pids < 0n ? -1n : pids };
  }
  const unified = Object.entries(resources.unified ?? {});
  if (unified.length > 0) {
    planned.unified = planUnified(unified, ignored);
  }

  const blockIO = planBlockIO(resources.blockIO ?? {}, disks, ignored);
  if (Object.keys(blockIO).length > 0) {
    planned.blockIO = blockIO;
  }
  // The guest has no huge pages set aside, so there are none to limit; kubelet sends a limit of 0 for each size of the host.
  if (resources.hugepageLimits?.some(({ limit }) => limit > 0n) === true) {
    ignored.add("hugepageLimits");
  }
  // cgroup v1's, for the host's network interfaces; and InfiniBand, which is the host's.
  if ((resources.network?.classID ?? 0) !== 0 || (resources.network?.priorities ?? []).length > 0) {
    ignored.add("network");
  }
  if (Object.keys(resources.rdma ?? {}).length > 0) {
    ignored.add("rdma");
  }
  if (ignored.size > 0) {
    warn(`linux.resources: ${enumerate(ignored)} cannot be applied inside the VM and are left out`);
  }
  return planned;
}

/** New limits of a container that runs. Its device rules stay as they are: runc update does not look at them. */
export function planUpdate({ devices: _rules, ...limits }: ResourcesSpec, warn: Warn, disks?: ReadonlySet<string>): ResourcesSpec {
  return planResources(limits, warn, disks);
}

/** A container's files come through a share: its disks are all that any of it would apply to. Weights are for what competes for one device of the host. */
function planBlockIO(blockIO: BlockIO, disks: ReadonlySet<string>, ignored: Set<string>): BlockIO {
  const planned: BlockIO = {};
  for (const name of THROTTLES) {
    const asked = blockIO[name] ?? [];
    const kept = asked.filter((each) => disks.has(diskKey(each)));
    if (kept.length > 0) {
      planned[name] = kept;
    }
    if (kept.length < asked.length) {
      ignored.add(`blockIO.${name}`);
    }
  }
  const { weight = 0, leafWeight = 0, weightDevice = [] } = blockIO;
  const weights = { weight: weight !== 0, leafWeight: leafWeight !== 0, weightDevice: weightDevice.length > 0 };
  for (const [name, isSet] of Object.entries(weights)) {
    if (isSet) {
      ignored.add(`blockIO.${name}`);
    }
  }
  return planned;
}

/** As runc for cgroup v2: 0 is "not set", -1 is no limit. */
function planMemory(memory: Memory, ignored: Set<string>): Memory {
  const { limit = 0n, reservation = 0n, swap = 0n, checkBeforeUpdate } = memory;
  const fields = { limit, reservation, swap };
  for (const [name, value] of Object.entries(fields)) {
    if (value < -1n) {
      throw invalid(`linux.resources.memory.${name} is ${value}; it has to be a number of bytes, or -1 for no limit`);
    }
  }
  // Unless the limit comes later: an update may bring the one without the other.
  if (swap > 0n && limit > 0n && swap < limit) {
    throw invalid(`linux.resources.memory.swap (${swap}) is the sum of memory and swap, so it must not be below the limit (${limit})`);
  }
  const { kernel = 0n, kernelTCP = 0n, swappiness, disableOOMKiller = false } = memory;
  const v1 = { kernel: kernel !== 0n, kernelTCP: kernelTCP !== 0n, swappiness: swappiness !== undefined, disableOOMKiller };
  for (const [name, isSet] of Object.entries(v1)) {
    if (isSet) {
      ignored.add(`memory.${name}`);
    }
  }
  return {
    ...(limit !== 0n && { limit }),
    ...(reservation !== 0n && { reservation }),
    ...(swap !== 0n && { swap }),
    ...(checkBeforeUpdate !== undefined && { checkBeforeUpdate }),
  };
}

function planCpu(cpu: Cpu, ignored: Set<string>): Cpu {
  const { cpus, mems, realtimeRuntime, realtimePeriod, ...rest } = cpu;
  checkCpuList("linux.resources.cpu.cpus", cpus);
  checkCpuList("linux.resources.cpu.mems", mems);
  for (const [name, value] of Object.entries({ cpus, mems, realtimeRuntime, realtimePeriod })) {
    if (value !== undefined && value !== 0n) {
      ignored.add(`cpu.${name}`);
    }
  }
  return rest;
}

function planUnified(unified: readonly (readonly [string, string])[], ignored: Set<string>): Record<string, string> {
  const planned: [string, string][] = [];
  for (const [file, value] of unified) {
    if (!/^[^./]+\.[^/]+$/.test(file)) {
      throw invalid(`linux.resources.unified has ${JSON.stringify(file)}; it has to be a file of a cgroup such as "memory.high"`);
    }
    if (file.startsWith("cgroup.")) {
      throw invalid(
        `linux.resources.unified has ${JSON.stringify(file)}, by which a container would be frozen, killed or moved while it is made; ` +
          'it has to be a file of a controller such as "memory.high"',
      );
    }
    if (HOST_FILES.test(file)) {
      ignored.add(`unified.${file}`);
    } else {
      planned.push([file, value]);
    }
  }
  return Object.fromEntries(planned);
}
