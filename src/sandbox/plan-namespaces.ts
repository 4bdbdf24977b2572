/** `linux.namespaces`, and what may be said only of a namespace that the container has to itself. */

import { Code, HadronError } from "../errors.ts";
import type { LinuxSpec, NamespaceSpec, Spec } from "./oci.ts";
import { requireOneOf } from "./plan-process.ts";
import { invalid, type Warn } from "./refusal.ts";

export interface NamespaceContext {
  /** The guest's path of what `/proc/<hostPid>/ns/<file>` means, if that is a process of the pod; undefined when there is none. */
  readonly namespacePath: (hostPid: number, file: string) => string | undefined;
  /** Of the guest itself: the hostname of the spec that the VM was made for. */
  readonly podHostname: string | undefined;
}

/** Types, with the names of their files in /proc/PID/ns. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  pid: ["pid", "pid_for_children"],
  network: ["net"],
  mount: ["mnt"],
  ipc: ["ipc"],
  uts: ["uts"],
  user: ["user"],
  cgroup: ["cgroup"],
  time: ["time", "time_for_children"],
};
const TYPES: ReadonlySet<string> = new Set(Object.keys(FILES));

/**
 * The guest's. A namespace that is not named is the guest's own, as for runc it is the host's: the VM is the pod's "host".
 * But for the guest's own mounts, which stay out of reach, since a container that changed them would take the agent with it. Whether a pod may
 * have the host's network, and how, is not said here (machine-factory.ts).
 */
export function planNamespaces(asked: readonly NamespaceSpec[], context: NamespaceContext, warn: Warn): NamespaceSpec[] {
  const seen = new Set<string>();
  for (const { type } of asked) {
    requireOneOf("the type of an entry of linux.namespaces", type, TYPES);
    if (seen.has(type)) {
      throw invalid(`linux.namespaces has the type ${JSON.stringify(type)} twice; a container has one of each`);
    }
    seen.add(type);
  }
  // Not the cgroup namespace alone: on hosts with cgroup v1 containerd never names it.
  const shared = ["pid", "ipc", "uts"].filter((type) => !seen.has(type));
  if (shared.length > 0) {
    warn(`linux.namespaces does not name ${shared.join(", ")}: the container shares the guest's, not the host's`);
  }
  const planned = asked
    // The pod's network namespace is the guest itself; the host's end of it belongs to the VM's process.
    .filter(({ type }) => type !== "network")
    .map(({ type, path }) => (path === undefined ? { type } : { type, path: pathInGuest(type, path, context) }));
  return seen.has("mount") ? planned : [...planned, { type: "mount" }];
}

function pathInGuest(type: string, path: string, context: NamespaceContext): string {
  const match = /^\/proc\/([1-9][0-9]*)\/ns\/([a-z_]+)$/.exec(path);
  const [, hostPid, file] = match ?? [];
  const guestPath = file === undefined ? undefined : context.namespacePath(Number(hostPid), file);
  if (file === undefined || guestPath === undefined) {
    throw new HadronError(
      Code.FAILED_PRECONDITION,
      `the ${type} namespace ${path} is not one of this pod's VM; only /proc/PID/ns/... of a running container of the same pod can be joined`,
    );
  }
  if (FILES[type]?.includes(file) !== true) {
    throw invalid(`the ${type} namespace ${path} is of another type`);
  }
  return guestPath;
}

/** `linux.uidMappings` and `gidMappings` of a container with a user namespace (runc: specconv). Their host is the guest. */
export function planIdMappings(linux: LinuxSpec, warn: Warn): Pick<LinuxSpec, "uidMappings" | "gidMappings"> {
  const { uidMappings = [], gidMappings = [] } = linux;
  if (!hasUserNamespace(linux)) {
    if (uidMappings.length + gidMappings.length > 0) {
      warn("linux.uidMappings and gidMappings are ignored, as by runc: linux.namespaces does not name user");
    }
    return {};
  }
  for (const [name, mappings] of Object.entries({ uidMappings, gidMappings })) {
    if (!mappings.some(({ containerID, size }) => containerID === 0 && size > 0)) {
      throw invalid(`linux.namespaces names user, but linux.${name} does not say which id of the pod the container's 0 is`);
    }
  }
  return { uidMappings, gidMappings };
}

export function hasUserNamespace(linux: LinuxSpec): boolean {
  return linux.namespaces?.some(({ type }) => type === "user") === true;
}

/** `hostname` and `domainname` of the guest's spec. */
export function planNames(spec: Spec, asked: readonly NamespaceSpec[], context: NamespaceContext): Pick<Spec, "hostname" | "domainname"> {
  const { hostname, domainname } = spec;
  if (asked.some(({ type }) => type === "uts")) {
    return { ...(hostname !== undefined && { hostname }), ...(domainname !== undefined && { domainname }) };
  }
  // The guest has the name of the container that it was made for, so there is nothing to set.
  if (hostname !== undefined && hostname !== context.podHostname) {
    throw invalid(
      `hostname is ${JSON.stringify(hostname)}, but linux.namespaces does not name uts: a container without a uts namespace has the pod's name` +
        (context.podHostname === undefined ? "" : `, ${JSON.stringify(context.podHostname)}`),
    );
  }
  if (domainname !== undefined) {
    throw invalid("domainname is set, but linux.namespaces does not name uts: a name of its own needs a uts namespace");
  }
  return {};
}

/** Masked and read-only paths are mounts, so they are for mount namespaces (runc: configs/validate, `security`). */
export function requirePrivateMounts(linux: LinuxSpec): void {
  const restricted = (linux.maskedPaths ?? []).length > 0 || (linux.readonlyPaths ?? []).length > 0;
  if (restricted && linux.namespaces?.some(({ type }) => type === "mount") !== true) {
    throw invalid("linux.maskedPaths and readonlyPaths are for containers with a mount namespace; linux.namespaces does not name it");
  }
}

/** `linux.timeOffsets` (runc: configs/validate, `namespaces`). */
export function checkTimeOffsets(linux: LinuxSpec): void {
  const clocks = Object.keys(linux.timeOffsets ?? {});
  if (clocks.length === 0) {
    return;
  }
  const time = linux.namespaces?.find(({ type }) => type === "time");
  if (time === undefined || time.path !== undefined) {
    throw invalid("linux.timeOffsets is for containers with a time namespace of their own");
  }
  for (const clock of clocks) {
    requireOneOf("a clock of linux.timeOffsets", clock, new Set(["monotonic", "boottime"]));
  }
}

const IPC_SYSCTLS: ReadonlySet<string> = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map((name) => `kernel.${name}`),
);

/**
 * `linux.sysctl`: those of the container's own namespaces only (runc: configs/validate, `sysctl`). The network's are the pod's:
 * the guest has no other.
 */
export function checkSysctls(linux: LinuxSpec): void {
  const own = (type: string): boolean => linux.namespaces?.some((namespace) => namespace.type === type) === true;
  for (const name of Object.keys(linux.sysctl ?? {})) {
    const dotted = dottedSysctl(name);
    if (IPC_SYSCTLS.has(dotted) || dotted.startsWith("fs.mqueue.")) {
      if (!own("ipc")) {
        throw invalid(`linux.sysctl has ${JSON.stringify(name)}, which is for containers with an ipc namespace; linux.namespaces does not name it`);
      }
    } else if (dotted === "kernel.hostname") {
      throw invalid(`linux.sysctl has ${JSON.stringify(name)}; the spec's \`hostname\` is for that`);
    } else if (!dotted.startsWith("net.") && !(dotted === "kernel.domainname" && own("uts"))) {
      throw invalid(
        `linux.sysctl has ${JSON.stringify(name)}, which does not belong to a namespace of the container; ` +
          "allowed are net.*, fs.mqueue.*, kernel.domainname, kernel.msg*, kernel.sem and kernel.shm*",
      );
    }
  }
}

/** sysctl(8): where the first separator is a slash, slashes separate and dots do not. */
function dottedSysctl(name: string): string {
  return /^[^./]*\//.test(name) ? name.replaceAll(/[./]/g, (separator) => (separator === "." ? "/" : ".")) : name;
}
