/** From a pod and a configuration to a running machine: the one place where the sandbox meets a hypervisor. */

import { Socket } from "node:net";
import { totalmem } from "node:os";
import { basename, join } from "node:path";

import { TtrpcAgent, type TtrpcAgentOptions } from "../agent/ttrpc-agent.ts";
import { type Config, loadConfig, withAnnotations } from "../config/config.ts";
import { Code, HadronError } from "../errors.ts";
import type { CgroupPath, CgroupStay } from "../host/cgroup.ts";
import { close } from "../host/files.ts";
import type { Host } from "../host/host.ts";
import type { Journal } from "../host/journal.ts";
import { chooseHypervisor } from "../hypervisor/choose.ts";
import { resolveGuestImage } from "../hypervisor/guest-image.ts";
import { type Capabilities, MAX_DISK_QUEUES, type RateLimit, type SharedDirectory, type VmConfig } from "../hypervisor/hypervisor.ts";
import type { Logger } from "../logger.ts";
import { monotonicMs } from "../time.ts";
import { CgroupStays } from "./cgroup-stays.ts";
import { PodDisks } from "./disks.ts";
import { type AgentChannel, Machine } from "./machine.ts";
import { HostNetwork } from "./network/host-network.ts";
import { PodLoopback } from "./network/loopback.ts";
import { findPasst } from "./network/passt.ts";
import { PodNetwork } from "./network/pod-network.ts";
import { PublishedPorts } from "./network/published-ports.ts";
import { cgroupAbove } from "./pod-cgroup.ts";
import { requireSameMachine } from "./pod-config.ts";
import type { PodSpec } from "./pod-spec.ts";
import { unsupported } from "./refusal.ts";
import { sizeMachine } from "./sizing.ts";

const MIB = 1024 * 1024;

export interface MachineFactoryOptions {
  readonly host: Host;
  readonly journal: Journal;
  readonly podId: string;
  readonly stateDir: string;
  /** PREFIX/lib/hadron: helper programs, kernels and initramfs. */
  readonly libraryDirectory: string;
  readonly log: Logger;
  /** The daemon was put into a cgroup by name: where the VM's processes are, it is for their start only. */
  readonly staysInCgroup: boolean;
  /** Told the configuration of each pod before its machine is made. */
  readonly configured: (config: Config) => void;
}

/** Places for disks, where they cost next to nothing: more than a pod's containers will want. A boot leaves the guest some 100 times more often for them. */
const UNSEEN_DISKS = 8;

/** What the patches of guest/kernel mend, of all that docs/file-systems.md names the worst. */
const UNPATCHED_9P =
  'With Debian\'s kernel, ftruncate, fchmod, fchown and futimens of an open file that another one was renamed over change the other one, and a full disk is told by fsync only: run "make kernel" for pods with data.';

const HOST_NETWORK_REFUSED =
  "the pod asks for the host's network namespace, which cannot be had inside a VM; give it a network namespace of its own, " +
  'or set host_network to "passt" in the configuration, which carries its packets with the host\'s addresses';

/** Makes the machines of pods, and knows with which configuration. */
export class MachineFactory implements AsyncDisposable {
  readonly #options: MachineFactoryOptions;
  readonly #configs = new WeakMap<PodSpec, Promise<Config>>();
  readonly #stays: CgroupStays;

  constructor(options: MachineFactoryOptions) {
    this.#options = options;
    const { host, journal, podId, stateDir, log } = options;
    this.#stays = new CgroupStays({ host, journal, podId, name: basename(stateDir), log });
  }

  /** What can be begun of the first pod's machine before it is asked for, by the `linux.cgroupsPath` of its container. Never throws. */
  expect(cgroupsPath: string | undefined): void {
    let above: CgroupPath | undefined;
    try {
      above = cgroupAbove(cgroupsPath);
    } catch {
      // Who creates the container is told.
    }
    // Else the launcher is about to put the daemon into another one.
    if (above !== undefined && !this.#options.staysInCgroup) {
      this.#stays.expect(above);
    }
  }

  /** Ends what was begun for a machine that nobody has asked for. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stays[Symbol.asyncDispose]();
  }

  /** Nothing is left when it throws; a configuration that does not hold is an error like any other. `shares` is called once at most. */
  async make(pod: PodSpec, shares: () => Promise<readonly SharedDirectory[]>, signal: AbortSignal): Promise<Machine> {
    await this.requireNetwork(pod, undefined);
    const configured = await this.#configOf(pod);
    this.#options.configured(configured);
    const config = withAnnotations(configured, pod.annotations);

    const { host, libraryDirectory, log } = this.#options;
    await using undo = new AsyncDisposableStack();
    // Both wait for the kernel, and for nothing of what is below.
    const entering = owned(undo, this.#enterCgroup(pod.cgroupAbove));
    const opening = owned(undo, this.#openNetwork(pod.netns, config));
    const [{ hypervisor, explanation }, image, directories] = await Promise.all([
      chooseHypervisor(config, libraryDirectory, host),
      resolveGuestImage(config, libraryDirectory),
      shares(),
    ]);
    log.info({ kernel: image.kernel.kind }, explanation);
    if (image.kernel.kind === "debian" && hypervisor.capabilities.sharedFs === "9p") {
      log.warn({ kernel: image.kernel.kind }, UNPATCHED_9P);
    }

    const most = { vcpus: Math.min(config.maxVcpus, hypervisor.capabilities.maxVcpus), memoryMiB: Math.floor(totalmem() / MIB) };
    const size = sizeMachine(pod.limits, { vcpus: config.vcpus, memoryMiB: config.memoryMib }, most);
    const before = monotonicMs();
    const { capabilities } = hypervisor;
    const nicLimit = rateLimit(config.nicLimitMibPerS);
    const network = await opening;
    if (nicLimit !== undefined) {
      requireNicLimits(capabilities, network);
    }
    const fixed = directories.length + pod.disks.length;
    const spareDisks = capabilities.emptyDisks === "unseen" ? UNSEEN_DISKS : config.spareDisks;
    if (network instanceof PodNetwork) {
      // Without the host's kernel all queues of a NIC are served by one thread.
      const [queues, vhost] = capabilities.vhostNet ? [size.vcpus, nicLimit === undefined] : [1, false];
      // Disks take no interface its NIC: too many of both are refused by their number.
      const maxNics = capabilities.deviceSlots - directories.length;
      const maxPluggable = capabilities.pluggableSlots[image.kernel.kind] - fixed - spareDisks;
      await network.makeNics({ maxNics, maxPluggable, queues, vhost, limit: nicLimit });
    }
    const { pluggedNics } = network;
    const room = capabilities.deviceSlots - fixed - network.nics.length - pluggedNics;
    const disks = undo.use(new PodDisks({ log }));
    await disks.make(pod.disks, {
      emptyDisks: capabilities.emptyDisks,
      spare: Math.max(0, Math.min(room, spareDisks)),
      queues: Math.min(size.vcpus, MAX_DISK_QUEUES),
      limit: rateLimit(config.diskLimitMibPerS, config.diskLimitOperationsPerS),
    });
    const devices = [...directories, ...network.nics, ...disks.devices];
    const vmConfig: VmConfig = { ...this.#placeOf(network), ...size, ...image, devices, pluggedNics, kernelParameters: config.kernelParameters };
    const place = await entering;
    const machine = await Machine.boot(
      {
        hostname: pod.hostname,
        sysctls: pod.sysctls,
        sharedFs: hypervisor.capabilities.sharedFs,
        kernel: image.kernel.kind,
        agentLogLevel: config.debugLevel.toLowerCase(),
        bootTimeoutMs: config.bootTimeoutS * 1000,
        startVm: async (bootSignal) => {
          await network.start();
          const vm = await hypervisor.launch({ ...vmConfig, outOfMemory: () => place?.outOfMemory === true }, bootSignal);
          log.debug({ pid: vm.pid }, "the VM's processes run");
          await Promise.all([network.closeQueues(), disks.closeMedia()]);
          if (this.#options.staysInCgroup) {
            await place?.leave();
          }
          return vm;
        },
        place,
        agentChannel: (onUnresponsive) =>
          openAgentChannel(host, {
            timeoutMs: config.agentTimeoutS * 1000,
            onSlow: (reason) => log.warn({ reason }, "a request to the guest takes long"),
            onUnresponsive,
          }),
        network,
        disks,
        loopback: this.#loopbackOf(pod, network),
        dial: (target) => host.dial(target),
        clockSet: async (ended) => await host.clockSet({ signal: ended }),
        log,
      },
      signal,
    );
    undo.move();
    if (network instanceof HostNetwork) {
      void network.failed.then((reason) => machine.fail(reason));
    }
    this.#tellBoot(machine, size, monotonicMs() - before);
    return machine;
  }

  /**
   * Before anything is made: whether `own` may have the network that it asks for, in `pod` if it comes into that.
   *
   * @throws HadronError FAILED_PRECONDITION
   */
  async requireNetwork(own: PodSpec, pod: PodSpec | undefined): Promise<void> {
    if (own.netns !== "host" || pod?.netns === "host") {
      return;
    }
    if (pod !== undefined) {
      throw new HadronError(
        Code.FAILED_PRECONDITION,
        "the container asks for the host's network namespace, but a pod has one network, which its VM was made with: give it the pod's",
      );
    }
    if ((await this.#configOf(own)).hostNetwork === "refuse") {
      throw unsupported(HOST_NETWORK_REFUSED);
    }
  }

  /**
   * For a container that comes into the VM which was made for `pod`, and asks for `own`.
   *
   * @throws HadronError FAILED_PRECONDITION for what it wants otherwise, and what `loadConfig` and `withAnnotations` throw
   */
  async check(pod: PodSpec, own: PodSpec): Promise<void> {
    await requireSameMachine({ pod, config: await this.#configOf(pod) }, own);
  }

  /** The VM's processes inherit it from the daemon. */
  async #enterCgroup(above: CgroupPath | undefined): Promise<CgroupStay | undefined> {
    return above === undefined ? undefined : await this.#stays.enter(above);
  }

  /** Read once for a pod. */
  #configOf(pod: PodSpec): Promise<Config> {
    let config = this.#configs.get(pod);
    if (config === undefined) {
      this.#configs.set(pod, (config = loadConfig(pod.configuration)));
    }
    return config;
  }

  async #openNetwork(netns: PodSpec["netns"], { spareNics, passtPath }: Config): Promise<PodNetwork | HostNetwork> {
    const { host, journal, libraryDirectory, log } = this.#options;
    if (netns === "host") {
      const [passt, hadronExec] = [await findPasst(passtPath), join(libraryDirectory, "hadron-exec")];
      return await HostNetwork.open({ host, journal, passt, hadronExec, log });
    }
    return await PodNetwork.open({ host, journal, netns, spareNics, log });
  }

  #loopbackOf({ netns }: PodSpec, network: PodNetwork | HostNetwork): PodLoopback | PublishedPorts | undefined {
    const { host, log } = this.#options;
    if (network instanceof HostNetwork) {
      return new PublishedPorts({ host, addresses: network.addresses, log });
    }
    // A namespace that is the pod's alone has no door.
    return typeof netns === "string" ? undefined : new PodLoopback({ host, netns: netns.path, log });
  }

  #placeOf({ netns }: Pick<VmConfig, "netns">): Pick<VmConfig, "directory" | "netns" | "onConsoleLine" | "onDiagnostic" | "onProcess"> {
    const { stateDir, journal, log } = this.#options;
    return {
      directory: stateDir,
      netns,
      onConsoleLine: (line) => log.debug({ line }, "guest console"),
      onDiagnostic: (program, line) => log.debug({ program, line }, "a process of the VM says"),
      onProcess: async (process) => {
        await journal.add({ kind: "process", ...process });
      },
    };
  }

  #tellBoot({ info }: Machine, size: object, ms: number): void {
    const guestKernelMs = milliseconds(info.initEnteredNs);
    const guestAgentMs = milliseconds(info.requestReadNs - info.initEnteredNs);
    this.#options.log.info({ ms: Math.round(ms), guestKernelMs, guestAgentMs, kernel: info.kernelRelease, ...size }, "the pod's VM is up");
  }
}

/** As the configuration says it: 0 is no limit. */
function rateLimit(mibPerS: number, operationsPerSecond = 0): RateLimit | undefined {
  return mibPerS + operationsPerSecond === 0 ? undefined : { bytesPerSecond: mibPerS * MIB, operationsPerSecond };
}

/**
 * A limit that nobody keeps would be worse than none.
 *
 * @throws HadronError FAILED_PRECONDITION
 */
function requireNicLimits({ nicLimits }: Capabilities, network: PodNetwork | HostNetwork): void {
  const who = network instanceof HostNetwork ? "passt, which carries the host's network," : nicLimits ? undefined : "QEMU, which runs the pod's VM,";
  if (who !== undefined) {
    throw unsupported(
      `nic_limit_mib_per_s cannot be kept: ${who} has no such limit. Set it to 0, and have the network on the host limit the pod, as CNI's bandwidth plugin does`,
    );
  }
}

/** What it becomes is disposed with the stack, also if it comes after everything else there has failed. */
function owned<T extends AsyncDisposable | undefined>(stack: AsyncDisposableStack, promise: Promise<T>): Promise<T> {
  const settled = promise.catch(() => undefined);
  stack.defer(async () => {
    await (await settled)?.[Symbol.asyncDispose]();
  });
  return promise;
}

async function openAgentChannel(host: Host, options: TtrpcAgentOptions): Promise<AgentChannel> {
  const [ours, guestFd] = await host.socketpair();
  const agent = new TtrpcAgent(new Socket({ fd: ours, readable: true, writable: true }), options);
  return { agent, guestFd, closeGuestFd: () => close(guestFd) };
}

function milliseconds(ns: bigint): number {
  return Math.round(Number(ns) / 1e6);
}
