/**
 * Private containerd daemons: their own root, state and sockets, nothing of the host's configuration.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, fstatSync, openSync } from "node:fs";
import { mkdir, readFile, rmdir, statfs, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { type CommandOptions, type CommandResult, mustRun, run, tail } from "./command.ts";
import { type CriSettings, criConfig, prepareCri } from "./cri-config.ts";
import { mountPoints, mountsBelow } from "./mounts.ts";
import { build, builtContainerd, builtCrictl, debianPackage } from "./paths.ts";
import { patient } from "./patience.ts";
import { killProcess, processes } from "./processes.ts";
import { untilFile } from "./until-file.ts";

export type ContainerdVersion = "1.6" | "1.7" | "2.1" | "2.4";

/** Where containerd, its ctr and its shim for runc are: a shim must not be older than the containerd that calls it. */
const programsOf: Record<ContainerdVersion, () => Promise<string>> = {
  "1.6": async () => join(await debianPackage("bookworm", "containerd"), "usr/bin"),
  "1.7": async () => join(await debianPackage("trixie", "containerd"), "usr/bin"),
  "2.1": async () => join(await debianPackage("forky", "containerd"), "usr/bin"),
  "2.4": async () => await builtContainerd("2.4.2"),
};

const newestContainerd: ContainerdVersion = "2.4";

/** The versions to test with: the newest, or those that HADRON_TEST_CONTAINERD names, with commas between them. */
export const containerdVersions = versions(process.env["HADRON_TEST_CONTAINERD"] ?? newestContainerd);

/** The newest of them only: for what no version of containerd makes different. */
export const onlyNewest = containerdVersions.filter((version) => version === newestContainerd);

function versions(names: string): readonly ContainerdVersion[] {
  return names.split(",").map((name) => {
    if (!Object.hasOwn(programsOf, name)) {
      throw new Error(`HADRON_TEST_CONTAINERD names "${name}"; there are ${Object.keys(programsOf).join(", ")}`);
    }
    return name as ContainerdVersion;
  });
}

/** Fetches or builds what is not in the cache of all versions. */
export async function fetchContainerds(): Promise<void> {
  await Promise.all([...Object.values(programsOf).map(async (programs) => await programs()), debianPackage("bookworm", "runc")]);
}

/** The environment variable by which everything that a daemon started can be told from others'. */
export const ownerVariable = "HADRON_TEST_OWNER";

export interface ContainerdOptions {
  /** Added to the daemon's environment, and so to that of the shims which it starts. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories that come first in the daemon's PATH. Default: build/bin. */
  readonly shimPath?: readonly string[];
  /** Serves the CRI, in a network namespace of the daemon's own. Not by containerd 1.6, whose CRI crictl has left behind. */
  readonly cri?: CriSettings;
  /** Path of the network namespace that is the host's for the daemon and its shims, if it does not serve the CRI. Default: the machine's. */
  readonly network?: () => Promise<string>;
}

/** Where the CRI plugin puts everything. */
const CRI_NAMESPACE = "k8s.io";

interface Networks {
  readonly cri: CriSettings | undefined;
  readonly network: string | undefined;
}

const READY_MS = patient(60_000);
const STOP_MS = patient(20_000);

/** A running daemon. Dispose it to stop it with all that it runs, and to remove its directory. */
export class Containerd implements AsyncDisposable {
  readonly version: ContainerdVersion;
  /** All that the daemon keeps lies below; its name is also the `ownerVariable`'s value. */
  readonly directory: string;
  /** The gRPC socket. */
  readonly address: string;
  /** The containerd namespace of all that tests make; no other daemon's, since it names cgroups of the host. */
  readonly namespace: string;
  /** Standard output and error of every daemon that ran in `directory`. */
  readonly logPath: string;
  readonly #binaries: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #cri: CriSettings | undefined;
  readonly #hostNetwork: string | undefined;
  #daemon: ChildProcess | undefined;

  private constructor(version: ContainerdVersion, directory: string, binaries: string, env: NodeJS.ProcessEnv, networks: Networks) {
    this.version = version;
    this.directory = directory;
    this.address = join(directory, "grpc.sock");
    const { cri, network } = networks;
    this.#cri = cri;
    this.#hostNetwork = network;
    this.namespace = cri === undefined ? basename(directory) : CRI_NAMESPACE;
    this.logPath = join(directory, "containerd.log");
    this.#binaries = binaries;
    this.#env = env;
  }

  /** Starts a daemon in a new directory; answers when it serves. */
  static async start(version: ContainerdVersion, options: ContainerdOptions = {}): Promise<Containerd> {
    const programs = await programsOf[version]();
    const runc = await debianPackage("bookworm", "runc");
    const path = [...(options.shimPath ?? [join(build, "bin")]), programs, join(runc, "usr/sbin")];
    const directory = await makeDirectory();
    const env = { ...process.env, PATH: [...path, process.env["PATH"]].join(":"), [ownerVariable]: directory, ...options.env };
    const instance = new Containerd(version, directory, programs, env, { cri: options.cri, network: await options.network?.() });
    try {
      await writeFile(join(directory, "config.toml"), await instance.#config());
      await instance.start();
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
    return instance;
  }

  /** The daemon's process id; undefined while it is stopped. */
  get pid(): number | undefined {
    return this.#daemon?.pid;
  }

  /** Where containerd keeps the bundle of a task. */
  bundle(containerId: string): string {
    return join(this.directory, "state/io.containerd.runtime.v2.task", this.namespace, containerId);
  }

  /** Starts the daemon again after `stop` or `kill`; answers when it serves. */
  async start(): Promise<void> {
    if (this.#daemon !== undefined) {
      throw new Error("containerd runs already");
    }
    const log = openSync(this.logPath, "a");
    const start = fstatSync(log).size;
    try {
      // The daemon dies with the tests, however these end.
      const command = [join(this.#binaries, "containerd"), "--config", join(this.directory, "config.toml")];
      this.#daemon = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...this.#inNetwork(), ...command], {
        env: this.#env,
        stdio: ["ignore", log, log],
      });
    } finally {
      closeSync(log);
    }
    const daemon = this.#daemon;
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, AbortSignal.timeout(READY_MS)]);
    try {
      await Promise.race([
        this.#booted(start, signal),
        once(daemon, "exit", { signal }).then(() => {
          throw new Error("it ended before that");
        }),
      ]);
    } catch (cause) {
      throw new Error(`containerd ${this.version} did not come to serve:\n${await this.logTail()}`, { cause });
    } finally {
      done.abort();
    }
  }

  /** Answers when the log, from `start` on, says that the sockets serve. ctr 2.x does not wait for them. */
  async #booted(start: number, signal: AbortSignal): Promise<void> {
    const said = async (): Promise<boolean> => (await readFile(this.logPath)).includes("containerd successfully booted", start);
    await untilFile(this.logPath, said, signal);
  }

  /** Stops the daemon in order; what it runs goes on. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Kills the daemon; what it runs goes on. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Runs ctr against this daemon. A failure of ctr is a result, not an exception. */
  async ctr(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await run(this.ctrPath, [...this.ctrGlobals, ...args], options);
  }

  /** As `ctr`, but a failure throws; answers stdout. */
  async mustCtr(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await mustRun(this.ctrPath, [...this.ctrGlobals, ...args], options);
  }

  /** Runs crictl against this daemon, which has to serve the CRI. A failure of crictl is a result, not an exception. */
  async crictl(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const [file, ...rest] = await this.#crictlCommand(args);
    return await run(file, rest, options);
  }

  /** As `crictl`, but a failure throws; answers stdout. */
  async mustCrictl(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const [file, ...rest] = await this.#crictlCommand(args);
    return await mustRun(file, rest, options);
  }

  /** Runs a program in the network of a daemon that serves the CRI. A failure throws; answers stdout. */
  async mustRunInNetwork(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await mustRun("nsenter", [`--net=${this.#network}`, "--", program, ...args], options);
  }

  /** Where the daemon serves exec and the like, on loopback. */
  async #crictlCommand(args: readonly string[]): Promise<[string, ...string[]]> {
    const endpoint = `unix://${this.address}`;
    const command = ["--runtime-endpoint", endpoint, "--image-endpoint", endpoint, "--timeout", "120s", ...args];
    const crictl = join(await builtCrictl(), "crictl");
    return this.#network === undefined ? [crictl, ...command] : ["nsenter", `--net=${this.#network}`, "--", crictl, ...command];
  }

  /** For tests that run ctr themselves, in a terminal or with streams. */
  get ctrPath(): string {
    return join(this.#binaries, "ctr");
  }

  /** The arguments that point ctr at this daemon. */
  get ctrGlobals(): readonly string[] {
    return ["--address", this.address, "--namespace", this.namespace];
  }

  async logTail(lines = 60): Promise<string> {
    return tail(await readFile(this.logPath, "utf8").catch(() => ""), lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== undefined) {
      if (this.#cri !== undefined) {
        await this.crictl(["rmp", "--all", "--force"]).catch(() => undefined);
      }
      await this.#removeTasks();
      await this.stop().catch(async () => await this.kill());
    }
    // A shim that did not obey is not left to the machine; every such process carries our variable.
    for (const process of await processes()) {
      if ((await process.environment()).includes(`${ownerVariable}=${this.directory}`)) {
        await killProcess(process);
      }
    }
    await this.#removeCgroups();
    // Deepest first; a lazy unmount succeeds whoever still looks into it.
    for (const mount of (await mountsBelow(this.directory)).reverse()) {
      await run("umount", ["-l", "--", mount]);
    }
    // Never into another file system: a mount that could not be undone may be a directory of the host.
    await mustRun("rm", ["-rf", "--one-file-system", "--", this.directory]);
  }

  async #removeTasks(): Promise<void> {
    const tasks = await this.ctr(["tasks", "list", "-q"], { timeoutMs: 10_000 }).catch(() => undefined);
    for (const id of tasks?.stdout.split("\n").filter(Boolean) ?? []) {
      // Best effort: what fails here is found by its environment below.
      await this.ctr(["tasks", "rm", "-f", id], { timeoutMs: 20_000 }).catch(() => undefined);
    }
  }

  /** A cgroup for pods of CRI to be in, as a kubelet gives them one; it ends with this daemon. */
  get cgroupParent(): string {
    return `/${basename(this.directory)}-pods`;
  }

  /** All that containers of this daemon alone are in: pods of CRI without a parent are among those of other daemons. */
  get cgroups(): readonly string[] {
    return this.namespace === CRI_NAMESPACE ? [this.cgroupParent] : [this.namespace, this.cgroupParent];
  }

  /** runc leaves the namespace's own cgroup, empty, in every hierarchy; that of pods is the caller's. */
  async #removeCgroups(): Promise<void> {
    for (const hierarchy of (await mountPoints()).filter((path) => path.startsWith("/sys/fs/cgroup"))) {
      for (const name of this.cgroups) {
        await rmdir(join(hierarchy, name)).catch(() => undefined);
      }
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined) {
      throw new Error("containerd does not run");
    }
    if (daemon.exitCode === null && daemon.signalCode === null) {
      const exited = once(daemon, "exit", { signal: AbortSignal.timeout(STOP_MS) });
      daemon.kill(signal);
      await exited.catch((cause: unknown) => {
        throw new Error(`containerd ${this.version} did not end within ${STOP_MS} ms of ${signal}`, { cause });
      });
    }
    this.#daemon = undefined;
  }

  /** The daemon's network outlives it, as a host's does. Undefined when it is the test's. */
  get #network(): string | undefined {
    return this.#cri === undefined || this.#cri.node !== undefined ? undefined : join(this.directory, "network");
  }

  /** What runs a program in the daemon's network; CRI's is made the first time. */
  #inNetwork(): string[] {
    if (this.#cri === undefined) {
      return this.#hostNetwork === undefined ? [] : ["nsenter", `--net=${this.#hostNetwork}`, "--"];
    }
    if (this.#network === undefined) {
      return [];
    }
    const make = '[ -e "$0" ] || { : >"$0" && unshare --net="$0" -- ip link set lo up; } && exec nsenter --net="$0" -- "$@"';
    return ["sh", "-c", make, this.#network];
  }

  async #config(): Promise<string> {
    const old = this.version.startsWith("1.");
    // NRI, and the CRI where no test wants it, want sockets and directories of the whole host. `opt` makes /opt.
    const disabled = ["io.containerd.nri.v1.nri", "io.containerd.internal.v1.opt"];
    if (this.#cri === undefined) {
      disabled.push("io.containerd.grpc.v1.cri");
    }
    if (this.#cri === undefined && !old) {
      disabled.push("io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime");
    }
    if (this.#cri !== undefined) {
      await prepareCri(this.directory, this.#cri);
    }
    return [
      `version = ${old ? 2 : 3}`,
      `root = ${JSON.stringify(join(this.directory, "root"))}`,
      `state = ${JSON.stringify(join(this.directory, "state"))}`,
      `disabled_plugins = ${JSON.stringify(disabled)}`,
      `[grpc]`,
      `address = ${JSON.stringify(this.address)}`,
      `[ttrpc]`,
      `address = ${JSON.stringify(`${this.address}.ttrpc`)}`,
      `[debug]`,
      `level = "debug"`,
      ...(this.#cri === undefined ? [] : await criConfig(this.directory, old, this.#cri)),
      "",
    ].join("\n");
  }
}

const OVERLAYFS_MAGIC = 0x794c7630;

/**
 * A new directory of the kind that overlayfs takes as its upper layer: on a disk, or, where the machine
 * itself is a container on overlayfs, on a tmpfs.
 */
async function makeDirectory(): Promise<string> {
  const base = process.env["HADRON_TEST_DIR"] ?? "/var/tmp";
  const directory = join(base, `hadron-test-${randomBytes(4).toString("hex")}`);
  await mkdir(directory, { mode: 0o711 });
  if ((await statfs(directory)).type === OVERLAYFS_MAGIC) {
    await mustRun("mount", ["-t", "tmpfs", "-o", "mode=0711", "tmpfs", directory]);
  }
  return directory;
}
