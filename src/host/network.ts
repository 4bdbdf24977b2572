/** What a network namespace has, as libhadron reads it. Numbers are those of rtnetlink(7), addresses are text as ip(8) writes it. */

import { anyString, bool, decode, list, struct, type Type, type TypeOf, uint32 } from "../json/schema.ts";

const LINK = struct({
  index: uint32,
  name: anyString,
  /** "veth"; empty for a physical device. */
  kind: anyString,
  /** ARPHRD_*: Ethernet is 1. */
  layer: uint32,
  hardwareAddress: anyString,
  mtu: uint32,
  /** IFF_*. */
  flags: uint32,
  /** Index of the bridge or bond that it is part of; 0 for none. */
  master: uint32,
  /** Of the device below ("pci"); empty for none. */
  bus: anyString,
  /** net.ipv4.conf.NAME.*, as the kernel has them, in hexadecimal; empty where there is no IPv4. */
  ipv4Settings: anyString,
  /** It listens to routers. */
  acceptRa: bool,
});

const ADDRESS = struct({
  link: uint32,
  address: anyString,
  prefixLength: uint32,
  /** The other end, if that is what the prefix belongs to; else empty. */
  peer: anyString,
  broadcast: anyString,
  label: anyString,
  scope: uint32,
  /** IFA_F_*. */
  flags: uint32,
  metric: uint32,
  /** Seconds; 4294967295 is for ever. */
  preferredS: uint32,
  validS: uint32,
  /** The kernel made it of a router's advertisement. */
  ofRouter: bool,
});

const ROUTE = struct({
  table: uint32,
  destination: anyString,
  nextHops: array(struct({ link: uint32, gateway: anyString, onlink: bool, weight: uint32 })),
  source: anyString,
  type: uint32,
  scope: uint32,
  protocol: uint32,
  metric: uint32,
  metrics: array(struct({ kind: uint32, value: uint32 })),
  preference: uint32,
  tos: uint32,
  /** It has what no field here says. */
  more: bool,
});

const NEIGHBOUR = struct({ link: uint32, address: anyString, hardwareAddress: anyString, proxy: bool, router: bool });

const NETWORK = struct({
  links: array(LINK),
  addresses: array(ADDRESS),
  /** Of all tables but the local one. */
  routes: array(ROUTE),
  /** Of policy routing, beside those that every namespace has, as messages of rtnetlink(7) in hexadecimal. */
  rules: array(anyString),
  /** Permanent ones. */
  neighbours: array(NEIGHBOUR),
});

export type HostLink = Readonly<TypeOf<typeof LINK>>;
export type HostAddress = Readonly<TypeOf<typeof ADDRESS>>;
export type HostRoute = Readonly<TypeOf<typeof ROUTE>>;
export type HostNeighbour = Readonly<TypeOf<typeof NEIGHBOUR>>;
export type HostNetwork = Readonly<TypeOf<typeof NETWORK>>;

/** INVALID_ARGUMENT for what is none. */
export function decodeNetwork(text: string): HostNetwork {
  return decode(NETWORK, "libhadron's answer", text, "nothing");
}

/** A list that is always there. */
function array<T>(element: Type<T>): Type<T[]> {
  const maybe = list(element);
  return { zero: () => [], read: (input, before) => maybe.read(input, before) ?? [] };
}
