/**
 * A VM as our VMM is told of it (native/vmm/src/config.rs): JSON, in which a file is its index among the descriptors that travel
 * with it. No side effects, so that every word of it can be tested.
 */
import type { Message } from "../../host/line-client.ts";
import type { Disk, KernelImage, Medium, Nic, RateLimit, StreamNic, VmConfig } from "../hypervisor.ts";
import { kernelCommandLine, MAX_KERNEL_COMMAND_LINE, TUNED_KERNEL_WORD } from "../kernel-command-line.ts";
import { GUEST_CID } from "../vsock-control.ts";

/** Descriptors of this process, all of them. */
export interface KvmMachine extends Pick<VmConfig, "vcpus" | "memoryMiB" | "kernelParameters">, Pick<KernelImage, "kind"> {
  readonly kvm: number;
  readonly kernel: number;
  readonly initrd: number;
  /** Stream sockets. */
  readonly serial: number;
  readonly vsock: number;
  readonly devices: readonly KvmDevice[];
}

export type KvmDevice =
  /** `socket`: connected with virtiofsd. */
  { readonly kind: "fs"; readonly tag: string; readonly socket: number } | Nic | StreamNic | Disk;

/** What every VM has, before the devices of its own. */
const ALWAYS = 3;
/** MAX_DEVICES of native/vmm/src/layout.rs, without those that every VM has: vsock, random numbers, balloon. */
export const DEVICE_SLOTS = 19 - ALWAYS;

/** The VMM puts a word of its own before it (OWN_WORDS of native/vmm/src/arch/x86_64/boot.rs). */
const MOST_KERNEL_COMMAND_LINE = MAX_KERNEL_COMMAND_LINE - "pci=off ".length;

/** The program's words about itself, and the descriptors that they count. */
export interface VmmStart {
  readonly config: Message;
  readonly fds: readonly number[];
}

/** What comes later, in words of the same kind. */
export interface InsertedDevice {
  readonly device: Message;
  readonly fds: readonly number[];
}

/** @throws HadronError INVALID_ARGUMENT for a kernel command line that is too long */
export function vmmStart({ vcpus, memoryMiB, kernelParameters, ...machine }: KvmMachine): VmmStart {
  const fds: number[] = [];
  const send = (fd: number): number => fds.push(fd) - 1;
  const config = {
    vcpus,
    memoryMib: memoryMiB,
    kvm: send(machine.kvm),
    kernel: send(machine.kernel),
    initrd: send(machine.initrd),
    commandLine: kernelCommandLine({ own: wordsFor(machine.kind), parameters: kernelParameters }, MOST_KERNEL_COMMAND_LINE),
    serial: send(machine.serial),
    devices: [
      { kind: "vsock", cid: GUEST_CID, control: send(machine.vsock) },
      { kind: "rng" },
      { kind: "balloon" },
      ...machine.devices.map((device) => deviceOf(device, send)),
    ],
  };
  return { config, fds };
}

/** The VMM's number of a device, by its index among `KvmMachine.devices`. */
export function placeOf(index: number): number {
  return ALWAYS + index;
}

export function inserted(disk: BlockDisk, medium: Medium): InsertedDevice {
  return { device: blockOf(disk, medium, 0), fds: [medium.fd] };
}

type BlockDisk = Pick<Disk, "id" | "queues" | "limit">;

function blockOf({ id, queues, limit }: BlockDisk, { readOnly, cache }: Medium, file: number): Message {
  return { kind: "block", file, readOnly, serial: id, queues, cache, ...rateLimitOf(limit) };
}

function rateLimitOf(limit: RateLimit | undefined): Message {
  return limit === undefined ? {} : { rateLimit: { ...limit } };
}

function wordsFor(kernel: KernelImage["kind"]): string[] {
  // The keyboard controller resets the machine: that is a guest's wish, where a triple fault may be its end.
  const words = ["reboot=k"];
  if (kernel === "tuned") {
    words.push(TUNED_KERNEL_WORD);
  }
  return words;
}

function deviceOf(device: KvmDevice, send: (fd: number) => number): Message {
  switch (device.kind) {
    case "fs":
      return { ...device, socket: send(device.socket) };
    case "nic": {
      const { hardwareAddress, queues, vhost, limit } = device;
      return { kind: "net", hardwareAddress, queues: queues.map(send), vhost: vhost.map(send), ...rateLimitOf(limit) };
    }
    case "stream-nic":
      return { kind: "streamNet", hardwareAddress: device.hardwareAddress, socket: send(device.socket) };
    case "disk":
      return device.medium === undefined ? { kind: "vacant" } : blockOf(device, device.medium, send(device.medium.fd));
  }
}
