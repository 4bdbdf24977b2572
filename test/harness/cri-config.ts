/** containerd's CRI for tests: both of its sandboxers with Hadron, one with runc; pods have an address of CNI's ptp plugin. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type ImageName, imageReference } from "./images.ts";
import { debianPackage } from "./paths.ts";
import { hadron, runc } from "./runtime.ts";

/** What a pod's runtime handler may be. */
export const handlers = { podsandbox: hadron, shim: hadron, runc } as const;
export type Handler = keyof typeof handlers;

export interface CriSettings {
  /** What the file says that the options of the runtimes that are Hadron's name. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of a pod's own container. Default: "busybox", whose program ends at once, which only runc minds. */
  readonly sandboxImage?: ImageName;
}

const RUNTIME = `plugins."io.containerd.cri.v1.runtime"`;
const IMAGES = `plugins."io.containerd.cri.v1.images"`;

const hadronConfig = (directory: string): string => join(directory, "hadron.json");

/** What the configuration names, in the daemon's directory. */
export async function prepareCri(directory: string, { config }: CriSettings): Promise<void> {
  if (config !== undefined) {
    await writeFile(hadronConfig(directory), JSON.stringify(config));
  }
  const networks = join(directory, "net.d");
  await mkdir(networks);
  const ipam = { type: "host-local", ranges: [[{ subnet: "10.89.0.0/16" }]], dataDir: join(directory, "addresses") };
  await writeFile(join(networks, "10-test.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "test", plugins: [{ type: "ptp", ipam }] }));
}

/** Lines of config.toml, version 3. */
export async function criConfig(directory: string, { config, sandboxImage = "busybox" }: CriSettings): Promise<string[]> {
  const plugins = join(await debianPackage("bookworm", "containernetworking-plugins"), "usr/lib/cni");
  const runtimes = Object.entries(handlers).flatMap(([name, type]) => [
    `[${RUNTIME}.containerd.runtimes.${name}]`,
    `runtime_type = "${type}"`,
    `sandboxer = "${name === "shim" ? "shim" : "podsandbox"}"`,
    `pod_annotations = ["io.hadron.*"]`,
    ...(config === undefined || type === runc
      ? []
      : [`[${RUNTIME}.containerd.runtimes.${name}.options]`, `ConfigPath = ${JSON.stringify(hadronConfig(directory))}`]),
  ]);
  return [
    `[${IMAGES}.pinned_images]`,
    `sandbox = "${imageReference(sandboxImage)}"`,
    `[${RUNTIME}]`,
    `netns_mounts_under_state_dir = true`,
    // A machine that lacks CAP_SYS_RESOURCE cannot do what kubelet asks for.
    `restrict_oom_score_adj = true`,
    `[${RUNTIME}.cni]`,
    `bin_dir = ""`,
    `bin_dirs = [${JSON.stringify(plugins)}]`,
    `conf_dir = ${JSON.stringify(join(directory, "net.d"))}`,
    `[${RUNTIME}.containerd]`,
    `default_runtime_name = "podsandbox"`,
    ...runtimes,
  ];
}
