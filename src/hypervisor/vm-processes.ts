/**
 * The processes of one VM, and what was made on the host for their start: the owner of all that from the first on. `stop` releases
 * whatever there is, however far the launch has come.
 */
import { closeSync } from "node:fs";

import { abortError, orAbort } from "../abort.ts";
import { Code, HadronError, messageOf } from "../errors.ts";
import { type ChildHost, type ChildOptions, spawnChild } from "../host/child.ts";
import { unlink } from "../host/files.ts";
import type { Host, ShareDescriptors } from "../host/host.ts";
import { type ChildExit, type OwnedProcess, type Spawned } from "../host/spawned.ts";
import { within } from "../time.ts";
import { endReason, outOfMemoryReason } from "./exit-words.ts";
import type { VmConfig, VmExit, VmProcess } from "./hypervisor.ts";

/** What Node itself cannot do for a VM's processes. */
export type ProcessesHost = ChildHost & Pick<Host, "listenUnix" | "lendShare" | "takeShareBack">;

/** How long the VMM may live on after a process at the other end of one of its connections saw it closed. */
const EXPLAIN_MS = 1000;
const LAUNCH = "the launch of the VM";

export class VmProcesses {
  readonly #host: ProcessesHost;
  readonly #hadronExec: string;
  readonly #config: VmConfig;
  readonly #children: OwnedProcess[] = [];
  /** Descriptors of this process that are only there to be passed on, and socket files. */
  readonly #descriptors = new Set<number>();
  readonly #files = new Set<string>();
  /** Shares in which a file server is starting. */
  readonly #lent = new Set<ShareDescriptors>();
  readonly #exited = Promise.withResolvers<VmExit>();
  readonly #notices: Promise<void>[] = [];
  readonly #deferred: (() => Promise<unknown>)[] = [];
  #vmm: OwnedProcess | undefined;
  /** What made us kill the VMM, if something other than `stop` did. */
  #cause: string | undefined;
  /** Of the first one beside it that ended by itself, in disorder. */
  #broken: string | undefined;
  #gone = false;
  #stopped: Promise<void> | undefined;

  constructor(host: ProcessesHost, hadronExec: string, config: VmConfig) {
    this.#host = host;
    this.#hadronExec = hadronExec;
    this.#config = config;
  }

  get pids(): readonly number[] {
    return this.#children.map(({ pid }) => pid);
  }

  /** As of `Vm`. */
  get exited(): Promise<VmExit> {
    return this.#exited.promise;
  }

  /** Starts one through hadron-exec; it becomes this object's. */
  async spawn(options: Omit<ChildOptions, "hadronExec" | "onDiagnostic">, role: VmProcess["role"] = "helper"): Promise<Spawned> {
    this.requireRunning();
    const { onDiagnostic } = this.#config;
    const child = await spawnChild(this.#host, { ...options, hadronExec: this.#hadronExec, onDiagnostic });
    this.adopt(child, role);
    return child;
  }

  /** A process that was just started becomes this object's. */
  adopt(child: OwnedProcess, role: VmProcess["role"]): void {
    this.#children.push(child);
    const notice = this.#config.onProcess({ pid: child.pid, startTime: child.startTime, role, name: child.name });
    notice.catch(() => undefined);
    this.#notices.push(notice);
  }

  /** It is `child` that runs the guest. `reasonOf`: why the VM is gone, if it ended by itself. */
  runBy(child: OwnedProcess, reasonOf: (exit: ChildExit) => string): void {
    this.#vmm = child;
    void child.exited.then((exit) => {
      this.#gone = true;
      const expected = this.#stopped !== undefined;
      const outOfMemory = !expected && this.#config.outOfMemory?.() === true;
      const reason = expected ? "the VM was stopped" : (this.#cause ?? reasonOf(exit));
      this.#exited.resolve({ reason: outOfMemory ? outOfMemoryReason(reason) : reason, expected, outOfMemory });
    });
  }

  /** A VM whose devices have lost their other side is of no use: it goes with the first process that dies. `name`: begins a sentence. */
  killWith(child: OwnedProcess, name: string): void {
    void child.exited.then((exit) => {
      const cause = endReason(name, exit, child.stderr);
      // virtiofsd ends with 0 when the VMM hangs up, and may well be reaped before the VMM that died.
      if (exit.code === 0) {
        this.#killUnlessGone(cause);
        return;
      }
      if (exit.code !== null) {
        this.#broken ??= cause;
      }
      this.giveUp(cause);
    });
  }

  /** @throws HadronError CANCELLED */
  requireRunning(): void {
    if (this.#stopped !== undefined) {
      throw new HadronError(Code.CANCELLED, "the VM was stopped while it was being launched");
    }
  }

  /** A listening socket, for a process to inherit. */
  async listen(path: string): Promise<number> {
    const listener = await this.#host.listenUnix(path);
    this.#files.add(path);
    return this.own(listener);
  }

  /** It is closed when the VM is up, if not before. */
  own(fd: number): number {
    this.#descriptors.add(fd);
    return fd;
  }

  closeDescriptor(fd: number): void {
    if (this.#descriptors.delete(fd)) {
      closeSync(fd);
    }
  }

  closeDescriptors(): void {
    for (const fd of this.#descriptors) {
      this.closeDescriptor(fd);
    }
  }

  /** For a process that starts in the share's mount namespace, until the VM is up; its root directory there. */
  async lend(share: ShareDescriptors): Promise<string> {
    const root = await this.#host.lendShare(share, this.#config.directory);
    this.#lent.add(share);
    return root;
  }

  async takeSharesBack(): Promise<void> {
    for (const share of this.#lent) {
      this.#lent.delete(share);
      await this.#host.takeShareBack(share);
    }
  }

  /** Is called by `stop` when the processes are gone, the last one first. */
  defer(release: () => Promise<unknown>): void {
    this.#deferred.push(release);
  }

  /** When whoever is told of the processes has been told of all that there are. */
  async noted(): Promise<void> {
    await Promise.all(this.#notices);
  }

  /** @throws HadronError as of `abortError` */
  requireWanted(signal: AbortSignal): void {
    if (signal.aborted) {
      throw abortError(signal, LAUNCH);
    }
  }

  /** Waits for `started`, and for the processes to be noted; then nobody needs the sockets' names and the like. */
  async up(started: Promise<unknown>, signal: AbortSignal): Promise<void> {
    await orAbort(
      Promise.race([
        Promise.all([started, this.noted()]),
        this.exited.then(({ reason }) => {
          throw new HadronError(Code.INTERNAL, `the VM did not start: ${reason}`);
        }),
      ]).catch((error: unknown) => this.#explain(error)),
      signal,
      LAUNCH,
    );
    this.closeDescriptors();
    await this.takeSharesBack();
    await this.#removeFiles();
  }

  /** What a launch failed of, told after `stop`: a process that ended by itself explains what another one says of it. */
  explained(error: unknown): unknown {
    const explains = this.#broken !== undefined && error instanceof HadronError && error.code === Code.INTERNAL;
    return explains ? new HadronError(Code.INTERNAL, `the VM did not start: ${this.#broken}`, { cause: error }) : error;
  }

  /** Kills the VMM. `cause`: why the VM is of no use any more. */
  giveUp(cause: string): void {
    if (!this.#gone && this.#stopped === undefined) {
      this.#cause ??= cause;
      this.#vmm?.kill();
    }
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#release();
    return this.#stopped;
  }

  /** A connection that got lost has a cause, which is about to be known: the process at its other end died. */
  async #explain(error: unknown): Promise<never> {
    if (!(error instanceof HadronError) || error.code !== Code.UNAVAILABLE) {
      throw error;
    }
    this.#killUnlessGone(messageOf(error));
    const { reason } = await this.exited;
    throw new HadronError(Code.INTERNAL, `the VM did not start: ${reason}`, { cause: error });
  }

  /** For what may be a consequence of the VMM's end, which then gives the reason. */
  #killUnlessGone(cause: string): void {
    void within(this.exited, EXPLAIN_MS).then((exit) => {
      if (exit === undefined) {
        this.giveUp(cause);
      }
    });
  }

  async #removeFiles(): Promise<void> {
    for (const path of this.#files) {
      this.#files.delete(path);
      try {
        await unlink(path);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
          throw new HadronError(Code.INTERNAL, `the socket ${path} cannot be removed: ${messageOf(cause)}`, { cause });
        }
      }
    }
  }

  async #release(): Promise<void> {
    for (const child of this.#children) {
      child.kill();
    }
    this.closeDescriptors();
    await Promise.all(this.#children.map((child) => child.exited));
    for (const release of this.#deferred.toReversed()) {
      await release();
    }
    await this.takeSharesBack();
    await this.#removeFiles();
    // Without a VMM there was never a guest, but whoever asks shall not wait for ever.
    this.#exited.resolve({ reason: "the VM was never started", expected: true });
  }
}
