/** A pod's VM as measurements have it: the agent and containers in it, on a kernel, an image and devices as pods have them, without containerd and the shim. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

import type { Agent, SandboxInfo } from "../src/agent/agent.ts";
import { TtrpcAgent } from "../src/agent/ttrpc-agent.ts";
import type { Host } from "../src/host/host.ts";
import type { Device, Hypervisor, SharedDirectory, Vm, VmConfig } from "../src/hypervisor/hypervisor.ts";
import { mustRun } from "../test/harness/command.ts";
import { guestPort, kernelOf, library } from "../test/hypervisor/guest.ts";

/** What one hypervisor is measured with. */
export interface Bench {
  readonly host: Host;
  readonly hypervisor: Hypervisor;
  /** For the VM's sockets. */
  readonly directory: string;
  /** Path of the network namespace. */
  readonly netns: string;
}

export type Figures = Map<string, number[]>;

export function add(figures: Figures, what: string, value: number): void {
  figures.set(what, [...(figures.get(what) ?? []), value]);
}

const DEBUGFS = "/sys/kernel/debug";
const MEMORY_MIB = 256;
/** Longer than anything takes in the lab. */
const PATIENCE_MS = 300_000;
const ROOTFS = "/run/hadron/rootfs";
/** Of the first stream of a container. */
const FIRST_PORT = 5000;

/** For KVM's counts. */
export async function mountDebugfs(): Promise<void> {
  if (!existsSync(join(DEBUGFS, "kvm"))) {
    await mustRun("mount", ["-t", "debugfs", "debugfs", DEBUGFS]);
  }
}

export function vmConfig({ directory, netns }: Bench, initrd: string, devices: readonly Device[]): VmConfig {
  return {
    directory,
    vcpus: 1,
    memoryMiB: MEMORY_MIB,
    kernel: kernelOf("tuned"),
    initrd,
    kernelParameters: [],
    devices,
    netns: { path: netns },
    onConsoleLine: () => undefined,
    onDiagnostic: (program, line) => process.stderr.write(`bench: ${program}: ${line}\n`),
    onProcess: () => Promise.resolve(),
  };
}

/** Descriptors of the host that stand in for a process's streams; absent: nothing to read, and what it says is the answer of `run`. */
export interface Streams {
  readonly stdin?: number;
  readonly stdout?: number;
}

export class BenchPod implements AsyncDisposable {
  readonly vm: Vm;
  readonly agent: Agent;
  readonly info: SandboxInfo;
  /** Milliseconds from the call until the hypervisor had answered, and until the agent had. */
  readonly times: { readonly launched: number; readonly ready: number };
  readonly #host: Host;
  #port = FIRST_PORT;

  private constructor(host: Host, vm: Vm, agent: Agent, info: SandboxInfo, times: BenchPod["times"]) {
    this.vm = vm;
    this.agent = agent;
    this.info = info;
    this.times = times;
    this.#host = host;
  }

  /** `root`: what its containers have for their root file system. `devices`: the descriptors stay the caller's. */
  static async boot(bench: Bench, root: string, devices: readonly Device[]): Promise<BenchPod> {
    const { host, hypervisor } = bench;
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const [ours, theirs] = await host.socketpair();
    const agent = new TtrpcAgent(new Socket({ fd: ours, readable: true, writable: true }), {
      timeoutMs: PATIENCE_MS,
      onSlow: () => undefined,
      onUnresponsive: () => undefined,
    });
    const directory = openSync(root, "r");
    const share: SharedDirectory = { kind: "share", tag: "rootfs", share: { namespace: directory, directory, places: directory } };
    const begun = performance.now();
    const vm = await hypervisor.launch(vmConfig(bench, join(library, "initramfs-tuned.cpio"), [share, ...devices]), signal);
    try {
      const launched = performance.now() - begun;
      await vm.vsock.accept(guestPort, theirs, "both");
      const shares = [{ fsType: hypervisor.capabilities.sharedFs, tag: "rootfs", mountPoint: ROOTFS, options: [] }];
      const sandbox = { realtimeNs: BigInt(Date.now()) * 1_000_000n, hostname: "bench", logLevel: "info", sysctls: new Map(), shares };
      const info = await orExit(vm, agent.createSandbox(sandbox, signal));
      return new BenchPod(host, vm, agent, info, { launched, ready: performance.now() - begun });
    } catch (error) {
      agent.close();
      await vm.stop();
      throw error;
    } finally {
      closeSync(theirs);
      closeSync(directory);
    }
  }

  /**
   * Runs a container to its end, in the guest's own network, with the guest's disk `disk` at /disk. Answers what it said on stdout and
   * stderr.
   *
   * @throws Error when it does not exit with 0
   */
  async run(args: readonly string[], { stdin, stdout }: Streams = {}, disk?: string): Promise<{ stdout: string; stderr: string }> {
    const { agent, vm } = this;
    const id = `c${this.#port}`;
    const out = stdout === undefined ? await this.#collected() : { port: await this.#joined(stdout, "out"), text: Promise.resolve("") };
    const err = await this.#collected();
    const device = disk === undefined ? undefined : await agent.attachDisk(disk);
    const ports = { stdin: stdin === undefined ? 0 : await this.#joined(stdin, "in"), stdout: out.port, stderr: err.port };
    await orExit(vm, agent.createContainer(id, JSON.stringify(specOf(args, device)), undefined, ports));
    await orExit(vm, agent.startContainer(id));
    const status = await orExit(vm, agent.waitProcess(id, ""));
    const said = { stdout: await out.text, stderr: await err.text };
    await orExit(vm, agent.deleteContainer(id));
    if (status !== 0) {
      throw new Error(`${args.join(" ")} exited with ${status} in the guest: ${said.stderr}${said.stdout}`);
    }
    return said;
  }

  /** KVM's count for all CPUs of the VM; undefined where it does not say (CONFIG_DEBUG_FS). */
  exits(): number | undefined {
    const place = join(DEBUGFS, "kvm");
    const directory = existsSync(place) && readdirSync(place).find((name) => this.vm.pids.some((pid) => name.startsWith(`${pid}-`)));
    return directory ? Number(readFileSync(join(place, directory, "exits"), "utf8")) : undefined;
  }

  /** Adds how often the guest was left for each unit of work, of which `units` says how many there were. */
  async counted<T>(figures: Figures, what: string, work: () => Promise<T>, units: (answer: T) => number): Promise<T> {
    const before = this.exits();
    const answer = await work();
    const after = this.exits();
    if (before !== undefined && after !== undefined) {
      add(figures, what, (after - before) / units(answer));
    }
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.agent.close();
    await this.vm.stop();
  }

  async #joined(fd: number, direction: "in" | "out"): Promise<number> {
    const port = this.#port++;
    await this.vm.vsock.accept(port, fd, direction);
    return port;
  }

  async #collected(): Promise<{ port: number; text: Promise<string> }> {
    const [ours, theirs] = await this.#host.socketpair();
    const port = await this.#joined(theirs, "out");
    closeSync(theirs);
    const read = async (): Promise<string> => {
      const chunks: Buffer[] = [];
      for await (const chunk of new Socket({ fd: ours, readable: true, writable: false }) as AsyncIterable<Buffer>) {
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString("utf8");
    };
    return { port, text: read() };
  }
}

/** As much of a specification as the agent wants, with root's rights. */
function specOf(args: readonly string[], disk: { readonly major: number; readonly minor: number } | undefined): object {
  const devices = disk === undefined ? [] : [{ path: "/disk", type: "b", ...disk, fileMode: 0o600, uid: 0, gid: 0 }];
  return {
    ociVersion: "1.1.0",
    process: { args, cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 }, noNewPrivileges: true },
    root: { path: ROOTFS },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"] },
      { destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"] },
      { destination: "/tmp", type: "tmpfs", source: "tmpfs" },
    ],
    linux: {
      namespaces: ["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
      devices,
      resources: { devices: [{ allow: false, access: "rwm" }, ...(disk === undefined ? [] : [{ allow: true, type: "b", access: "rwm", ...disk }])] },
    },
  };
}

/** A VM that ends is why nothing answers. */
async function orExit<T>(vm: Vm, answer: Promise<T>): Promise<T> {
  const over = vm.exited.then(({ reason }) => {
    throw new Error(reason);
  });
  return await Promise.race([answer, over]);
}
