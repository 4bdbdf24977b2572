import { describe, expect, test } from "vitest";

import { assignNics, chooseLinks } from "./links.ts";
import { link, LOOPBACK, network } from "./recorded.ts";

describe("the interfaces of a pod", () => {
  test("are those of Ethernet that belong to nobody else, in the order of their making", () => {
    const bridge = link(9, "br0", { kind: "bridge" });
    const [macvlan, ipvlan, dummy] = [link(7, "net1", { kind: "macvlan" }), link(4, "eth0", { kind: "ipvlan" }), link(8, "d", { kind: "dummy" })];
    const links = [LOOPBACK, macvlan, link(5, "hadron0", { kind: "tun" }), ipvlan, dummy, bridge];
    expect(chooseLinks(network({ links }))).toEqual({ carried: [ipvlan, macvlan, dummy, bridge], refused: [], left: [] });
    // Somebody else's tap is an interface like any other, and so is what only has such a name.
    const others = [link(2, "tap0", { kind: "tun" }), link(3, "hadron1"), link(4, "hadron", { kind: "tun" })];
    expect(chooseLinks(network({ links: others })).carried).toEqual(others);
  });

  test.each([
    [
      "a function of SR-IOV",
      link(3, "net1", { kind: "", bus: "pci" }),
      /^the interface net1 is a device on the pci bus, such as a function of SR-IOV/,
    ],
    ["another physical one", link(3, "eth7", { kind: "" }), /^the interface eth7 is a physical device/],
  ])("%s is refused by its name", (_, physical, sentence) => {
    const { carried, refused } = chooseLinks(network({ links: [LOOPBACK, physical] }));
    expect(carried).toEqual([]);
    expect(refused).toEqual([expect.stringMatching(sentence)]);
  });

  test.each([
    ["without Ethernet", [link(3, "wg0", { kind: "wireguard", layer: 65_534 })], /^the interface wg0 \(wireguard\) is not Ethernet/],
    ["without Ethernet or a kind", [link(3, "ib0", { kind: "", layer: 32 })], /^the interface ib0 \(type 32\) is not Ethernet/],
    ["that is a bridge's", [link(3, "p", { master: 4 }), link(4, "br", { kind: "bridge" })], /^the interface p is a port of br/],
    ["whose master is elsewhere", [link(3, "p", { master: 99 })], /^the interface p is a port of number 99/],
  ])("one %s stays outside, and is named", (_, links, sentence) => {
    const { refused, left } = chooseLinks(network({ links }));
    expect(refused).toEqual([]);
    expect(left).toEqual([expect.stringMatching(sentence)]);
  });

  test("what kernel modules put into every namespace is passed over", () => {
    const links = ["sit0", "tunl0", "gretap0"].map((name, index) => link(index + 2, name, { kind: "gretap" }));
    expect(chooseLinks(network({ links }))).toEqual({ carried: [], refused: [], left: [] });
  });
});

describe("NICs", () => {
  const [a, b, c] = [link(2, "a"), link(3, "b"), link(4, "c")];

  test("are given in turn, and what does not fit is named", () => {
    expect(assignNics([a, b, c], [undefined, undefined])).toEqual({ assigned: [a, b], homeless: [c] });
    expect(assignNics([], [undefined])).toEqual({ assigned: [undefined], homeless: [] });
    expect(assignNics([a], [])).toEqual({ assigned: [], homeless: [a] });
  });

  test("stay with their interface, also when an earlier one goes, and are free after it", () => {
    expect(assignNics([b, c], [2, 3])).toEqual({ assigned: [c, b], homeless: [] });
    expect(assignNics([b], [2, 3])).toEqual({ assigned: [undefined, b], homeless: [] });
    const renamed = { ...b, name: "other" };
    expect(assignNics([renamed], [2, 3])).toEqual({ assigned: [undefined, renamed], homeless: [] });
  });
});
