/**
 * A virtual machine with its agent: what a sandbox's containers run in. The object owns both, and
 * disposing it kills the VM.
 */

import { hostname } from "node:os";

import type { Agent, GuestShare, SandboxInfo, Storages } from "../agent/agent.ts";
import { Code, HadronError, messageOf } from "../errors.ts";
import type { CgroupStay } from "../host/cgroup.ts";
import type { DialTarget, ShareDescriptors } from "../host/host.ts";
import { randomUint32 } from "../host/random.ts";
import type { Join, JoinDirection, SharedDirectory, Vm, VmExit } from "../hypervisor/hypervisor.ts";
import type { Logger } from "../logger.ts";
import { allDone, nowNs, untilAborted, within } from "../time.ts";
import { GuestClock } from "./clock.ts";
import type { PodDisks } from "./disks.ts";
import { Doors } from "./doors.ts";
import { LoopbackServers } from "./network/loopback-servers.ts";
import type { PodLoopback } from "./network/loopback.ts";
import type { PodNetwork } from "./network/pod-network.ts";
import type { PublishedPorts } from "./network/published-ports.ts";
import { GUEST_ROOTFS_SHARE, GUEST_VOLUMES_SHARE } from "./plan.ts";

/** The host port that the agent dials (proto/hadron/agent.proto). */
const AGENT_PORT = 1024;

/** VMADDR_PORT_ANY of vsock(7). */
const ANY_PORT = 0xffff_ffff;

/** How long a VM may outlive the connection to its agent: a dead agent is a kernel panic, and that an exit. */
const CONNECTION_LOST_TIMEOUT_MS = 3_000;
/** By then a VM that has lost its connection was killed. */
const EXPLAIN_TIMEOUT_MS = CONNECTION_LOST_TIMEOUT_MS + 2_000;
/**
 * How long the guest may take to write back what it has cached, or to give it up. Of 154 such calls, without KVM and on two CPUs with a
 * load of 16, half took less than 5 ms, and the longest 0.3 s: a thirtieth of this.
 */
const SHARES_TIMEOUT_MS = 10_000;

/**
 * What is written to a file that stays open is on the host after two seconds, not after half a minute: somebody may read
 * it there, a log for example. Nothing happens while nothing is dirty.
 */
const SYSCTLS: ReadonlyMap<string, string> = new Map([
  ["vm.dirty_expire_centisecs", "100"],
  ["vm.dirty_writeback_centisecs", "100"],
]);

/** What a Machine itself asks of the guest; what its containers ask is theirs. */
export type MachineAgent = Pick<
  Agent,
  | "createSandbox"
  | "setClock"
  | "setNetwork"
  | "connectLoopback"
  | "watchListeners"
  | "listen"
  | "unlisten"
  | "releaseStorages"
  | "attachDisk"
  | "detachDisk"
  | "writeBack"
  | "closed"
  | "close"
>;

export interface MachineOptions<A extends MachineAgent = Agent> {
  readonly hostname: string;
  /** The pod's; they go over our own. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly sharedFs: "9p" | "virtiofs";
  readonly kernel: "tuned" | "debian";
  readonly agentLogLevel: string;
  readonly bootTimeoutMs: number;
  readonly startVm: (signal: AbortSignal) => Promise<Vm>;
  /** What the VM's processes are in: released after they are gone. */
  readonly place?: MachinePlace | undefined;
  /** Makes a stream socket whose far end is the fd; the fd is the caller's to close. */
  readonly agentChannel: (onUnresponsive: (sentence: string) => void) => Promise<AgentChannel<A>>;
  /** What the guest's NICs are on; the machine's own once it has booted. */
  readonly network: MachineNetwork;
  /** What the VM was made with, and what may come. */
  readonly disks: MachineDisks;
  /** How the pod's servers are reached from the host. Absent if nobody can dial them. */
  readonly loopback?: MachineLoopback | undefined;
  /** Host's. */
  readonly dial: (target: DialTarget) => Promise<number>;
  /** As GuestClockOptions has it. */
  readonly clockSet: (signal: AbortSignal) => Promise<void>;
  readonly log: Logger;
}

export type MachinePlace = Pick<CgroupStay, "leave" | typeof Symbol.asyncDispose>;

export interface MachineNetwork extends Pick<PodNetwork, "attach" | "refresh" | "mayBeDeserted" | "isDeserted" | typeof Symbol.asyncDispose> {
  /** It is the host's own. */
  readonly isHosts: boolean;
}

export type MachineDisks = Pick<PodDisks, "attach" | "acquire">;

export type MachineLoopback = Pick<PodLoopback | PublishedPorts, "attach" | typeof Symbol.asyncDispose>;

export interface AgentChannel<A extends MachineAgent = Agent> {
  /** For the guest's end of the connection. */
  readonly guestFd: number;
  readonly agent: A;
  closeGuestFd(): Promise<void>;
}

export class Machine<A extends MachineAgent = Agent> implements AsyncDisposable {
  readonly vm: Vm;
  readonly agent: A;
  readonly info: SandboxInfo;
  readonly clock: GuestClock;
  /** To servers of the host. */
  readonly doors: Doors;
  /** Block devices of the host. */
  readonly disks: MachineDisks;
  readonly #sharedFs: MachineOptions["sharedFs"];
  readonly #network: MachineNetwork;
  readonly #servers: LoopbackServers;
  readonly #place: MachinePlace | undefined;
  readonly #loopback: MachineLoopback | undefined;
  readonly #log: Logger;
  #failure: string | undefined;
  #exit: VmExit | undefined;
  #networkLeft: Promise<void> | undefined;

  private constructor(vm: Vm, agent: A, info: SandboxInfo, options: MachineOptions<A>) {
    const { sharedFs, network, loopback, place, clockSet, dial, log } = options;
    this.vm = vm;
    this.agent = agent;
    this.info = info;
    this.#sharedFs = sharedFs;
    this.#network = network;
    this.#place = place;
    this.#loopback = loopback;
    this.disks = options.disks;
    this.disks.attach(vm, agent);
    this.#log = log;
    this.clock = new GuestClock({ agent, clockSet, log });
    this.doors = new Doors({ vsock: vm.vsock, agent, dial, nextPort: freshPort, log });
    this.#servers = new LoopbackServers({ netns: this.netns, pid: network.isHosts ? undefined : vm.pid, doors: this.doors, dial, log });
    void vm.exited.then((exit) => {
      this.#exit = exit;
      this.clock[Symbol.dispose]();
    });
    void agent.closed.then(() => this.#outlivedConnection());
  }

  /** Answers when the agent has; nothing is left when it throws. */
  static async boot<A extends MachineAgent>(options: MachineOptions<A>, signal: AbortSignal): Promise<Machine<A>> {
    await using undo = new AsyncDisposableStack();
    undo.use(options.place);
    const deadline = AbortSignal.timeout(options.bootTimeoutMs);
    const either = AbortSignal.any([signal, deadline]);

    const vm = undo.use(await options.startVm(either));
    let machine: Machine<A> | undefined;
    const channel = await options.agentChannel((sentence) => machine?.fail(sentence));
    undo.defer(() => channel.agent.close());
    try {
      await vm.vsock.accept(AGENT_PORT, channel.guestFd, "both");
    } catch (error) {
      // Its process may have died, and the VM with it; that comes a moment later, and says why.
      const exit = await within(vm.exited, CONNECTION_LOST_TIMEOUT_MS);
      throw exit === undefined ? error : new HadronError(Code.UNAVAILABLE, `the VM did not start: ${exit.reason}`, { cause: error });
    } finally {
      await channel.closeGuestFd();
    }

    const gone = new AbortController();
    const booted = channel.agent.createSandbox(
      {
        realtimeNs: nowNs(),
        hostname: options.hostname === "" ? hostname() : options.hostname,
        logLevel: options.agentLogLevel,
        sysctls: new Map([...SYSCTLS, ...Object.entries(options.sysctls)]),
        shares: guestShares(options),
      },
      AbortSignal.any([either, gone.signal]),
    );
    let exit: VmExit | undefined;
    const died = vm.exited.then((reason) => {
      exit = reason;
      gone.abort(new Error(reason.reason));
    });
    let info: SandboxInfo;
    try {
      info = await booted;
      await untilAborted(options.network.attach(channel.agent, vm), either);
    } catch (error) {
      // A VM that dies takes the connection with it; which of the two is heard of first is chance.
      if (error instanceof HadronError && error.code === Code.UNAVAILABLE) {
        await untilAborted(died, either).catch(() => {});
      }
      if (exit !== undefined) {
        throw new HadronError(Code.UNAVAILABLE, `the VM did not start: ${exit.reason}`, { cause: error });
      }
      if (deadline.aborted) {
        throw new HadronError(
          Code.DEADLINE_EXCEEDED,
          `the guest did not answer within ${options.bootTimeoutMs / 1000} s of its start; ` +
            "set debug_level to Debug to see its console in containerd's log, or raise boot_timeout_s",
          { cause: error },
        );
      }
      throw error;
    }
    undo.move();
    machine = new Machine(vm, channel.agent, info, options);
    options.loopback?.attach(machine);
    return machine;
  }

  /** Path of the network namespace on the host that is the pod's: the VM's, or the host's own. */
  get netns(): string {
    return this.#network.isHosts ? "/proc/self/ns/net" : `/proc/${this.vm.pid}/ns/net`;
  }

  /** Settles once, never rejects: when the VM is gone. */
  get exited(): Promise<VmExit> {
    return this.vm.exited;
  }

  /** Set from the moment on at which the VM is known to be gone. */
  get exit(): VmExit | undefined {
    return this.#exit;
  }

  /** Joins a new guest stream with `fd`; the agent is to dial the answer's port. */
  async join(fd: number, direction: JoinDirection): Promise<Join> {
    const port = freshPort();
    const join = await this.vm.vsock.accept(port, fd, direction);
    void join.ended.then(({ error }) => {
      if (error !== undefined && direction === "out" && this.#exit === undefined && this.#failure === undefined) {
        this.#log.warn({ err: error, port }, "the output of a process was cut short");
      }
    });
    return join;
  }

  /**
   * The guest has the network that the pod has now. FAILED_PRECONDITION for what it cannot have.
   *
   * @param resolvConf path on the host of what a container has as /etc/resolv.conf
   */
  async refreshNetwork(resolvConf: string | undefined): Promise<void> {
    const refreshed = this.#network.refresh();
    if (this.#network.mayBeDeserted) {
      await refreshed;
      if (this.#network.isDeserted) {
        return;
      }
    }
    await allDone([refreshed, this.#servers.look(resolvConf)]);
  }

  /** StorageGuest's. */
  storagesToMount(storages: Storages): Storages | undefined {
    if (this.#sharedFs === "virtiofs") {
      return storages;
    }
    // 9p has one file system for all.
    return storages.inner.length + storages.memory.length > 0 ? { ...storages, paths: [] } : undefined;
  }

  /** StorageGuest's. */
  async releaseStorages(storages: Storages): Promise<void> {
    await this.#bounded("let go of files that are being removed", () => this.agent.releaseStorages(storages, SHARES_TIMEOUT_MS));
  }

  /**
   * What was written to these paths of the guest is on the host then. Never rejects: a guest that cannot do it in time
   * is logged, and nobody waits for it for ever.
   */
  async writeBack(paths: readonly string[], reason: "pause" | "exit"): Promise<void> {
    if (this.#sharedFs === "9p") {
      // One file system for all of a share.
      const shares = [GUEST_ROOTFS_SHARE, GUEST_VOLUMES_SHARE].filter((share) => paths.some((path) => path.startsWith(`${share}/`)));
      await this.#bounded("write its files back", () => this.agent.writeBack(shares, SHARES_TIMEOUT_MS));
    } else if (reason === "pause") {
      // With virtio-fs a file is written back when it is closed, and a mapping when it is undone (fuse_flush() and
      // fuse_vma_close() in the guest's kernel); only what lives can have more.
      await this.#bounded("write its files back", () => this.agent.writeBack(paths, SHARES_TIMEOUT_MS));
    }
  }

  async #bounded(what: string, call: () => Promise<void>): Promise<void> {
    if (this.#exit !== undefined) {
      return;
    }
    try {
      await call();
    } catch (error) {
      // A connection that is gone has its own consequences.
      if (!(error instanceof HadronError) || error.code !== Code.UNAVAILABLE) {
        this.#log.warn({ err: messageOf(error) }, `the guest did not ${what}`);
      }
    }
  }

  /** Kills a guest that does not keep its side of the protocol; its containers exit with 137. */
  fail(reason: string): void {
    if (this.#failure === undefined) {
      this.#failure = reason;
      this.#log.error({ reason }, "killing the VM");
      // `stop` does not reject: what it cannot kill it leaves to `exited`.
      void this.vm.stop();
    }
  }

  /**
   * What to say of a failed call of the agent or the vsock: if it failed because the VM was lost, why that was. Waits until
   * it is known, as the connection may be lost a moment before. `error` itself when the VM lives on.
   *
   * @param during "container c1 was being created"
   */
  async explain(error: unknown, during: string): Promise<unknown> {
    if (!(error instanceof HadronError) || error.code !== Code.UNAVAILABLE) {
      return error;
    }
    // Bounded, for a guest may claim anything, also that it is unavailable.
    const exit = await within(this.vm.exited, EXPLAIN_TIMEOUT_MS);
    if (exit === undefined) {
      return error;
    }
    const reason = this.#failure ?? exit.reason;
    return new HadronError(Code.UNAVAILABLE, `the VM was lost while ${during}: ${reason}`, { cause: error });
  }

  async #outlivedConnection(): Promise<void> {
    if ((await within(this.vm.exited, CONNECTION_LOST_TIMEOUT_MS)) === undefined) {
      this.fail("the connection to the guest's agent was lost");
    }
  }

  /**
   * For when nothing runs in it any more, and the guest has only to write back: its network, which the host's kernel takes long to remove,
   * goes meanwhile. Whether that succeeds is told at the machine's end.
   */
  windDown(): void {
    this.#leaveNetwork().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.close();
    // Each waits for the host's kernel, and none for another. While a process changes its cgroup, none of the host can begin or end: the
    // VM's have begun to end by then.
    await allDone([this.vm.stop(), this.#leaveNetwork(), this.#place?.leave() ?? Promise.resolve()]);
    await this.#place?.[Symbol.asyncDispose]();
  }

  #leaveNetwork(): Promise<void> {
    const leave = async (): Promise<void> => {
      await allDone([this.#loopback, this.#network].map(async (it) => await it?.[Symbol.asyncDispose]()));
    };
    return (this.#networkLeft ??= leave());
  }
}

/**
 * A host port for a stream or a door. Every container of the guest may dial every port, and who dials first has the stream: so that
 * it is the agent, nobody can guess it. That it is taken, which fails, happens to one stream in a hundred million.
 */
function freshPort(): number {
  let port: number;
  do {
    port = randomUint32();
  } while (port <= AGENT_PORT || port >= ANY_PORT);
  return port;
}

/** What the guest sees of the host. */
export function sharedDirectories(shares: { readonly rootfs: Directory; readonly volumes: Directory }): SharedDirectory[] {
  const { rootfs, volumes } = shares;
  return [
    { kind: "share", tag: "rootfs", share: rootfs.descriptors },
    { kind: "share", tag: "volumes", share: volumes.descriptors },
  ];
}

interface Directory {
  readonly descriptors: ShareDescriptors;
}

function guestShares({ sharedFs: fsType, kernel }: Pick<MachineOptions, "sharedFs" | "kernel">): GuestShare[] {
  // `timed` is of our kernel's patches: what is cached is good for a second. Debian's kernel has `mmap`, which
  // asks the host for everything, and is half as fast. ignoreqv: files from 1970 are cached as well.
  const cache = kernel === "tuned" ? ["cache=timed", "ignoreqv"] : ["cache=mmap"];
  const options = fsType === "9p" ? ["trans=virtio", "version=9p2000.L", "msize=1048576", ...cache] : [];
  return [
    { fsType, tag: "rootfs", mountPoint: GUEST_ROOTFS_SHARE, options },
    { fsType, tag: "volumes", mountPoint: GUEST_VOLUMES_SHARE, options },
  ];
}
