/** `mounts` (runc: specconv, createLibcontainerMount and parseMountOptions; libcontainer/rootfs_linux.go). */

import { isAbsolute, join, normalize } from "node:path";

import { HadronError } from "../errors.ts";
import type { HostMemory } from "./host-memory.ts";
import type { MountSpec } from "./oci.ts";
import { type MemoryPlan, planMemory } from "./plan-memory.ts";
import { mountPropagation, type Propagation, type RootPropagation, sourcePropagation } from "./plan-propagation.ts";
import type { PathKind } from "./probe.ts";
import { enumerate, invalid, unsupported, type Warn } from "./refusal.ts";

/** Where the agent mounts the shares (src/sandbox/machine.ts tells it so). */
export const GUEST_ROOTFS_SHARE = "/run/hadron/rootfs";
export const GUEST_VOLUMES_SHARE = "/run/hadron/volumes";
/** Where the agent listens in the place of the host's sockets. */
export const GUEST_SOCKETS = "/run/hadron/sockets";

/** What of the host becomes visible in the guest. */
export interface VolumePlan {
  /** What the plan has for its path there, which is known when it is bound. */
  readonly place: string;
  readonly source: string;
  readonly kind: "directory" | "file";
  readonly recursive: boolean;
  readonly readonly: ReadOnly;
  /** The flags that it has on the host are the container's as well. */
  readonly keepsFlags: boolean;
  readonly propagation: Propagation;
}

/** A unix socket of the host in whose place the guest has one. */
export interface SocketPlan {
  /** On the host; symbolic links are followed. */
  readonly source: string;
  /** In the guest. */
  readonly path: string;
}

/** Of a volume with what is mounted below it: `ro` is for the topmost mount, `rro` for all (mount_setattr(2)). */
export type ReadOnly = "no" | "top" | "all";

export interface MountContext {
  /** Name of the container's directory in both shares. */
  readonly slot: string;
  /** Relative sources are relative to it. */
  readonly bundle: string;
  /** What is at the paths that `bindSources` names. */
  readonly kinds: ReadonlyMap<string, PathKind | undefined>;
  /** Those of them that lie in the mount of the host's `/`, if `dependsOnRootMount`. */
  readonly inRootMount: ReadonlySet<string>;
  /** Those of them that are memory of the host. */
  readonly memory: ReadonlyMap<string, HostMemory>;
}

export interface MountsPlan {
  /** The guest's, in the order in which they came. */
  readonly mounts: MountSpec[];
  readonly volumes: VolumePlan[];
  /** What the guest mounts for them. */
  readonly memory: MemoryPlan[];
  readonly sockets: SocketPlan[];
}

/**
 * File systems for which the guest's kernel needs nothing of the host. It may lack one of them, as any kernel may. Not: overlay,
 * whose directories would be the host's; devtmpfs, which is the agent's own /dev; 9p and virtiofs, which are the pod's shares.
 */
const GUEST_FILE_SYSTEMS: ReadonlySet<string> = new Set([
  "proc",
  "sysfs",
  "tmpfs",
  "devpts",
  "mqueue",
  "cgroup",
  "cgroup2",
  "ramfs",
  "hugetlbfs",
  "binfmt_misc",
  "bpf",
  "configfs",
  "debugfs",
  "fusectl",
  "securityfs",
  "tracefs",
]);

/** Devices of the host that the guest has too, and which are the same there. */
const GUEST_DEVICES: ReadonlySet<string> = new Set(["null", "zero", "full", "random", "urandom"].map((name) => `/dev/${name}`));

/** Flags that undo each other: of a pair, the one that comes last holds. */
const PAIRS: readonly (readonly [string, string])[] = [
  ["ro", "rw"],
  ["nosuid", "suid"],
  ["nodev", "dev"],
  ["noexec", "exec"],
  ["sync", "async"],
  ["mand", "nomand"],
  ["noatime", "atime"],
  ["nodiratime", "diratime"],
  ["relatime", "norelatime"],
  ["strictatime", "nostrictatime"],
];
/** Of the recursive ones, the first of a pair holds, wherever it stands: the kernel sets flags after it has cleared others. */
const RECURSIVE_PAIRS: ReadonlyMap<string, string> = new Map([
  ["rrw", "rro"],
  ["rsuid", "rnosuid"],
  ["rdev", "rnodev"],
  ["rexec", "rnoexec"],
  ["rdiratime", "rnodiratime"],
]);
const OPPOSITE: ReadonlyMap<string, string> = new Map(
  PAIRS.flatMap(([one, other]) => [
    [one, other],
    [other, one],
  ]),
);

/** mount(2) takes one of them; of several, the last one holds. */
const PROPAGATION: ReadonlySet<string> = new Set("private rprivate slave rslave shared rshared unbindable runbindable".split(" "));

/** Flags of mount(2), propagation and mount_setattr(2): what is none of these is for the file system. */
const FLAGS: ReadonlySet<string> = new Set([
  ...OPPOSITE.keys(),
  ...PROPAGATION,
  ..."bind rbind remount defaults dirsync tmpcopyup rro rrw rnosuid rsuid rnodev rdev rnoexec rexec".split(" "),
]);
/** runc passes them to mount(2), where they change nothing that a container sees; crun takes them for the file system's, which refuses them. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set("silent loud iversion noiversion acl noacl symfollow rsymfollow rnorelatime".split(" "));
/** The file system's in mount(8)'s words, though flags for mount(2). No bind mount has them. */
const LAZY_TIMES: ReadonlySet<string> = new Set(["lazytime", "nolazytime"]);
/**
 * crun gives these alone to mount_setattr(2), which wants the bits that they share cleared as well: "invalid argument". A share is one mount
 * in the guest, so that it has nothing below it for which they would differ.
 */
const RECURSIVE_TIMES: ReadonlyMap<string, string> = new Map(
  ["noatime", "relatime", "strictatime", "nodiratime", "diratime"].map((option) => [`r${option}`, option]),
);
/** With one of these, runc mounts a bind once more, and it has no other flag (rootfs_linux.go, mountToRootfs). */
const SETS_FLAGS: ReadonlySet<string> = new Set(
  "ro nosuid nodev noexec sync dirsync mand noatime nodiratime relatime strictatime lazytime silent iversion acl".split(" "),
);
/** What a bind mount keeps of its source's flags, and the option that takes it away. */
const KEPT: ReadonlyMap<string, string> = new Map([
  ["nosuid", "rsuid"],
  ["nodev", "rdev"],
  ["noexec", "rexec"],
  ["noatime", ""],
  ["nodiratime", "rdiratime"],
]);
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ["idmap", "id-mapped mounts are not supported"],
  ["ridmap", "id-mapped mounts are not supported"],
  ["nosymfollow", "there is no way to carry it out in the guest"],
  ["rnosymfollow", "there is no way to carry it out in the guest"],
]);
/** Changes of mount_setattr(2), which runc makes to bind mounts only. */
const RECURSIVE: ReadonlySet<string> = new Set(
  (
    "rro rrw rnosuid rsuid rnodev rdev rnoexec rexec rnodiratime rdiratime rrelatime rnorelatime rnoatime ratime rstrictatime " +
    "rnostrictatime rsymfollow rnosymfollow"
  ).split(" "),
);
/** crun's own, which it would act on; for runc they are the file system's, and none has them. */
const CRUNS_OWN = /^(?:copy-symlink$|r?idmap)/;
/** runc knows them; mount_setattr(2) says "invalid argument". */
const INVALID: ReadonlySet<string> = new Set(["ratime", "rnostrictatime"]);

/** The paths of the host that have to be looked at before `planMounts`. */
export function bindSources(mounts: readonly MountSpec[], bundle: string): string[] {
  return mounts.filter(isBindMount).map(({ source }) => hostPath(source, bundle));
}

export function planMounts(mounts: readonly MountSpec[], rootfs: RootPropagation, context: MountContext, warn: Warn): MountsPlan {
  const plan: MountsPlan = { mounts: [], volumes: [], memory: [], sockets: [] };
  for (const mount of mounts) {
    const isBind = isBindMount(mount);
    const asked = planOptions(mount, isBind);
    const planned = { ...mount, destination: planDestination(mount, warn), options: asked.map((word) => RECURSIVE_TIMES.get(word) ?? word) };
    const keepsFlags = !asked.some((word) => SETS_FLAGS.has(word));
    plan.mounts.push(isBind ? planBind(planned, keepsFlags, rootfs, context, plan, warn) : planFileSystem(planned));
  }
  return plan;
}

function isBindMount({ options }: MountSpec): boolean {
  return options?.some((option) => option === "bind" || option === "rbind") === true;
}

function hostPath(source = "", bundle: string): string {
  return isAbsolute(source) ? source : join(bundle, source);
}

function planDestination({ destination }: MountSpec, warn: Warn): string {
  if (destination === "") {
    throw invalid("a mount has no destination; it has to be an absolute path in the container");
  }
  if (isAbsolute(destination)) {
    return destination;
  }
  warn(`the destination ${JSON.stringify(destination)} of a mount is not absolute; it is taken from the container's root`);
  return `/${destination}`;
}

function planOptions(mount: MountSpec, isBind: boolean): string[] {
  const asked = (mount.options ?? []).filter((option) => isBind || !RECURSIVE.has(option));
  for (const option of asked) {
    const what = `the mount on ${mount.destination} has the option ${JSON.stringify(option)}`;
    const reason = UNSUPPORTED.get(option);
    if (reason !== undefined) {
      throw unsupported(`${what}: ${reason}`);
    }
    if (INVALID.has(option)) {
      throw invalid(`${what}, a change that the kernel does not make; it has to be rnoatime, rrelatime or rstrictatime`);
    }
  }
  if ((mount.uidMappings ?? []).length > 0 || (mount.gidMappings ?? []).length > 0) {
    throw unsupported(
      `the id-mapped mount on ${mount.destination} is not supported; mount it without uidMappings and gidMappings ` +
        "(Kubernetes: leave hostUsers: false out; the root of a VM is not the host's)",
    );
  }
  const options: string[] = [];
  for (const option of asked.filter((word) => !WITHOUT_EFFECT.has(word) && !asked.includes(RECURSIVE_PAIRS.get(word) ?? ""))) {
    const isPropagation = PROPAGATION.has(option);
    const undone = options.findIndex((word) => word === OPPOSITE.get(option) || (isPropagation && PROPAGATION.has(word)));
    if (undone >= 0) {
      options.splice(undone, 1);
    }
    options.push(option);
  }
  return options;
}

function planFileSystem({ destination, type, source, options = [] }: MountSpec): MountSpec {
  const foreign = options.find((option) => CRUNS_OWN.test(option));
  if (foreign !== undefined) {
    throw invalid(`the mount on ${destination} has the option ${JSON.stringify(foreign)}, which no file system knows`);
  }
  if (type === "bind") {
    // mount(2) takes "bind" for a file system that does not exist: "no such device".
    throw invalid(`the mount on ${destination} has the type "bind", but neither the option "bind" nor "rbind"`);
  }
  if (type === undefined || !GUEST_FILE_SYSTEMS.has(type)) {
    throw unsupported(
      `mount of type ${JSON.stringify(type ?? "")} on ${destination} is not supported; ` +
        `allowed are bind mounts and ${[...GUEST_FILE_SYSTEMS].join(", ")}`,
    );
  }
  return { destination, type, source: source ?? type, options };
}

/**
 * A mount for a container in a user namespace. sysfs is for who owns the network namespace, and the pod's is the guest's: what
 * crun binds instead where sysfs is refused it leaves writable.
 */
export function inUserNamespace(mount: MountSpec): MountSpec {
  if (mount.type !== "sysfs") {
    return mount;
  }
  const options = mount.options ?? [];
  return {
    destination: mount.destination,
    type: "bind",
    source: "/sys",
    // What the guest's has cannot be taken away by such a container.
    options: ["rbind", ...options.filter((option) => FLAGS.has(option)), "nosuid", "nodev", "noexec", ...(options.includes("ro") ? ["rro"] : [])],
  };
}

/** What runc lets bind mounts cover there, for programs such as lxcfs (rootfs_linux.go, checkProcMount). */
const COVERED_PROC_FILES: ReadonlySet<string> = new Set(
  "cpuinfo diskstats meminfo stat swaps uptime loadavg slabinfo net/dev sys/kernel/ns_last_pid sys/crypto/fips_enabled"
    .split(" ")
    .map((name) => `/proc/${name}`),
);

/** By names: in the guest nothing hangs on it that a symbolic link of the image could get around. */
function requireHarmlessInProc(destination: string, source: string): void {
  const place = normalize(`${destination}/`).replace(/(?<=.)\/+$/, "");
  const isProc = place === "/proc";
  if ((isProc || place.startsWith("/proc/")) && !COVERED_PROC_FILES.has(place) && !(isProc && /^\/proc\/*$/.test(source))) {
    throw invalid(`the bind mount on ${destination} would cover what programs rely on; in /proc it may be on ${[...COVERED_PROC_FILES].join(", ")}`);
  }
}

function planBind(
  { destination, source: asked, options = [] }: MountSpec,
  keepsFlags: boolean,
  rootfs: RootPropagation,
  context: MountContext,
  { volumes, memory, sockets }: MountsPlan,
  warn: Warn,
): MountSpec {
  const source = hostPath(asked, context.bundle);
  requireHarmlessInProc(destination, source);
  const data = options.filter((option) => !FLAGS.has(option) && !LAZY_TIMES.has(option));
  if (data.length > 0) {
    warn(`the bind mount on ${destination} has options for file systems, which no bind mount has: ${enumerate(data)} left out`);
  }
  const bind = { destination, type: "bind", options: options.filter((option) => FLAGS.has(option)) };
  // Of a container that shares the host's IPC: what is the host for it is the guest.
  if (GUEST_DEVICES.has(source) || (destination === "/dev/shm" && source === "/dev/shm")) {
    return { ...bind, source };
  }
  const readonly = options.includes("rro") ? "all" : options.includes("ro") && !options.includes("rrw") ? "top" : "no";
  const kind = context.kinds.get(source);
  const inMemory = planMemory({ destination, source, kind, found: context.memory.get(source) }, `${context.slot}-memory-${memory.length}`);
  if (inMemory !== undefined) {
    const { path, flags, ...planned } = inMemory;
    // Nothing is mounted there later, but what cannot be had is refused all the same.
    mountPropagation(destination, options, "private");
    memory.push(planned);
    return { ...bind, source: path, options: volumeOptions(bind.options, { readonly, keepsFlags }, { path, flags, hasOthersBelow: false }) };
  }
  if (kind === undefined) {
    throw invalid(`the source ${JSON.stringify(source)} of the bind mount on ${destination} does not exist on the host`);
  }
  if (kind === "socket") {
    mountPropagation(destination, options, "private");
    const path = `${GUEST_SOCKETS}/${context.slot}-${sockets.length}`;
    sockets.push({ source, path });
    return { ...bind, source: path };
  }
  if (kind !== "directory" && kind !== "file") {
    throw unsupported(
      `the source ${JSON.stringify(source)} of the bind mount on ${destination} is a ${kind} of the host, which cannot be used through ` +
        `the boundary of a VM; only directories, regular files, unix sockets of streams and ${[...GUEST_DEVICES].join(", ")} can`,
    );
  }
  const place = `${GUEST_VOLUMES_SHARE}/${context.slot}/${volumes.length}`;
  volumes.push({
    place,
    source,
    kind,
    recursive: options.includes("rbind"),
    readonly,
    keepsFlags,
    propagation: mountPropagation(destination, options, sourcePropagation(source, context.inRootMount.has(source), rootfs)),
  });
  return { ...bind, source: place };
}

/** What is known of a volume when it is bound. */
export interface MountedVolume {
  /** In the guest. */
  readonly path: string;
  /** Of the host's mount. */
  readonly flags: readonly string[];
  /** Something is mounted below it. */
  readonly hasOthersBelow: boolean;
}

/** `volumes`, in the order of the plan's, are what its bind mounts are from; other mounts stay as they are. */
export function withVolumes(mounts: readonly MountSpec[], plans: readonly VolumePlan[], volumes: readonly MountedVolume[]): MountSpec[] {
  const byPlace = new Map(plans.map((plan, index) => [plan.place, { plan, volume: volumes[index] }]));
  return mounts.map((mount) => {
    const { plan, volume } = byPlace.get(mount.source ?? "") ?? {};
    return plan === undefined || volume === undefined
      ? mount
      : { ...mount, source: volume.path, options: volumeOptions(mount.options ?? [], plan, volume) };
  });
}

/** What the guest says of its mounts, in the words of who asked for them: crun quotes where a volume is in the guest. */
export function withHostSources(error: unknown, plans: readonly VolumePlan[], volumes: readonly MountedVolume[]): unknown {
  if (!(error instanceof HadronError)) {
    return error;
  }
  const message = volumes.reduce(
    (text, { path }, index) => text.replaceAll(`\`${path}\``, () => `\`${plans[index]?.source ?? path}\``),
    error.message,
  );
  return message === error.message ? error : new HadronError(error.code, message, { cause: error });
}

/**
 * The guest has one mount for all that the host has mounted there. So `ro` that is not for all of it is left to the host, which keeps to
 * it; and the guest has to be told of what the host does not do for it.
 */
function volumeOptions(
  options: readonly string[],
  plan: Pick<VolumePlan, "readonly" | "keepsFlags">,
  { flags, hasOthersBelow }: MountedVolume,
): string[] {
  const isReadOnly = plan.readonly === "all" || (!hasOthersBelow && (plan.readonly === "top" || flags.includes("ro")));
  const kept = plan.keepsFlags ? flags.filter((flag) => KEPT.has(flag) && !options.includes(KEPT.get(flag) ?? "")) : [];
  const asked = options.filter((option) => option !== "ro" && (option !== "rrw" || !isReadOnly));
  return [...asked, ...kept.filter((flag) => !asked.includes(flag)), ...(isReadOnly && plan.readonly !== "all" ? ["ro"] : [])];
}
