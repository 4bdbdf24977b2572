/**
 * A pod's network: the namespace that it has on the host, whose interfaces are joined with the guest's NICs, and the guest, which is
 * told what they are.
 *
 * There is a NIC for each interface, and room for spare ones, as somebody may configure the namespace later (`ctr run --cni`, Docker,
 * between Create and Start; `docker network connect` at any time). They are plugged into the VM when they are needed: one that nobody needs
 * costs the boot of a guest without KVM 30 ms. What cannot be plugged is there before the VM starts.
 * What is in the namespace stays as it is, so that CNI's CHECK and DEL find what they made; its network stack sees none of
 * the packets.
 */

import { constants, openSync } from "node:fs";

import type { Agent } from "../../agent/agent.ts";
import { Code, HadronError, messageOf } from "../../errors.ts";
import { close } from "../../host/files.ts";
import type { Host, NetworkSockets } from "../../host/host.ts";
import type { JournalEntry } from "../../host/journal-entry.ts";
import type { Journal } from "../../host/journal.ts";
import type { HostLink } from "../../host/network.ts";
import type { NetworkNamespace, Nic, RateLimit, Vm } from "../../hypervisor/hypervisor.ts";
import type { Logger } from "../../logger.ts";
import { allDone } from "../../time.ts";
import { fingerprint, guestNetwork, omissions } from "./guest-network.ts";
import { assignNics, chooseLinks } from "./links.ts";

export interface PodNetworkOptions {
  readonly host: NetworkHost;
  readonly journal: Pick<Journal, "add" | "remove">;
  /** The pod's namespace. */
  readonly netns: NetworkNamespace;
  /** How many more NICs than interfaces there are to be. */
  readonly spareNics: number;
  readonly log: Logger;
}

/** What the hypervisor can. */
export interface NicOptions {
  readonly maxNics: number;
  /** How many there may be, with those to be plugged, for any to be plugged into the running VM. */
  readonly maxPluggable: number;
  /** Pairs of queues of a NIC. */
  readonly queues: number;
  /** Whether the host's kernel is to carry the packets, if it can. */
  readonly vhost: boolean;
  /** Of each. */
  readonly limit?: RateLimit | undefined;
}

export type NetworkHost = Pick<
  Host,
  "createNetns" | "openNetwork" | "readNetwork" | "networkChanged" | "openTap" | "joinLinks" | "separateLinks" | "removeLinks"
>;
type NetworkAgent = Pick<Agent, "setNetwork">;
type NetworkVm = Pick<Vm, "plug">;

interface Slot {
  readonly number: number;
  readonly hardwareAddress: string;
  readonly tap: number;
  readonly queues: readonly number[];
  readonly vhost: readonly number[];
  /** The interface that it is joined with. */
  link: number | undefined;
}

/** Changes come in bursts: they are read when there was none for so long, and after the longer time in any case. */
const SETTLE_MS = 20;
const MAX_SETTLE_MS = 200;

/** What a guest has that was told nothing. */
const EMPTY = fingerprint({ interfaces: [], routes: [], rules: [], neighbours: [] }, 0);

/** A hypervisor does it at once; by then it hangs. */
const PLUG_MS = 10_000;

export class PodNetwork implements AsyncDisposable {
  readonly netns: { readonly path: string };
  readonly isHosts = false;
  readonly #options: PodNetworkOptions;
  readonly #sockets: NetworkSockets;
  /** How many there were before the VM. */
  readonly #interfaces: number;
  readonly #slots: Slot[] = [];
  /** Descriptors that are the hypervisor's to inherit. */
  readonly #inherited = new Set<number>();
  readonly #warned = new Set<string>();
  readonly #ended = new AbortController();
  /** What `open` has made. */
  #undo = new AsyncDisposableStack();
  #followed: Promise<void> = Promise.resolve();
  /** How NICs are made that are plugged later. */
  #later: Pick<NicOptions, "queues" | "vhost" | "limit"> = { queues: 1, vhost: false };
  /** How many of them there may be yet. */
  #pluggable = 0;
  #guest: { readonly agent: NetworkAgent; readonly vm: NetworkVm } | undefined;
  /** Of what the guest was told last. */
  #told = "";
  /** One after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(options: PodNetworkOptions, path: string, sockets: NetworkSockets, interfaces: number) {
    this.#options = options;
    this.netns = { path };
    this.#sockets = sockets;
    this.#interfaces = interfaces;
  }

  /** Nothing is left when it throws. FAILED_PRECONDITION for an interface that no VM can have. */
  static async open(options: PodNetworkOptions): Promise<PodNetwork> {
    await using undo = new AsyncDisposableStack();
    const path = options.netns === "new" ? await makeNetns(options.host, undo) : options.netns.path;
    const sockets = await options.host.openNetwork(path);
    undo.defer(async () => {
      await Promise.all([close(sockets.requests), close(sockets.changes)]);
    });
    if (sockets.own) {
      throw new HadronError(
        Code.FAILED_PRECONDITION,
        `the network namespace ${path} is the host's own, which cannot be had inside a VM; give the pod a network namespace of its own`,
      );
    }
    const { carried, refused } = chooseLinks(await options.host.readNetwork(sockets));
    requireNone(refused);
    const network = new PodNetwork(options, path, sockets, carried.length);
    undo.defer(() => network.closeQueues());
    network.#undo = undo.move();
    return network;
  }

  /** To be called once, before the VM; what it has made when it throws goes with this object. */
  async makeNics({ maxNics, maxPluggable, ...each }: NicOptions): Promise<void> {
    const { spareNics } = this.#options;
    // One that is to be made yet has an interface at least, and somebody may connect the pod with another network.
    const expected = this.#interfaces === 0 && spareNics > 0 ? 1 : this.#interfaces;
    const most = Math.min(expected + spareNics, maxNics);
    const atOnce = most <= maxPluggable ? Math.min(this.#interfaces, most) : most;
    this.#later = each;
    this.#pluggable = most - atOnce;
    const made = Array.from({ length: atOnce }, (_, number) => this.#makeSlot(number));
    await allDone(made.map(async (slot) => void this.#slots.push(await slot)));
    this.#slots.sort((one, other) => one.number - other.number);
  }

  /** Those that the VM is started with. */
  get nics(): Nic[] {
    return this.#slots.map((slot) => this.#nicOf(slot));
  }

  /** How many it may be given later. */
  get pluggedNics(): number {
    return this.#pluggable;
  }

  /** Nobody but who finds it by a process of the pod's has it. */
  get mayBeDeserted(): boolean {
    return this.#options.netns === "new";
  }

  /** Such a one in which nobody has made an interface, so that nobody serves the pod there either: as it was at the last `refresh`. */
  get isDeserted(): boolean {
    return this.mayBeDeserted && this.#told === EMPTY;
  }

  /** No process of its own carries it. */
  async start(): Promise<void> {}

  /** For when the hypervisor has them: with its end the taps are gone. */
  async closeQueues(): Promise<void> {
    const inherited = [...this.#inherited];
    this.#inherited.clear();
    await Promise.all(inherited.map((fd) => close(fd)));
  }

  /** Gives the guest its network and, from then on, what becomes of it. */
  async attach(agent: NetworkAgent, vm: NetworkVm): Promise<void> {
    this.#guest = { agent, vm };
    if (this.#slots.length === 0) {
      // It has none by itself.
      this.#told = EMPTY;
    }
    await this.refresh();
    this.#followed = this.#follow(this.#ended.signal);
  }

  /** Looks now. FAILED_PRECONDITION for what the pod cannot have. */
  async refresh(): Promise<void> {
    await this.#serially(() => this.#carryOver("strict"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended.signal.aborted) {
      return;
    }
    this.#ended.abort();
    await this.#followed;
    await this.#serially(async () => {
      for (const slot of this.#slots) {
        await this.#separate(slot);
      }
      // They would go with their last descriptors, but then the hypervisor's end waits for the kernel, 15 ms for each.
      const taps = this.#slots.map(({ tap }) => tap);
      if (taps.length > 0) {
        await this.#options.host.removeLinks(this.#sockets, taps);
      }
    });
    await this.#undo[Symbol.asyncDispose]();
  }

  async #makeSlot(number: number): Promise<Slot> {
    const { queues: count, vhost } = this.#later;
    const { index: tap, queues } = await this.#options.host.openTap(this.netns.path, count);
    queues.forEach((fd) => this.#inherited.add(fd));
    const opened = vhost ? await this.#openVhost(count) : [];
    opened.forEach((fd) => this.#inherited.add(fd));
    return { number, hardwareAddress: placeholder(number), tap, queues, vhost: opened, link: undefined };
  }

  /** One more, in the running VM; false where there is no room for it, or it cannot be. */
  async #plug(vm: NetworkVm): Promise<boolean> {
    if (this.#pluggable === 0) {
      return false;
    }
    this.#pluggable--;
    try {
      const slot = await this.#makeSlot(this.#slots.length);
      await vm.plug(this.#nicOf(slot), AbortSignal.any([this.#ended.signal, AbortSignal.timeout(PLUG_MS)]));
      this.#slots.push(slot);
      return true;
    } catch (error) {
      // A VM that is gone has its own consequences.
      if (error instanceof HadronError && error.code === Code.UNAVAILABLE) {
        throw error;
      }
      this.#warn(`the pod's VM cannot be given another NIC: ${messageOf(error)}`);
      return false;
    } finally {
      // If the VM has it not, the tap ends with them.
      await this.closeQueues();
    }
  }

  /** None where the host has no such device: then the hypervisor carries the packets. */
  async #openVhost(count: number): Promise<number[]> {
    const opened: number[] = [];
    try {
      while (opened.length < count) {
        opened.push(openSync("/dev/vhost-net", constants.O_RDWR));
      }
      return opened;
    } catch (error) {
      this.#options.log.debug({ err: messageOf(error) }, "the host's kernel does not carry the pod's packets");
      await Promise.all(opened.map((fd) => close(fd)));
      return [];
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { host, log } = this.#options;
    try {
      for (;;) {
        await host.networkChanged(this.#sockets, signal);
        await this.#settle(signal);
        await this.#serially(() => this.#carryOver("lenient")).catch((error: unknown) => {
          // A VM that is gone has its own consequences.
          if (!signal.aborted && !(error instanceof HadronError && error.code === Code.UNAVAILABLE)) {
            log.warn({ err: messageOf(error) }, "a change of the pod's network cannot be carried over");
          }
        });
      }
    } catch (error) {
      if (!signal.aborted) {
        log.error({ err: messageOf(error) }, "the pod's network is not followed any more");
      }
    }
  }

  async #settle(signal: AbortSignal): Promise<void> {
    const end = AbortSignal.any([signal, AbortSignal.timeout(MAX_SETTLE_MS)]);
    while (!end.aborted) {
      try {
        await this.#options.host.networkChanged(this.#sockets, AbortSignal.any([end, AbortSignal.timeout(SETTLE_MS)]));
      } catch (error) {
        if (error instanceof HadronError && error.code === Code.CANCELLED) {
          return;
        }
        throw error;
      }
    }
  }

  async #carryOver(how: "strict" | "lenient"): Promise<void> {
    if (this.#guest === undefined || this.#ended.signal.aborted) {
      return;
    }
    const { agent, vm } = this.#guest;
    const state = await this.#options.host.readNetwork(this.#sockets);
    const { carried, refused, left } = chooseLinks(state);
    if (how === "strict") {
      requireNone(refused);
    }
    const assign = (): ReturnType<typeof assignNics> =>
      assignNics(
        carried,
        this.#slots.map(({ link }) => link),
      );
    let { assigned, homeless } = assign();
    while (homeless.length > 0 && (await this.#plug(vm))) {
      ({ assigned, homeless } = assign());
    }
    for (const sentence of [...refused, ...left, ...omissions(state), ...homeless.map((link) => this.#noNicFor(link))]) {
      this.#warn(sentence);
    }
    const occupied = [];
    for (const [number, slot] of this.#slots.entries()) {
      const link = assigned[number];
      if (slot.link !== link?.index) {
        await this.#separate(slot);
      }
      if (link !== undefined) {
        await this.#join(slot, link);
        occupied.push({ slot: slot.hardwareAddress, link });
      }
    }
    const network = guestNetwork(state, occupied);
    const print = fingerprint(network, process.uptime());
    if (print !== this.#told) {
      const problems = await agent.setNetwork(network);
      this.#told = print;
      problems.forEach((problem) => this.#warn(`the guest's network: ${problem}`));
    }
  }

  async #join(slot: Slot, link: HostLink): Promise<void> {
    if (slot.link !== undefined) {
      return;
    }
    const entry = this.#entry(link.index);
    await this.#journal("add", entry);
    try {
      await this.#options.host.joinLinks(this.#sockets, { link: link.index, tap: slot.tap }, link.mtu);
    } catch (error) {
      await this.#journal("remove", entry);
      const code = error instanceof HadronError && error.code === Code.ALREADY_EXISTS ? Code.FAILED_PRECONDITION : Code.INTERNAL;
      throw new HadronError(code, `the interface ${link.name} cannot be joined with the pod's VM: ${messageOf(error)}`, { cause: error });
    }
    slot.link = link.index;
  }

  async #separate(slot: Slot): Promise<void> {
    const { link, tap } = slot;
    if (link !== undefined) {
      slot.link = undefined;
      await this.#options.host.separateLinks(this.#sockets, { link, tap });
      await this.#journal("remove", this.#entry(link));
    }
  }

  /** What is in the pod's own namespace goes with that. */
  async #journal(what: "add" | "remove", entry: JournalEntry): Promise<void> {
    if (this.#options.netns !== "new") {
      await this.#options.journal[what](entry);
    }
  }

  #entry(link: number): JournalEntry {
    return { kind: "qdisc", netns: this.netns.path, link };
  }

  #nicOf({ hardwareAddress, queues, vhost }: Slot): Nic {
    return { kind: "nic", hardwareAddress, queues, vhost, limit: this.#later.limit };
  }

  #noNicFor({ name }: HostLink): string {
    return (
      `the interface ${name} has no NIC: the pod's VM has ${this.#slots.length}, which are taken, and can be given no more; ` +
      "start the pod anew, or raise spare_nics in the configuration"
    );
  }

  #warn(sentence: string): void {
    if (!this.#warned.has(sentence)) {
      this.#warned.add(sentence);
      this.#options.log.warn({}, sentence);
    }
  }

  #serially(action: () => Promise<void>): Promise<void> {
    const result = this.#last.then(action);
    // The next one goes on whatever became of this one; its own caller hears of the failure.
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A namespace of the pod's own, for a pod that names none. It ends with the pod's processes. */
async function makeNetns(host: NetworkHost, undo: AsyncDisposableStack): Promise<string> {
  const fd = await host.createNetns();
  undo.defer(() => close(fd));
  return `/proc/${process.pid}/fd/${fd}`;
}

function requireNone(refused: readonly string[]): void {
  if (refused.length > 0) {
    throw new HadronError(Code.FAILED_PRECONDITION, refused.join("; "));
  }
}

/** Of the NIC until it has an interface: locally administered, and never on a network. */
function placeholder(number: number): string {
  return `02:68:61:64:00:${(number + 1).toString(16).padStart(2, "0")}`;
}
