/**
 * `process`: a container's init, or an additional process.
 *
 * What is checked is what runc checks (utils_linux.go, validateProcessSpec; libcontainer/env.go; configs/validate), so
 * that a wrong spec is refused with a sentence before anything is made. What only the kernel can say (limits above
 * others, capabilities that do not go together, a program that is not there) is left to the guest's.
 */

import type { CapabilitiesSpec, ProcessSpec } from "./oci.ts";
import { enumerate, invalid, unsupported, type Warn } from "./refusal.ts";

/** capabilities(7), in the order of their numbers; the guest's kernels know them all. */
const CAPABILITIES: ReadonlySet<string> = new Set(
  (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN " +
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE " +
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"
  )
    .split(" ")
    .map((name) => `CAP_${name}`),
);

/** getrlimit(2). */
const RLIMITS: ReadonlySet<string> = new Set(
  "CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME".split(" ").map((name) => `RLIMIT_${name}`),
);

const SCHEDULER_POLICIES: ReadonlySet<string> = new Set(["OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE"].map((name) => `SCHED_${name}`));
const SCHEDULER_FLAGS: ReadonlySet<string> = new Set(
  ["RESET_ON_FORK", "RECLAIM", "DL_OVERRUN", "KEEP_POLICY", "KEEP_PARAMS", "UTIL_CLAMP_MIN", "UTIL_CLAMP_MAX"].map((name) => `SCHED_FLAG_${name}`),
);
const IO_CLASSES: ReadonlySet<string> = new Set(["IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"]);

/** Of a container's init process, for the guest. */
export function planProcess(process: ProcessSpec, warn: Warn): ProcessSpec {
  return plan(process, process.capabilities ?? {}, warn);
}

/**
 * Of an additional process. One that says nothing about its capabilities has those of `init`, as with runc
 * (container_linux.go, newInitConfig).
 */
export function planExec(process: ProcessSpec, init: ProcessSpec, warn: Warn): ProcessSpec {
  return plan(process, process.capabilities ?? init.capabilities ?? {}, warn);
}

function plan(process: ProcessSpec, capabilities: CapabilitiesSpec, warn: Warn): ProcessSpec {
  if (!process.cwd.startsWith("/")) {
    throw invalid(`process.cwd is ${JSON.stringify(process.cwd)}; it has to be an absolute path`);
  }
  if (process.args === undefined || process.args.length === 0) {
    throw invalid("process.args is empty; it has to name a program");
  }
  checkIds(process.user);
  checkEnvironment(process.env ?? []);
  for (const { type } of process.rlimits ?? []) {
    requireOneOf("the type of an entry of process.rlimits", type, RLIMITS);
  }
  const score = process.oomScoreAdj;
  if (score !== undefined && (score < -1000n || score > 1000n)) {
    throw invalid(`process.oomScoreAdj is ${score}; it has to be from -1000 to 1000`);
  }
  checkScheduler(process.scheduler);
  checkIoPriority(process.ioPriority);
  if (process.execCPUAffinity !== undefined) {
    checkCpuList("process.execCPUAffinity.initial", process.execCPUAffinity.initial);
    checkCpuList("process.execCPUAffinity.final", process.execCPUAffinity.final);
    warn("process.execCPUAffinity is ignored: it has numbers of the host's CPUs, and the VM has its own");
  }

  checkProfile(process.apparmorProfile);
  if ((process.selinuxLabel ?? "") !== "") {
    // A host with SELinux gives one to every container.
    warn("process.selinuxLabel is left out: the guest's kernel has no SELinux, and the VM is what confines the pod");
  }

  const {
    apparmorProfile: _profile,
    selinuxLabel: _label,
    // Windows'.
    commandLine: _line,
    execCPUAffinity: _affinity,
    ...rest
  } = process;
  const { username: _name, additionalGids, umask, ...user } = process.user;
  return {
    ...rest,
    user: {
      ...user,
      // umask(2) looks at these bits only; whatever else is set, runc gives it to umask(2) all the same.
      ...(umask !== undefined && { umask: umask & 0o777 }),
      ...(additionalGids && { additionalGids: [...new Set(additionalGids)] }),
    },
    // A terminal's size has 16 bits; runc cuts off the rest.
    ...(process.consoleSize && {
      consoleSize: { height: BigInt.asUintN(16, process.consoleSize.height), width: BigInt.asUintN(16, process.consoleSize.width) },
    }),
    // Of a variable that is there twice the last one holds.
    ...(process.env && { env: [...new Map(process.env.map((variable) => [nameOf(variable), variable])).values()] }),
    capabilities: planCapabilities(capabilities, warn),
  };
}

/** Profiles that managers give to every container of a host with AppArmor, and the word for none. */
const DEFAULT_PROFILES: ReadonlySet<string> = new Set([
  "",
  "unconfined",
  "cri-containerd.apparmor.d",
  "containerd-default",
  "docker-default",
  "nerdctl-default",
  "crio-default",
]);

/** The guest's kernel has no AppArmor. What a default profile is for, the VM does; one that somebody has chosen is more than that. */
function checkProfile(profile = ""): void {
  if (!DEFAULT_PROFILES.has(profile)) {
    throw unsupported(
      `process.apparmorProfile is ${JSON.stringify(profile)}, but the guest's kernel has no AppArmor; leave it out or take the runtime's own ` +
        "(Kubernetes: RuntimeDefault or Unconfined), and confine the container by seccomp, capabilities and users, which hold in the guest",
    );
  }
}

/** All five sets in full: what is absent is empty, and not left to whoever reads it next. */
function planCapabilities(asked: CapabilitiesSpec, warn: Warn): CapabilitiesSpec {
  const unknown = new Set<string>();
  const known = (names: readonly string[] = []): string[] => names.filter((name) => CAPABILITIES.has(name) || (unknown.add(name), false));
  const capabilities = {
    bounding: known(asked.bounding),
    effective: known(asked.effective),
    inheritable: known(asked.inheritable),
    permitted: known(asked.permitted),
    ambient: known(asked.ambient),
  };
  if (unknown.size > 0) {
    warn(`process.capabilities has the unknown ${enumerate(unknown)}, which the container does without`);
  }
  return capabilities;
}

/**
 * runc takes no larger ones. The largest of all must not pass: to setresuid(2) it means "as it is", so that crun runs the program as
 * root.
 */
const MAX_ID = 2 ** 31 - 1;

function checkIds({ uid, gid, additionalGids = [] }: ProcessSpec["user"]): void {
  for (const id of [uid, gid, ...additionalGids]) {
    if (id > MAX_ID) {
      throw invalid(`process.user has the id ${id}; user and group ids have to be from 0 to ${MAX_ID}`);
    }
  }
}

function nameOf(variable: string): string {
  return variable.slice(0, variable.indexOf("="));
}

function checkEnvironment(env: readonly string[]): void {
  for (const variable of env) {
    if (nameOf(variable) === "" || !variable.includes("=")) {
      throw invalid(`process.env has ${JSON.stringify(variable)}; each of its entries has to be NAME=VALUE`);
    }
  }
}

function checkScheduler(scheduler: ProcessSpec["scheduler"]): void {
  if (scheduler === undefined) {
    return;
  }
  const { policy, nice = 0, priority = 0, flags = [], runtime, deadline, period } = scheduler;
  requireOneOf("process.scheduler.policy", policy, SCHEDULER_POLICIES);
  for (const flag of flags) {
    requireOneOf("an entry of process.scheduler.flags", flag, SCHEDULER_FLAGS);
  }
  if ((policy === "SCHED_OTHER" || policy === "SCHED_BATCH") && (nice < -20 || nice > 19)) {
    throw invalid(`process.scheduler.nice is ${nice}; it has to be from -20 to 19`);
  }
  if (priority !== 0 && policy !== "SCHED_FIFO" && policy !== "SCHED_RR") {
    throw invalid(`process.scheduler.priority is for SCHED_FIFO and SCHED_RR only, not for ${policy}`);
  }
  if ((runtime ?? deadline ?? period) !== undefined && policy !== "SCHED_DEADLINE") {
    throw invalid(`process.scheduler's runtime, deadline and period are for SCHED_DEADLINE only, not for ${policy}`);
  }
}

function checkIoPriority(ioPriority: ProcessSpec["ioPriority"]): void {
  if (ioPriority === undefined) {
    return;
  }
  requireOneOf("process.ioPriority.class", ioPriority.class, IO_CLASSES);
  if (ioPriority.priority < 0n || ioPriority.priority > 7n) {
    throw invalid(`process.ioPriority.priority is ${ioPriority.priority}; it has to be from 0 to 7`);
  }
}

/** cpuset(7), "List format". */
export function checkCpuList(field: string, list: string | undefined): void {
  if (list === undefined) {
    return;
  }
  const right = list.split(",").every((range) => {
    const ends = /^([0-9]+)(?:-([0-9]+))?$/.exec(range.trim());
    return range.trim() === "" || (ends !== null && Number(ends[1]) <= Number(ends[2] ?? ends[1]));
  });
  if (!right) {
    throw invalid(`${field} is ${JSON.stringify(list)}; it has to be a list of CPU numbers such as "0-3,7"`);
  }
}

export function requireOneOf(field: string, value: string, allowed: ReadonlySet<string>): void {
  if (!allowed.has(value)) {
    throw invalid(`${field} is ${JSON.stringify(value)}; allowed are ${[...allowed].join(", ")}`);
  }
}
