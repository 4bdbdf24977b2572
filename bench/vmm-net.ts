/** A NIC: qperf between the guest and a namespace of the host, by the VMM and by the host's kernel (vhost-net); and between two namespaces. */
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { join } from "node:path";

import type { GuestInterface, GuestRoute } from "../src/agent/agent.ts";
import type { Nic } from "../src/hypervisor/hypervisor.ts";
import { type Netns, TestNode } from "../test/harness/network.ts";
import { add, type Bench, BenchPod, type Figures } from "./vmm-pod.ts";

const SECONDS = 3;
const VHOST = "/dev/vhost-net";
/** Who carries the packets, and the number of the network. */
const CARRIERS: readonly (readonly [words: string, number: number])[] = [["", 71], ...(existsSync(VHOST) ? [[", vhost-net", 72] as const] : [])];
/** What is measured, and what the client, who is in the guest, is told of it. */
const TESTS = [
  { what: "TCP, guest to host", test: "tcp_bw", options: "--msg_size 64K" },
  { what: "TCP, host to guest", test: "tcp_bw", options: "--msg_size 64K --flip 1" },
  { what: "TCP round trip", test: "tcp_lat", options: "" },
] as const;

/** A node, where qperf serves. No VM is to be left when it is disposed. */
export class NetBench implements AsyncDisposable {
  readonly #node: TestNode;
  readonly #root: string;
  readonly #server: AsyncDisposable;

  private constructor(node: TestNode, root: string) {
    this.#node = node;
    this.#root = root;
    this.#server = node.netns.start(join(root, "qperf"));
  }

  /** `root`: the directory with qperf. */
  static async make(root: string): Promise<NetBench> {
    return new NetBench(await TestNode.make(), root);
  }

  /** The VM runs in the node's namespace, whose taps have addresses. */
  async guest(bench: Bench, figures: Figures): Promise<void> {
    const { netns } = this.#node;
    using descriptors = new DisposableStack();
    const nics: Nic[] = [];
    const interfaces: GuestInterface[] = [];
    const routes: GuestRoute[] = [];
    const taps: string[] = [];
    for (const [words, number] of CARRIERS) {
      const { index, queues } = await bench.host.openTap(netns.path, 1);
      const vhost = words === "" ? [] : [openSync(VHOST, constants.O_RDWR)];
      [...queues, ...vhost].forEach((fd) => descriptors.defer(() => closeSync(fd)));
      const hardwareAddress = `02:00:00:00:00:${number}`;
      nics.push({ kind: "nic", hardwareAddress, queues, vhost });
      interfaces.push(interfaceOf(`eth${number}`, hardwareAddress, `10.${number}.0.2`));
      routes.push(routeOf(`eth${number}`, `10.${number}.0.0/24`));
      taps.push(await upTap(netns, index, `10.${number}.0.1/24`));
    }
    await using pod = await BenchPod.boot({ ...bench, netns: netns.path }, this.#root, nics);
    const problems = await pod.agent.setNetwork({ interfaces, routes, neighbours: [], rules: [] });
    if (problems.length > 0) {
      throw new Error(problems.join("; "));
    }
    for (const [index, [words, number]] of CARRIERS.entries()) {
      const tap = taps[index] ?? "";
      const work = async (): Promise<{ values: number[]; moved: number; packets: number }> => {
        const before = await countsOf(netns, tap);
        const { stdout } = await pod.run(["/bin/busybox", "sh", "-c", clientScript("/qperf", `10.${number}.0.1`)]);
        const after = await countsOf(netns, tap);
        return { values: valuesOf(stdout), moved: after.bytes - before.bytes, packets: after.packets - before.packets };
      };
      const { values, moved } = await pod.counted(figures, `TCP${words}, exits for each packet`, work, ({ packets }) => packets);
      const counted = TESTS.reduce((sum, { test }, at) => sum + (test === "tcp_bw" ? (values[at] ?? 0) * SECONDS : 0), 0);
      if (moved < counted) {
        throw new Error(`${tap} has carried ${moved} bytes of ${counted}`);
      }
      addAll(figures, values, words);
    }
  }

  /** The same by a veth, which is what a container without a VM has. */
  async withoutVm(figures: Figures): Promise<void> {
    const pod = await this.#node.emptyPod();
    await this.#node.connectDirectly(pod, "eth0", 70, 1500);
    const script = clientScript(join(this.#root, "qperf"), "10.70.0.1");
    const values = valuesOf(await pod.mustShell(script));
    CARRIERS.forEach(([words]) => addAll(figures, values, words));
    await pod.delete();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#node[Symbol.asyncDispose]();
  }
}

/** Of a shell, which prints bytes a second and nanoseconds as bare numbers. A server that has not begun to listen is waited for. */
function clientScript(qperf: string, server: string): string {
  return TESTS.map(({ test, options }) => `${qperf} --unify_units --time ${SECONDS} --wait_server 30 ${options} ${server} ${test}`).join(" && ");
}

/** One for each test. */
function valuesOf(said: string): number[] {
  const values = [...said.matchAll(/(?:bw|latency)\s+=\s+([0-9.]+) (?:bytes\/sec|ns)$/gm)].map(([, value]) => Number(value));
  if (values.length !== TESTS.length) {
    throw new Error(`qperf has not said ${TESTS.length} figures: ${said}`);
  }
  return values;
}

/** MB/s, and milliseconds of a round trip, of which qperf says the half. */
function addAll(figures: Figures, values: readonly number[], carrier: string): void {
  for (const [index, { what, test }] of TESTS.entries()) {
    const value = values[index] ?? Number.NaN;
    add(figures, `${what}${carrier}`, test === "tcp_bw" ? value / 1e6 : (2 * value) / 1e6);
  }
}

async function upTap(netns: Netns, index: number, address: string): Promise<string> {
  const links = JSON.parse(await netns.ip("-j link")) as { ifname: string; ifindex: number }[];
  const name = links.find(({ ifindex }) => ifindex === index)?.ifname ?? "";
  await netns.ip(`address add ${address} dev ${name}`);
  await netns.ip(`link set ${name} up`);
  return name;
}

/** What has gone through it, both ways. */
async function countsOf(netns: Netns, link: string): Promise<Counts> {
  const [found] = JSON.parse(await netns.ip(`-s -j link show dev ${link}`)) as { stats64: { rx: Counts; tx: Counts } }[];
  if (found === undefined) {
    throw new Error(`there is no ${link}`);
  }
  const { rx, tx } = found.stats64;
  return { bytes: rx.bytes + tx.bytes, packets: rx.packets + tx.packets };
}

interface Counts {
  readonly bytes: number;
  readonly packets: number;
}

function interfaceOf(name: string, hardwareAddress: string, address: string): GuestInterface {
  const forEver = { preferredS: 0xffff_ffff, validS: 0xffff_ffff };
  const none = { peer: "", broadcast: "", label: "", scope: 0, flags: 0, metric: 0 };
  return {
    slot: hardwareAddress,
    name,
    hardwareAddress,
    mtu: 1500,
    // IFF_UP.
    flags: 1,
    addresses: [{ address, prefixLength: 24, ...none, ...forEver }],
    ipv4Settings: new Uint8Array(),
    acceptRa: false,
  };
}

/** To what is on the link itself: the agent makes no routes of its own. */
function routeOf(link: string, destination: string): GuestRoute {
  const nextHops = [{ interface: link, gateway: "", onlink: false, weight: 1 }];
  // RT_TABLE_MAIN, RTN_UNICAST, RT_SCOPE_LINK and RTPROT_KERNEL.
  return { table: 254, destination, nextHops, source: "", type: 1, scope: 253, protocol: 2, metric: 0, metrics: [], preference: 0, tos: 0 };
}
