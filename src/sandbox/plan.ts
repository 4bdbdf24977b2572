/**
 * From an OCI spec to a plan: what the host does for a container, and the spec that the guest gets.
 *
 * A pure function of its arguments (what lies behind a mount source is asked through `probe`), so that
 * every rule here can be tested without a VM. A feature that cannot cross the boundary of a VM is
 * refused by its name, never dropped in silence; what is dropped, is dropped because the host has already
 * done it or because it names things of the host that mean nothing in the guest.
 */

import { Code, HadronError } from "../errors.ts";
import type { DeviceSpec, LinuxSpec, MountSpec, NamespaceSpec, ProcessSpec, ResourcesSpec, Spec } from "./oci.ts";
import { mountPropagation, type Propagation, rootfsPropagation } from "./plan-propagation.ts";

export type { Propagation } from "./plan-propagation.ts";

/** Where the agent mounts the shares (src/sandbox/machine.ts tells it so). */
export const GUEST_ROOTFS_SHARE = "/run/hadron/rootfs";
export const GUEST_VOLUMES_SHARE = "/run/hadron/volumes";

export interface ContainerPlan {
  /** The config.json of the guest. */
  readonly guestSpec: Spec;
  /** Host directories and files that become visible in the guest at GUEST_VOLUMES_SHARE/slot/index. */
  readonly volumes: readonly VolumePlan[];
  /** Of the root file system on the host. */
  readonly rootfsPropagation: Propagation;
}

export interface VolumePlan {
  readonly index: number;
  readonly source: string;
  readonly kind: "directory" | "file";
  readonly recursive: boolean;
  readonly readonly: boolean;
  readonly propagation: Propagation;
}

export interface PlanContext {
  readonly containerId: string;
  /** Name of the container's directory in both shares. */
  readonly slot: string;
  /**
   * Guest pid of the process whose namespaces a path `/proc/<hostPid>/ns/...` means, if the path names
   * the VM's process; undefined when there is none.
   */
  readonly namespacePid: (hostPid: number) => number | undefined;
  /** What a path of the host is; undefined when there is nothing. */
  readonly probe: (path: string) => Promise<PathKind | undefined>;
}

export type PathKind = "directory" | "file" | "socket" | "device" | "other";

export async function planContainer(spec: Spec, context: PlanContext): Promise<ContainerPlan> {
  if (spec.linux === undefined) {
    throw refuse(Code.INVALID_ARGUMENT, "the spec has no `linux` section; Hadron runs Linux containers only");
  }
  if (spec.process === undefined) {
    throw refuse(Code.INVALID_ARGUMENT, "the spec has no `process`; a container needs a program to run");
  }
  refuseHooks(spec);

  const volumes: VolumePlan[] = [];
  const mounts: MountSpec[] = [];
  const rootfs = rootfsPropagation(spec.linux.rootfsPropagation);
  for (const mount of spec.mounts ?? []) {
    mounts.push(await planMount(mount, rootfs, context, volumes));
  }

  const { hooks: _hooks, annotations: _annotations, ...rest } = spec;
  const guestSpec: Spec = {
    ...rest,
    root: { ...spec.root, path: `${GUEST_ROOTFS_SHARE}/${context.slot}` },
    process: planProcess(spec.process),
    mounts,
    linux: planLinux(spec.linux, context),
  };
  return { guestSpec, volumes, rootfsPropagation: rootfs };
}

/** The `process` object that the guest gets, for init and exec alike. */
export function planProcess(process: ProcessSpec): ProcessSpec {
  // The guest's kernel has no AppArmor and no SELinux: the VM is what confines the pod. Kata drops both too.
  const { apparmorProfile: _profile, selinuxLabel: _label, ...rest } = process;
  return rest;
}

/** `linux.resources` for the guest's cgroup v2. */
export function planResources(resources: ResourcesSpec): ResourcesSpec {
  // Device rules: device nodes are checked one by one in planDevice. network and rdma are cgroup v1 or hardware.
  const { devices: _devices, network: _network, rdma: _rdma, ...rest } = resources;
  if (resources.cpu === undefined) {
    return rest;
  }
  // cpus and mems are numbers of host CPUs and NUMA nodes; the guest has its own.
  const { cpus: _cpus, mems: _mems, ...cpu } = resources.cpu;
  return { ...rest, cpu };
}

function refuseHooks(spec: Spec): void {
  for (const [name, hooks] of Object.entries(spec.hooks ?? {})) {
    if (hooks !== undefined && hooks !== null && hooks.length > 0) {
      throw refuse(Code.UNIMPLEMENTED, `OCI hooks are not supported yet: remove \`hooks.${name}\` from the container's spec`);
    }
  }
}

/** File systems that the guest's kernel makes by itself; nothing of the host is behind them. */
const GUEST_FILE_SYSTEMS = new Set(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"]);

async function planMount(mount: MountSpec, rootfs: Propagation, context: PlanContext, volumes: VolumePlan[]): Promise<MountSpec> {
  const options = mount.options ?? [];
  const isBind = mount.type === "bind" || options.includes("bind") || options.includes("rbind");
  if (!isBind) {
    if (mount.type === undefined || !GUEST_FILE_SYSTEMS.has(mount.type)) {
      throw refuse(
        Code.UNIMPLEMENTED,
        `mount of type ${JSON.stringify(mount.type ?? "")} on ${mount.destination} is not supported; ` +
          `allowed are bind and ${[...GUEST_FILE_SYSTEMS].join(", ")}`,
      );
    }
    return mount;
  }
  if ((mount.uidMappings?.length ?? 0) > 0 || (mount.gidMappings?.length ?? 0) > 0) {
    throw refuse(Code.UNIMPLEMENTED, `the id-mapped mount on ${mount.destination} is not supported; mount it without uidMappings and gidMappings`);
  }
  // The pod's /dev/shm is memory that its containers share: that of the guest, not a tmpfs of the host
  // behind a file server, on which shared mappings would not be shared.
  if (mount.destination === "/dev/shm") {
    return { ...mount, type: "bind", source: "/dev/shm" };
  }
  const source = mount.source ?? "";
  if (!source.startsWith("/")) {
    throw refuse(Code.INVALID_ARGUMENT, `the bind mount on ${mount.destination} has the source ${JSON.stringify(source)}; it must be an absolute path`);
  }
  const kind = await context.probe(source);
  if (kind === undefined) {
    throw refuse(Code.INVALID_ARGUMENT, `the source ${JSON.stringify(source)} of the bind mount on ${mount.destination} does not exist on the host`);
  }
  if (kind !== "directory" && kind !== "file") {
    throw refuse(
      Code.UNIMPLEMENTED,
      `the source ${JSON.stringify(source)} of the bind mount on ${mount.destination} is a ${kind} of the host, which ` +
        "cannot be used through the boundary of a VM; only directories and regular files can",
    );
  }
  const index = volumes.length;
  volumes.push({
    index,
    source,
    kind,
    recursive: options.includes("rbind"),
    readonly: options.includes("ro") || options.includes("rro"),
    propagation: mountPropagation(mount.destination, options, rootfs),
  });
  return { ...mount, type: "bind", source: `${GUEST_VOLUMES_SHARE}/${context.slot}/${index}` };
}

function planLinux(linux: LinuxSpec, context: PlanContext): LinuxSpec {
  if ((linux.uidMappings?.length ?? 0) > 0 || (linux.gidMappings?.length ?? 0) > 0) {
    throw refuse(Code.UNIMPLEMENTED, "user namespaces are not supported yet: remove uidMappings and gidMappings");
  }
  if (linux.seccomp?.listenerPath !== undefined && linux.seccomp.listenerPath !== "") {
    throw refuse(Code.UNIMPLEMENTED, "a seccomp listener on the host is not supported: remove seccomp.listenerPath");
  }
  if (linux.intelRdt !== undefined && linux.intelRdt !== null) {
    throw refuse(Code.UNIMPLEMENTED, "Intel RDT is a feature of the host's CPU that the VM does not have: remove linux.intelRdt");
  }
  const { mountLabel: _label, ...rest } = linux;
  const planned: LinuxSpec = {
    ...rest,
    namespaces: planNamespaces(linux.namespaces ?? [], context),
    cgroupsPath: `/hadron/${context.containerId}`,
  };
  if (linux.devices !== undefined && linux.devices !== null) {
    planned.devices = linux.devices.map(planDevice);
  }
  if (linux.resources !== undefined && linux.resources !== null) {
    planned.resources = planResources(linux.resources);
  }
  return planned;
}

/** Namespaces without which a container would share the host's: that is what a VM exists to prevent. */
const REQUIRED_NAMESPACES = ["pid", "ipc", "uts", "mount", "network"];

function planNamespaces(namespaces: readonly NamespaceSpec[], context: PlanContext): NamespaceSpec[] {
  for (const type of REQUIRED_NAMESPACES) {
    if (!namespaces.some((namespace) => namespace.type === type)) {
      throw refuse(
        Code.UNIMPLEMENTED,
        `the container asks for the host's ${type} namespace, which cannot be had inside a VM; give it a ${type} namespace of its own or that of its pod`,
      );
    }
  }
  const planned: NamespaceSpec[] = [];
  for (const namespace of namespaces) {
    // The pod's network namespace is the guest itself; the host's end of it belongs to the VM's process.
    if (namespace.type === "network") {
      continue;
    }
    if (namespace.type === "user") {
      throw refuse(Code.UNIMPLEMENTED, "user namespaces are not supported yet: remove the `user` namespace");
    }
    if (namespace.path === undefined || namespace.path === "") {
      planned.push({ type: namespace.type });
      continue;
    }
    planned.push({ type: namespace.type, path: guestNamespacePath(namespace.type, namespace.path, context) });
  }
  return planned;
}

function guestNamespacePath(type: string, path: string, context: PlanContext): string {
  const match = /^\/proc\/([1-9][0-9]*)\/ns\/([a-z_]+)$/.exec(path);
  const guestPid = match?.[1] === undefined ? undefined : context.namespacePid(Number(match[1]));
  if (match?.[2] === undefined || guestPid === undefined) {
    throw refuse(
      Code.FAILED_PRECONDITION,
      `the ${type} namespace ${path} is not one of this pod's VM; only /proc/PID/ns/... of a running container of the same pod can be joined`,
    );
  }
  return `/proc/${guestPid}/ns/${match[2]}`;
}

/** Character devices with numbers that every Linux has (Documentation/admin-guide/devices.txt). */
function isPortableDevice(device: DeviceSpec): boolean {
  if (device.type !== "c" && device.type !== "u") {
    return device.type === "p";
  }
  switch (device.major) {
    case 1n: // mem, null, zero, full, random, urandom
    case 5n: // tty, console, ptmx
    case 136n: // pts
      return true;
    case 10n: // misc: tun and fuse have fixed minors
      return device.minor === 200n || device.minor === 229n;
    default:
      return false;
  }
}

function planDevice(device: DeviceSpec): DeviceSpec {
  if (!isPortableDevice(device)) {
    throw refuse(
      Code.UNIMPLEMENTED,
      `the device ${device.path} (${device.type} ${device.major}:${device.minor}) is a device of the host, which the VM does not have; ` +
        "allowed are the memory devices, ttys, /dev/net/tun and /dev/fuse. For a privileged container leave the host's devices out " +
        "(CRI: privileged_without_host_devices = true; ctr: --privileged-without-host-devices)",
    );
  }
  return device;
}

function refuse(code: Code, sentence: string): HadronError {
  return new HadronError(code, sentence);
}
