/** A pod has the network of its namespace, in which CNI or whoever else has made it. */
import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { answerSum, makeBytes, type Netns, NODE_IPV4, NODE_IPV6, sendBytes, TestNode } from "../harness/network.ts";
import { patient } from "../harness/patience.ts";
import { type RunningContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { DaemonLog } from "./daemon-log.ts";
import { onlyPart, parts } from "./parts.ts";

const SLEEP = ["sleep", "600"];
const PING = "ping -c 2 -W 10";
const ANSWERED = "2 packets received";

async function inside(pod: RunningContainer, line: string): Promise<string> {
  const result = await pod.exec(["sh", "-c", line]);
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result.stdout;
}

/** What Hadron makes in a namespace: taps, and what takes the packets that come in. */
async function made(netns: Netns): Promise<string[]> {
  const taps = (await netns.links()).filter((name) => name.startsWith("hadron"));
  const qdiscs = (await netns.tc("qdisc show")).split("\n").filter((line) => line.includes("ingress"));
  return [...taps, ...qdiscs];
}

describe.each(containerdVersions)("containerd %s: a pod's network", (version) => {
  const daemon = useContainerd(version);

  async function start(netns: Netns, command: readonly string[] = SLEEP, options: { flags?: string[]; id?: string } = {}): Promise<RunningContainer> {
    return await startContainer(daemon(), command, { ...options, flags: [...netns.flags, ...(options.flags ?? [])] });
  }

  test("is that of its namespace, by both families, and carries megabytes both ways", async () => {
    await using node = await TestNode.make();
    const { netns, ipv4, ipv6 } = await node.pod();
    await netns.ip("route add 10.20.0.0/16 via 10.88.0.1 src 10.88.0.2 metric 7 mtu 1300");
    await netns.ip("route add blackhole 10.30.0.0/16");
    // Who has the second address goes by a route of another table.
    await netns.ip("address add 10.88.0.222/24 dev eth0");
    await netns.ip("rule add from 10.88.0.222 lookup 1000 priority 100");
    await netns.ip("route add 10.40.0.0/16 via 10.88.0.9 dev eth0 table 1000");
    await netns.ip(`-6 rule add to fd00:40::/64 lookup 1000 priority 100`);
    await netns.ip(`-6 route add fd00:40::/64 via ${NODE_IPV6} dev eth0 table 1000`);
    await netns.mustShell("cd /proc/sys/net/ipv4/conf/eth0 && echo 2 >arp_ignore && echo 1 >route_localnet");
    await netns.ip("neighbour add 10.88.0.77 lladdr 0a:00:00:00:00:77 dev eth0 nud permanent");
    await using pod = await start(netns, answerSum(5000));

    expect(await inside(pod, "ip -o address show dev eth0")).toMatch(new RegExp(`inet ${ipv4}/24 [^]*inet6 ${ipv6}/64`));
    const routes = await inside(pod, "ip route");
    expect(routes).toContain(`default via ${NODE_IPV4} dev eth0`);
    expect(routes).toMatch(/^10\.20\.0\.0\/16 via 10\.88\.0\.1 dev eth0 .*metric 7/m);
    expect(routes).toMatch(/^blackhole 10\.30\.0\.0\/16/m);
    expect(routes).toMatch(/^10\.88\.0\.0\/24 dev eth0/m);
    expect(await inside(pod, "ip route get 10.40.0.1 from 10.88.0.222")).toContain("via 10.88.0.9 dev eth0");
    expect(await inside(pod, "ip -6 route get fd00:40::1")).toContain(`via ${NODE_IPV6} dev eth0`);
    expect(await inside(pod, "cd /proc/sys/net/ipv4/conf/eth0 && cat arp_ignore route_localnet forwarding")).toBe("2\n1\n0\n");
    expect(await inside(pod, "ip -6 route")).toContain(`default via ${NODE_IPV6} dev eth0`);
    expect(await inside(pod, "ip neigh")).toContain("10.88.0.77 dev eth0 lladdr 0a:00:00:00:00:77");
    const hardware = /link\/ether (\S+)/.exec(await netns.ip("link show eth0"))?.[1];
    expect(await inside(pod, "cat /sys/class/net/eth0/address")).toBe(`${hardware}\n`);

    for (const address of [NODE_IPV4, NODE_IPV6]) {
      expect(await inside(pod, `${PING} ${address}`)).toContain(ANSWERED);
    }
    expect(await node.netns.mustShell(`${PING} ${ipv4}`)).toContain(ANSWERED);
    const sum = await node.netns.mustShell(makeBytes(32));
    expect(await node.netns.mustShell(sendBytes(ipv4, 5000))).toBe(sum);
    expect(await node.netns.mustShell(sendBytes(ipv6, 5000))).toBe(sum);
    await using _server = await node.netns.startSum(6000);
    const sent = await inside(pod, `cd /tmp && ${makeBytes(32)}`);
    expect(await inside(pod, `cd /tmp && ${sendBytes(NODE_IPV4, 6000)}`)).toBe(sent);
    expect(await inside(pod, `cd /tmp && ${sendBytes(NODE_IPV6, 6000)}`)).toBe(sent);
  });

  test("is as CNI left it while the pod runs, and has nothing of the pod after it", async () => {
    await using node = await TestNode.make();
    const { netns } = await node.pod();
    const look = async () => [
      ...((await netns.ip("address show dev eth0")).match(/(inet6?|link.ether) \S+/g) ?? []),
      await netns.ip("route"),
      await netns.ip("-6 route show dev eth0"),
    ];
    const before = await look();
    const pod = await start(netns);
    // A NIC and both ends of it, and a spare one, unless that can be plugged when it is needed.
    expect([3, 4]).toContain((await made(netns)).length);
    expect(await look()).toEqual(before);
    await pod[Symbol.asyncDispose]();
    expect(await made(netns)).toEqual([]);
    expect(await look()).toEqual(before);
    // The namespace's own stack has its packets again.
    expect(await netns.mustShell(`${PING} ${NODE_IPV4}`)).toContain(ANSWERED);
  });

  test("reaches another pod, and both resolve names", async () => {
    await using node = await TestNode.make();
    const [one, other] = [await node.pod(), await node.pod()];
    await using _resolver = node.netns.start(process.execPath, "-e", RESOLVER, NODE_IPV4);
    await using first = await start(one.netns, answerSum(5000));
    await using second = await start(other.netns);
    const sum = await inside(second, `cd /tmp && ${makeBytes(4)}`);
    expect(await inside(second, `cd /tmp && ${sendBytes(one.ipv4, 5000)}`)).toBe(sum);
    for (const pod of [first, second]) {
      expect(await inside(pod, `nslookup -type=a pod.test ${NODE_IPV4}`)).toContain("Address: 10.1.2.3");
    }
  });

  test("has ten interfaces, of any size, with any name", async () => {
    await using node = await TestNode.make();
    const netns = await node.emptyPod();
    const mtus = [1500, 68, 576, 1280, 1400, 9000, 16_000, 32_000, 65_535, 1501];
    const names = mtus.map((mtu, index) => (index === 0 ? "eth0" : `\u00e9"'$*\u{1f40b}${mtu}`));
    for (const [index, mtu] of mtus.entries()) {
      await node.connectDirectly(netns, names[index] ?? "", index + 1, mtu);
    }
    await using pod = await start(netns);
    const found = await inside(pod, 'cd /sys/class/net && for name in *; do echo "$name $(cat "$name/mtu")"; done');
    expect(found.trim().split("\n").sort()).toEqual([...mtus.map((mtu, index) => `${names[index]} ${mtu}`), "lo 65536"].sort());
    for (const [index, mtu] of mtus.entries()) {
      // Whole packets, as far as ping can.
      const size = Math.min(mtu, 65_000) - 28;
      expect(await inside(pod, `${PING} -s ${size} 10.${index + 1}.0.1`), `MTU ${mtu}`).toContain(ANSWERED);
    }
  });

  test("is followed as it changes", async () => {
    await using node = await TestNode.make();
    const netns = await node.emptyPod();
    await using pod = await start(netns, answerSum(5000));
    expect(await inside(pod, "ls /sys/class/net")).toBe("lo\n");
    const { ipv4 } = await node.connect(netns);
    await expect.poll(() => inside(pod, "ip address show dev eth0; ip route; true")).toContain(`default via ${NODE_IPV4}`);
    const sum = await node.netns.mustShell(makeBytes(1));
    expect(await node.netns.mustShell(sendBytes(ipv4, 5000))).toBe(sum);

    // In this order: with the first address of a prefix the kernel removes the others.
    await netns.ip(`address delete ${ipv4}/24 dev eth0`);
    await netns.ip("address add 10.88.0.200/24 dev eth0");
    await expect.poll(() => inside(pod, "ip address show dev eth0")).not.toContain(`${ipv4}/24`);
    await expect.poll(() => inside(pod, "ip address show dev eth0")).toContain("10.88.0.200/24");
    expect(await node.netns.mustShell(`${PING} 10.88.0.200`)).toContain(ANSWERED);
    await netns.ip("route add 10.40.0.0/16 via 10.88.0.1");
    await expect.poll(() => inside(pod, "ip route")).toContain("10.40.0.0/16 via 10.88.0.1 dev eth0");
    await netns.ip("rule add from 10.88.0.200 lookup 1000 priority 100");
    await expect.poll(() => inside(pod, "ip rule")).toMatch(/^100:\tfrom 10\.88\.0\.200 lookup 1000/m);
    await netns.ip("rule delete priority 100");
    await expect.poll(() => inside(pod, "ip rule")).not.toContain("1000");
    await netns.ip("link set eth0 mtu 1300");
    await expect.poll(() => inside(pod, "cat /sys/class/net/eth0/mtu")).toBe("1300\n");

    await netns.ip("link set eth0 down");
    await expect.poll(() => inside(pod, "ip link show dev eth0")).not.toContain(",UP");
    await netns.ip("link set eth0 name net-\u00e9");
    await netns.ip("link set net-\u00e9 up");
    await expect.poll(() => inside(pod, "ip link")).toMatch(/net-\u00e9: .*,UP/);
    expect(await inside(pod, `${PING} ${NODE_IPV4}`)).toContain(ANSWERED);

    // There is one NIC for the first interface, and one for another that comes later.
    const log = await DaemonLog.from(daemon());
    await node.connect(netns, { name: "eth1", defaultRoutes: false });
    await expect.poll(() => inside(pod, "ip -o -4 address show dev eth1; true")).toContain("10.88.0.3/24");
    await node.connect(netns, { name: "eth2", defaultRoutes: false });
    await log.line(/the interface eth2 has no NIC.*spare_nics/);
    await netns.ip("link delete net-\u00e9");
    await expect.poll(() => inside(pod, "ip -o -4 address show dev eth2; true")).toContain("10.88.0.4/24");
    expect(await inside(pod, "ls /sys/class/net")).toBe("eth1\neth2\nlo\n");
    expect(await inside(pod, `${PING} ${NODE_IPV4}`)).toContain(ANSWERED);
  });

  test("hears routers where its namespace listens to them, and is held by what the node drops at its end of the pair", async () => {
    await using node = await TestNode.make();
    const { netns, port } = await node.pod({ defaultRoutes: false });
    await using _router = await node.startRouter("fd00:99::/64");
    await using pod = await start(netns);
    await expect.poll(() => inside(pod, "ip -6 address show dev eth0; ip -6 route")).toMatch(/inet6 fd00:99::[\s\S]*default via fe80::/);
    const tcp = "nc -w 2 10.88.0.1 6000 </dev/null";
    await using _server = await node.netns.startSum(6000);
    await inside(pod, tcp);
    // To where nobody has the packets' hardware address, since a host's kernel may have no action that drops.
    await node.netns.ip("link add hole up type veth peer name bottom");
    await node.netns.ip("link set bottom up");
    await node.netns.tc(`qdisc add dev ${port} handle ffff: ingress`);
    await node.netns.tc(`filter add dev ${port} parent ffff: protocol ip u32 match ip dport 6000 0xffff action mirred egress redirect dev hole`);
    expect((await pod.exec(["sh", "-c", tcp])).exitCode).not.toBe(0);
    await inside(pod, `${PING} ${NODE_IPV4}`);
    await node.netns.tc(`qdisc delete dev ${port} handle ffff: ingress`);
    await inside(pod, tcp);
  });

  test("may lose its interface and its namespace", async () => {
    await using node = await TestNode.make();
    const { netns } = await node.pod();
    await using pod = await start(netns);
    await netns.delete();
    expect(await inside(pod, `${PING} ${NODE_IPV4}`)).toContain(ANSWERED);
    await node.netns.ip("link delete v2");
    await expect.poll(() => inside(pod, "ls /sys/class/net")).toBe("lo\n");
  });

  test.each([
    ["daemon", "daemon"],
    ["hypervisor", "vmm"],
  ] as const)("is free of the pod after kill -9 of the %s", async (_, part) => {
    await using node = await TestNode.make();
    const { netns } = await node.pod();
    const pod = await start(netns);
    process.kill((await onlyPart(daemon(), part)).pid, "SIGKILL");
    await expect.poll(() => pod.status(), { timeout: patient(20_000) }).not.toBe("RUNNING");
    await pod[Symbol.asyncDispose]();
    await expect.poll(() => made(netns), { timeout: patient(20_000) }).toEqual([]);
    await using again = await start(netns);
    expect(await inside(again, `${PING} ${NODE_IPV4}`)).toContain(ANSWERED);
  });

  test("holds a guest that takes another's address and floods: its neighbour works on, and its namespace's own stack hears nothing", async () => {
    await using node = await TestNode.make();
    const [bad, good] = [await node.pod(), await node.pod()];
    await using attacker = await start(bad.netns, SLEEP, { flags: ["--cap-add", "CAP_NET_ADMIN"] });
    await using neighbour = await start(good.netns, answerSum(5000));
    const received = async () => await bad.netns.mustShell("grep Ip: /proc/net/snmp | tail -n 1 | cut -d ' ' -f 4");
    const before = await received();
    const [own, taken] = await Promise.all([attacker, neighbour].map(async (pod) => (await inside(pod, "cat /sys/class/net/eth0/address")).trim()));
    await inside(
      attacker,
      `ip link set eth0 address ${taken} && ip address add ${good.ipv4}/24 dev eth0 && ip neigh flush dev eth0; ping -c 1 -W 1 -I ${good.ipv4} ${NODE_IPV4}; true`,
    );
    // Whoever speaks last has the address, as on any bridge.
    await expect.poll(() => inside(neighbour, `${PING} ${NODE_IPV4}; true`)).toContain(ANSWERED);
    await inside(
      attacker,
      `ip link set eth0 address ${own}; ip address delete ${good.ipv4}/24 dev eth0; for n in 1 2 3; do ping -q -i 0.0001 -s 1400 10.88.0.1 >/dev/null 2>&1 & done`,
    );
    const sum = await inside(neighbour, `cd /tmp && ${makeBytes(4)}`);
    await using _server = await node.netns.startSum(6000);
    expect(await inside(neighbour, `cd /tmp && ${sendBytes(NODE_IPV4, 6000)}`)).toBe(sum);
    expect(await inside(neighbour, `${PING} ${NODE_IPV4}`)).toContain(ANSWERED);
    expect(await received()).toBe(before);
  });

  test("cannot be the host's own, nor that of another VM", async () => {
    await using node = await TestNode.make();
    const { netns } = await node.pod();
    await using _first = await start(netns);
    const second = await start(netns).then(
      (pod) => pod[Symbol.asyncDispose](),
      (error: unknown) => String(error),
    );
    expect(second).toMatch(/the interface eth0 cannot be joined with the pod's VM: somebody has put an ingress qdisc on it/);
    const own = await startContainer(daemon(), SLEEP, { flags: ["--with-ns", `network:/proc/${process.pid}/ns/net`] }).then(
      (pod) => pod[Symbol.asyncDispose](),
      (error: unknown) => String(error),
    );
    expect(own).toMatch(/network namespace \/proc\/\d+\/ns\/net is the host's own/);
    expect(await parts(daemon(), "vmm")).toHaveLength(1);
  });
});

/** Answers every question for an address with 10.1.2.3. */
const RESOLVER = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (question, { port, address }) => {
  const end = question.indexOf(0, 12) + 5;
  const answer = Buffer.concat([question.subarray(0, end), Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3])]);
  answer.writeUInt16BE(0x8180, 2);
  answer.writeUInt16BE(1, 6);
  answer.writeUInt32BE(0, 8);
  socket.send(answer, port, address);
});
socket.bind(53, process.argv[1]);
`;
