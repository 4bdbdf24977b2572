/** One VM: hadron-vmm, and one virtiofsd for every share. */
import { constants, open as openCallback } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { Code, HadronError } from "../../errors.ts";
import { errorOfSystemCall } from "../../host/error.ts";
import type { Host } from "../../host/host.ts";
import { childrenOf } from "../../host/process-stat.ts";
import { describeExit, Spawned, type SpawnedHost } from "../../host/spawned.ts";
import { GuestConsole } from "../console.ts";
import { diskOf } from "../disks.ts";
import type { Device, Medium, SharedDirectory, Vm, VmConfig, VmExit, Vsock } from "../hypervisor.ts";
import { serveShare, type Virtiofsd } from "../virtiofsd.ts";
import { type ProcessesHost, VmProcesses } from "../vm-processes.ts";
import { VsockControl } from "../vsock-control.ts";
import { VmmControl } from "./control.ts";
import { exitReason } from "./exit-reason.ts";
import { inserted, type KvmDevice, placeOf, vmmStart } from "./machine.ts";

/** What Node itself cannot do. */
export type KvmHost = ProcessesHost & SpawnedHost & Pick<Host, "socketpair" | "sendFds" | "dial" | "spawnVmm">;

export interface KvmOptions {
  /** Paths of programs. */
  readonly hadronVmm: string;
  readonly hadronExec: string;
  readonly host: KvmHost;
  readonly virtiofsd: Virtiofsd;
  readonly kvmDevice: string;
}

/** As it is called to people. */
const VMM = "hadron-vmm";

const open = promisify(openCallback);

export class KvmVm implements Vm {
  readonly pid: number;
  readonly vsock: Vsock;
  /** The processes in the jail, children of hadron-vmm's: one, which runs the guest and has its memory. */
  readonly #jailed: readonly number[];
  readonly #processes: VmProcesses;
  readonly #control: VmmControl;
  readonly #devices: readonly Device[];

  private constructor(pid: number, vsock: Vsock, processes: VmProcesses, control: VmmControl, devices: readonly Device[]) {
    this.pid = pid;
    this.vsock = vsock;
    this.#jailed = childrenOf(pid);
    this.#processes = processes;
    this.#control = control;
    this.#devices = devices;
  }

  static async launch(options: KvmOptions, config: VmConfig, signal: AbortSignal): Promise<KvmVm> {
    const processes = new VmProcesses(options.host, options.hadronExec, config);
    try {
      return await KvmVm.#start(processes, options, config, signal);
    } catch (error) {
      await processes.stop();
      throw processes.explained(error);
    }
  }

  static async #start(processes: VmProcesses, options: KvmOptions, config: VmConfig, signal: AbortSignal): Promise<KvmVm> {
    processes.requireWanted(signal);
    const { host } = options;
    const [vsockFd, vsockEnd] = await pair(processes, host);
    const vsock = new VsockControl(host, vsockFd, (sentence) => processes.giveUp(sentence));
    processes.defer(() => vsock.close());
    const { vmm, control, console, consoleEnd } = await startVmm(processes, options, config);
    processes.runBy(vmm, (exit) => exitReason({ ...exit, end: control.end, stderr: vmm.stderr, consoleLines: console.lastLines }));
    void vmm.exited.then((exit) => vsock.fail(`hadron-vmm ${describeExit(exit)}`));
    const file = async (path: string, flags: number): Promise<number> => processes.own(await openFile(path, flags));
    const devices: KvmDevice[] = [];
    for (const [index, device] of config.devices.entries()) {
      devices.push(device.kind === "share" ? await connectShare(processes, options, config, device, index) : device);
    }
    const start = vmmStart({
      vcpus: config.vcpus,
      memoryMiB: config.memoryMiB,
      kernelParameters: config.kernelParameters,
      kind: config.kernel.kind,
      kvm: await file(options.kvmDevice, constants.O_RDWR),
      kernel: await file(config.kernel.path, constants.O_RDONLY),
      initrd: await file(config.initrd, constants.O_RDONLY),
      serial: consoleEnd,
      vsock: vsockEnd,
      devices,
    });
    // Of every process it is known that it is there, before anything of the guest runs.
    await processes.noted();
    processes.requireWanted(signal);
    const running = control.start(start, () => processes.closeDescriptors(), signal);
    await processes.up(running, signal);
    return new KvmVm(vmm.pid, vsock, processes, control, config.devices);
  }

  get pids(): readonly number[] {
    return [...this.#processes.pids, ...this.#jailed];
  }

  get exited(): Promise<VmExit> {
    return this.#processes.exited;
  }

  async pause(signal: AbortSignal): Promise<void> {
    await this.#control.pause(signal);
  }

  async resume(signal: AbortSignal): Promise<void> {
    await this.#control.resume(signal);
  }

  async insertDisk(id: string, medium: Medium, signal: AbortSignal): Promise<void> {
    const { disk, index } = diskOf(this.#devices, id);
    await this.#control.insert(placeOf(index), inserted(disk, medium), signal);
  }

  async ejectDisk(id: string, signal: AbortSignal): Promise<void> {
    await this.#control.eject(placeOf(diskOf(this.#devices, id).index), signal);
  }

  async plug(): Promise<void> {
    throw new HadronError(Code.UNIMPLEMENTED, "hadron-vmm cannot give a running VM another NIC");
  }

  stop(): Promise<void> {
    return this.#processes.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

interface StartedVmm {
  readonly vmm: Spawned;
  readonly control: VmmControl;
  readonly console: GuestConsole;
  /** The VMM's end of the console's socket. */
  readonly consoleEnd: number;
}

/** It waits for its configuration. */
async function startVmm(processes: VmProcesses, { host, hadronVmm }: KvmOptions, config: VmConfig): Promise<StartedVmm> {
  const { netns, onConsoleLine, onDiagnostic } = config;
  const [ours, theirs] = await pair(processes, host);
  const control = new VmmControl(host, ours, (sentence) => onDiagnostic?.(VMM, sentence));
  processes.defer(() => control.close());
  const [consoleFd, consoleEnd] = await pair(processes, host);
  const stream = new Socket({ fd: consoleFd, readable: true, writable: false });
  processes.defer(() => Promise.resolve(stream.destroy()));
  const console = new GuestConsole(stream, onConsoleLine);
  const { fd: stderr, ...id } = await host.spawnVmm({ program: hadronVmm, netns: netns === "new" ? "new" : netns.path, socket: theirs });
  processes.closeDescriptor(theirs);
  const heard = Promise.all([control.ended, console.ended]);
  const vmm = new Spawned({ host, name: VMM, id, stderr, onDiagnostic, heard });
  processes.adopt(vmm, "vmm");
  return { vmm, control, console, consoleEnd };
}

/** Connected sockets: ours, which belongs to whoever reads it, and one for the VMM. */
async function pair(processes: VmProcesses, host: KvmHost): Promise<[ours: number, theirs: number]> {
  const [ours, theirs] = await host.socketpair();
  return [ours, processes.own(theirs)];
}

/** The VMM gets a connection, not a path, which waits for virtiofsd to come up. */
async function connectShare(
  processes: VmProcesses,
  { host, virtiofsd }: KvmOptions,
  { directory }: VmConfig,
  { tag, share }: SharedDirectory,
  index: number,
): Promise<KvmDevice> {
  const path = join(directory, `fs${index}.sock`);
  const listener = await processes.listen(path);
  const socket = processes.own(await host.dial({ kind: "unix", path }));
  await serveShare(processes, virtiofsd, { listener, share, directory });
  processes.closeDescriptor(listener);
  return { kind: "fs", tag, socket };
}

async function openFile(path: string, flags: number): Promise<number> {
  try {
    return await open(path, flags);
  } catch (cause) {
    throw errorOfSystemCall(cause, `${path} cannot be opened for the VM`);
  }
}
