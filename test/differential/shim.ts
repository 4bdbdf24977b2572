import { constants, openSync } from "node:fs";
/** A shim, started and called as containerd does it, but without containerd: runc's and Hadron's alike. */
import { mkdir, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { delimiter, join } from "node:path";

import { type Client, connect, type ServiceClient, TtrpcError } from "ttrpc-ts";

import { TaskV3 } from "../../src/shim/services.ts";
import { mustRun, run } from "../harness/command.ts";
import { ownerVariable } from "../harness/containerd.ts";
import { makeFifo } from "../harness/fifo.ts";
import { mountsBelow } from "../harness/mounts.ts";
import { build, debianPackage } from "../harness/paths.ts";
import { patient } from "../harness/patience.ts";
import { killProcess, processes } from "../harness/processes.ts";
import { removeTree } from "../harness/tree.ts";

export type Task = ServiceClient<typeof TaskV3.table>;

export type RuntimeName = "runc" | "hadron";

/** A runtime's shim binary, and what its process needs around it. */
export class Runtime {
  readonly name: RuntimeName;
  /** All that belongs to it lies below; bundles are made here. */
  readonly directory: string;
  readonly namespace: string;
  readonly #binary: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #containerd: string;

  private constructor(
    name: RuntimeName,
    directory: string,
    namespace: string,
    binaries: { shim: string; containerd: string; runc: string },
    events: string,
  ) {
    this.name = name;
    this.directory = directory;
    this.namespace = namespace;
    this.#binary = binaries.shim;
    this.#containerd = binaries.containerd;
    this.#env = {
      PATH: [binaries.runc, process.env["PATH"]].join(delimiter),
      TTRPC_ADDRESS: events,
      GOMAXPROCS: "2",
      MAX_SHIM_VERSION: "2",
      NAMESPACE: namespace,
      [ownerVariable]: directory,
    };
  }

  /** `directory` is made; its name and the runtime's give the namespace, which names cgroups of the host. */
  static async prepare(name: RuntimeName, directory: string, namespace: string, events: string): Promise<Runtime> {
    const containerd = await debianPackage("forky", "containerd");
    const runc = await debianPackage("bookworm", "runc");
    const binaries = join(containerd, "usr/bin");
    const shim = name === "runc" ? join(binaries, "containerd-shim-runc-v2") : join(build, "bin/containerd-shim-hadron-v2");
    await mkdir(directory, { recursive: true, mode: 0o711 });
    return new Runtime(name, directory, namespace, { shim, containerd: join(binaries, "containerd"), runc: join(runc, "usr/sbin") }, events);
  }

  #arguments(id: string): string[] {
    return ["-namespace", this.namespace, "-address", join(this.directory, "grpc.sock"), "-publish-binary", this.#containerd, "-id", id];
  }

  /** Runs `start` for a bundle; answers the address of the shim that serves it. */
  async start(id: string, bundle: string): Promise<string> {
    const output = await mustRun(this.#binary, [...this.#arguments(id), "start"], { cwd: bundle, env: this.#env });
    const address = output.startsWith("{") ? (JSON.parse(output) as { address: string }).address : output;
    return address.trim().replace(/^unix:\/\//, "");
  }

  /** Runs `delete`, which containerd does after every task. */
  async delete(id: string, bundle: string): Promise<void> {
    await run(this.#binary, [...this.#arguments(id), "-bundle", bundle, "delete"], { cwd: bundle, env: this.#env });
  }

  /** Ends what is left of this runtime's processes; each carries our variable. */
  async killLeftovers(): Promise<void> {
    for (const process of await processes()) {
      if ((await process.environment()).includes(`${ownerVariable}=${this.directory}`)) {
        await killProcess(process);
      }
    }
  }
}

/** A connection to a shim. Dispose it to close that alone. */
export class Shim implements AsyncDisposable {
  readonly address: string;
  readonly client: Client;
  readonly task: Task;

  private constructor(address: string, client: Client) {
    this.address = address;
    this.client = client;
    this.task = client.service(TaskV3);
  }

  static async connect(address: string): Promise<Shim> {
    return new Shim(address, await connect({ path: address }, { signal: AbortSignal.timeout(patient(10_000)) }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** A bundle directory: config.json, the `log` FIFO, which somebody has to read. */
export class Bundle implements AsyncDisposable {
  readonly path: string;
  readonly #log: Socket;
  #logged = "";

  private constructor(path: string) {
    this.path = path;
    const fd = openSync(join(path, "log"), constants.O_RDWR | constants.O_NONBLOCK);
    this.#log = new Socket({ fd, readable: true, writable: false });
    this.#log.on("data", (chunk: Buffer) => {
      this.#logged = (this.#logged + chunk.toString("latin1")).slice(-65_536);
    });
  }

  static async make(path: string): Promise<Bundle> {
    await mkdir(path, { mode: 0o711 });
    makeFifo(join(path, "log"));
    return new Bundle(path);
  }

  async writeSpec(text: string | Buffer): Promise<void> {
    await writeFile(join(this.path, "config.json"), text);
  }

  /** The end of what the shim logged. */
  get logged(): string {
    return this.#logged;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log.destroy();
    for (const mount of (await mountsBelow(this.path)).reverse()) {
      await mustRun("umount", ["--", mount]);
    }
    await removeTree(this.path);
  }
}

/** What a call answered: its value, or the code and the sentence. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: number; readonly message: string };

export async function answerOf<T>(call: Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    if (error instanceof TtrpcError) {
      return { ok: false, code: error.code, message: error.message };
    }
    throw error;
  }
}
