/** Which interfaces of a pod's network namespace its guest gets. */

import type { HostLink, HostNetwork } from "../../host/network.ts";

export interface ChosenLinks {
  /** By index, as they are to be given NICs. */
  readonly carried: readonly HostLink[];
  /** A sentence for each that cannot be had in a VM though a container had it: the pod would not work. */
  readonly refused: readonly string[];
  /** A sentence for each that stays outside. */
  readonly left: readonly string[];
}

const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;

/** What kernel modules put into every namespace, of no use until somebody sets it up. */
const FALLBACKS: ReadonlySet<string> = new Set(["tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"]);

/** How libhadron names taps: this VM's, and another's that is in the same namespace by mistake. */
const TAP = /^hadron[0-9]+$/;

export function chooseLinks({ links }: HostNetwork): ChosenLinks {
  const carried: HostLink[] = [];
  const refused: string[] = [];
  const left: string[] = [];
  for (const link of links.toSorted((one, other) => one.index - other.index)) {
    const { name, kind, layer, master, bus } = link;
    if (layer === ARPHRD_LOOPBACK || (kind === "tun" && TAP.test(name)) || FALLBACKS.has(name)) {
      continue;
    }
    if (layer !== ARPHRD_ETHER) {
      left.push(`the interface ${name} (${kind === "" ? `type ${layer}` : kind}) is not Ethernet and cannot be had in a VM; the pod does without it`);
    } else if (kind === "") {
      const what = bus === "" ? "a physical device" : `a device on the ${bus} bus, such as a function of SR-IOV`;
      refused.push(
        `the interface ${name} is ${what}, which cannot be had in a VM yet; give the pod an interface on top of it (macvlan, ipvlan) or a veth`,
      );
    } else if (master === 0) {
      carried.push(link);
    } else {
      const bridge = links.find(({ index }) => index === master)?.name ?? `number ${master}`;
      left.push(`the interface ${name} is a port of ${bridge} on the host; the pod has ${bridge} alone`);
    }
  }
  return { carried, refused, left };
}

/** What is in a NIC stays there; others are given the free ones in turn. By the NICs' numbers; undefined: free. */
export function assignNics(
  carried: readonly HostLink[],
  before: readonly (number | undefined)[],
): { readonly assigned: readonly (HostLink | undefined)[]; readonly homeless: readonly HostLink[] } {
  const assigned = before.map((index) => carried.find((link) => link.index === index));
  const homeless: HostLink[] = [];
  for (const link of carried) {
    if (assigned.includes(link)) {
      continue;
    }
    const free = assigned.indexOf(undefined);
    if (free === -1) {
      homeless.push(link);
    } else {
      assigned[free] = link;
    }
  }
  return { assigned, homeless };
}
