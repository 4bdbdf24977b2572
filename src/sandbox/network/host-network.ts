/**
 * The host's own network, for a pod that names no network namespace (`ctr run --net-host`, hostNetwork, `docker run --network host`). A guest
 * has a network stack of its own, so it cannot have that itself; passt carries what it sends with the host's addresses.
 *
 * The guest has one interface, with the name and the addresses of the one that the host's default route leads through.
 */

import type { Agent, GuestNetwork, GuestRoute } from "../../agent/agent.ts";
import { Code, HadronError } from "../../errors.ts";
import { type ChildHost, spawnChild } from "../../host/child.ts";
import { close } from "../../host/files.ts";
import type { Host } from "../../host/host.ts";
import type { Journal } from "../../host/journal.ts";
import type { HostAddress, HostNetwork as NetworkState, HostRoute } from "../../host/network.ts";
import { describeExit, type Spawned } from "../../host/spawned.ts";
import type { StreamNic } from "../../hypervisor/hypervisor.ts";
import type { Logger } from "../../logger.ts";
import { guestAddress } from "./guest-network.ts";
import { PASST_MTU, passtArguments } from "./passt.ts";

export interface HostNetworkOptions {
  readonly host: ChildHost & Pick<Host, "openNetwork" | "readNetwork" | "socketpair">;
  readonly journal: Pick<Journal, "add">;
  /** Paths of programs. */
  readonly passt: string;
  readonly hadronExec: string;
  readonly log: Logger;
}

/** Of the only NIC. */
const HARDWARE_ADDRESS = "02:68:61:64:00:01";
/** Of the daemon, which is in the host's. */
const OWN_NETNS = "/proc/self/ns/net";
/** passt's descriptors begin there. */
const FIRST_DESCRIPTOR = 3;

export class HostNetwork implements AsyncDisposable {
  /** The VMM needs no network: its own has nothing. */
  readonly netns = "new" as const;
  readonly isHosts = true;
  readonly mayBeDeserted = false;
  readonly isDeserted = false;
  readonly #options: HostNetworkOptions;
  readonly #network: GuestNetwork;
  /** Name of the host's interface, and of the guest's. */
  readonly #link: string;
  readonly #families: { readonly ipv4: boolean; readonly ipv6: boolean };
  readonly #failed = Promise.withResolvers<string>();
  /** Ends of passt's connection that this process still has. */
  readonly #descriptors: Set<number>;
  readonly #vmm: number;
  readonly #own: number;
  #passt: Spawned | undefined;
  #disposed = false;

  private constructor(options: HostNetworkOptions, state: NetworkState, [own, vmm]: readonly [number, number]) {
    this.#options = options;
    this.#network = networkOfHost(state);
    const { interfaces, routes } = this.#network;
    this.#link = interfaces.map(({ name }) => name).join();
    this.#families = { ipv4: routes.some(isDefaultIpv4), ipv6: routes.some(isDefaultIpv6) };
    this.#descriptors = new Set([own, vmm]);
    this.#own = own;
    this.#vmm = vmm;
  }

  /** Nothing is left when it throws. FAILED_PRECONDITION for a host without a default route. */
  static async open(options: HostNetworkOptions): Promise<HostNetwork> {
    const { host } = options;
    const sockets = await host.openNetwork(OWN_NETNS);
    let state: NetworkState;
    try {
      state = await host.readNetwork(sockets);
    } finally {
      await Promise.all([close(sockets.requests), close(sockets.changes)]);
    }
    // Before there is anything to undo.
    networkOfHost(state);
    return new HostNetwork(options, state, await host.socketpair());
  }

  get nics(): StreamNic[] {
    return [{ kind: "stream-nic", hardwareAddress: HARDWARE_ADDRESS, socket: this.#vmm }];
  }

  /** The VM needs no other. */
  readonly pluggedNics = 0;

  /** Of the guest's interface. */
  get addresses(): ReadonlySet<string> {
    return new Set(this.#network.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  }

  /** Why the pod has no network any more, if passt ends before the pod does. */
  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  /** Before the VM, from where the VM's processes are started. UNAVAILABLE when it cannot be. */
  async start(): Promise<void> {
    const { host, passt: program, hadronExec, journal, log } = this.#options;
    const passt = await spawnChild(host, {
      name: "passt",
      hadronExec,
      program,
      args: passtArguments({ descriptor: FIRST_DESCRIPTOR, link: this.#link, families: this.#families }),
      descriptors: [this.#own],
      onDiagnostic: (_, line) => log.debug({ line }, "passt says"),
    });
    this.#passt = passt;
    await this.#close(this.#own);
    void passt.exited.then((exit) => {
      if (!this.#disposed) {
        this.#failed.resolve(`passt, which carries the pod's network, ${describeExit(exit)}: ${passt.stderr.trim()}`);
      }
    });
    await journal.add({ kind: "process", pid: passt.pid, startTime: passt.startTime, role: "helper", name: "passt" });
  }

  /** For when the hypervisor has it: with its end passt ends. */
  async closeQueues(): Promise<void> {
    await this.#close(this.#vmm);
  }

  async attach(agent: Pick<Agent, "setNetwork">): Promise<void> {
    for (const problem of await agent.setNetwork(this.#network)) {
      this.#options.log.warn({}, `the guest's network: ${problem}`);
    }
  }

  /** The host's network stays as it was when the pod began, as passt has it. */
  async refresh(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#descriptors].map((fd) => this.#close(fd)));
    if (this.#passt !== undefined) {
      this.#passt.kill();
      await this.#passt.exited;
    }
  }

  async #close(fd: number): Promise<void> {
    if (this.#descriptors.delete(fd)) {
      await close(fd);
    }
  }
}

const RT_TABLE_MAIN = 254;
const RTN_UNICAST = 1;
const RTPROT_STATIC = 4;
const SCOPE_GLOBAL = 0;
const SCOPE_LINK = 253;
/** Secondary or temporary, tentative, failed, deprecated: none that one would choose. */
const UNUSABLE_FLAGS = 0x01 | 0x40 | 0x08 | 0x20;

/**
 * What passt hands out: of each family, the address and the gateway of the interface that the default route leads through.
 *
 * @throws HadronError FAILED_PRECONDITION
 */
export function networkOfHost(state: NetworkState): GuestNetwork {
  const [ipv4, ipv6] = ["0.0.0.0/0", "::/0"].map((destination) => defaultRoute(state.routes, destination));
  const link = state.links.find(({ index }) => index === (ipv4 ?? ipv6)?.link);
  if (link === undefined) {
    throw new HadronError(
      Code.FAILED_PRECONDITION,
      "the pod asks for the host's network, and the host has no default route: passt needs one to know which addresses the pod has",
    );
  }
  // One interface for both: that of IPv6 counts if it is the same.
  const hops = [ipv4, ipv6].filter((hop) => hop?.link === link.index);
  const addresses = hops.flatMap((hop) => {
    const of = state.addresses.filter((address) => address.link === link.index && isIpv6(address.address) === isIpv6(hop?.destination ?? ""));
    const usable = of.filter(({ flags }) => (flags & UNUSABLE_FLAGS) === 0);
    const first = (scope: number): HostAddress[] => usable.filter((address) => address.scope === scope).slice(0, 1);
    return [...first(SCOPE_GLOBAL), ...first(SCOPE_LINK)];
  });
  return {
    interfaces: [
      {
        slot: HARDWARE_ADDRESS,
        name: link.name,
        hardwareAddress: HARDWARE_ADDRESS,
        mtu: PASST_MTU,
        flags: link.flags,
        ipv4Settings: new Uint8Array(),
        acceptRa: false,
        addresses: addresses.map((address) => ({ ...guestAddress(address), flags: 0 })),
      },
    ],
    routes: hops.flatMap((hop): GuestRoute[] =>
      hop === undefined
        ? []
        : [
            {
              table: RT_TABLE_MAIN,
              destination: hop.destination,
              // passt answers for every address, on the link or not.
              nextHops: [{ interface: link.name, gateway: hop.gateway, onlink: hop.gateway !== "", weight: 1 }],
              source: "",
              type: RTN_UNICAST,
              scope: hop.gateway === "" ? SCOPE_LINK : SCOPE_GLOBAL,
              protocol: RTPROT_STATIC,
              metric: 0,
              metrics: [],
              preference: 0,
              tos: 0,
            },
          ],
    ),
    rules: [],
    neighbours: [],
  };
}

interface DefaultHop {
  readonly destination: string;
  readonly link: number;
  readonly gateway: string;
}

function defaultRoute(routes: readonly HostRoute[], destination: string): DefaultHop | undefined {
  const [first] = routes
    .filter(({ destination: to, type, table }) => to === destination && type === RTN_UNICAST && table === RT_TABLE_MAIN)
    .sort((a, b) => a.metric - b.metric);
  const hop = first?.nextHops[0];
  return hop && { destination, link: hop.link, gateway: hop.gateway };
}

function isIpv6(address: string): boolean {
  return address.includes(":");
}

const isDefaultIpv4 = ({ destination }: GuestRoute): boolean => destination === "0.0.0.0/0";
const isDefaultIpv6 = ({ destination }: GuestRoute): boolean => destination === "::/0";
