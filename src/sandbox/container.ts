/**
 * A container of a sandbox: its init process, its additional processes, its storage.
 *
 *   created -> running -> pausing -> paused
 *                ^  `- failed -'       |
 *                `------- resume ------'
 *   each of them -> stopped
 *
 * "stopped" is the init process's; the container object lives until it is deleted.
 */

import type { Agent, PipeOwner, TerminalSize } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import { encode } from "../json/encode.ts";
import type { Logger } from "../logger.ts";
import { within } from "../time.ts";
import { Deletion } from "./deletion.ts";
import type { Hooks } from "./hooks.ts";
import type { HostProcess } from "./host-process.ts";
import type { Machine } from "./machine.ts";
import type { ProcessSpec, ResourcesSpec, Spec } from "./oci.ts";
import { planExec, planUpdate, resourcesWithDisks } from "./plan.ts";
import type { Lease } from "./pod-machine.ts";
import { type Exit, KILLED_STATUS, pidOfGuest, Process } from "./process.ts";
import type { Warn } from "./refusal.ts";
import type { StdioRequest } from "./stdio.ts";
import type { ContainerStorage } from "./storage.ts";

export type ContainerStatus = "created" | "running" | "pausing" | "paused" | "stopped";

/** What happens to processes without being asked for. Calls must not throw. */
export interface SandboxObserver {
  started(process: Process): void;
  exited(process: Process, exit: Exit): void;
  oom(containerId: string): void;
}

const SIGKILL = 9;
/** How long additional processes may take to die after their init process; as the kernel kills them, at once. */
const ORPHAN_TIMEOUT_MS = 5_000;
/** By then it is known of a VM whose agent cannot be reached that it is gone (machine.ts gives a lost connection 3 s). */
const LOST_VM_TIMEOUT_MS = 5_000;

const RESOLV_CONF = "/etc/resolv.conf";

/** What it asks of the guest. */
export type ContainerAgent = Pick<
  Agent,
  | "startContainer"
  | "deleteContainer"
  | "execProcess"
  | "deleteProcess"
  | "waitProcess"
  | "signalProcess"
  | "resizeTerminal"
  | "pauseContainer"
  | "resumeContainer"
  | "listProcesses"
  | "containerStats"
  | "updateContainer"
  | "sync"
>;

/** What it asks of its Machine. */
export interface ContainerMachine extends Pick<
  Machine,
  "exit" | "exited" | "writeBack" | "fail" | "join" | "explain" | "refreshNetwork" | "windDown"
> {
  readonly agent: ContainerAgent;
  readonly clock: Pick<Machine["clock"], "correct">;
  readonly vm: Pick<Machine["vm"], "pids">;
}

export type ContainerHostProcess = Pick<HostProcess, "forward" | "end">;
export type ContainerLease = Pick<Lease<unknown>, "isLast" | typeof Symbol.asyncDispose>;
export type ContainerHooks = Pick<Hooks, "afterStart" | "afterDelete">;
export type ContainerFiles = Pick<ContainerStorage, "guestPaths" | "disks" | typeof Symbol.asyncDispose>;

/** What a pod has of each of its containers, be it one with a program or the pod's own (pod-container.ts). */
export type PodMember = Pick<Container, keyof Container>;

export class Container {
  readonly id: string;
  readonly bundle: string;
  readonly init: Process;
  readonly machine: ContainerMachine;

  readonly #spec: Spec;
  readonly #pipeOwner: PipeOwner;
  readonly #execs = new Map<string, Process>();
  readonly #hostProcess: ContainerHostProcess;
  readonly #lease: ContainerLease;
  readonly #storage: ContainerFiles;
  readonly #hooks: ContainerHooks;
  readonly #observer: SandboxObserver;
  readonly #log: Logger;
  #freezer: "thawed" | "pausing" | "paused" = "thawed";
  readonly #deletion = new Deletion();

  constructor(options: {
    id: string;
    bundle: string;
    /** As containerd has it. */
    spec: Spec;
    pipeOwner: PipeOwner;
    init: Process;
    hostProcess: ContainerHostProcess;
    machine: ContainerMachine;
    /** Of the machine; given up when the container is deleted. */
    lease: ContainerLease;
    storage: ContainerFiles;
    hooks: ContainerHooks;
    observer: SandboxObserver;
    log: Logger;
  }) {
    this.id = options.id;
    this.bundle = options.bundle;
    this.#spec = options.spec;
    this.#pipeOwner = options.pipeOwner;
    this.init = options.init;
    this.machine = options.machine;
    this.#hostProcess = options.hostProcess;
    this.#lease = options.lease;
    this.#storage = options.storage;
    this.#hooks = options.hooks;
    this.#observer = options.observer;
    this.#log = options.log;
    this.#follow(this.init);
    this.#hostProcess.forward((signal) => this.#signalFromHost(signal));
    void this.machine.exited.then(() => this.#machineExited());
  }

  get status(): ContainerStatus {
    if (this.init.state === "stopped") {
      return "stopped";
    }
    if (this.#freezer !== "thawed") {
      return this.#freezer;
    }
    return this.init.state === "running" ? "running" : "created";
  }

  /** In the guest, of a namespace that others may join; `file` is its name in /proc/PID/ns. */
  namespacePath(file: string): string {
    return `/proc/${this.init.guestPid}/ns/${file}`;
  }

  /** "" is the init process. NOT_FOUND for an unknown exec. */
  process(execId: string): Process {
    const process = execId === "" ? this.init : this.#execs.get(execId);
    if (process === undefined) {
      throw new HadronError(Code.NOT_FOUND, `container ${this.id} has no process ${execId}`);
    }
    return process;
  }

  /** The exit of a process; of the init process, when nothing on the host has its pid any more. */
  async wait(execId: string): Promise<Exit> {
    const process = this.process(execId);
    const exit = await process.exited;
    if (process === this.init) {
      await this.#hostProcess.end();
    }
    return exit;
  }

  async start(execId: string): Promise<Process> {
    const process = this.process(execId);
    if (execId !== "") {
      this.#requireAlive(`start exec ${execId}`);
    }
    this.machine.clock.correct();
    try {
      await process.start(
        () => (execId === "" ? this.#runInit() : this.#runExec(process)),
        () => this.#started(process),
      );
    } catch (error) {
      throw await this.machine.explain(error, `${process.name} was being started`);
    }
    return process;
  }

  /** Registers an additional process; it runs when it is started. */
  addExec(execId: string, spec: ProcessSpec, stdio: StdioRequest): Process {
    if (this.#execs.has(execId)) {
      throw new HadronError(Code.ALREADY_EXISTS, `container ${this.id} has a process ${execId} already`);
    }
    this.#requireAlive(`exec ${execId}`);
    const planned = planExec(spec, this.#spec.process ?? spec, this.#warn(execId));
    const process = new Process(this.id, execId, stdio, encode({ ...planned, terminal: stdio.terminal }));
    this.#execs.set(execId, process);
    return process;
  }

  async kill(execId: string, signal: number, all: boolean): Promise<void> {
    const process = this.process(execId);
    process.requireNotStopped();
    if (execId !== "" && process.state === "created") {
      throw new HadronError(Code.FAILED_PRECONDITION, `${process.name} has not been started; there is nothing to signal yet`);
    }
    try {
      await this.machine.agent.signalProcess(this.id, execId, signal, all);
    } catch (error) {
      // A VM that is lost at this moment takes its processes with it. Who kills in order to delete goes on after that only.
      if (error instanceof HadronError && error.code === Code.UNAVAILABLE && (await within(process.exited, LOST_VM_TIMEOUT_MS)) !== undefined) {
        process.requireNotStopped();
      }
      throw error;
    }
  }

  /** Without a terminal, or with one whose process has ended, there is nothing to do: clients send it at any time. */
  async resize(execId: string, size: TerminalSize): Promise<void> {
    const process = this.process(execId);
    if (!process.stdio.terminal || process.state === "stopped") {
      return;
    }
    if (execId !== "" && process.guestPid === 0) {
      process.terminalSize = size;
      return;
    }
    await this.machine.agent.resizeTerminal(this.id, execId, size);
  }

  async closeStdin(execId: string): Promise<void> {
    await this.process(execId).closeStdin();
  }

  async pause(): Promise<void> {
    if (this.status !== "running") {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${this.id} is ${this.status}; only a running container can be paused`);
    }
    this.#freezer = "pausing";
    try {
      await this.machine.agent.pauseContainer(this.id);
      // Whoever pauses it wants to look at its files.
      await this.machine.writeBack(this.#storage.guestPaths, "pause");
      this.#freezer = "paused";
    } catch (error) {
      this.#freezer = "thawed";
      throw error;
    }
  }

  async resume(): Promise<void> {
    if (this.status !== "paused") {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${this.id} is ${this.status}; only a paused container can be resumed`);
    }
    this.machine.clock.correct();
    await this.machine.agent.resumeContainer(this.id);
    this.#freezer = "thawed";
  }

  /** With their pids as the host is told them, the init process first; none when it has exited. */
  async processes(): Promise<{ readonly pid: number; readonly execId: string }[]> {
    const all = this.init.state === "stopped" ? [] : await this.machine.agent.listProcesses(this.id);
    // It may have exited meanwhile.
    if (this.init.exit !== undefined) {
      return [];
    }
    const others = all.filter(({ pid }) => pid !== this.init.guestPid);
    return [{ pid: this.init.pid, execId: "" }, ...others.map(({ pid, execId }) => ({ pid: pidOfGuest(pid), execId }))];
  }

  async stats(): Promise<ReadonlyMap<string, string>> {
    if (this.init.state === "stopped") {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${this.id} is stopped; only a container that has not exited has metrics`);
    }
    return await this.machine.agent.containerStats(this.id);
  }

  async update(resources: ResourcesSpec): Promise<void> {
    this.init.requireNotStopped();
    const { disks } = this.#storage;
    const planned = resourcesWithDisks(planUpdate(resources, this.#warn(""), new Set(disks.keys())), disks);
    await this.machine.agent.updateContainer(this.id, encode(planned));
  }

  /** Removes a stopped or never started additional process, after its output was drained. */
  async deleteExec(execId: string): Promise<Process> {
    const process = this.process(execId);
    if (process.state === "running" || process.state === "starting") {
      throw new HadronError(Code.FAILED_PRECONDITION, `${process.name} is ${process.state}; kill it before deleting it`);
    }
    await process.io?.drain();
    if (process.guestPid !== 0) {
      await this.#ask((agent) => agent.deleteProcess(this.id, execId));
    }
    this.#execs.delete(execId);
    return process;
  }

  /**
   * Removes the container from guest and host. A container that was never started is killed first, one that runs
   * is refused. The VM goes with the last one, whose guest need not tidy up, only write back.
   */
  async delete(): Promise<Exit> {
    return await this.#deletion.run(this, () => this.#remove());
  }

  async #remove(): Promise<void> {
    if (this.status === "created") {
      await this.machine.agent.signalProcess(this.id, "", SIGKILL, true).catch(ignoreGone);
      await this.init.exited;
    }
    await Promise.all([this.init, ...this.#execs.values()].map(async (process) => await process.io?.drain()));
    if (this.#lease.isLast()) {
      await using _ = this.#lease;
      this.machine.windDown();
      await this.#ask((agent) => agent.sync());
    } else {
      await this.#ask((agent) => agent.deleteContainer(this.id));
    }
    await this.#hostProcess.end();
    await this.#storage[Symbol.asyncDispose]();
    await this.#lease[Symbol.asyncDispose]();
    await this.#hooks.afterDelete();
  }

  /** For what is to be removed: with a guest that is gone, or does not know it any more, nothing is left to do. */
  async #ask(call: (agent: ContainerAgent) => Promise<void>): Promise<void> {
    if (this.machine.exit === undefined) {
      await call(this.machine.agent).catch(ignoreGone);
    }
  }

  /** Every process that was in the VM was killed with it. */
  #machineExited(): void {
    for (const process of [...this.#execs.values(), this.init]) {
      void process.lose();
    }
  }

  /** Releases what the host holds, without the guest; for the end of the daemon, whose VM is gone. */
  async abandon(): Promise<void> {
    await this.init.io?.close();
    await this.#hostProcess.end();
    await this.#storage[Symbol.asyncDispose]();
    await this.#lease[Symbol.asyncDispose]();
  }

  /** A container whose hooks say no is stopped. */
  async #runInit(): Promise<void> {
    const { agent } = this.machine;
    // Whoever makes the pod's network may have done so since Create.
    await this.machine.refreshNetwork(this.#spec.mounts?.findLast(({ destination }) => destination === RESOLV_CONF)?.source);
    await agent.startContainer(this.id);
    try {
      await this.#hooks.afterStart(this.init.pid);
    } catch (error) {
      await agent.signalProcess(this.id, "", SIGKILL, true).catch(ignoreGone);
      throw error;
    }
  }

  async #runExec(process: Process): Promise<void> {
    try {
      const { agent } = this.machine;
      const owner = this.#pipeOwner;
      await process.open(this.machine, (stdio) => agent.execProcess(this.id, process.execId, process.specJson ?? "", { ...stdio, owner }));
    } catch (error) {
      process.settle(EXEC_FAILED_STATUS);
      throw error;
    }
    this.#follow(process);
  }

  /** Tells the exit of a process, the init process's when no other is left. */
  #follow(process: Process): void {
    void process
      .watch(this.machine.agent, () => this.#atExit(process))
      .catch((error: unknown) => {
        this.machine.fail(`waiting for ${process.name} failed: ${String(error)}`);
      });
    void process.exited.then(async (exit) => {
      if (process === this.init) {
        await this.#hostProcess.end();
      }
      this.#log.debug({ container: this.id, exec: process.execId, status: exit.status }, "process exited");
      this.#observer.exited(process, exit);
    });
  }

  /** Before anybody hears of the container's exit nothing of it runs, and what it has written is on the host. */
  async #atExit(process: Process): Promise<void> {
    if (process !== this.init) {
      return;
    }
    await this.#endOthers();
    if (process.state === "running") {
      await this.machine.writeBack(this.#storage.guestPaths, "exit");
    }
  }

  /** Whoever signals the pid that the host is told means the init process, which has that pid with runc. */
  #signalFromHost(signal: number): void {
    if (this.init.state === "stopped") {
      return;
    }
    this.#log.debug({ container: this.id, signal }, "a signal from the host");
    void this.machine.agent.signalProcess(this.id, "", signal, false).catch((error: unknown) => {
      this.#log.warn({ container: this.id, signal, err: error }, "a signal from the host was not delivered");
    });
  }

  #started(process: Process): void {
    this.#log.debug({ container: this.id, exec: process.execId, guestPid: process.guestPid }, "process started");
    this.#observer.started(process);
  }

  /**
   * A container ends with its init process. In a pid namespace of its own the kernel has killed the others; in a shared
   * one, as runc's shim, we do. They would hold the output open, whose end a client may wait for before it deletes.
   */
  async #endOthers(): Promise<void> {
    const left = [...this.#execs.values()].filter((exec) => exec.state === "running" || exec.state === "starting");
    if (this.machine.exit === undefined && (!endsWithInit(this.#spec) || left.length > 0)) {
      await this.machine.agent.signalProcess(this.id, "", SIGKILL, true).catch((error: unknown) => {
        this.#log.debug({ err: error }, `killing what ${this.init.name} left behind`);
      });
    }
    if (left.length === 0) {
      return;
    }
    const timer = setTimeout(() => {
      for (const exec of left) {
        exec.settle(KILLED_STATUS);
      }
    }, ORPHAN_TIMEOUT_MS);
    await Promise.all(left.map((exec) => exec.exited));
    clearTimeout(timer);
  }

  #warn(execId: string): Warn {
    return (sentence) => this.#log.warn({ container: this.id, exec: execId }, sentence);
  }

  /** As for runc, a container that was not started yet has everything that an additional process needs. */
  #requireAlive(what: string): void {
    if (this.status !== "running" && this.status !== "created") {
      throw new HadronError(Code.FAILED_PRECONDITION, `cannot ${what}: container ${this.id} is ${this.status}, not running`);
    }
  }
}

/**
 * Whether the kernel ends every process of the container with its init process: it does with a pid namespace of their
 * own. One with a path is joined, and without any the guest's own is taken.
 */
function endsWithInit(spec: Spec): boolean {
  return spec.linux?.namespaces?.some(({ type, path }) => type === "pid" && (path ?? "") === "") ?? false;
}

/** What a shell says of a program that could not be executed; containerd shows it for a failed exec. */
const EXEC_FAILED_STATUS = 255;

/** A thing that the guest does not know any more, or a guest that is gone or being killed, has nothing left to remove. */
function ignoreGone(error: unknown): void {
  const codes: readonly Code[] = [Code.NOT_FOUND, Code.UNAVAILABLE];
  if (error instanceof HadronError && codes.includes(error.code)) {
    return;
  }
  throw error;
}
