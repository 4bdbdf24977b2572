/** From CRI's PodSandboxConfig, which containerd's Sandbox service hands over, to a pod in the sandbox's words. */

import { hostname } from "node:os";

import type { ConfigSource } from "../config/config.ts";
import { Code, HadronError } from "../errors.ts";
import { type DNSConfig, NamespaceMode, PodSandboxConfig } from "../gen/cri.ts";
import type { CreateSandboxRequest } from "../gen/sandbox.ts";
import { cgroupNamed } from "../sandbox/pod-cgroup.ts";
import type { PodFilesContent } from "../sandbox/pod-files.ts";
import type { PodSpec } from "../sandbox/pod-spec.ts";
import { unsupported, type Warn } from "../sandbox/refusal.ts";

export interface PodRequest {
  readonly spec: PodSpec;
  readonly files: PodFilesContent;
}

/** @throws HadronError INVALID_ARGUMENT for options of another type, FAILED_PRECONDITION for what a pod cannot have in a VM */
export function podRequestOf(request: CreateSandboxRequest, configuration: ConfigSource, warn: Warn): PodRequest {
  if (request.rootfs.length > 0) {
    throw unsupported("a root file system of the sandbox itself is not supported: nothing runs in it that would see one");
  }
  const { hostname: name, dnsConfig, annotations, linux } = configOf(request);
  const namespaces = linux?.securityContext?.namespaceOptions;
  if (namespaces?.usernsOptions?.mode === NamespaceMode.POD) {
    throw unsupported(
      "the pod asks for a user namespace (hostUsers: false), which its volumes cannot have yet; leave it out: its root is not the host's",
    );
  }
  const ofHost = (["pid", "ipc"] as const).filter((type) => namespaces?.[type] === NamespaceMode.NODE);
  if (ofHost.length > 0) {
    warn(`the pod asks to share ${ofHost.join(", ")} with the host: its containers share the guest's, not the host's`);
  }
  const { cpuQuota = 0n, cpuPeriod = 0n, memoryLimitInBytes = 0n } = linux?.resources ?? {};
  return {
    spec: {
      hostname: name,
      netns: namespaces?.network === NamespaceMode.NODE ? "host" : request.netnsPath === "" ? "new" : { path: request.netnsPath },
      annotations: { ...Object.fromEntries(annotations), ...Object.fromEntries(request.annotations) },
      configuration,
      limits: {
        memoryBytes: memoryLimitInBytes > 0n ? Number(memoryLimitInBytes) : 0,
        cpus: cpuQuota > 0n && cpuPeriod > 0n ? Number(cpuQuota) / Number(cpuPeriod) : 0,
      },
      cgroupAbove: cgroupNamed(linux?.cgroupParent),
      sysctls: Object.fromEntries(linux?.sysctls ?? []),
      disks: [],
      pids: namespaces?.pid === NamespaceMode.NODE ? "guest" : "shared",
    },
    files: { hostname: name === "" ? hostname() : name, resolvConf: resolvConf(dnsConfig) },
  };
}

/** Other clients than CRI may say nothing at all. */
function configOf({ options }: CreateSandboxRequest): PodSandboxConfig {
  if (options === undefined || options.typeUrl === "") {
    return PodSandboxConfig.decode(new Uint8Array());
  }
  if (options.typeUrl.slice(options.typeUrl.lastIndexOf("/") + 1) !== PodSandboxConfig.typeName) {
    throw new HadronError(Code.INVALID_ARGUMENT, `the sandbox's options are a ${options.typeUrl}; Hadron takes ${PodSandboxConfig.typeName}`);
  }
  return PodSandboxConfig.decode(options.value);
}

/** As containerd writes it for its own sandboxes (internal/cri/server/podsandbox, parseDNSOptions); without any, the host's. */
function resolvConf(dns: DNSConfig | undefined): string | undefined {
  if (dns === undefined || dns.servers.length + dns.searches.length + dns.options.length === 0) {
    return undefined;
  }
  const line = (word: string, values: readonly string[]): string => (values.length === 0 ? "" : `${word} ${values.join(" ")}\n`);
  return [line("search", dns.searches), ...dns.servers.map((server) => line("nameserver", [server])), line("options", dns.options)].join("");
}
