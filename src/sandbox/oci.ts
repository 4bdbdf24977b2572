/**
 * config.json, as github.com/opencontainers/runtime-spec/specs-go 1.3 has it; runc 1.1 to 1.3 read it through
 * the same structs, or older ones of which these are a superset.
 */

import {
  anyString,
  bool,
  int32,
  int64,
  list,
  map,
  optional,
  pointer,
  section,
  string,
  struct,
  type TypeOf,
  uint16,
  uint32,
  uint64,
} from "../json/schema.ts";

const text = optional(string);
const flag = optional(bool);
const strings = list(string);

const IdMapping = struct({ containerID: uint32, hostID: uint32, size: uint32 });

const Capabilities = struct({ bounding: strings, effective: strings, inheritable: strings, permitted: strings, ambient: strings });

const Process = struct({
  terminal: flag,
  consoleSize: pointer(struct({ height: uint64, width: uint64 })),
  user: struct({ uid: uint32, gid: uint32, umask: pointer(uint32), additionalGids: list(uint32), username: text }),
  args: strings,
  commandLine: text,
  env: strings,
  cwd: string,
  capabilities: pointer(Capabilities),
  rlimits: list(struct({ type: string, hard: uint64, soft: uint64 })),
  noNewPrivileges: flag,
  apparmorProfile: text,
  oomScoreAdj: pointer(int64),
  scheduler: pointer(
    struct({
      policy: string,
      nice: optional(int32),
      priority: optional(int32),
      flags: strings,
      runtime: optional(uint64),
      deadline: optional(uint64),
      period: optional(uint64),
    }),
  ),
  selinuxLabel: text,
  ioPriority: pointer(struct({ class: string, priority: int64 })),
  execCPUAffinity: pointer(struct({ initial: text, final: text })),
});

const Mount = struct({
  destination: string,
  type: text,
  source: text,
  options: strings,
  uidMappings: list(IdMapping),
  gidMappings: list(IdMapping),
});

const hooks = list(struct({ path: string, args: strings, env: strings, timeout: pointer(int64) }));
const Hooks = struct({
  prestart: hooks,
  createRuntime: hooks,
  createContainer: hooks,
  startContainer: hooks,
  poststart: hooks,
  poststop: hooks,
});

const WeightDevice = struct({ major: int64, minor: int64, weight: pointer(uint16), leafWeight: pointer(uint16) });
const throttles = list(struct({ major: int64, minor: int64, rate: uint64 }));

const Resources = struct({
  devices: list(struct({ allow: bool, type: text, major: pointer(int64), minor: pointer(int64), access: text })),
  memory: pointer(
    struct({
      limit: pointer(int64),
      reservation: pointer(int64),
      swap: pointer(int64),
      kernel: pointer(int64),
      kernelTCP: pointer(int64),
      swappiness: pointer(uint64),
      disableOOMKiller: pointer(bool),
      useHierarchy: pointer(bool),
      checkBeforeUpdate: pointer(bool),
    }),
  ),
  cpu: pointer(
    struct({
      shares: pointer(uint64),
      quota: pointer(int64),
      burst: pointer(uint64),
      period: pointer(uint64),
      realtimeRuntime: pointer(int64),
      realtimePeriod: pointer(uint64),
      cpus: text,
      mems: text,
      idle: pointer(int64),
    }),
  ),
  pids: pointer(struct({ limit: pointer(int64) })),
  blockIO: pointer(
    struct({
      weight: pointer(uint16),
      leafWeight: pointer(uint16),
      weightDevice: list(WeightDevice),
      throttleReadBpsDevice: throttles,
      throttleWriteBpsDevice: throttles,
      throttleReadIOPSDevice: throttles,
      throttleWriteIOPSDevice: throttles,
    }),
  ),
  hugepageLimits: list(struct({ pageSize: string, limit: uint64 })),
  network: pointer(struct({ classID: pointer(uint32), priorities: list(struct({ name: string, priority: uint32 })) })),
  rdma: map(struct({ hcaHandles: pointer(uint32), hcaObjects: pointer(uint32) })),
  unified: map(string),
});

const Namespace = struct({ type: string, path: text });

const Device = struct({
  path: string,
  type: string,
  major: int64,
  minor: int64,
  fileMode: pointer(uint32),
  uid: pointer(uint32),
  gid: pointer(uint32),
});

const Seccomp = struct({
  defaultAction: string,
  defaultErrnoRet: pointer(uint64),
  architectures: strings,
  flags: strings,
  listenerPath: text,
  listenerMetadata: text,
  syscalls: list(
    struct({
      names: strings,
      action: string,
      errnoRet: pointer(uint64),
      args: list(struct({ index: uint64, value: uint64, valueTwo: optional(uint64), op: string })),
    }),
  ),
});

const Linux = struct({
  uidMappings: list(IdMapping),
  gidMappings: list(IdMapping),
  sysctl: map(string),
  resources: pointer(Resources),
  cgroupsPath: text,
  namespaces: list(Namespace),
  devices: list(Device),
  netDevices: map(struct({ name: text })),
  seccomp: pointer(Seccomp),
  rootfsPropagation: text,
  maskedPaths: strings,
  readonlyPaths: strings,
  mountLabel: text,
  intelRdt: pointer(
    struct({
      closID: text,
      schemata: strings,
      l3CacheSchema: text,
      memBwSchema: text,
      enableMonitoring: flag,
    }),
  ),
  memoryPolicy: pointer(struct({ mode: string, nodes: string, flags: strings })),
  personality: pointer(struct({ domain: string, flags: strings })),
  timeOffsets: map(struct({ secs: optional(int64), nanosecs: optional(uint32) })),
});

const Spec = struct({
  ociVersion: string,
  process: pointer(Process),
  root: pointer(struct({ path: string, readonly: flag })),
  hostname: text,
  domainname: text,
  mounts: list(Mount),
  hooks: pointer(Hooks),
  annotations: map(anyString),
  linux: pointer(Linux),
  // Of other systems: runc does not look into them.
  solaris: section,
  windows: section,
  vm: section,
  zos: section,
  freebsd: section,
});

/** What a config.json, the spec of an additional process and new limits are read with. */
export const OCI = { Spec, Process, Resources };

export type Spec = TypeOf<typeof Spec>;
export type ProcessSpec = TypeOf<typeof Process>;
export type CapabilitiesSpec = TypeOf<typeof Capabilities>;
export type MountSpec = TypeOf<typeof Mount>;
export type HooksSpec = TypeOf<typeof Hooks>;
export type LinuxSpec = TypeOf<typeof Linux>;
export type NamespaceSpec = TypeOf<typeof Namespace>;
export type DeviceSpec = TypeOf<typeof Device>;
export type SeccompSpec = TypeOf<typeof Seccomp>;
export type ResourcesSpec = TypeOf<typeof Resources>;
