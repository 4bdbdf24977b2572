/** Debian 13's Docker, on a containerd and in the network of a node that the test has made. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { makeIptables } from "./cni.ts";
import { type CommandOptions, type CommandResult, mustRun, run, tail } from "./command.ts";
import type { Containerd } from "./containerd.ts";
import { unpackImage } from "./images.ts";
import type { Netns } from "./network.ts";
import { debianPackage, debianPackages } from "./paths.ts";
import { patient } from "./patience.ts";
import { hadron } from "./runtime.ts";
import { untilFile } from "./until-file.ts";

/** The packages, for the cache. */
export const DOCKER_PACKAGES = ["docker.io", "docker-cli", "tini"] as const;
/** An image with busybox. */
export const IMAGE = "busybox";

const READY_MS = patient(60_000);

/** Dispose it to stop the daemon with all of its containers. */
export class Docker implements AsyncDisposable {
  readonly #directory: string;
  readonly #client: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #daemon: ChildProcess;

  private constructor(directory: string, client: string, env: NodeJS.ProcessEnv, daemon: ChildProcess) {
    this.#directory = directory;
    this.#client = client;
    this.#env = env;
    this.#daemon = daemon;
  }

  /** Answers when it serves. `node`: the network that is containerd's, too. */
  static async start(containerd: Containerd, node: Netns): Promise<Docker> {
    const [server = "", client = "", tini = ""] = await debianPackages("trixie", ...DOCKER_PACKAGES);
    const directory = join(containerd.directory, "docker");
    await mkdir(directory);
    const programs = await makeIptables(join(directory, "bin"));
    await symlink(join(server, "usr/sbin/docker-proxy"), join(programs, "docker-proxy"));
    await symlink(join(tini, "usr/bin/tini-static"), join(programs, "docker-init"));
    await symlink(join(await debianPackage("bookworm", "runc"), "usr/sbin/runc"), join(programs, "runc"));
    const socket = `unix://${join(directory, "docker.sock")}`;
    const config = {
      runtimes: { hadron: { runtimeType: hadron } },
      containerd: containerd.address,
      "data-root": join(directory, "data"),
      "exec-root": join(directory, "exec"),
      pidfile: join(directory, "pid"),
      hosts: [socket],
      "storage-driver": "overlay2",
    };
    await writeFile(join(directory, "daemon.json"), JSON.stringify(config));
    const env = { ...process.env, PATH: `${programs}:${process.env["PATH"] ?? ""}`, DOCKER_HOST: socket, DOCKER_CONFIG: directory };
    const log = openSync(join(directory, "log"), "a");
    // The daemon dies with the tests, however these end.
    const command = [join(server, "usr/sbin/dockerd"), "--config-file", join(directory, "daemon.json")];
    const daemon = spawn("setpriv", ["--pdeathsig", "KILL", "--", "nsenter", `--net=${node.path}`, "--", ...command], {
      env,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const docker = new Docker(directory, join(client, "usr/bin/docker"), env, daemon);
    try {
      await docker.#serves();
      await docker.#makeImage();
      return docker;
    } catch (cause) {
      const said = tail(await readFile(docker.#logPath, "utf8"));
      await docker[Symbol.asyncDispose]();
      throw new Error(`dockerd did not come to serve:\n${said}`, { cause });
    }
  }

  /** A failure is a result, not an exception. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return await run(this.#client, args, { ...options, env: this.#env });
  }

  /** As `run`, but a failure throws; answers stdout. */
  async must(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return await mustRun(this.#client, args, { ...options, env: this.#env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#daemon;
    if (exitCode === null && signalCode === null) {
      this.#daemon.kill("SIGTERM");
      await once(this.#daemon, "exit");
    }
  }

  get #logPath(): string {
    return join(this.#directory, "log");
  }

  async #serves(): Promise<void> {
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, AbortSignal.timeout(READY_MS)]);
    const ended = once(this.#daemon, "exit", { signal }).then(() => {
      throw new Error("it ended before that");
    });
    try {
      const said = async (): Promise<boolean> => (await readFile(this.#logPath)).includes("API listen on");
      await Promise.race([untilFile(this.#logPath, said, signal), ended]);
    } finally {
      done.abort();
    }
  }

  async #makeImage(): Promise<void> {
    const root = join(this.#directory, "root");
    await unpackImage("busybox", root);
    const archive = join(this.#directory, "root.tar");
    await mustRun("tar", ["-C", root, "-cf", archive, "."]);
    await this.must(["import", archive, IMAGE]);
  }
}
