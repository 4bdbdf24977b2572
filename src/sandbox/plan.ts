/**
 * From an OCI spec to a plan: what the host does for a container, and the spec that the guest gets.
 *
 * A pure function of its arguments (what lies behind a mount source was looked up before), so that
 * every rule here can be tested without a VM. A spec that runc refuses is refused with a sentence; what cannot cross the boundary of
 * a VM is refused by its name, never dropped in silence. What is dropped, is dropped because the host has already
 * done it, or because it names things of the host that mean nothing in the guest, and then the log says so.
 *
 * The guest gets the fields that are named here and no others, all of them checked: it need not look at them again.
 */

import { checkHooks } from "./hooks.ts";
import type { LinuxSpec, Spec } from "./oci.ts";
import { planDevices } from "./plan-devices.ts";
import { diskKey, type DiskPlan, planDisks } from "./plan-disks.ts";
import type { MemoryPlan } from "./plan-memory.ts";
import { inUserNamespace, type MountContext, planMounts, type SocketPlan, type VolumePlan } from "./plan-mounts.ts";
import {
  checkSysctls,
  checkTimeOffsets,
  hasUserNamespace,
  type NamespaceContext,
  planIdMappings,
  planNames,
  planNamespaces,
  requirePrivateMounts,
} from "./plan-namespaces.ts";
import { planProcess, requireOneOf } from "./plan-process.ts";
import { type RootPropagation, rootfsPropagation } from "./plan-propagation.ts";
import { planResources } from "./plan-resources.ts";
import { planSeccomp } from "./plan-seccomp.ts";
import { invalid, unsupported, type Warn } from "./refusal.ts";

export {
  bindSources,
  GUEST_ROOTFS_SHARE,
  GUEST_SOCKETS,
  GUEST_VOLUMES_SHARE,
  type MountContext,
  type MountedVolume,
  type SocketPlan,
  type VolumePlan,
  withHostSources,
  withVolumes,
} from "./plan-mounts.ts";
export { type DiskPlan, type GuestDisks, resourcesWithDisks, withDisks } from "./plan-disks.ts";
export { planExec } from "./plan-process.ts";
export { dependsOnRootMount, type Propagation, type RootPropagation, rootfsPropagation, sourcePropagation } from "./plan-propagation.ts";
export { planUpdate } from "./plan-resources.ts";

export interface ContainerPlan {
  /** The config.json of the guest. root.path is still the host's: who mounts it says where the guest has it. */
  readonly guestSpec: Spec;
  readonly volumes: readonly VolumePlan[];
  readonly memory: readonly MemoryPlan[];
  readonly sockets: readonly SocketPlan[];
  /** The guest's spec has their numbers on the host. */
  readonly disks: readonly DiskPlan[];
}

export interface PlanContext extends NamespaceContext, MountContext {
  readonly containerId: string;
  readonly warn: Warn;
}

/** What the guest's spec says it is; runc does not look at what the host's says. */
const GUEST_OCI_VERSION = "1.1.0";

const PERSONALITIES: ReadonlySet<string> = new Set(["LINUX", "LINUX32"]);

export function planContainer(spec: Spec, context: PlanContext): ContainerPlan {
  const { linux, process, root } = spec;
  const { warn } = context;
  if (linux === undefined) {
    throw invalid("the spec has no `linux` section; Hadron runs Linux containers only");
  }
  if (process === undefined) {
    throw invalid("the spec has no `process`; a container needs a program to run");
  }
  if (root === undefined) {
    throw invalid("the spec has no `root`; a container needs a root file system");
  }
  checkHooks(spec);
  refuseForeign(linux);
  if (spec.vm !== undefined) {
    warn("the spec's `vm` section is ignored, as by runc: Hadron's configuration says what VM a pod has");
  }

  const disks = planDisks(linux);
  // There a device is a bind of the one with the same path outside, which is another one in the guest.
  if (disks[0] !== undefined && hasUserNamespace(linux)) {
    throw unsupported(
      `the device ${disks[0].path} is a block device of the host, which a container with a user namespace cannot have: leave one out`,
    );
  }
  const rootfs = rootfsPropagation(linux.rootfsPropagation);
  const { mounts, volumes, memory, sockets } = planMounts(spec.mounts ?? [], rootfs, context, warn);
  const guestSpec: Spec = {
    ociVersion: GUEST_OCI_VERSION,
    root,
    process: planProcess(process, warn),
    ...planNames(spec, linux.namespaces ?? [], context),
    mounts: hasUserNamespace(linux) ? mounts.map(inUserNamespace) : mounts,
    linux: planLinux(linux, rootfs, new Set(disks.map(diskKey)), context),
    // The others run on the host.
    ...((spec.hooks?.startContainer ?? []).length > 0 && { hooks: { startContainer: spec.hooks?.startContainer } }),
  };
  return { guestSpec, volumes, memory, sockets, disks };
}

/** What is the host's alone. Empty sections ask for nothing. */
function refuseForeign(linux: LinuxSpec): void {
  if (Object.keys(linux.intelRdt ?? {}).length > 0) {
    throw unsupported("Intel RDT is a feature of the host's CPU that the VM does not have: remove linux.intelRdt");
  }
  if (Object.keys(linux.netDevices ?? {}).length > 0) {
    throw unsupported("network interfaces of the host cannot be moved into the VM: remove linux.netDevices");
  }
}

function planLinux(linux: LinuxSpec, rootfs: RootPropagation, disks: ReadonlySet<string>, context: PlanContext): LinuxSpec {
  const { warn } = context;
  requirePrivateMounts(linux);
  checkTimeOffsets(linux);
  checkSysctls(linux);
  if (linux.memoryPolicy !== undefined) {
    warn("linux.memoryPolicy is ignored: it has numbers of the host's memory nodes, and the VM has its own");
  }
  // Not mountLabel: the guest's kernel has no SELinux. Not cgroupsPath: cgroups of the host are not the guest's.
  const { sysctl, timeOffsets } = linux;
  const planned: LinuxSpec = {
    namespaces: planNamespaces(linux.namespaces ?? [], context, warn),
    ...planIdMappings(linux, warn),
    cgroupsPath: `/hadron/${context.containerId}`,
    ...(sysctl && { sysctl }),
    ...(timeOffsets && { timeOffsets }),
    // Not recursive: crun applies it once more when all is mounted, and would undo what single mounts say.
    // The guest's root is none that could be unbindable.
    rootfsPropagation: rootfs.inRootMount === "slave" ? "slave" : "private",
    // An empty path is none, as for runc; others might take it for the root.
    // What is mounted over the root shows to nobody who is in it already; runc masks it so, without effect.
    maskedPaths: (linux.maskedPaths ?? []).filter((path) => !/^(?:\/*|\.{1,2})$/.test(path)),
    readonlyPaths: (linux.readonlyPaths ?? []).filter((path) => path !== "").map((path) => (path === "." ? "/" : path)),
  };
  if (linux.devices !== undefined) {
    planned.devices = planDevices(linux.devices, warn);
  }
  if (linux.resources !== undefined) {
    planned.resources = planResources(linux.resources, warn, disks);
  }
  const seccomp = linux.seccomp && planSeccomp(linux.seccomp);
  if (seccomp !== undefined) {
    planned.seccomp = seccomp;
  }
  if (linux.personality !== undefined) {
    const { domain, flags = [] } = linux.personality;
    requireOneOf("linux.personality.domain", domain, PERSONALITIES);
    if (flags.length > 0) {
      warn("linux.personality.flags are ignored, as by runc");
    }
    planned.personality = { domain };
  }
  return planned;
}
