/** How large a VM has to be for the container that it is made for. */

import type { Spec } from "./oci.ts";

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

/**
 * The configured size, or more where the spec of the sandbox's first container asks for more: its memory limit
 * and CPU quota, or what CRI says of the whole pod on the sandbox container (annotations
 * `io.kubernetes.cri.sandbox-memory` in bytes, `sandbox-cpu-quota` and `sandbox-cpu-period` in microseconds).
 */
export function sizeMachine(spec: Spec, configured: MachineSize, most: MachineSize): MachineSize {
  const annotations = spec.annotations ?? {};
  const resources = spec.linux?.resources;
  const asked = Math.max(
    positive(resources?.memory?.limit),
    positive(Number(annotations["io.kubernetes.cri.sandbox-memory"])),
  );
  // A limit above what the host has is "no limit" by another name.
  const limitMiB = Math.ceil(asked / MIB);
  const wantedMiB = limitMiB === 0 || limitMiB > most.memoryMiB ? 0 : limitMiB + overheadMiB(limitMiB);
  const cpus = Math.max(
    ratio(resources?.cpu?.quota, resources?.cpu?.period),
    ratio(
      Number(annotations["io.kubernetes.cri.sandbox-cpu-quota"]),
      Number(annotations["io.kubernetes.cri.sandbox-cpu-period"]),
    ),
  );
  return {
    vcpus: Math.min(Math.max(configured.vcpus, Math.ceil(cpus)), most.vcpus),
    memoryMiB: Math.max(configured.memoryMiB, wantedMiB),
  };
}

function positive(value: number | bigint | undefined): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) && number > 0 ? number : 0;
}

function ratio(quota: number | bigint | undefined, period: number | bigint | undefined): number {
  return positive(period) === 0 ? 0 : positive(quota) / positive(period);
}
