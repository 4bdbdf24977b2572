/**
 * What programs with NET_ADMIN make of their pod's network: rules of firewalls, sets, virtual links, queues. runc's container does the
 * same in a namespace of the same kind, as far as the host's kernel can.
 */
import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { TestNode } from "../harness/network.ts";
import { patient } from "../harness/patience.ts";
import { hadron, runc, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

/** The rules of istio-init with REDIRECT, as `iptables-restore` reads them. */
const ISTIO_REDIRECT = `*nat
:ISTIO_INBOUND - [0:0]
:ISTIO_IN_REDIRECT - [0:0]
:ISTIO_OUTPUT - [0:0]
:ISTIO_REDIRECT - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A OUTPUT -p tcp -j ISTIO_OUTPUT
-A ISTIO_INBOUND -p tcp -m tcp --dport 15008 -j RETURN
-A ISTIO_INBOUND -p tcp -m tcp --dport 8080 -j RETURN
-A ISTIO_INBOUND -p tcp -j ISTIO_IN_REDIRECT
-A ISTIO_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15006
-A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A ISTIO_OUTPUT ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 53 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT
-A ISTIO_OUTPUT -o lo -m owner ! --uid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN
-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN
-A ISTIO_OUTPUT -j ISTIO_REDIRECT
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
COMMIT
`;

/** The same with TPROXY, with which the other end's address stays. */
const ISTIO_TPROXY = `*mangle
:ISTIO_DIVERT - [0:0]
:ISTIO_INBOUND - [0:0]
:ISTIO_TPROXY - [0:0]
-A PREROUTING -p tcp -j ISTIO_INBOUND
-A PREROUTING -p tcp -m mark --mark 0x539 -j CONNMARK --save-mark
-A OUTPUT -p tcp -m connmark --mark 0x539 -j CONNMARK --restore-mark
-A ISTIO_DIVERT -j MARK --set-xmark 0x539/0xffffffff
-A ISTIO_DIVERT -j ACCEPT
-A ISTIO_INBOUND -p tcp -m tcp --dport 9090 -j RETURN
-A ISTIO_INBOUND -p tcp -m socket --transparent -j ISTIO_DIVERT
-A ISTIO_INBOUND -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j ISTIO_DIVERT
-A ISTIO_INBOUND -p tcp -j ISTIO_TPROXY
-A ISTIO_TPROXY ! -d 127.0.0.1/32 -p tcp -j TPROXY --on-port 15006 --on-ip 0.0.0.0 --tproxy-mark 0x539/0xffffffff
COMMIT
`;

/** What agents of networks and of firewalls write. */
const FIREWALL = `*raw
-A PREROUTING -p udp -m udp --dport 8472 -m comment --comment "encapsulated" -j CT --notrack
-A OUTPUT -p tcp -m mark --mark 0xa00/0xfffffeff -m comment --comment "by the proxy" -j CT --notrack
-A PREROUTING -m rpfilter --invert -j DROP
COMMIT
*filter
-A INPUT -m addrtype --dst-type LOCAL --limit-iface-in -m comment --comment "the pod's own" -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443,8000:8080 -m conntrack --ctstate NEW -m limit --limit 5/sec -j LOG --log-prefix "new: "
-A INPUT -p tcp -m hashlimit --hashlimit-above 10/sec --hashlimit-mode srcip --hashlimit-name many -j DROP
-A INPUT -m set --match-set denied src -j REJECT --reject-with icmp-admin-prohibited
-A INPUT -p tcp -m connlimit --connlimit-above 20 --connlimit-mask 32 -j REJECT --reject-with tcp-reset
-A INPUT -p tcp -m recent --set --name seen --mask 255.255.255.255 --rsource -j ACCEPT
-A INPUT -m statistic --mode random --probability 0.50000000000 -j MARK --set-xmark 0x1/0xffffffff
-A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -m length --length 0:1500 -m pkttype --pkt-type unicast -j ACCEPT
-A INPUT -p tcp -m string --string "secret" --algo bm -m state --state NEW -j DROP
-A INPUT -p tcp -m tcp --dport 22 -m time --timestart 08:00:00 --timestop 18:00:00 -m u32 --u32 "0x6&0xff=0x6" -j ACCEPT
-A INPUT -p sctp -m sctp --dport 9 -m mac --mac-source 02:00:00:00:00:01 -j NFLOG --nflog-group 5
-A INPUT -p tcp -m physdev --physdev-is-bridged -j ACCEPT
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
-A FORWARD -p tcp -m connbytes --connbytes 10000 --connbytes-mode bytes --connbytes-dir both -j NFQUEUE --queue-num 3
COMMIT
*nat
-A POSTROUTING -s 10.0.0.0/8 ! -o lo -j MASQUERADE --random-fully
-A POSTROUTING -s 10.1.0.0/16 -j SNAT --to-source 10.88.0.9
-A PREROUTING -d 10.9.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.0.2:8080
-A PREROUTING -d 10.10.0.0/16 -j NETMAP --to 10.11.0.0/16
COMMIT
*mangle
-A POSTROUTING -p tcp -m tcp --dport 443 -j DSCP --set-dscp 0x0a
-A POSTROUTING -p udp -m udp --sport 68 -j CHECKSUM --checksum-fill
-A POSTROUTING -p tcp -j CLASSIFY --set-class 0001:0010
-A POSTROUTING -j TTL --ttl-set 64
-A PREROUTING -p udp -j TEE --gateway 10.88.0.1
COMMIT
`;

const FIREWALL6 = `*nat
-A OUTPUT ! -d ::1/128 -p tcp -m owner ! --uid-owner 1337 -j REDIRECT --to-ports 15001
-A POSTROUTING -s fd00::/8 -j MASQUERADE
COMMIT
*mangle
-A PREROUTING -p tcp -j TPROXY --on-port 15006 --on-ip :: --tproxy-mark 0x539/0xffffffff
COMMIT
*filter
-A INPUT -m rt --rt-type 0 -j DROP
-A INPUT -m frag --fragmore -j DROP
-A INPUT -p tcp -m tcp --dport 25 -j REJECT --reject-with icmp6-port-unreachable
COMMIT
`;

const NFT = `table inet mesh {
	set blocked {
		type ipv4_addr
		flags interval,timeout
		elements = { 10.5.0.0/16 }
	}

	map backends {
		type inet_service : ipv4_addr
		elements = { 80 : 10.9.0.2, 443 : 10.9.0.3 }
	}

	chain prerouting {
		type filter hook prerouting priority mangle; policy accept;
		fib saddr . iif oif missing counter packets 0 bytes 0 drop
		meta l4proto tcp socket transparent 1 meta mark set 0x00000539 accept
		tcp dport 8000-8080 tproxy ip to :15006 meta mark set 0x00000539 accept
		ct state established,related ct mark 0x00000001 accept
	}

	chain input {
		type filter hook input priority filter; policy accept;
		ip saddr @blocked reject with icmp admin-prohibited
		tcp dport 22 limit rate 5/second burst 5 packets log prefix "ssh: " accept
		tcp flags syn ct count over 20 drop
		quota over 100 mbytes drop
		meter many { ip saddr limit rate over 10/second burst 5 packets } drop
	}

	chain output {
		type nat hook output priority -100; policy accept;
		meta skuid 1337 return
		tcp dport 9000 redirect to :15001
		dnat ip to tcp dport map @backends
	}

	chain postrouting {
		type nat hook postrouting priority srcnat; policy accept;
		ip saddr 10.0.0.0/8 masquerade fully-random
	}

	chain balance {
		ct mark set numgen inc mod 3
		ct mark set jhash ip saddr mod 4
		ct state new queue to 3
		notrack
	}
}
`;

/** Of a link of that type, what ip(8) says. */
function link(type: string, name: string, options = ""): [string, string] {
  return [`a ${type} link`, `ip link add ${name} ${options.replace("@", `type ${type}`)} && ip -d -o link show ${name} | grep -o ' ${type} '`];
}

function queue(kind: string, options = ""): [string, string] {
  return [
    `the queue ${kind}`,
    `tc qdisc delete dev d0 root 2>/dev/null; tc qdisc add dev d0 root handle 1: ${kind} ${options} && tc qdisc show dev d0 | grep -o 'qdisc ${kind} 1: root'`,
  ];
}

/** Each a name, and a shell line that prints the same wherever it works. */
const DEEDS: readonly (readonly [name: string, line: string])[] = [
  [
    "ipset's sets",
    "for type in hash:ip hash:net hash:ip,port hash:net,iface hash:mac bitmap:port,range=0-9 bitmap:ip,range=10.0.0.0/24 list:set; do " +
      'case $type in *,range=*) set -- ${type%,range=*} range ${type#*,range=};; *) set -- $type;; esac; ipset create "s-$1" "$@" || exit; done; ' +
      "ipset create denied hash:net family inet timeout 60 && ipset add denied 10.66.0.0/16 && ipset test denied 10.66.1.1; ipset list -n | sort",
  ],
  ["istio's rules with REDIRECT", restored("iptables-legacy", ISTIO_REDIRECT)],
  ["istio's rules with TPROXY", restored("iptables-legacy", ISTIO_TPROXY)],
  ["iptables, legacy", restored("iptables-legacy", FIREWALL)],
  ["ip6tables, legacy", restored("ip6tables-legacy", FIREWALL6)],
  ["istio's rules with REDIRECT, by nft", restored("iptables-nft", ISTIO_REDIRECT)],
  ["istio's rules with TPROXY, by nft", restored("iptables-nft", ISTIO_TPROXY)],
  ["iptables, by nft", restored("iptables-nft", FIREWALL)],
  ["ip6tables, by nft", restored("ip6tables-nft", FIREWALL6)],
  ["an nft ruleset", `nft flush ruleset && cat >/tmp/ruleset <<'END' && nft -f /tmp/ruleset && nft -s list table inet mesh\n${NFT}END\n`],
  link("dummy", "d0", "@"),
  link("vlan", "d0.7", "link d0 @ id 7"),
  link("vxlan", "vx0", "@ id 42 local 10.88.0.99 dstport 8472 nolearning"),
  link("geneve", "gnv0", "@ id 42 remote 10.88.0.1"),
  link("wireguard", "wg0", "@"),
  link("macvlan", "mv0", "link d0 @ mode bridge"),
  link("ipvlan", "iv0", "link mv0 @ mode l2"),
  link("bridge", "b0", "@ vlan_filtering 1"),
  link("veth", "v0", "@ peer name v1"),
  link("vrf", "vrf0", "@ table 77"),
  link("ifb", "i0", "@"),
  link("gre", "g0", "@ remote 10.88.0.1"),
  link("ipip", "t0", "@ remote 10.88.0.1"),
  link("sit", "t1", "@ remote 10.88.0.1"),
  link("ip6tnl", "t2", "@ remote fd00::1"),
  [
    "a wireguard peer",
    "umask 077 && wg genkey >/tmp/key && wg set wg0 listen-port 51820 private-key /tmp/key peer $(wg genkey | wg pubkey) allowed-ips 10.7.0.0/24 && " +
      "ip address add 10.7.0.1/24 dev wg0 && ip link set wg0 up && wg show wg0 listen-port && wg show wg0 allowed-ips | cut -f 2",
  ],
  ["a tun and a tap device", "ip tuntap add mode tun tun7 && ip tuntap add mode tap tap7 && ip tuntap list | sort"],
  queue("fq"),
  queue("fq_codel"),
  queue("netem", "delay 100ms loss 1%"),
  queue("tbf", "rate 1mbit burst 32kbit latency 400ms"),
  queue("sfq"),
  queue("cake", "bandwidth 10mbit"),
  queue("prio"),
  queue("htb", "default 10"),
  [
    "classes and filters",
    "tc class add dev d0 parent 1: classid 1:10 htb rate 1mbit ceil 2mbit && tc qdisc add dev d0 parent 1:10 fq_codel && " +
      "tc filter add dev d0 parent 1: protocol ip prio 1 u32 match ip dport 80 0xffff flowid 1:10 && tc filter add dev d0 parent 1: prio 2 handle 7 fw flowid 1:10 && " +
      "tc filter add dev d0 parent 1: protocol ip prio 3 flower ip_proto tcp dst_port 443 flowid 1:10 && tc class show dev d0 | grep -o 'htb 1:10'",
  ],
  [
    "actions",
    "tc qdisc add dev d0 clsact && tc filter add dev d0 ingress protocol ip prio 1 u32 match u32 0 0 police rate 1mbit burst 10k drop && " +
      "tc filter add dev d0 ingress prio 2 matchall action mirred egress mirror dev b0 && tc filter add dev d0 egress prio 3 matchall action skbedit mark 7 pipe action csum ip && " +
      "tc filter show dev d0 egress | grep -o 'mark 7'",
  ],
  [
    "routes of several paths",
    "ip route add 10.50.0.0/16 nexthop via 10.88.0.1 dev eth0 weight 2 nexthop via 10.88.0.251 dev eth0 weight 1 && ip route show 10.50.0.0/16",
  ],
  [
    "policy routing",
    "ip rule add fwmark 0x539 lookup 133 priority 100 && ip route add local default dev lo table 133 && ip -6 rule add fwmark 0x539 lookup 133 priority 100 && " +
      "ip -6 route add local default dev lo table 133 && ip rule show | grep 133 && ip route show table 133 && ip -6 route show table 133",
  ],
  // A host that has it as a module loads it for the route.
  ["congestion control", "ip route add 10.60.0.0/16 via 10.88.0.1 congctl bbr && ip route show 10.60.0.0/16"],
];

/** A line that gives rules to `PROGRAM-restore` and prints what its other half says they are. The tables are empty again afterwards. */
function restored(program: string, rules: string): string {
  const tables = [...rules.matchAll(/^\*(\w+)$/gm)].map(([, name]) => name);
  // Not what the one program says of tables that the other has made.
  const save = tables.map((table) => `${program}-save -t ${table} 2>&1 | sed -n 's/\\[[0-9:]*\\]/[0:0]/; /^[*:-]/p'`).join(" && ");
  const flush = tables.map((table) => `${program} -t ${table} -F && ${program} -t ${table} -X`).join(" && ");
  return `cat >/tmp/rules <<'END' && ${program}-restore </tmp/rules && ${save} && ${flush}\n${rules}END\n`;
}

interface Outcome {
  readonly output: string;
  readonly exitCode: number;
}

describe.each(containerdVersions)("containerd %s: a pod with NET_ADMIN", (version) => {
  const daemon = useContainerd(version, { images: ["network"] });
  const flags = ["--cap-add", "CAP_NET_ADMIN", "--cap-add", "CAP_NET_RAW", "--device", "/dev/net/tun"];

  test("administers its network as with runc", async () => {
    await using node = await TestNode.make();
    const outcomes = async (runtime: string): Promise<Map<string, Outcome>> => {
      const { netns } = await node.pod();
      await using pod = await startContainer(daemon(), ["sleep", "600"], { image: "network", runtime, flags: [...netns.flags, ...flags] });
      const script = DEEDS.map(([, line]) => `(${line}\n) 2>&1; echo "=> $?"`).join("\n");
      const { stdout } = await pod.exec(["sh", "-c", script], { timeoutMs: patient(120_000) });
      const parts = [...stdout.matchAll(/([\s\S]*?)^=> (\d+)\n/gm)];
      return new Map(DEEDS.map(([name], index) => [name, { output: parts[index]?.[1] ?? "nothing", exitCode: Number(parts[index]?.[2]) }]));
    };
    const ours = await outcomes(hadron);
    expect(Object.fromEntries([...ours].filter(([, { exitCode }]) => exitCode !== 0))).toEqual({});
    // What the host's kernel lacks is nobody's fault.
    const theirs = [...(await outcomes(runc))].filter(([, { exitCode }]) => exitCode === 0);
    expect(theirs.map(([name]) => name)).toContain("a veth link");
    expect(Object.fromEntries(theirs.map(([name]) => [name, ours.get(name)]))).toEqual(Object.fromEntries(theirs));
  });

  test("takes its connections to a proxy, by REDIRECT and by TPROXY", async () => {
    await using node = await TestNode.make();
    const { netns, ipv4 } = await node.pod();
    await using pod = await startContainer(daemon(), ["sleep", "600"], { image: "network", flags: [...netns.flags, ...flags] });
    const { exitCode, stderr } = await pod.exec(["sh", "-c", PROXIES], { timeoutMs: patient(60_000) });
    expect(exitCode, stderr).toBe(0);
    const asked = async (port: number): Promise<string> => await node.netns.mustShell(`nc -w 10 ${ipv4} ${port} </dev/null`);
    // With TPROXY the proxy's end has the address that was dialled.
    expect(await asked(8080)).toBe(`${ipv4} 8080\n`);
    expect(await asked(9090)).toBe(`${ipv4} 15001\n`);
  });
});

const PROXIES = `set -e
for listen in 15001 15006,ip-transparent; do
  socat TCP-LISTEN:$listen,fork,reuseaddr SYSTEM:'echo $SOCAT_SOCKADDR $SOCAT_SOCKPORT' >/dev/null 2>&1 </dev/null &
done
iptables-legacy -t nat -A PREROUTING -p tcp --dport 9090 -j REDIRECT --to-ports 15001
iptables-legacy-restore --noflush <<END
${ISTIO_TPROXY}END
ip rule add fwmark 0x539 lookup 133
ip route add local default dev lo table 133
until [ $(grep -c ' 0A ' /proc/net/tcp) = 2 ]; do sleep 0.1; done
`;
