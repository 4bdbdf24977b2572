/** A pod whose network CNI's plugins make, before it or between Create and Start. */
import { describe, expect, test } from "vitest";

import { CniNetwork, hostLocal, iptables, pluginDirectory } from "../harness/cni.ts";
import { mustRun, run } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { answerSum, makeBytes, type Netns, sendBytes, TestNode } from "../harness/network.ts";
import { hadron, type RunningContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { onlyPart } from "./parts.ts";

async function inside(pod: RunningContainer, line: string): Promise<string> {
  const result = await pod.exec(["sh", "-c", line]);
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  return result.stdout;
}

/** Where the host's kernel has that type of interface. */
async function ifThereIs(type: string): Promise<string[]> {
  await using node = await TestNode.make();
  const probed = await run("ip", ["-n", node.netns.name, "link", "add", "probe", "link", "br0", "type", type]);
  return probed.exitCode === 0 ? [type] : [];
}
/** Where the kernel routes: there is no ARP. */
const IPVLAN_L3 = "ipvlan in mode l3";
const ipvlan = await ifThereIs("ipvlan");
const ofSomeKernels = [...ipvlan, ...(await ifThereIs("macvtap")), ...ipvlan.map(() => IPVLAN_L3)];

/** Debian has no plugin for it. */
function macvtap(node: Netns): Pick<CniNetwork, "add" | "check" | "delete"> {
  const address = "10.99.0.50";
  return {
    async add(pod, link = "eth0") {
      await node.ip(`link add link lan0 name made netns ${pod.name} type macvtap mode bridge`);
      await pod.ip(`link set made name ${link} up`);
      await pod.ip(`address add ${address}/24 dev ${link}`);
      await pod.ip("route add default via 10.99.0.1");
      return [address];
    },
    async check(pod, link = "eth0") {
      await pod.ip(`link show dev ${link} type macvtap`);
    },
    async delete(pod, link = "eth0") {
      await pod.ip(`link delete ${link}`);
    },
  };
}

function bridge(node: Netns): CniNetwork {
  const ipam = hostLocal(node, "10.77.0.0/24", "fd00:77::/64");
  return new CniNetwork(
    "pods",
    node,
    [
      { type: "bridge", bridge: "cni0", isDefaultGateway: true, ipMasq: true, ipam },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
      { type: "firewall", backend: "iptables" },
    ],
    { portMappings: [{ hostPort: 8080, containerPort: 5000, protocol: "tcp" }] },
  );
}

describe.each(containerdVersions)("containerd %s: a pod of CNI", (version) => {
  const daemon = useContainerd(version);

  test("on a bridge is reached from the node, another machine and through a port of the node, unless a rule forbids it", async () => {
    await using node = await TestNode.make();
    const far = await node.beyond();
    const network = bridge(node.netns);
    const netns = await node.emptyPod();
    const [ipv4 = "", ipv6 = ""] = await network.add(netns);
    await using pod = await startContainer(daemon(), answerSum(5000), { flags: netns.flags });
    await network.check(netns);

    const sum = await far.mustShell(makeBytes(8));
    await node.netns.mustShell(`cp ${far.directory}/sent sent`);
    expect(await node.netns.mustShell(sendBytes(ipv4, 5000))).toBe(sum);
    expect(await node.netns.mustShell(sendBytes(ipv6, 5000))).toBe(sum);
    expect(await far.mustShell(sendBytes(ipv4, 5000))).toBe(sum);
    expect(await far.mustShell(sendBytes("10.99.0.1", 8080))).toBe(sum);
    await using _server = await far.startSum(6000);
    const sent = await inside(pod, `cd /tmp && ${makeBytes(8)}`);
    expect(await inside(pod, `cd /tmp && ${sendBytes("10.99.0.2", 6000)}`)).toBe(sent);

    await iptables(node.netns, "-I FORWARD -p tcp --dport 5000 -j DROP");
    expect((await far.shell(`nc -w 2 ${ipv4} 5000 </dev/null`)).exitCode).not.toBe(0);
    await iptables(node.netns, "-D FORWARD -p tcp --dport 5000 -j DROP");
    expect(await far.mustShell(sendBytes(ipv4, 5000))).toBe(sum);

    // As after a crash: the network can be taken away before the pod.
    process.kill((await onlyPart(daemon(), "vmm")).pid, "SIGKILL");
    await network.delete(netns);
    expect(await netns.links()).not.toContain("eth0");
    await pod[Symbol.asyncDispose]();
    expect(await netns.links()).toEqual([]);
  });

  test("has its network from ctr, which makes it between Create and Start", async () => {
    await using node = await TestNode.make();
    const { directory, path } = node.netns;
    const plugins = [{ type: "bridge", bridge: "cni0", isDefaultGateway: true, ipam: hostLocal(node.netns, "10.77.0.0/24") }];
    const list = JSON.stringify({ cniVersion: "1.0.0", name: "late", plugins });
    // Where ctr looks for plugins and networks is not to be chosen, so it sees directories of its own.
    const prepare = [
      "mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work && mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work none /etc",
      "mkdir -p /etc/cni/net.d && cat >/etc/cni/net.d/10-late.conflist",
      `mount -t tmpfs none /opt && mkdir -p /opt/cni/bin && mount --bind ${await pluginDirectory()} /opt/cni/bin`,
      'exec "$@"',
    ].join("\n");
    const id = uniqueId();
    const line = "ip -4 address show dev eth0 && ping -c 2 -W 10 10.77.0.1";
    const ctr = [
      daemon().ctrPath,
      ...daemon().ctrGlobals,
      "run",
      "--rm",
      "--cni",
      "--runtime",
      hadron,
      "docker.io/library/busybox:test",
      id,
      "sh",
      "-c",
      line,
    ];
    const output = await mustRun("nsenter", [`--net=${path}`, "unshare", "--mount", "sh", "-ec", prepare, "sh", ...ctr], {
      stdin: list,
      cwd: directory,
    });
    expect(output).toMatch(/inet 10\.77\.0\.2\/24/);
    expect(output).toContain("2 packets received");
  });

  test.each(["ptp", "macvlan", ...ofSomeKernels])("by %s carries megabytes both ways", async (type) => {
    await using node = await TestNode.make();
    const far = await node.beyond();
    const netns = await node.emptyPod();
    const routes = [{ dst: "0.0.0.0/0" }];
    const onLan = { type: "static", addresses: [{ address: "10.99.0.50/24", gateway: "10.99.0.1" }] };
    const behind = { type: "static", addresses: [{ address: "10.66.0.50/24" }], routes };
    const plugin =
      type === "ptp"
        ? { type, ipam: { ...hostLocal(node.netns, "10.66.0.0/24"), routes } }
        : type === IPVLAN_L3
          ? { type: "ipvlan", mode: "l3", master: "lan0", ipam: behind }
          : { type, master: "lan0", ipam: onLan };
    const network = type === "macvtap" ? macvtap(node.netns) : new CniNetwork("one", node.netns, [plugin]);
    const [ipv4 = ""] = await network.add(netns);
    await using pod = await startContainer(daemon(), answerSum(5000), { flags: netns.flags });
    const sum = await far.mustShell(makeBytes(8));
    expect(await far.mustShell(sendBytes(ipv4, 5000))).toBe(sum);
    await using _server = await far.startSum(6000);
    const sent = await inside(pod, `cd /tmp && ${makeBytes(8)}`);
    expect(await inside(pod, `cd /tmp && ${sendBytes("10.99.0.2", 6000)}`)).toBe(sent);
    await network.check(netns);
    await pod[Symbol.asyncDispose]();
    await network.delete(netns);
    expect(await netns.links()).toEqual([]);
  });
});
