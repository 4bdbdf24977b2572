/** Pods and containers as a kubelet makes them, through crictl. */
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { CommandResult } from "../harness/command.ts";
import type { Containerd, ContainerdVersion } from "../harness/containerd.ts";
import type { Handler } from "../harness/cri-config.ts";
import { type ImageName, imageReference } from "../harness/images.ts";
import { uniqueId } from "../harness/runtime.ts";

/** A CRI message, as crictl reads it. */
type Message = Readonly<Record<string, unknown>>;

export interface CriMount {
  readonly host_path: string;
  readonly container_path: string;
  readonly readonly?: boolean;
  /** Default: none. */
  readonly propagation?: (typeof mountPropagation)[keyof typeof mountPropagation];
  readonly recursive_read_only?: boolean;
}

/** runtime.v1.Device. */
export interface CriDevice {
  readonly host_path: string;
  readonly container_path: string;
  /** Of r, w and m. */
  readonly permissions: string;
}

export interface ContainerSettings {
  readonly image?: ImageName;
  readonly mounts?: readonly CriMount[];
  readonly devices?: readonly CriDevice[];
  /** Of NamespaceOption. Default: a pid namespace of its own, as a kubelet asks for. */
  readonly namespaces?: Message;
  /** The pod has to be, too. */
  readonly privileged?: boolean;
}

/** Whether this crictl can talk to it. */
export function servesCri(version: ContainerdVersion): boolean {
  return version !== "1.6";
}

/** The Sandbox service came with containerd 2. */
export function sandboxersOf(version: ContainerdVersion): readonly ("podsandbox" | "shim")[] {
  return version.startsWith("1.") ? ["podsandbox"] : ["podsandbox", "shim"];
}

/** runtime.v1.MountPropagation. */
export const mountPropagation = { none: 0, hostToContainer: 1, bidirectional: 2 } as const;

/** runtime.v1.NamespaceMode. */
export const namespaceMode = { pod: 0, container: 1, node: 2, target: 3 } as const;

/** Disposed, the pod is removed with all that is in it. */
export class CriPod implements AsyncDisposable {
  readonly daemon: Containerd;
  readonly id: string;
  readonly #config: string;
  readonly #directory: string;

  private constructor(daemon: Containerd, id: string, config: string, directory: string) {
    this.daemon = daemon;
    this.id = id;
    this.#config = config;
    this.#directory = directory;
  }

  /** `settings` go over what every pod has. */
  static async run(daemon: Containerd, handler: Handler, settings: Message = {}): Promise<CriPod> {
    const { config, directory } = await podConfig(daemon, settings);
    const id = await daemon.mustCrictl(["runp", "--runtime", handler, config]);
    return new CriPod(daemon, id.trim(), config, directory);
  }

  /** What `run` would have; the answer is crictl's. */
  static async tryRun(daemon: Containerd, handler: Handler, settings: Message = {}): Promise<CommandResult> {
    const { config } = await podConfig(daemon, settings);
    return await daemon.crictl(["runp", "--runtime", handler, config]);
  }

  /** Answers the container's id. */
  async create(command: readonly string[], settings: ContainerSettings = {}): Promise<string> {
    return (await this.daemon.mustCrictl(await this.#createArguments(command, settings))).trim();
  }

  /** What `create` would have; the answer is crictl's. */
  async tryCreate(command: readonly string[]): Promise<CommandResult> {
    return await this.daemon.crictl(await this.#createArguments(command, {}));
  }

  async #createArguments(
    command: readonly string[],
    { image = "busybox", mounts = [], devices = [], namespaces, privileged = false }: ContainerSettings,
  ): Promise<string[]> {
    const name = uniqueId();
    const path = join(this.#directory, `${name}.json`);
    const linux = { security_context: { privileged, namespace_options: namespaces ?? { pid: namespaceMode.container } } };
    const message = { metadata: { name }, image: { image: imageReference(image) }, command, mounts, devices, linux, log_path: `${name}.log` };
    await writeFile(path, JSON.stringify(message));
    return ["create", this.id, path, this.#config];
  }

  async start(command: readonly string[], settings: ContainerSettings = {}): Promise<string> {
    const id = await this.create(command, settings);
    await this.daemon.mustCrictl(["start", id]);
    return id;
  }

  /** Without the line feeds at the end, of which crictl prints its own. */
  async exec(container: string, command: readonly string[]): Promise<CommandResult> {
    const result = await this.daemon.crictl(["exec", "--sync", container, ...command]);
    return { ...result, stdout: result.stdout.trimEnd() };
  }

  async inspect(): Promise<{ readonly status: PodStatus; readonly info: Message }> {
    return JSON.parse(await this.daemon.mustCrictl(["inspectp", this.id])) as { status: PodStatus; info: Message };
  }

  /** As `crictl pods` prints it; undefined when there is none. */
  async listed(): Promise<string | undefined> {
    const { items } = JSON.parse(await this.daemon.mustCrictl(["pods", "--id", this.id, "-o", "json"])) as { items: readonly { state: string }[] };
    return items[0]?.state;
  }

  async stop(): Promise<void> {
    await this.daemon.mustCrictl(["stopp", this.id]);
  }

  async remove(): Promise<void> {
    await this.daemon.mustCrictl(["rmp", this.id]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The test may have removed it; what is left over is found by others.
    await this.daemon.crictl(["rmp", "--force", this.id]);
  }
}

export interface PodStatus {
  readonly state: string;
  readonly createdAt: string;
  readonly network: { readonly ip: string };
}

export interface ContainerStatus {
  readonly state: string;
  readonly exitCode: number;
  readonly reason: string;
}

export async function containerStatus(daemon: Containerd, id: string): Promise<ContainerStatus> {
  const { status } = JSON.parse(await daemon.mustCrictl(["inspect", id])) as { status: ContainerStatus };
  return status;
}

async function podConfig(daemon: Containerd, settings: Message): Promise<{ readonly config: string; readonly directory: string }> {
  const directory = await mkdtemp(join(daemon.directory, "pod-"));
  const logs = join(directory, "logs");
  await mkdir(logs);
  const config = join(directory, "pod.json");
  const name = uniqueId("pod");
  const metadata = { name, uid: name, namespace: "default", attempt: 0 };
  const linux = { cgroup_parent: daemon.cgroupParent, ...(settings["linux"] as Message | undefined) };
  await writeFile(config, JSON.stringify({ metadata, hostname: name, log_directory: logs, ...settings, linux }));
  return { config, directory };
}

/** The text of a file on the host. */
export async function textOf(path: string): Promise<string> {
  return await readFile(path, "utf8");
}
