/** What the guest is told of the network that the pod has on the host. */

import type { GuestAddress, GuestNeighbour, GuestNetwork, GuestRoute } from "../../agent/agent.ts";
import type { HostAddress, HostLink, HostNetwork, HostRoute } from "../../host/network.ts";

/** A NIC's own hardware address, by which the guest finds it, and the interface that it is to be. */
export interface Occupied {
  readonly slot: string;
  readonly link: HostLink;
}

const ARPHRD_LOOPBACK = 772;
const IFA_F_NODAD = 0x02;
const IFA_F_HOMEADDRESS = 0x10;
const IFA_F_MANAGETEMPADDR = 0x100;
const IFA_F_NOPREFIXROUTE = 0x200;
/** What is asked for. The others say how it is doing. */
const ASKED_FLAGS = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE;
/** Learned from a router's advertisements. */
const RTPROT_RA = 9;
const FOR_EVER = 0xffff_ffff;
/** Lifetimes are whole seconds, and reading takes its time. */
const LIFETIME_STEP_S = 10;

export function guestNetwork(host: HostNetwork, occupied: readonly Occupied[]): GuestNetwork {
  const names = new Map(host.links.filter(({ layer }) => layer === ARPHRD_LOOPBACK).map(({ index, name }) => [index, name]));
  for (const { link } of occupied) {
    names.set(link.index, link.name);
  }
  return {
    interfaces: occupied.map(({ slot, link }) => ({
      slot,
      name: link.name,
      hardwareAddress: link.hardwareAddress,
      mtu: link.mtu,
      flags: link.flags,
      addresses: host.addresses.filter((address) => address.link === link.index && !isGuestsOwn(address, link)).map(guestAddress),
      ipv4Settings: Buffer.from(link.ipv4Settings, "hex"),
      acceptRa: link.acceptRa,
    })),
    routes: guestRoutes(host.routes, names, new Set(host.links.filter(({ acceptRa }) => acceptRa).map(({ index }) => index))),
    rules: host.rules.map((rule) => Buffer.from(rule, "hex")),
    neighbours: host.neighbours.flatMap(({ link, ...rest }): GuestNeighbour[] => {
      const name = names.get(link);
      return name === undefined ? [] : [{ interface: name, ...rest }];
    }),
  };
}

/** A sentence for each kind of thing that the guest does without. */
export function omissions(host: HostNetwork): string[] {
  const sentences: string[] = [];
  for (const { destination, more } of host.routes) {
    if (more) {
      sentences.push(`the route to ${destination} has an encapsulation or the prefix of a source, which the pod does without`);
    }
  }
  const loopback = new Set(host.links.filter(({ layer }) => layer === ARPHRD_LOOPBACK).map(({ index }) => index));
  for (const { link, address } of host.addresses) {
    if (loopback.has(link) && !address.startsWith("127.") && address !== "::1") {
      sentences.push(`the loopback interface has the address ${address}, which the pod does without`);
    }
  }
  return sentences;
}

/** Equal for equal networks, however much time has passed of the lifetimes. */
export function fingerprint(network: GuestNetwork, nowS: number): string {
  return JSON.stringify(network, (key, value: unknown) =>
    (key === "validS" || key === "preferredS") && typeof value === "number" && value !== FOR_EVER
      ? Math.round((nowS + value) / LIFETIME_STEP_S)
      : value,
  );
}

/** Where the namespace listens to routers the guest does: what the host's end has heard before is not renewed there any more. */
function isGuestsOwn({ ofRouter }: HostAddress, { acceptRa }: HostLink): boolean {
  return ofRouter && acceptRa;
}

export function guestAddress(host: HostAddress): GuestAddress {
  const { address, prefixLength, peer, broadcast, label, scope, flags, metric, preferredS, validS } = host;
  return { address, prefixLength, peer, broadcast, label, scope, flags: flags & ASKED_FLAGS, metric, preferredS, validS };
}

/** What is on the link first, since gateways are found by that. */
function guestRoutes(routes: readonly HostRoute[], names: ReadonlyMap<number, string>, listening: ReadonlySet<number>): GuestRoute[] {
  const carried = routes.flatMap(({ nextHops, more, ...rest }): GuestRoute[] => {
    const hops = nextHops.flatMap(({ link, ...hop }) => {
      const name = names.get(link);
      return name === undefined ? [] : [{ interface: name, ...hop }];
    });
    const guestsOwn = rest.protocol === RTPROT_RA && nextHops.some(({ link }) => listening.has(link));
    return more || hops.length < nextHops.length || guestsOwn ? [] : [{ ...rest, nextHops: hops }];
  });
  const throughGateway = ({ nextHops }: GuestRoute): boolean => nextHops.some(({ gateway, onlink }) => gateway !== "" && !onlink);
  return [...carried.filter((route) => !throughGateway(route)), ...carried.filter(throughGateway)];
}
