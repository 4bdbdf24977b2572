/**
 * What stands for a pod itself: CRI's sandbox container, or the sandbox of containerd's Sandbox service. runc has a program
 * there (pause), whose process holds the pod's namespaces; here the VM and its agent hold them. So this is a lease of the
 * VM and a process on the host, and has neither a process nor a root file system in the guest. It ends as pause does.
 */

import { Code, HadronError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { ContainerHostProcess, ContainerLease, ContainerMachine, ContainerStatus, PodMember, SandboxObserver } from "./container.ts";
import { Deletion } from "./deletion.ts";
import type { HostProcess } from "./host-process.ts";
import type { ProcessSpec, ResourcesSpec } from "./oci.ts";
import { planUpdate } from "./plan.ts";
import type { PodSpec } from "./pod-spec.ts";
import { type Exit, KILLED_STATUS, Process } from "./process.ts";

/** The agent's, in the guest's own namespaces, which are the pod's. */
const AGENT_PID = 1;
/** But for the pid namespace, where nobody is to see the agent: the agent makes it for the first container in it (agent.proto). */
const SHARED_PIDS = "/run/hadron/pod-pids";
const [SIGINT, SIGKILL, SIGTERM] = [2, 9, 15];
/** By signal, the status with which pause ends. It is PID 1 of its namespace, so that all others do nothing to it. */
const ENDS: ReadonlyMap<number, number> = new Map([
  [SIGINT, 0],
  [SIGTERM, 0],
  [SIGKILL, KILLED_STATUS],
]);
const NO_STDIO = { stdin: "", stdout: "", stderr: "", terminal: false };

export interface PodContainerOptions {
  readonly id: string;
  readonly bundle: string;
  readonly machine: ContainerMachine;
  readonly pids: PodSpec["pids"];
  /** Given up when it is deleted. */
  readonly lease: ContainerLease;
  readonly hostProcess: ContainerHostProcess & Pick<HostProcess, "pid">;
  readonly observer: Pick<SandboxObserver, "started" | "exited">;
  readonly log: Logger;
}

export class PodContainer implements PodMember {
  readonly id: string;
  readonly bundle: string;
  readonly init: Process;
  readonly machine: ContainerMachine;
  readonly #pids: PodSpec["pids"];
  readonly #lease: ContainerLease;
  readonly #hostProcess: ContainerHostProcess;
  readonly #onStarted: () => void;
  readonly #log: Logger;
  #isPaused = false;
  readonly #deletion = new Deletion();

  constructor({ id, bundle, machine, pids, lease, hostProcess, observer, log }: PodContainerOptions) {
    this.id = id;
    this.bundle = bundle;
    this.machine = machine;
    this.#pids = pids;
    this.#lease = lease;
    this.#hostProcess = hostProcess;
    this.#log = log;
    this.init = new Process(id, "", NO_STDIO);
    this.init.hostPid = hostProcess.pid;
    this.init.guestPid = AGENT_PID;
    this.#onStarted = () => observer.started(this.init);
    void this.init.exited.then(async (exit) => {
      await hostProcess.end();
      log.debug({ container: id, status: exit.status }, "the pod's own container ended");
      observer.exited(this.init, exit);
    });
    hostProcess.forward((signal) => this.#signal(signal));
    void machine.exited.then(() => this.init.lose());
  }

  get status(): ContainerStatus {
    if (this.init.state === "stopped") {
      return "stopped";
    }
    if (this.#isPaused) {
      return "paused";
    }
    return this.init.state === "running" ? "running" : "created";
  }

  namespacePath(file: string): string {
    return file.startsWith("pid") && this.#pids === "shared" ? SHARED_PIDS : `/proc/${AGENT_PID}/ns/${file}`;
  }

  process(execId: string): Process {
    if (execId !== "") {
      throw new HadronError(Code.NOT_FOUND, `container ${this.id} has no process ${execId}`);
    }
    return this.init;
  }

  /** When nothing on the host has its pid any more. */
  async wait(execId: string): Promise<Exit> {
    const exit = await this.process(execId).exited;
    await this.#hostProcess.end();
    return exit;
  }

  async start(execId: string): Promise<Process> {
    const process = this.process(execId);
    await process.start(async () => undefined, this.#onStarted);
    return process;
  }

  addExec(_execId: string, _spec: ProcessSpec): Process {
    throw this.#withoutProgram("a process cannot be added to it");
  }

  async deleteExec(execId: string): Promise<Process> {
    this.process(execId);
    throw this.#withoutProgram("its only process goes with it");
  }

  async kill(execId: string, signal: number): Promise<void> {
    this.process(execId).requireNotStopped();
    this.#signal(signal);
  }

  /** It has no terminal. */
  async resize(execId: string): Promise<void> {
    this.process(execId);
  }

  /** It has no standard input. */
  async closeStdin(execId: string): Promise<void> {
    this.process(execId);
  }

  async pause(): Promise<void> {
    this.#requireStatus("running", "paused");
    this.#isPaused = true;
  }

  async resume(): Promise<void> {
    this.#requireStatus("paused", "resumed");
    this.#isPaused = false;
  }

  async processes(): Promise<{ readonly pid: number; readonly execId: string }[]> {
    return this.status === "stopped" ? [] : [{ pid: this.init.pid, execId: "" }];
  }

  /** Nothing runs in it that could use anything. */
  async stats(): Promise<ReadonlyMap<string, string>> {
    if (this.status === "stopped") {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${this.id} is stopped; only a container that has not exited has metrics`);
    }
    return new Map();
  }

  /** What is wrong is refused; there is nothing that the rest would limit. */
  async update(resources: ResourcesSpec): Promise<void> {
    this.init.requireNotStopped();
    planUpdate(resources, (sentence) => this.#log.warn({ container: this.id }, sentence));
  }

  /** The VM goes with it, unless other containers of the pod have a lease of it. */
  async delete(): Promise<Exit> {
    return await this.#deletion.run(this, () => this.abandon());
  }

  async abandon(): Promise<void> {
    this.init.settle(KILLED_STATUS);
    await this.#hostProcess.end();
    await this.#lease[Symbol.asyncDispose]();
  }

  #signal(signal: number): void {
    const status = ENDS.get(signal);
    if (status !== undefined) {
      this.init.settle(status);
    }
  }

  #requireStatus(needed: ContainerStatus, done: string): void {
    if (this.status !== needed) {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${this.id} is ${this.status}; only a ${needed} container can be ${done}`);
    }
  }

  #withoutProgram(what: string): HadronError {
    return new HadronError(
      Code.FAILED_PRECONDITION,
      `container ${this.id} is the pod itself and runs no program, so ${what}; use a container of the pod`,
    );
  }
}
