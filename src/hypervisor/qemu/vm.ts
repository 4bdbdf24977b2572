/**
 * One VM: QEMU, hadron-vsock and, with virtio-fs, one virtiofsd for every share. This object owns all of
 * them from the first on; `stop` releases whatever there is, however far the launch had come.
 */
import { closeSync } from "node:fs";
import { join } from "node:path";

import { abortError, orAbort } from "../../abort.ts";
import { Code, HadronError, messageOf } from "../../errors.ts";
import { Child, type ChildExit, type ChildOptions, describeExit } from "../../host/child.ts";
import { unlink } from "../../host/files.ts";
import type { Host, ShareDescriptors } from "../../host/host.ts";
import { within } from "../../time.ts";
import { GuestConsole } from "../console.ts";
import type { Nic, SharedDirectory, StreamNic, Vm, VmConfig, VmExit, VmProcess, Vsock } from "../hypervisor.ts";
import { VsockControl } from "../vsock-control.ts";
import { qemuArguments, type QemuDevice } from "./command-line.ts";
import { exitReason, outOfMemoryReason, withWords } from "./exit-reason.ts";
import { QmpClient, type QmpEvent } from "./qmp.ts";
import { virtiofsdArguments, type Virtiofsd } from "./virtiofsd.ts";

/** What Node itself cannot do with sockets. */
export type HostSockets = Pick<Host, "socketpair" | "listenUnix" | "sendFds" | "lendShare" | "takeShareBack">;

export interface QemuOptions {
  /** Paths of programs. */
  readonly qemu: string;
  readonly hadronExec: string;
  readonly hadronVsock: string;
  readonly host: HostSockets;
  readonly acceleration: "kvm" | "tcg";
  readonly tscKhz: number | undefined;
  /** Absent: directories are shared by 9p. */
  readonly virtiofsd: Virtiofsd | undefined;
}

/** The pod's own address in its VM; every VM has a vsock of its own, so that all of them can have the same. */
const GUEST_CID = 3;
/** Indexes and numbers of QEMU's inherited descriptors. */
const QMP = 0;
const CONSOLE = 1;
const FIRST_DESCRIPTOR = 3;
/** How long QEMU may live on after a process at the other end of one of its connections saw it closed. */
const EXPLAIN_MS = 1000;

export class QemuVm implements Vm {
  readonly #options: QemuOptions;
  readonly #config: VmConfig;
  readonly #children: Child[] = [];
  /** QEMU's descriptors. */
  readonly #inherited: ("stream" | number)[] = ["stream", "stream"];
  /** Descriptors of this process that are only there to be inherited, and socket files. */
  readonly #descriptors = new Set<number>();
  /** Shares in which a file server is starting. */
  readonly #lent = new Set<ShareDescriptors>();
  readonly #files = new Set<string>();
  readonly #exited = Promise.withResolvers<VmExit>();
  readonly #notices: Promise<void>[] = [];
  #vsock: VsockControl | undefined;
  #qemu: Child | undefined;
  #qmp: QmpClient | undefined;
  #console: GuestConsole | undefined;
  #shutdown: string | undefined;
  #panicked = false;
  /** From the moment `pause` asks for it until `resume` has been answered. */
  #paused = false;
  /** QEMU stopped the virtual CPUs without being asked to. */
  #halted = false;
  /** What made us kill QEMU, if something other than `stop` did. */
  #cause: string | undefined;
  #gone = false;
  #stopped: Promise<void> | undefined;

  private constructor(options: QemuOptions, config: VmConfig) {
    this.#options = options;
    this.#config = config;
  }

  static async launch(options: QemuOptions, config: VmConfig, signal: AbortSignal): Promise<QemuVm> {
    const vm = new QemuVm(options, config);
    try {
      await vm.#start(signal);
      return vm;
    } catch (error) {
      await vm.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.#started(this.#qemu).pid;
  }

  get pids(): readonly number[] {
    return this.#children.map(({ pid }) => pid);
  }

  get vsock(): Vsock {
    return this.#started(this.#vsock);
  }

  get exited(): Promise<VmExit> {
    return this.#exited.promise;
  }

  async pause(signal: AbortSignal): Promise<void> {
    this.#paused = true;
    await this.#started(this.#qmp).execute("stop", {}, signal);
  }

  async resume(signal: AbortSignal): Promise<void> {
    await this.#started(this.#qmp).execute("cont", {}, signal);
    this.#paused = false;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#release();
    return this.#stopped;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #start(signal: AbortSignal): Promise<void> {
    const what = "the launch of the VM";
    if (signal.aborted) {
      throw abortError(signal, what);
    }
    const socket = join(this.#config.directory, "vsock.sock");
    await this.#startVsock(socket);
    const devices: QemuDevice[] = [];
    for (const [index, device] of this.#config.devices.entries()) {
      devices.push(device.kind === "share" ? await this.#share(device, index) : this.#nic(device));
    }
    if (signal.aborted) {
      throw abortError(signal, what);
    }
    const qmp = this.#startQemu(socket, devices);
    // QEMU answers the negotiation once the machine is made: from then on nobody needs the sockets' names.
    await orAbort(
      Promise.race([
        Promise.all([this.#negotiate(qmp, signal), ...this.#notices]),
        this.exited.then(({ reason }) => {
          throw new HadronError(Code.INTERNAL, `the VM did not start: ${reason}`);
        }),
      ]).catch((error: unknown) => this.#explain(error)),
      signal,
      what,
    );
    await this.#takeSharesBack();
    await this.#removeFiles();
  }

  async #negotiate(qmp: QmpClient, signal: AbortSignal): Promise<void> {
    await qmp.negotiate(signal);
    // There were no events until now.
    const state = (await qmp.execute("query-status", {}, signal)) as { readonly status?: unknown };
    if (state.status === "internal-error") {
      this.#halt();
    }
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

  async #startVsock(path: string): Promise<void> {
    const { host, hadronVsock } = this.#options;
    const [ours, theirs] = await host.socketpair();
    this.#vsock = new VsockControl(host, ours);
    this.#descriptors.add(theirs);
    const listener = await this.#listen(path);
    const child = this.#spawn({
      name: "hadron-vsock",
      program: hadronVsock,
      args: ["--listen-fd", String(FIRST_DESCRIPTOR + 1), "--guest-cid", String(GUEST_CID)],
      descriptors: [theirs, listener],
    });
    this.#closeDescriptor(theirs);
    this.#closeDescriptor(listener);
    this.#killWith(child, (exit) => {
      this.#vsock?.fail(`it ${describeExit(exit)}`);
    });
  }

  async #share({ tag, share }: SharedDirectory, index: number): Promise<QemuDevice> {
    const { virtiofsd } = this.#options;
    if (virtiofsd === undefined) {
      return { kind: "9p", tag, directory: this.#inherit(share.directory) };
    }
    const socket = join(this.#config.directory, `fs${index}.sock`);
    const listener = await this.#listen(socket);
    const child = virtiofsd.style === "rust" ? await this.#startInShare(virtiofsd, listener, share) : this.#startBeside(virtiofsd, listener, share);
    this.#closeDescriptor(listener);
    this.#killWith(child, () => undefined);
    return { kind: "virtiofs", tag, socket };
  }

  #startBeside(virtiofsd: Virtiofsd, listener: number, { directory }: ShareDescriptors): Child {
    const args = virtiofsdArguments(virtiofsd, { listener: FIRST_DESCRIPTOR, directory: FIRST_DESCRIPTOR + 1 });
    return this.#spawn({ name: "virtiofsd", program: virtiofsd.path, args, descriptors: [listener, directory] });
  }

  /** It finds the share where the VM's directory is on the host, until it has made that its root directory. */
  async #startInShare(virtiofsd: Virtiofsd, listener: number, share: ShareDescriptors): Promise<Child> {
    const { directory } = this.#config;
    const root = await this.#options.host.lendShare(share, directory);
    this.#lent.add(share);
    const args = virtiofsdArguments(virtiofsd, { listener: FIRST_DESCRIPTOR, directory });
    const descriptors = [listener, share.namespace];
    try {
      return this.#spawn({ name: "virtiofsd", program: virtiofsd.path, args, descriptors, mountNamespace: { descriptor: 1, root } });
    } catch (error) {
      // Stopped meanwhile.
      await this.#takeSharesBack();
      throw error;
    }
  }

  async #takeSharesBack(): Promise<void> {
    for (const share of this.#lent) {
      this.#lent.delete(share);
      await this.#options.host.takeShareBack(share);
    }
  }

  #nic(nic: Nic | StreamNic): QemuDevice {
    const inherit = (fd: number): number => this.#inherit(fd);
    if (nic.kind === "stream-nic") {
      return { ...nic, socket: inherit(nic.socket) };
    }
    const { kind, hardwareAddress, queues, vhost } = nic;
    return { kind, hardwareAddress, queues: queues.map(inherit), vhost: vhost.map(inherit) };
  }

  /** Which of QEMU's descriptors it will be. */
  #inherit(fd: number): number {
    return FIRST_DESCRIPTOR + this.#inherited.push(fd) - 1;
  }

  #startQemu(vsockSocket: string, devices: readonly QemuDevice[]): QmpClient {
    const { qemu: program, acceleration, tscKhz } = this.#options;
    const { kernel, initrd, kernelParameters, vcpus, memoryMiB, netns, onConsoleLine } = this.#config;
    const args = qemuArguments({
      acceleration,
      kernel,
      initrd,
      kernelParameters,
      vcpus,
      memoryMiB,
      tscKhz,
      vsockSocket,
      devices,
      qmpFd: FIRST_DESCRIPTOR + QMP,
      consoleFd: FIRST_DESCRIPTOR + CONSOLE,
    });
    const qemu = this.#spawn({ name: "qemu", netns, program, args, descriptors: this.#inherited }, "vmm");
    this.#qemu = qemu;
    this.#console = new GuestConsole(qemu.stream(CONSOLE), onConsoleLine);
    this.#qmp = new QmpClient(qemu.stream(QMP), (event) => {
      this.#onEvent(event);
    });
    void qemu.exited.then((exit) => {
      this.#onQemuExit(qemu, exit);
    });
    return this.#qmp;
  }

  #spawn(options: Omit<ChildOptions, "hadronExec" | "onDiagnostic">, role: VmProcess["role"] = "helper"): Child {
    if (this.#stopped !== undefined) {
      throw new HadronError(Code.CANCELLED, "the VM was stopped while it was being launched");
    }
    const child = Child.spawn({ ...options, hadronExec: this.#options.hadronExec, onDiagnostic: this.#config.onDiagnostic });
    this.#children.push(child);
    const notice = this.#config.onProcess({ pid: child.pid, role, name: child.name });
    notice.catch(() => undefined);
    this.#notices.push(notice);
    return child;
  }

  /** A VM whose devices have lost their other side is of no use: it goes with the first process that dies. */
  #killWith(child: Child, onExit: (exit: ChildExit) => void): void {
    void child.exited.then((exit) => {
      onExit(exit);
      const name = child.name === "hadron-vsock" ? "the vsock process" : `the process ${child.name}`;
      const cause = withWords(`${name} ${describeExit(exit)}`, child.stderr);
      // virtiofsd ends with 0 when QEMU hangs up, and may well be reaped before the QEMU that died.
      if (exit.code === 0) {
        this.#killUnlessGone(cause);
      } else {
        this.#kill(cause);
      }
    });
  }

  /** For what may be a consequence of QEMU's end, which then gives the reason. */
  #killUnlessGone(cause: string): void {
    void within(this.exited, EXPLAIN_MS).then((exit) => {
      if (exit === undefined) {
        this.#kill(cause);
      }
    });
  }

  #kill(cause: string): void {
    if (!this.#gone && this.#stopped === undefined) {
      this.#cause ??= cause;
      this.#qemu?.kill();
    }
  }

  #onEvent({ name, data }: QmpEvent): void {
    if (name === "SHUTDOWN" && typeof data["reason"] === "string") {
      this.#shutdown = data["reason"];
    } else if (name === "GUEST_PANICKED") {
      this.#panicked = true;
    } else if (name === "STOP" && !this.#paused && this.#shutdown === undefined) {
      this.#halt();
    }
  }

  /** The guest's CPUs did something that QEMU or KVM cannot carry out: nothing will ever make them go on. */
  #halt(): void {
    this.#halted = true;
    this.#qemu?.kill();
  }

  #onQemuExit(qemu: Child, { code, signal }: ChildExit): void {
    this.#gone = true;
    const expected = this.#stopped !== undefined;
    const outOfMemory = !expected && this.#config.outOfMemory?.() === true;
    const reason = expected
      ? "the VM was stopped"
      : (this.#cause ??
        exitReason({
          code,
          signal,
          shutdown: this.#shutdown,
          panicked: this.#panicked,
          halted: this.#halted,
          stderr: qemu.stderr,
          consoleLines: this.#console?.lastLines ?? [],
        }));
    this.#exited.resolve({ reason: outOfMemory ? outOfMemoryReason(reason) : reason, expected, outOfMemory });
  }

  async #listen(path: string): Promise<number> {
    const listener = await this.#options.host.listenUnix(path);
    this.#descriptors.add(listener);
    this.#files.add(path);
    return listener;
  }

  #closeDescriptor(fd: number): void {
    if (this.#descriptors.delete(fd)) {
      closeSync(fd);
    }
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
    for (const fd of this.#descriptors) {
      this.#closeDescriptor(fd);
    }
    await Promise.all(this.#children.map((child) => child.exited));
    await this.#vsock?.close();
    await this.#takeSharesBack();
    await this.#removeFiles();
    // Without a QEMU there was never a guest, but whoever asks shall not wait for ever.
    this.#exited.resolve({ reason: "the VM was never started", expected: true });
  }

  #started<T>(part: T | undefined): T {
    if (part === undefined) {
      throw new HadronError(Code.INTERNAL, "the VM has not been launched");
    }
    return part;
  }
}
