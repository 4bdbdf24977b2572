/** containerd's CRI for tests: both of its sandboxers with Hadron, one with runc. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Plugin, pluginDirectory } from "./cni.ts";
import { type ImageName, imageReference } from "./images.ts";
import { hadron, runc } from "./runtime.ts";

/** What a pod's runtime handler may be. */
export const handlers = { podsandbox: hadron, shim: hadron, runc } as const;
export type Handler = keyof typeof handlers;

export interface CriSettings {
  /** What the file says that the options of the runtimes that are Hadron's name. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of a pod's own container. Default: "busybox", whose program ends at once, which only runc minds. */
  readonly sandboxImage?: ImageName;
  /** Default: a network of the daemon's own, pods with an address of CNI's ptp plugin, and images that the test imports. */
  readonly node?: NodeSettings;
}

/** For a test that is a node itself: the daemon is in its network, and pulls. */
export interface NodeSettings {
  /** Of CNI, one after the other. */
  readonly plugins: readonly Plugin[];
  /** Where all images come from, whatever they are named; "HOST:PORT". */
  readonly registry: string;
  /** What the pods' own containers are made of. */
  readonly pauseImage: string;
}

const RUNTIME = `plugins."io.containerd.cri.v1.runtime"`;
const IMAGES = `plugins."io.containerd.cri.v1.images"`;
/** containerd 1's for both. */
const CRI = `plugins."io.containerd.grpc.v1.cri"`;

const hadronConfig = (directory: string): string => join(directory, "hadron.json");

/** What the configuration names, in the daemon's directory. */
export async function prepareCri(directory: string, { config, node }: CriSettings): Promise<void> {
  if (config !== undefined) {
    await writeFile(hadronConfig(directory), JSON.stringify(config));
  }
  const networks = join(directory, "net.d");
  await mkdir(networks);
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.89.0.0/16" }]], dataDir: join(directory, "addresses") };
  const plugins = node?.plugins ?? [{ type: "ptp", ipam }];
  await writeFile(join(networks, "10-test.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "test", plugins }));
  if (node !== undefined) {
    const hosts = join(registryHosts(directory), "_default");
    await mkdir(hosts, { recursive: true });
    await writeFile(join(hosts, "hosts.toml"), `[host."http://${node.registry}"]\n  capabilities = ["pull", "resolve"]\n`);
  }
}

const registryHosts = (directory: string): string => join(directory, "hosts");

/** Lines of config.toml, version 3, or, for a containerd that is `old`, 2, where there is no other sandboxer than podsandbox. */
export async function criConfig(directory: string, old: boolean, { config, sandboxImage = "busybox", node }: CriSettings): Promise<string[]> {
  const plugins = await pluginDirectory();
  const [runtime, images] = old ? [CRI, CRI] : [RUNTIME, IMAGES];
  const runtimes = Object.entries(handlers).flatMap(([name, type]) => [
    `[${runtime}.containerd.runtimes.${name}]`,
    `runtime_type = "${type}"`,
    ...(old ? [] : [`sandboxer = "${name === "shim" ? "shim" : "podsandbox"}"`]),
    `pod_annotations = ["io.hadron.*"]`,
    // As docs/kubernetes.md has it.
    ...(type === runc ? [] : ["privileged_without_host_devices = true"]),
    ...(config === undefined || type === runc
      ? []
      : [`[${runtime}.containerd.runtimes.${name}.options]`, `ConfigPath = ${JSON.stringify(hadronConfig(directory))}`]),
  ]);
  const pause = `"${node?.pauseImage ?? imageReference(sandboxImage)}"`;
  return [
    ...(old ? [] : [`[${images}.pinned_images]`, `sandbox = ${pause}`]),
    ...(node === undefined ? [] : [`[${images}.registry]`, `config_path = ${JSON.stringify(registryHosts(directory))}`]),
    `[${runtime}]`,
    ...(old ? [`sandbox_image = ${pause}`] : []),
    `netns_mounts_under_state_dir = true`,
    // A machine that lacks CAP_SYS_RESOURCE cannot do what kubelet asks for.
    `restrict_oom_score_adj = true`,
    `[${runtime}.cni]`,
    ...(old ? [`bin_dir = ${JSON.stringify(plugins)}`] : [`bin_dir = ""`, `bin_dirs = [${JSON.stringify(plugins)}]`]),
    `conf_dir = ${JSON.stringify(join(directory, "net.d"))}`,
    `[${runtime}.containerd]`,
    `default_runtime_name = "podsandbox"`,
    ...runtimes,
  ];
}
