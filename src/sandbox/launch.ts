/** From configuration and spec to a running machine: the one place where the sandbox meets a hypervisor. */

import { Socket } from "node:net";
import { totalmem } from "node:os";

import { TtrpcAgent, type TtrpcAgentOptions } from "../agent/ttrpc-agent.ts";
import { type Config, withAnnotations } from "../config/config.ts";
import { close } from "../host/files.ts";
import type { Host } from "../host/host.ts";
import type { Journal } from "../host/journal.ts";
import { processStartTime } from "../host/process-stat.ts";
import { chooseHypervisor } from "../hypervisor/choose.ts";
import { resolveGuestImage } from "../hypervisor/guest-image.ts";
import type { VmConfig } from "../hypervisor/hypervisor.ts";
import type { Logger } from "../logger.ts";
import { type AgentChannel, hostShares, Machine } from "./machine.ts";
import type { Spec } from "./oci.ts";
import { sizeMachine } from "./sizing.ts";

const MIB = 1024 * 1024;

export interface LaunchOptions {
  readonly host: Host;
  readonly journal: Journal;
  readonly stateDir: string;
  /** PREFIX/lib/hadron: helper programs, kernels and initramfs. */
  readonly libraryDirectory: string;
  readonly log: Logger;
}

/** `spec` is that of the pod's first container: its annotations, its limits and its network namespace are the pod's. */
export async function launchMachine(options: LaunchOptions, configured: Config, spec: Spec, signal: AbortSignal): Promise<Machine> {
  const { host, journal, stateDir, libraryDirectory, log } = options;
  const config = withAnnotations(configured, spec.annotations ?? {});
  const [{ hypervisor, explanation }, image] = await Promise.all([
    chooseHypervisor(config, libraryDirectory, host),
    resolveGuestImage(config, libraryDirectory),
  ]);
  log.info({ kernel: image.kernel.kind }, explanation);

  const size = sizeMachine(spec, { vcpus: config.vcpus, memoryMiB: config.memoryMib }, {
    vcpus: Math.min(config.maxVcpus, hypervisor.capabilities.maxVcpus),
    memoryMiB: Math.floor(totalmem() / MIB),
  });
  const vm: VmConfig = {
    directory: stateDir,
    ...size,
    ...image,
    kernelParameters: config.kernelParameters,
    shares: hostShares(stateDir),
    netns: networkNamespace(spec),
    onConsoleLine: (line) => log.debug({ line }, "guest console"),
    onProcess: async (pid, role) => {
      await journal.add({ kind: "process", pid, startTime: await processStartTime(pid), role });
    },
  };
  const before = performance.now();
  const machine = await Machine.launch(
    {
      hostname: spec.hostname ?? "",
      sharedFs: hypervisor.capabilities.sharedFs,
      kernel: image.kernel.kind,
      agentLogLevel: config.debugLevel.toLowerCase(),
      bootTimeoutMs: config.bootTimeoutS * 1000,
      launch: async (launchSignal) => {
        const running = await hypervisor.launch(vm, launchSignal);
        log.debug({ pid: running.pid }, "the VM's processes run");
        return running;
      },
      agentChannel: (onUnresponsive) =>
        openAgentChannel(host, {
          timeoutMs: config.agentTimeoutS * 1000,
          onSlow: (reason) => log.warn({ reason }, "a request to the guest takes long"),
          onUnresponsive,
        }),
      clockSet: async (ended) => await host.clockSet({ signal: ended }),
      log,
    },
    signal,
  );
  log.info(
    {
      ms: Math.round(performance.now() - before),
      guestKernelMs: milliseconds(machine.info.initEnteredNs),
      guestAgentMs: milliseconds(machine.info.requestReadNs - machine.info.initEnteredNs),
      kernel: machine.info.kernelRelease,
      ...size,
    },
    "the pod's VM is up",
  );
  return machine;
}

async function openAgentChannel(host: Host, options: TtrpcAgentOptions): Promise<AgentChannel> {
  const [ours, guestFd] = await host.socketpair();
  const agent = new TtrpcAgent(new Socket({ fd: ours, readable: true, writable: true }), options);
  return { agent, guestFd, closeGuestFd: () => close(guestFd) };
}

function networkNamespace(spec: Spec): VmConfig["netns"] {
  const path = spec.linux?.namespaces?.find(({ type }) => type === "network")?.path;
  return path === undefined || path === "" ? "new" : { path };
}

function milliseconds(ns: bigint): number {
  return Math.round(Number(ns) / 1e6);
}
