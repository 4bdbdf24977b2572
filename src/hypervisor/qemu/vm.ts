/** One VM: QEMU, hadron-vsock and, with virtio-fs, one virtiofsd for every share. */
import { fstat as fstatCallback } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { Code, HadronError } from "../../errors.ts";
import { FIRST_DESCRIPTOR } from "../../host/child.ts";
import type { Host } from "../../host/host.ts";
import type { Message } from "../../host/line-client.ts";
import { describeExit, type Spawned } from "../../host/spawned.ts";
import { allDone } from "../../time.ts";
import { GuestConsole } from "../console.ts";
import { diskOf } from "../disks.ts";
import type { Medium, Nic, SharedDirectory, StreamNic, Vm, VmConfig, VmExit, Vsock } from "../hypervisor.ts";
import { serveShare, type Virtiofsd } from "../virtiofsd.ts";
import { type ProcessesHost, VmProcesses } from "../vm-processes.ts";
import { GUEST_CID, VsockControl } from "../vsock-control.ts";
import { emptyNode, emptyOptions, mediumNode, mediumOptions, type QemuMedium, throttle } from "./block-nodes.ts";
import { busOfPlugged, HANDLER_BUS, pluggedNic, qemuArguments, type QemuDevice } from "./command-line.ts";
import { exitReason } from "./exit-reason.ts";
import { QmpClient, type QmpEvent } from "./qmp.ts";

/** What Node itself cannot do with sockets. */
export type QemuHost = ProcessesHost & Pick<Host, "socketpair" | "sendFds">;

export interface QemuOptions {
  /** Paths of programs. */
  readonly qemu: string;
  readonly hadronExec: string;
  readonly hadronVsock: string;
  readonly host: QemuHost;
  readonly acceleration: "kvm" | "tcg";
  readonly tscKhz: number | undefined;
  /** Absent: directories are shared by 9p. */
  readonly virtiofsd: Virtiofsd | undefined;
}

const fstat = promisify(fstatCallback);

interface Connection {
  /** Our end. */
  readonly stream: Socket;
  /** Of `stream`. */
  readonly fd: number;
  readonly theirs: number;
}

export class QemuVm implements Vm {
  readonly #options: QemuOptions;
  readonly #config: VmConfig;
  readonly #processes: VmProcesses;
  /** QEMU's descriptors. */
  readonly #inherited: number[] = [];
  /** NICs that it was given while it ran. */
  #plugged = 0;
  #vsock: VsockControl | undefined;
  #qemu: Spawned | undefined;
  #qmp: QmpClient | undefined;
  #shutdown: string | undefined;
  #panicked = false;
  /** From the moment `pause` asks for it until `resume` has been answered. */
  #paused = false;
  /** QEMU stopped the virtual CPUs without being asked to. */
  #halted = false;

  private constructor(options: QemuOptions, config: VmConfig) {
    this.#options = options;
    this.#config = config;
    this.#processes = new VmProcesses(options.host, options.hadronExec, config);
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
    return started(this.#qemu).pid;
  }

  get pids(): readonly number[] {
    return this.#processes.pids;
  }

  get vsock(): Vsock {
    return started(this.#vsock);
  }

  get exited(): Promise<VmExit> {
    return this.#processes.exited;
  }

  async pause(signal: AbortSignal): Promise<void> {
    this.#paused = true;
    await started(this.#qmp).execute("stop", {}, signal);
  }

  async resume(signal: AbortSignal): Promise<void> {
    await started(this.#qmp).execute("cont", {}, signal);
    this.#paused = false;
  }

  async insertDisk(id: string, medium: Medium, signal: AbortSignal): Promise<void> {
    // QEMU decides that once, whatever is in it later.
    const readOnly = diskOf(this.#config.devices, id).disk.medium?.readOnly ?? false;
    if (medium.readOnly !== readOnly) {
      throw new HadronError(
        Code.FAILED_PRECONDITION,
        `QEMU has made the disk ${id} for ${readOnly ? "reading only" : "reading and writing"}, and it takes no other`,
      );
    }
    await this.#exchange(id, [emptyNode(id), mediumNode(id)], mediumOptions(id, await qemuMedium(medium)), signal);
  }

  async ejectDisk(id: string, signal: AbortSignal): Promise<void> {
    diskOf(this.#config.devices, id);
    await this.#exchange(id, [mediumNode(id), emptyNode(id)], emptyOptions(id), signal);
  }

  /** Has a disk use another node, and closes the one that it had. */
  async #exchange(id: string, [from, to]: readonly [string, string], options: Message, signal: AbortSignal): Promise<void> {
    const qmp = started(this.#qmp);
    await qmp.execute("blockdev-add", options, signal);
    try {
      await qmp.execute("qom-set", { path: `/machine/peripheral/${id}`, property: "drive", value: to }, signal);
    } catch (error) {
      await qmp.execute("blockdev-del", { "node-name": to }, signal).catch(() => undefined);
      throw error;
    }
    await qmp.execute("blockdev-del", { "node-name": from }, signal);
  }

  async plug({ hardwareAddress, queues, vhost }: Nic, signal: AbortSignal): Promise<void> {
    const { devices, pluggedNics = 0 } = this.#config;
    if (this.#plugged >= pluggedNics) {
      throw new HadronError(Code.RESOURCE_EXHAUSTED, `a VM that was started for ${pluggedNics} more NICs cannot be given another one`);
    }
    const number = this.#plugged++;
    const qmp = started(this.#qmp);
    const bus = busOfPlugged(number, devices.length);
    const id = `plugged${number}`;
    const give = async (fds: readonly number[], of: string): Promise<string[]> => {
      const names = fds.map((_, index) => `${id}-${of}${index}`);
      for (const [index, fdname] of names.entries()) {
        await qmp.execute("getfd", { fdname }, signal, fds.slice(index, index + 1));
      }
      return names;
    };
    const nic = pluggedNic({ id, hardwareAddress, bus, queues: await give(queues, "queue"), vhost: await give(vhost, "vhost") });
    await qmp.execute("netdev_add", nic.netdev, signal);
    await qmp.execute("qom-set", { path: bus, property: "hotplug-handler", value: HANDLER_BUS }, signal);
    await qmp.execute("device_add", nic.device, signal);
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #start(signal: AbortSignal): Promise<void> {
    this.#processes.requireWanted(signal);
    const socket = join(this.#config.directory, "vsock.sock");
    const [listener, vsock, monitor, console] = await allDone([
      this.#processes.listen(socket),
      this.#openVsock(),
      this.#connection(),
      this.#connection(),
    ]);
    const devices: QemuDevice[] = [];
    for (const [index, device] of this.#config.devices.entries()) {
      devices.push(await this.#device(device, index));
    }
    this.#processes.requireWanted(signal);
    await this.#startQemu({ socket, monitor, console }, devices);
    // QEMU has loaded its libraries when it looks for it: until then its connection can wait.
    await this.#startVsock(vsock, listener);
    // QEMU answers the negotiation once the machine is made.
    await this.#processes.up(this.#negotiate(started(this.#qmp), signal), signal);
  }

  async #negotiate(qmp: QmpClient, signal: AbortSignal): Promise<void> {
    await qmp.negotiate(signal);
    // There were no events until now.
    const state = (await qmp.execute("query-status", {}, signal)) as { readonly status?: unknown };
    if (state.status === "internal-error") {
      this.#halt();
    }
    // The guest boots already, but nobody has been told yet that there is a disk.
    const { devices, kernel } = this.#config;
    for (const disk of devices.filter((device) => device.kind === "disk")) {
      const limit = throttle(disk, kernel.kind);
      if (limit !== undefined) {
        await qmp.execute("block_set_io_throttle", limit, signal);
      }
    }
  }

  /** hadron-vsock's end of its connection with us. */
  async #openVsock(): Promise<number> {
    const { host } = this.#options;
    const [ours, theirs] = await host.socketpair();
    const control = new VsockControl(host, ours, (sentence) => this.#processes.giveUp(sentence));
    this.#vsock = control;
    this.#processes.defer(() => control.close());
    return this.#processes.own(theirs);
  }

  /** One for QEMU to inherit. */
  async #connection(): Promise<Connection> {
    const [fd, theirs] = await this.#options.host.socketpair();
    // Half open: the descriptor must stay ours until nobody sends over it any more.
    const stream = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    this.#processes.defer(() => Promise.resolve(stream.destroy()));
    return { fd, stream, theirs: this.#processes.own(theirs) };
  }

  async #startVsock(theirs: number, listener: number): Promise<void> {
    const processes = this.#processes;
    const child = await processes.spawn({
      name: "hadron-vsock",
      program: this.#options.hadronVsock,
      args: ["--listen-fd", String(FIRST_DESCRIPTOR + 1), "--guest-cid", String(GUEST_CID)],
      descriptors: [theirs, listener],
    });
    processes.closeDescriptor(theirs);
    processes.closeDescriptor(listener);
    void child.exited.then((exit) => {
      this.#vsock?.fail(`it ${describeExit(exit)}`);
    });
    processes.killWith(child, "the vsock process");
  }

  async #share({ tag, share }: SharedDirectory, index: number): Promise<QemuDevice> {
    const { virtiofsd } = this.#options;
    if (virtiofsd === undefined) {
      return { kind: "9p", tag, directory: this.#inherit(share.directory) };
    }
    const { directory } = this.#config;
    const socket = join(directory, `fs${index}.sock`);
    const listener = await this.#processes.listen(socket);
    await serveShare(this.#processes, virtiofsd, { listener, share, directory });
    this.#processes.closeDescriptor(listener);
    return { kind: "virtiofs", tag, socket };
  }

  async #device(device: VmConfig["devices"][number], index: number): Promise<QemuDevice> {
    switch (device.kind) {
      case "share":
        return await this.#share(device, index);
      case "disk":
        return { ...device, medium: device.medium && (await qemuMedium(device.medium)) };
      default:
        return this.#nic(device);
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

  async #startQemu(to: { socket: string; monitor: Connection; console: Connection }, devices: readonly QemuDevice[]): Promise<void> {
    const { qemu: program, host, acceleration, tscKhz } = this.#options;
    const { kernel, initrd, kernelParameters, vcpus, memoryMiB, pluggedNics = 0, netns, onConsoleLine } = this.#config;
    const processes = this.#processes;
    const console = new GuestConsole(to.console.stream, onConsoleLine);
    const { stream, fd: socket } = to.monitor;
    const onEvent = (event: QmpEvent): void => this.#onEvent(event);
    const qmp = new QmpClient(stream, onEvent, (data, fds) => host.sendFds({ socket, data, fds }));
    this.#qmp = qmp;
    processes.defer(() => qmp.close());
    const args = qemuArguments({
      acceleration,
      kernel,
      initrd,
      kernelParameters,
      vcpus,
      memoryMiB,
      tscKhz,
      vsockSocket: to.socket,
      devices,
      pluggedNics,
      qmpFd: this.#inherit(to.monitor.theirs),
      consoleFd: this.#inherit(to.console.theirs),
    });
    const heard = Promise.all([qmp.ended, console.ended]);
    const qemu = await processes.spawn({ name: "qemu", netns, program, args, descriptors: this.#inherited, heard }, "vmm");
    this.#qemu = qemu;
    processes.closeDescriptor(to.monitor.theirs);
    processes.closeDescriptor(to.console.theirs);
    processes.runBy(qemu, (exit) =>
      exitReason({
        ...exit,
        shutdown: this.#shutdown,
        panicked: this.#panicked,
        halted: this.#halted,
        stderr: qemu.stderr,
        consoleLines: console.lastLines,
      }),
    );
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
}

/** QEMU opens for itself what is open here, and not whatever has the same name by then. */
async function qemuMedium({ fd, readOnly, direct, cache }: Medium): Promise<QemuMedium> {
  const isDevice = (await fstat(fd)).isBlockDevice();
  return { path: `/proc/${process.pid}/fd/${fd}`, isDevice, readOnly, direct, cache };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) {
    throw new HadronError(Code.INTERNAL, "the VM has not been launched");
  }
  return part;
}
