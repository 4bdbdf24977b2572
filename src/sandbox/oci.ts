/**
 * The parts of the OCI runtime specification (1.2) that the host looks at. Everything else of a
 * config.json goes to the guest as it came, hence the index signatures.
 */

export interface Spec {
  ociVersion: string;
  root?: { path: string; readonly?: boolean };
  process?: ProcessSpec;
  hostname?: string;
  mounts?: MountSpec[];
  hooks?: Record<string, unknown[] | undefined>;
  annotations?: Record<string, string>;
  linux?: LinuxSpec;
  [key: string]: unknown;
}

export interface ProcessSpec {
  terminal?: boolean;
  consoleSize?: { height: number; width: number };
  args?: string[];
  cwd: string;
  apparmorProfile?: string;
  selinuxLabel?: string;
  [key: string]: unknown;
}

export interface MountSpec {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
  uidMappings?: unknown[];
  gidMappings?: unknown[];
}

export interface NamespaceSpec {
  type: string;
  path?: string;
}

export interface DeviceSpec {
  path: string;
  type: string;
  major?: number;
  minor?: number;
  [key: string]: unknown;
}

export interface LinuxSpec {
  namespaces?: NamespaceSpec[];
  devices?: DeviceSpec[];
  cgroupsPath?: string;
  resources?: ResourcesSpec;
  uidMappings?: unknown[];
  gidMappings?: unknown[];
  seccomp?: { listenerPath?: string; [key: string]: unknown };
  rootfsPropagation?: string;
  mountLabel?: string;
  intelRdt?: unknown;
  [key: string]: unknown;
}

export interface ResourcesSpec {
  memory?: { limit?: number; [key: string]: unknown };
  cpu?: { quota?: number; period?: number; cpus?: string; mems?: string; [key: string]: unknown };
  [key: string]: unknown;
}
