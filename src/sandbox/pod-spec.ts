/** What a VM is made for: what its pod wants of it, in words of no container. */

import type { ConfigSource } from "../config/config.ts";
import type { CgroupPath } from "../host/cgroup.ts";
import type { NetworkNamespace } from "../hypervisor/hypervisor.ts";
import { hasHooks } from "./hooks.ts";
import type { Spec } from "./oci.ts";
import { type DiskPlan, planDisks } from "./plan-disks.ts";
import { checkSysctls, hasUserNamespace } from "./plan-namespaces.ts";
import { cgroupAbove } from "./pod-cgroup.ts";
import type { StdioRequest } from "./stdio.ts";

export interface PodSpec {
  /** The guest's own name; "" for none. */
  readonly hostname: string;
  /** "host": none of its own, but the host's. */
  readonly netns: NetworkNamespace | "host";
  /** Those of `io.hadron.*` change the configuration. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Which configuration the pod was asked for with. */
  readonly configuration: ConfigSource;
  readonly limits: PodLimits;
  /** On the host: that above the one of the VM's processes and the daemon; undefined: they stay where the daemon was started. */
  readonly cgroupAbove: CgroupPath | undefined;
  /** Of the guest as a whole, whose namespaces are the pod's. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** Block devices of the host that the first container has. */
  readonly disks: readonly DiskPlan[];
  /** What containers have that ask for the pod's pid namespace: one that they share, or the guest's own. */
  readonly pids: "shared" | "guest";
}

/** What the workload may use, 0 where nothing limits it. The VM has to be larger than that. */
export interface PodLimits {
  readonly memoryBytes: number;
  /** In CPUs, with fractions: quota by period. */
  readonly cpus: number;
}

/** On the container that CRI has for the pod itself: with runc it runs the pause program, which holds the pod's namespaces. */
const CRI_CONTAINER_TYPE = "io.kubernetes.cri.container-type";

export function isSandboxContainer(spec: Pick<Spec, "annotations">): boolean {
  return spec.annotations?.[CRI_CONTAINER_TYPE] === "sandbox";
}

/**
 * Whether it needs no program, since the guest's own namespaces are the pod's. A user namespace the guest has not by itself, whoever
 * gave it streams wants to see its output, and hooks are for what there would be without us.
 */
export function isPodItself(spec: Spec, stdio: StdioRequest): boolean {
  const { stdin, stdout, stderr } = stdio;
  return isSandboxContainer(spec) && !hasHooks(spec) && !hasUserNamespace(spec.linux ?? {}) && stdin === "" && stdout === "" && stderr === "";
}

/**
 * That of a pod whose first container this is, CRI's sandbox container or one that is alone. Its own limits count, and what CRI
 * says of the whole pod on the sandbox container: annotations `io.kubernetes.cri.sandbox-memory` in bytes,
 * `sandbox-cpu-quota` and `sandbox-cpu-period` in microseconds. What runs a program has its sysctls in namespaces of its own.
 *
 * @param isItself what `isPodItself` says
 */
export function podSpecOf(spec: Spec, configuration: ConfigSource, isItself = false): PodSpec {
  const annotations = spec.annotations ?? {};
  const { memory, cpu } = spec.linux?.resources ?? {};
  const network = spec.linux?.namespaces?.find(({ type }) => type === "network");
  const cri = (name: string): number => Number(annotations[`io.kubernetes.cri.sandbox-${name}`]);
  return {
    hostname: spec.hostname ?? "",
    netns: network === undefined ? "host" : (network.path ?? "") === "" ? "new" : { path: network.path ?? "" },
    annotations,
    configuration,
    limits: {
      memoryBytes: Math.max(positive(memory?.limit), positive(cri("memory"))),
      cpus: Math.max(ratio(cpu?.quota, cpu?.period), ratio(cri("cpu-quota"), cri("cpu-period"))),
    },
    cgroupAbove: cgroupAbove(spec.linux?.cgroupsPath),
    sysctls: isItself ? (spec.linux?.sysctl ?? {}) : {},
    disks: isItself ? [] : planDisks(spec.linux),
    pids: spec.linux?.namespaces?.some(({ type }) => type === "pid") === true ? "shared" : "guest",
  };
}

/** As those of a sandbox container with namespaces of its own (runc: configs/validate, `sysctl`). */
export function checkPodSysctls(sysctl: PodSpec["sysctls"]): void {
  checkSysctls({ namespaces: ["ipc", "uts", "network"].map((type) => ({ type })), sysctl });
}

function positive(value: number | bigint | undefined): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) && number > 0 ? number : 0;
}

function ratio(quota: number | bigint | undefined, period: number | bigint | undefined): number {
  return positive(period) === 0 ? 0 : positive(quota) / positive(period);
}
