/** Debian's CNI plugins in a node's network, called as a container runtime calls them (the CNI specification, "Execution protocol"). */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "./command.ts";
import type { Netns } from "./network.ts";
import { debianPackage, debianPackages } from "./paths.ts";

export type Plugin = Readonly<Record<string, unknown>> & { readonly type: string };

interface CniResult {
  readonly ips?: readonly { readonly address: string }[];
}

const VERSION = "1.0.0";

export async function pluginDirectory(): Promise<string> {
  return join(await debianPackage("bookworm", "containernetworking-plugins"), "usr/lib/cni");
}

/** A network of the node, for one attachment after the other. */
export class CniNetwork {
  readonly name: string;
  readonly #node: Netns;
  readonly #plugins: readonly Plugin[];
  readonly #runtimeConfig: object;

  constructor(name: string, node: Netns, plugins: readonly Plugin[], runtimeConfig: object = {}) {
    this.name = name;
    this.#node = node;
    this.#plugins = plugins;
    this.#runtimeConfig = runtimeConfig;
  }

  /** The addresses that the pod got, without the lengths of their prefixes. */
  async add(pod: Netns, link = "eth0"): Promise<string[]> {
    let result: CniResult | undefined;
    for (const plugin of this.#plugins) {
      result = await this.#call("ADD", plugin, pod, link, result);
    }
    await writeFile(this.#resultFile(pod, link), JSON.stringify(result));
    return (result?.ips ?? []).map(({ address }) => address.replace(/\/.*/, ""));
  }

  async check(pod: Netns, link = "eth0"): Promise<void> {
    const result = await this.#result(pod, link);
    // portmap looks for the rules of either family with the address of one (1.1.1).
    for (const plugin of this.#plugins.filter(({ type }) => type !== "portmap")) {
      await this.#call("CHECK", plugin, pod, link, result);
    }
  }

  async delete(pod: Netns, link = "eth0"): Promise<void> {
    const result = await this.#result(pod, link);
    for (const plugin of this.#plugins.toReversed()) {
      await this.#call("DEL", plugin, pod, link, result);
    }
  }

  #resultFile(pod: Netns, link: string): string {
    return join(pod.directory, `${this.name}-${link}.json`);
  }

  async #result(pod: Netns, link: string): Promise<CniResult> {
    return JSON.parse(await readFile(this.#resultFile(pod, link), "utf8")) as CniResult;
  }

  async #call(command: string, plugin: Plugin, pod: Netns, link: string, prevResult: CniResult | undefined): Promise<CniResult | undefined> {
    const directory = await pluginDirectory();
    const config = {
      cniVersion: VERSION,
      name: this.name,
      runtimeConfig: this.#runtimeConfig,
      ...plugin,
      ...(prevResult !== undefined && { prevResult }),
    };
    const output = await mustRun("nsenter", [`--net=${this.#node.path}`, join(directory, plugin.type)], {
      stdin: JSON.stringify(config),
      cwd: this.#node.directory,
      env: {
        CNI_COMMAND: command,
        CNI_CONTAINERID: pod.name,
        CNI_NETNS: pod.path,
        CNI_IFNAME: link,
        CNI_PATH: directory,
        PATH: `${await iptablesDirectory(this.#node)}:/usr/sbin:/usr/bin:/sbin:/bin`,
      },
    });
    return output.trim() === "" ? undefined : (JSON.parse(output) as CniResult);
  }
}

/** Addresses from a node's own store. */
export function hostLocal(node: Netns, ...subnets: string[]): Plugin {
  return { type: "host-local", dataDir: join(node.directory, "addresses"), ranges: subnets.map((subnet) => [{ subnet }]) };
}

/** Runs iptables on a node. */
export async function iptables(node: Netns, words: string): Promise<void> {
  await mustRun("nsenter", [`--net=${node.path}`, join(await iptablesDirectory(node), "iptables"), ...words.split(" ")]);
}

const LIBRARIES = ["libxtables12", "libip4tc2", "libip6tc2", "libnftnl11", "libmnl0", "libnfnetlink0", "libnetfilter-conntrack3"];
const made = new WeakMap<Netns, Promise<string>>();

/** A directory of a node's own with iptables and ip6tables in it, which need not be installed. */
function iptablesDirectory(node: Netns): Promise<string> {
  let directory = made.get(node);
  if (directory === undefined) {
    made.set(node, (directory = makeIptables(join(node.directory, "bin"))));
  }
  return directory;
}

/** iptables' own directory, and those of the libraries that it wants. */
export async function iptablesPackages(): Promise<string[]> {
  return await debianPackages("bookworm", "iptables", ...LIBRARIES);
}

/** Makes `directory`, with iptables and ip6tables in it. */
export async function makeIptables(directory: string): Promise<string> {
  const [root = "", ...libraries] = await iptablesPackages();
  const paths = libraries.map((library) => join(library, "usr/lib/x86_64-linux-gnu")).join(":");
  await mkdir(directory);
  for (const name of ["iptables", "ip6tables"].flatMap((each) => [each, `${each}-save`, `${each}-restore`])) {
    const script = [
      "#!/bin/sh",
      `export LD_LIBRARY_PATH=${paths} XTABLES_LIBDIR=${root}/usr/lib/x86_64-linux-gnu/xtables`,
      `exec ${root}/usr/sbin/xtables-legacy-multi ${name} "$@"`,
    ];
    await writeFile(join(directory, name), `${script.join("\n")}\n`, { mode: 0o755 });
  }
  return directory;
}
