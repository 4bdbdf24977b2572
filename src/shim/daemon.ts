/**
 * The shim daemon: one process per pod. It owns everything that the pod has on the host, in the order in which
 * it is released: server, sandbox, events, journal and directory, log.
 */

import { Server } from "ttrpc-ts";

import { type Config, DEFAULTS, loadConfig } from "../config/config.ts";
import { messageOf } from "../errors.ts";
import { Any } from "../gen/protobuf.ts";
import { errorOfSystemCall } from "../host/error.ts";
import { mkdir, unlink } from "../host/files.ts";
import { Host } from "../host/host.ts";
import { Journal, JOURNAL } from "../host/journal.ts";
import { processStartTime } from "../host/process-stat.ts";
import { MachineFactory } from "../sandbox/machine-factory.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import type { DaemonArguments } from "./arguments.ts";
import { readCgroupsPath } from "./bundle.ts";
import { EventPublisher } from "./events.ts";
import { type Log, openLog } from "./log.ts";
import { readRuntimeOptions, type RuntimeOptionsRead } from "./runtime-options.ts";
import { createSandboxService } from "./sandbox-service.ts";
import { SandboxV1, TaskV2, TaskV3 } from "./services.ts";
import { tellStartFailure } from "./start-failure.ts";
import { createObserver, createTaskService } from "./task-service.ts";

/** What containerd is given to take the last events, before the daemon exits. It waits 3 s for Shutdown. */
const LAST_EVENTS_TIMEOUT_MS = 2_000;
/** The socket that the launcher bound. */
const LISTENER = { fd: 0 };

/** What calls that still run are given, the Shutdown that ends us among them. */
const LAST_ANSWERS_TIMEOUT_MS = 500;

/** Without a call for so long the daemon only waits. V8 has given back its own garbage by then. */
const QUIET_MS = 20_000;

/** Serves the pod until containerd is done with it. `libraryDirectory`: PREFIX/lib/hadron. */
export async function runDaemon(args: DaemonArguments, libraryDirectory: string): Promise<void> {
  let started: Daemon;
  try {
    started = await Daemon.start(args, libraryDirectory);
  } catch (error) {
    // That nobody could be told either is the lesser news.
    await tellStartFailure(LISTENER, args.socket, error).catch(() => undefined);
    throw error;
  }
  await using daemon = started;
  await daemon.done;
}

class Daemon implements AsyncDisposable {
  /** Fulfilled when there is nothing left to do. */
  readonly done: Promise<void>;

  readonly #args: DaemonArguments;
  readonly #log: Log;
  readonly #journal: Journal;
  readonly #host: Host;
  readonly #events: EventPublisher;
  readonly #sandbox: Sandbox;
  readonly #machines: MachineFactory;
  readonly #server: Server;
  readonly #finish: () => void;
  #idleTimeoutS = DEFAULTS.idleTimeoutS;
  #idleTimer: NodeJS.Timeout | undefined;
  #quietTimer: NodeJS.Timeout | undefined;

  static async start(args: DaemonArguments, libraryDirectory: string): Promise<Daemon> {
    const log = openLog("log", args.debug ? "Debug" : "Info");
    // A daemon is started for a container, in its bundle, which says where the VM will be.
    const expected = readCgroupsPath(".");
    await mkdir(args.state, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
      throw errorOfSystemCall(cause, `the pod's directory ${args.state} cannot be made`);
    });
    const journal = await Journal.open(args.state);
    const daemon = new Daemon(args, libraryDirectory, log, journal);
    daemon.#machines.expect(await expected);
    await daemon.#listen();
    return daemon;
  }

  private constructor(args: DaemonArguments, libraryDirectory: string, log: Log, journal: Journal) {
    this.#args = args;
    this.#log = log;
    this.#journal = journal;
    this.#host = new Host();
    this.#events = new EventPublisher(process.env["TTRPC_ADDRESS"] ?? "", args.namespace, log);
    const done = Promise.withResolvers<void>();
    this.done = done.promise;
    this.#finish = done.resolve;
    this.#machines = new MachineFactory({
      host: this.#host,
      journal,
      podId: args.id,
      stateDir: args.state,
      libraryDirectory,
      log,
      staysInCgroup: args.staysInCgroup,
      configured: (config) => this.#follow(config),
    });
    this.#sandbox = new Sandbox({
      id: args.id,
      stateDir: args.state,
      libraryDirectory,
      host: this.#host,
      journal,
      log,
      observer: createObserver(this.#events),
      machines: this.#machines,
    });
    const task = createTaskService({
      sandbox: this.#sandbox,
      events: this.#events,
      readOptions: (options) => this.#readOptions(options),
      shutdown: () => this.#finish(),
      populationChanged: () => this.#watchIdle(),
    });
    const pod = createSandboxService({
      sandbox: this.#sandbox,
      readOptions: () => this.#readOptions(args.options.length === 0 ? undefined : Any.decode(args.options)),
      warn: (sentence) => this.#log.warn({}, sentence),
      shutdown: () => this.#finish(),
      populationChanged: () => this.#watchIdle(),
    });
    this.#server = new Server({
      onHandlerError: (error, call) => log.error({ err: error, method: call.method }, "a call failed without a status of its own"),
      onHandlerEnd: () => this.#watchQuiet(),
    });
    this.#server.addService(TaskV2, task).addService(TaskV3, task).addService(SandboxV1, pod);
  }

  async #listen(): Promise<void> {
    await this.#enterJournal();
    await this.#server.listen(LISTENER);
    process.once("SIGTERM", this.#finish);
    await this.#readDefaults();
    this.#watchIdle();
    this.#log.debug({ pod: this.#args.id, pid: process.pid, ms: Math.round(process.uptime() * 1000) }, "the shim daemon serves");
  }

  /** Where the launcher found room for it, it has done so. */
  async #enterJournal(): Promise<void> {
    const { pid } = process;
    const startTime = processStartTime(pid);
    if (!this.#journal.entries.some((entry) => entry.kind === "process" && entry.pid === pid && entry.startTime === startTime)) {
      await this.#journal.add({ kind: "process", pid, startTime, role: "daemon" });
    }
  }

  /** A configuration that does not hold is told at once, though only a Create can be refused for it. */
  async #readDefaults(): Promise<void> {
    try {
      this.#follow(await loadConfig());
    } catch (error) {
      this.#log.error({ err: messageOf(error) }, "containers will be refused");
    }
  }

  #follow({ idleTimeoutS, debugLevel }: Config): void {
    this.#idleTimeoutS = idleTimeoutS;
    // containerd's own debug level makes ours at least Debug.
    this.#log.setLevel(this.#args.debug && debugLevel !== "Trace" ? "Debug" : debugLevel);
  }

  #readOptions(options: Any | undefined): RuntimeOptionsRead {
    const read = readRuntimeOptions(options);
    for (const clause of read.ignored) {
      this.#log.info({ option: clause }, "an option of the runtime means nothing in a VM");
    }
    return read;
  }

  /** containerd may reject the address, or be killed: a daemon without containers that nobody calls goes away. */
  #watchIdle(): void {
    clearTimeout(this.#idleTimer);
    if (!this.#sandbox.empty) {
      return;
    }
    const seconds = this.#idleTimeoutS;
    this.#idleTimer = setTimeout(() => {
      // A Create that takes longer than this is no idleness; its end looks again.
      if (!this.#sandbox.empty) {
        return;
      }
      this.#log.info({ seconds }, "nobody needs this shim daemon; it exits");
      this.#finish();
    }, seconds * 1000);
  }

  /** Most of a pod's life nobody calls; what its start needed of Node is not needed until somebody does. */
  #watchQuiet(): void {
    clearTimeout(this.#quietTimer);
    this.#quietTimer = setTimeout(() => {
      try {
        this.#host.releaseMemory();
      } catch (error) {
        this.#log.debug({ err: messageOf(error) }, "no memory was given back");
      }
    }, QUIET_MS).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#quietTimer);
    // From here on a new `start` of this pod makes a daemon of its own, and `delete` waits for our end.
    await unlink(this.#args.socket).catch(ignoreMissing);
    try {
      await this.#sandbox[Symbol.asyncDispose]();
      await this.#machines[Symbol.asyncDispose]();
      await this.#events.close(LAST_EVENTS_TIMEOUT_MS);
      await this.#server.shutdown(AbortSignal.timeout(LAST_ANSWERS_TIMEOUT_MS));
      await this.#removeState();
    } catch (error) {
      this.#log.error({ err: messageOf(error) }, "the end of the pod left something behind; its journal says what");
    }
    await this.#host[Symbol.asyncDispose]();
    this.#log[Symbol.dispose]();
  }

  /** Not while a `start`, `delete` or `sweep` holds the pod's lock: it would hold the lock of nothing. It removes what it finds. */
  async #removeState(): Promise<void> {
    if (!(await this.#host.removeDirectory(this.#args.state, JOURNAL))) {
      this.#log.debug({ pod: this.#args.id }, "the pod's directory is left to whoever has its lock");
    }
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
    throw error;
  }
}
