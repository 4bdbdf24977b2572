/** How large a VM has to be for what its pod may use. */

import type { PodLimits } from "./pod-spec.ts";

export interface MachineSize {
  readonly vcpus: number;
  readonly memoryMiB: number;
}

/**
 * What the guest's kernel and agent want beside the workload, with the reserve that the agent keeps from the
 * containers (guest/agent/src/boot.rs). A part grows with the memory: a `struct page` of 64 bytes for each page, and
 * the pages that the kernel keeps free. Nothing of it costs the host anything before the guest has written to it.
 */
const overheadMiB = (limitMiB: number): number => 160 + Math.ceil(limitMiB / 8);
const MIB = 1024 * 1024;

/** The configured size, or more where the pod asks for more, up to what the host has. */
export function sizeMachine(asked: PodLimits, configured: MachineSize, most: MachineSize): MachineSize {
  // A limit above what the host has is "no limit" by another name.
  const limitMiB = Math.ceil(asked.memoryBytes / MIB);
  const wantedMiB = limitMiB === 0 || limitMiB > most.memoryMiB ? 0 : limitMiB + overheadMiB(limitMiB);
  return {
    vcpus: Math.min(Math.max(configured.vcpus, Math.ceil(asked.cpus)), most.vcpus),
    memoryMiB: Math.max(configured.memoryMiB, wantedMiB),
  };
}
