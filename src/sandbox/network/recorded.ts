/** For tests: networks as libhadron reads them. */

import type { HostAddress, HostLink, HostNetwork, HostRoute } from "../../host/network.ts";

const FOR_EVER = 0xffff_ffff;

export function link(index: number, name: string, rest: Partial<HostLink> = {}): HostLink {
  const hardwareAddress = `0a:58:0a:01:00:${index.toString(16).padStart(2, "0")}`;
  return {
    index,
    name,
    kind: "veth",
    layer: 1,
    hardwareAddress,
    mtu: 1500,
    flags: 0x1_1043,
    master: 0,
    bus: "",
    ipv4Settings: "",
    acceptRa: false,
    ...rest,
  };
}

export const LOOPBACK = link(1, "lo", { kind: "", layer: 772, hardwareAddress: "00:00:00:00:00:00", mtu: 65_536, flags: 0x1_0049 });

export function address(of: number, text: string, rest: Partial<HostAddress> = {}): HostAddress {
  const [ip = "", length] = text.split("/");
  const none = { peer: "", broadcast: "", label: "", scope: 0, metric: 0 };
  return {
    link: of,
    address: ip,
    prefixLength: Number(length),
    ...none,
    flags: 0x80,
    preferredS: FOR_EVER,
    validS: FOR_EVER,
    ofRouter: false,
    ...rest,
  };
}

/** `via`: 0 for none. */
export function route(destination: string, via: number, gateway: string, rest: Partial<HostRoute> = {}): HostRoute {
  const nextHops = via === 0 ? [] : [{ link: via, gateway, onlink: false, weight: 1 }];
  const none = { table: 254, source: "", metric: 0, metrics: [], preference: 0, tos: 0, more: false };
  return { destination, nextHops, ...none, type: 1, scope: 0, protocol: 3, ...rest };
}

export function network(parts: Partial<HostNetwork> = {}): HostNetwork {
  return { links: [LOOPBACK], addresses: [], routes: [], rules: [], neighbours: [], ...parts };
}
