import { describe, expect, test } from "vitest";

import { fingerprint, guestNetwork, omissions } from "./guest-network.ts";
import { address, link, LOOPBACK, network, route } from "./recorded.ts";

const eth0 = link(2, "eth0");
const net1 = link(3, "net1", { mtu: 9000 });
const occupied = [{ slot: "02:68:61:64:00:01", link: eth0 }];
const NOPREFIXROUTE = 0x200;

describe("what the guest is told", () => {
  test("of an interface with all that it has", () => {
    const host = network({
      links: [LOOPBACK, eth0, net1],
      addresses: [
        address(1, "127.0.0.1/8", { scope: 254 }),
        address(2, "10.1.0.2/24", { broadcast: "10.1.0.255", label: "eth0" }),
        // Tentative, for the host's stack never hears an answer.
        address(2, "fd00::2/64", { flags: 0xc0 }),
        address(2, "10.2.0.1/32", { peer: "10.2.0.2", flags: 0x80 | NOPREFIXROUTE }),
        address(3, "10.9.0.2/24"),
      ],
      neighbours: [
        { link: 2, address: "10.1.0.1", hardwareAddress: "0a:00:00:00:00:01", proxy: false, router: false },
        { link: 3, address: "10.9.0.1", hardwareAddress: "0a:00:00:00:00:02", proxy: false, router: false },
      ],
    });
    const { interfaces, neighbours } = guestNetwork(host, occupied);
    expect(interfaces).toEqual([
      {
        slot: "02:68:61:64:00:01",
        name: "eth0",
        hardwareAddress: eth0.hardwareAddress,
        mtu: 1500,
        flags: 0x1_1043,
        ipv4Settings: Buffer.alloc(0),
        acceptRa: false,
        addresses: [
          expect.objectContaining({ address: "10.1.0.2", prefixLength: 24, broadcast: "10.1.0.255", label: "eth0", flags: 0 }),
          expect.objectContaining({ address: "fd00::2", prefixLength: 64, flags: 0 }),
          expect.objectContaining({ address: "10.2.0.1", peer: "10.2.0.2", flags: NOPREFIXROUTE }),
        ],
      },
    ]);
    expect(interfaces[0]?.addresses[0]).not.toHaveProperty("link");
    expect(neighbours).toEqual([{ interface: "eth0", address: "10.1.0.1", hardwareAddress: "0a:00:00:00:00:01", proxy: false, router: false }]);
  });

  test("of routes: those on the link first, none of interfaces that it does not have", () => {
    const several = [
      { link: 2, gateway: "10.1.0.1", onlink: false, weight: 2 },
      { link: 3, gateway: "10.9.0.1", onlink: false, weight: 1 },
    ];
    const routes = [
      route("0.0.0.0/0", 2, "10.1.0.1", { metrics: [{ kind: 2, value: 1300 }] }),
      route("10.1.0.1/32", 2, ""),
      route("10.9.0.0/24", 3, ""),
      route("10.30.0.0/16", 0, "", { type: 6 }),
      route("127.1.0.0/16", 1, ""),
      route("10.40.0.0/16", 2, "", { nextHops: several }),
      route("10.50.0.0/16", 2, "", { more: true }),
    ];
    const told = guestNetwork(network({ links: [LOOPBACK, eth0, net1], routes }), occupied).routes;
    expect(told.map(({ destination }) => destination)).toEqual(["10.1.0.1/32", "10.30.0.0/16", "127.1.0.0/16", "0.0.0.0/0"]);
    expect(told[3]).toMatchObject({
      nextHops: [{ interface: "eth0", gateway: "10.1.0.1", onlink: false, weight: 1 }],
      metrics: [{ kind: 2, value: 1300 }],
    });
    expect(told[2]?.nextHops[0]).toMatchObject({ interface: "lo" });
    const both = guestNetwork(network({ links: [LOOPBACK, eth0, net1], routes }), [...occupied, { slot: "02:68:61:64:00:02", link: net1 }]).routes;
    expect(both.find(({ destination }) => destination === "10.40.0.0/16")?.nextHops).toEqual([
      { interface: "eth0", gateway: "10.1.0.1", onlink: false, weight: 2 },
      { interface: "net1", gateway: "10.9.0.1", onlink: false, weight: 1 },
    ]);
  });

  test.each([true, false])("has what a router has advertised, unless it listens to it itself: %s", (acceptRa) => {
    const listening = link(2, "eth0", { acceptRa, ipv4Settings: "0100" });
    const host = network({
      links: [LOOPBACK, listening],
      addresses: [address(2, "fd00::2/64"), address(2, "fd00::77/64", { ofRouter: true })],
      routes: [route("::/0", 2, "fe80::1", { protocol: 9 }), route("fd00:9::/64", 2, "fe80::1")],
    });
    const { interfaces, routes } = guestNetwork(host, [{ slot: "02:68:61:64:00:01", link: listening }]);
    expect(interfaces).toMatchObject([{ acceptRa, ipv4Settings: Buffer.from([1, 0]) }]);
    expect(interfaces[0]?.addresses.map((each) => each.address)).toEqual(acceptRa ? ["fd00::2"] : ["fd00::2", "fd00::77"]);
    expect(routes.map(({ destination }) => destination)).toEqual(acceptRa ? ["fd00:9::/64"] : ["::/0", "fd00:9::/64"]);
  });

  test("has the other tables' routes, and the rules as they are", () => {
    const routes = [route("0.0.0.0/0", 2, "10.1.0.1", { table: 1000 })];
    const told = guestNetwork(network({ links: [LOOPBACK, eth0], routes, rules: ["02001800"] }), occupied);
    expect(told.routes).toMatchObject([{ table: 1000 }]);
    expect(told.rules).toEqual([Buffer.from([2, 0, 24, 0])]);
  });

  test("without an interface is nothing, and that is said too", () => {
    expect(guestNetwork(network(), [])).toEqual({ interfaces: [], routes: [], neighbours: [], rules: [] });
  });
});

test("what the guest does without is named", () => {
  expect(omissions(network({ addresses: [address(1, "127.0.0.1/8"), address(1, "::1/128"), address(1, "127.0.0.53/8")] }))).toEqual([]);
  const addresses = [address(1, "10.0.0.1/32")];
  const routes = [route("10.5.0.0/16", 2, "", { more: true })];
  expect(omissions(network({ routes, addresses }))).toEqual([
    expect.stringMatching(/the route to 10\.5\.0\.0\/16 has an encapsulation/),
    expect.stringMatching(/loopback interface has the address 10\.0\.0\.1/),
  ]);
});

test("a lifetime that passes is no change, one that is prolonged is", () => {
  const at = (validS: number) => guestNetwork(network({ links: [LOOPBACK, eth0], addresses: [address(2, "fd00::2/64", { validS })] }), occupied);
  const before = fingerprint(at(3600), 1000);
  expect(fingerprint(at(3500), 1100)).toBe(before);
  expect(fingerprint(at(3600), 1100)).not.toBe(before);
  expect(fingerprint(at(0xffff_ffff), 1000)).toBe(fingerprint(at(0xffff_ffff), 5000));
});
