import { spawn } from "node:child_process";
/**
 * Network namespaces of a test's own: a node with a bridge, and pods that are on it as CNI's bridge plugin would put them there. The
 * host's own network is not touched.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type CommandOptions, type CommandResult, mustRun, run } from "./command.ts";
import { busyboxBinary } from "./images.ts";
import { debianPackage } from "./paths.ts";
import { patient } from "./patience.ts";

/** A program that answers whoever connects with the sum of what is sent (busybox). */
export function answerSum(port: number): string[] {
  return ["nc", "-ll", "-p", String(port), "-e", "sha256sum"];
}

const SERVES_MS = patient(20_000);

/** A shell line: makes so many MiB in a file of this network's directory, and prints their sum. */
export function makeBytes(mib: number): string {
  return `dd if=/dev/urandom of=sent bs=1M count=${mib} 2>/dev/null; sha256sum <sent`;
}

/** A shell line: sends them, and prints the sum that is answered. */
export function sendBytes(address: string, port: number): string {
  return `nc ${address} ${port} <sent`;
}

/** A namespace as ip-netns(8) makes them. */
export class Netns implements AsyncDisposable {
  readonly name: string;
  /** Where `shell` is. */
  readonly directory: string;
  /** What every namespace has from the beginning where the host's kernel has such tunnels (gre0, tunl0 ...; net.core.fb_tunnels_only_for_init_net). */
  #builtIn: readonly string[] = [];

  private constructor(name: string, directory: string) {
    this.name = name;
    this.directory = directory;
  }

  static async make(): Promise<Netns> {
    const directory = await mkdtemp(join(tmpdir(), "hadron-test-netns-"));
    const netns = new Netns(`hadron-test-${randomBytes(4).toString("hex")}`, directory);
    await mustRun("ip", ["netns", "add", netns.name]);
    await netns.ip("link set lo up");
    netns.#builtIn = await netns.links();
    return netns;
  }

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** Flags of `ctr run` for a pod in it. */
  get flags(): string[] {
    return ["--with-ns", `network:${this.path}`];
  }

  /** `words`: as on the command line of ip(8), separated by single spaces. */
  async ip(words: string): Promise<string> {
    return await mustRun("ip", ["-n", this.name, ...words.split(" ")]);
  }

  async tc(words: string): Promise<string> {
    return await mustRun("tc", ["-n", this.name, ...words.split(" ")]);
  }

  /** A shell of busybox, and all its applets, in this network but for the rest on the host. */
  async shell(line: string, options: CommandOptions = {}): Promise<CommandResult> {
    return await run("nsenter", [`--net=${this.path}`, await busyboxBinary(), "sh", "-c", line], { cwd: this.directory, ...options });
  }

  async mustShell(line: string, options: CommandOptions = {}): Promise<string> {
    return await mustRun("nsenter", [`--net=${this.path}`, await busyboxBinary(), "sh", "-c", line], { cwd: this.directory, ...options });
  }

  /** Runs a program of this network that goes on; dispose the answer to kill it. */
  start(file: string, ...args: string[]): AsyncDisposable {
    const child = spawn("nsenter", [`--net=${this.path}`, file, ...args], { cwd: this.directory, stdio: "ignore" });
    const ended = once(child, "exit");
    return {
      async [Symbol.asyncDispose]() {
        child.kill("SIGKILL");
        await ended;
      },
    };
  }

  /** Answers whoever connects with the sum of what is sent. Serves when this answers. */
  async startSum(port: number): Promise<AsyncDisposable> {
    const server = this.start(await busyboxBinary(), ...answerSum(port));
    await this.mustShell(`until netstat -ltn | grep -q ':${port} '; do usleep 50000; done`, { timeoutMs: SERVES_MS });
    return server;
  }

  /** The names of its interfaces, without lo and the kernel's own. */
  async links(): Promise<string[]> {
    const links = JSON.parse(await this.ip("-j link")) as { ifname: string }[];
    return links.map(({ ifname }) => ifname).filter((name) => name !== "lo" && !this.#builtIn.includes(name));
  }

  async delete(): Promise<void> {
    await run("ip", ["netns", "delete", this.name]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delete();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export interface PodLink {
  /** In the pod; default "eth0". */
  readonly name?: string;
  readonly mtu?: number;
  /** The node has the first of the network. Default: a new one of both families. */
  readonly addresses?: readonly string[];
  /** Default: true. */
  readonly defaultRoutes?: boolean;
}

/** The node's addresses on its bridge. */
export const NODE_IPV4 = "10.88.0.1";
export const NODE_IPV6 = "fd00:88::1";

export class TestNode implements AsyncDisposable {
  readonly netns: Netns;
  readonly #pods: Netns[] = [];
  #next = 2;

  private constructor(netns: Netns) {
    this.netns = netns;
  }

  static async make(mtu = 1500): Promise<TestNode> {
    const node = new TestNode(await Netns.make());
    await node.netns.ip(`link add br0 mtu ${mtu} type bridge`);
    await node.netns.ip(`address add ${NODE_IPV4}/24 dev br0`);
    await node.netns.ip(`address add ${NODE_IPV6}/64 dev br0 nodad`);
    await node.netns.ip("link set br0 up");
    return node;
  }

  /** Another machine, beyond the node, which routes: at 10.99.0.2, where the node is 10.99.0.1 by its interface `lan0`. */
  async beyond(): Promise<Netns> {
    const other = await this.emptyPod();
    await this.netns.ip(`link add lan0 type veth peer name lan1 netns ${other.name}`);
    await this.netns.ip("address add 10.99.0.1/24 dev lan0");
    await this.netns.ip("link set lan0 up");
    await other.ip("address add 10.99.0.2/24 dev lan1");
    await other.ip("link set lan1 up");
    await other.ip("route add default via 10.99.0.1");
    await this.netns.mustShell("echo 1 >/proc/sys/net/ipv4/ip_forward");
    return other;
  }

  /** Advertises the node as a router, and the prefix. */
  async startRouter(prefix: string): Promise<AsyncDisposable> {
    const directory = this.netns.directory;
    await writeFile(
      join(directory, "radvd.conf"),
      `interface br0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix ${prefix} {}; };\n`,
    );
    // It wants to be one.
    await this.netns.mustShell("echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
    const program = join(await debianPackage("bookworm", "radvd"), "usr/sbin/radvd");
    return this.netns.start(program, "-n", "-C", "radvd.conf", "-p", "radvd.pid", "-m", "stderr");
  }

  /** A namespace without interfaces. */
  async emptyPod(): Promise<Netns> {
    const pod = await Netns.make();
    this.#pods.push(pod);
    return pod;
  }

  /** One with an interface on the bridge. Answers its addresses as well. */
  async pod(link: PodLink = {}): Promise<{ netns: Netns; ipv4: string; ipv6: string; port: string }> {
    const netns = await this.emptyPod();
    return { netns, ...(await this.connect(netns, link)) };
  }

  /** Puts one more interface of a pod on the bridge. `port`: its other end, on the node. */
  async connect(pod: Netns, link: PodLink = {}): Promise<{ ipv4: string; ipv6: string; port: string }> {
    const { name = "eth0", mtu = 1500, defaultRoutes = true } = link;
    const number = this.#next++;
    const [ipv4, ipv6, port] = [`10.88.0.${number}`, `fd00:88::${number.toString(16)}`, `v${number}`];
    await pod.ip(`link add ${name} mtu ${mtu} type veth peer name ${port} mtu ${mtu} netns ${this.netns.name}`);
    await this.netns.ip(`link set ${port} master br0 up`);
    for (const address of link.addresses ?? [`${ipv4}/24`, `${ipv6}/64`]) {
      await pod.ip(`address add ${address} dev ${name}${address.includes(":") ? " nodad" : ""}`);
    }
    await pod.ip(`link set ${name} up`);
    if (defaultRoutes) {
      await pod.ip(`route add default via ${NODE_IPV4} dev ${name}`);
      await pod.ip(`-6 route add default via ${NODE_IPV6} dev ${name}`);
    }
    return { ipv4, ipv6, port };
  }

  /** A pair of its own, with the node's end at 10.NUMBER.0.1 and the pod's at 10.NUMBER.0.2. */
  async connectDirectly(pod: Netns, name: string, number: number, mtu: number): Promise<void> {
    const port = `d${number}`;
    await pod.ip(`link add ${name} mtu ${mtu} type veth peer name ${port} mtu ${mtu} netns ${this.netns.name}`);
    await this.netns.ip(`address add 10.${number}.0.1/24 dev ${port}`);
    await this.netns.ip(`link set ${port} up`);
    await pod.ip(`address add 10.${number}.0.2/24 dev ${name}`);
    await pod.ip(`link set ${name} up`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const netns of [...this.#pods, this.netns]) {
      await netns[Symbol.asyncDispose]();
    }
  }
}
