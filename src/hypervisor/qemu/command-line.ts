/**
 * QEMU's command line as a function of what the VM shall be. No side effects, so that every word of it
 * can be tested.
 *
 * The machine is microvm in both cases: it has little to initialise and boots an ELF vmlinux through PVH
 * (QEMU's docs/system/i386/microvm.rst). The tuned kernel learns of its virtio-mmio devices from the
 * kernel command line, as long as they are few: ACPI, which costs some 45 ms of its boot under TCG, allows for more. Debian's kernels
 * are built without that, hence ACPI and a PCIe root for them.
 *
 * NICs that a VM is given while it runs: the kernel is told of their slots, finds them empty at its boot, and looks again when it is asked
 * to (guest/agent/src/network/nics.rs). QEMU plugs nothing into a bus of virtio-mmio that has no handler for that, and makes none for it;
 * but any object of that kind may be set as one (the property "hotplug-handler" of a bus), and all that is needed of it is that it does
 * nothing: a SCSI bus. Its controller is in the last slot, of which the kernel is not told.
 */
import type { Message } from "../../host/line-client.ts";
import type { Disk, KernelImage } from "../hypervisor.ts";
import { kernelCommandLine, TUNED_KERNEL_WORD } from "../kernel-command-line.ts";
import { emptyNode, emptyOptions, mediumNode, mediumOptions, type QemuMedium } from "./block-nodes.ts";

export interface QemuMachine {
  readonly acceleration: "kvm" | "tcg";
  readonly kernel: KernelImage;
  readonly initrd: string;
  readonly kernelParameters: readonly string[];
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Rate of the host's time stamp counter, which the guest sees under TCG. */
  readonly tscKhz: number | undefined;
  /** Connected stream sockets that QEMU inherits. */
  readonly qmpFd: number;
  readonly consoleFd: number;
  /** Path of the socket where hadron-vsock listens for vhost-user. */
  readonly vsockSocket: string;
  readonly devices: readonly QemuDevice[];
  /** That may be plugged later. */
  readonly pluggedNics: number;
}

/** A device with what QEMU needs to know of it. */
export type QemuDevice =
  /** `directory`: a descriptor that QEMU inherits. */
  | { readonly kind: "9p"; readonly tag: string; readonly directory: number }
  /** `socket`: where virtiofsd listens for vhost-user. */
  | { readonly kind: "virtiofs"; readonly tag: string; readonly socket: string }
  /** `queues`, `vhost`: descriptors that QEMU inherits. */
  | { readonly kind: "nic"; readonly hardwareAddress: string; readonly queues: readonly number[]; readonly vhost: readonly number[] }
  /** `socket`: a descriptor that QEMU inherits. */
  | { readonly kind: "stream-nic"; readonly hardwareAddress: string; readonly socket: number }
  | (Pick<Disk, "kind" | "id" | "queues"> & { readonly medium: QemuMedium | undefined });

/** vsock and the random number generator. */
const OWN_DEVICES = 2;
/** microvm has 24 virtio-mmio slots with ACPI and 8 without. */
export const DEVICE_SLOTS = 24 - OWN_DEVICES;
const CHEAP_SLOTS = 8;
/** With the one of the handler. */
export const PLUGGABLE_SLOTS = CHEAP_SLOTS - 1 - OWN_DEVICES;

/** QEMU's hw/i386/microvm.c without ACPI: the slots' registers, and the first one's interrupt. */
const SLOT_BASE = 0xfeb0_0000;
const SLOT_BYTES = 512;
const SLOT_IRQ = 5;

/** The device whose bus is the handler of NICs that are plugged, and that bus. */
const HANDLER = "plug";
export const HANDLER_BUS = `${HANDLER}.0`;

/**
 * The CPU that TCG emulates. One model, with all that TCG of QEMU 7.2 cannot do taken off, so that guests see
 * the same CPU with any QEMU, and QEMU has nothing to warn of. "max" is not it: what that offers grows with
 * QEMU, and Debian's 6.1 kernel hangs on the one of QEMU 10. erms is off since `rep movsb` is translated
 * byte by byte: without it the kernel copies by words, which halves the cost of a page fault.
 */
const TCG_CPU = [
  "EPYC-Rome",
  "erms",
  "rdseed",
  "sha-ni",
  "rdpid",
  "fxsr-opt",
  "misalignsse",
  "3dnowprefetch",
  "osvw",
  "topoext",
  "perfctr-core",
  "clzero",
  "xsaveerptr",
  "wbnoinvd",
  "ibpb",
  "ibrs",
  "amd-stibp",
  "amd-ssbd",
  "nrip-save",
  "xsavec",
  "xsaves",
].join(",-");

export function qemuArguments(machine: QemuMachine): string[] {
  const { acceleration, kernel } = machine;
  const tuned = kernel.kind === "tuned";
  const bus = tuned ? "device" : "pci";
  const slots = slotsOf(machine);
  const place = (index: number): string => (slots === 0 ? "" : `,bus=${slotBus(index)}`);
  return [
    "-nodefaults",
    "-no-user-config",
    "-display",
    "none",
    "-no-reboot",
    // QEMU starts no program and needs no other rights than it has.
    "-sandbox",
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    "-machine",
    `microvm,memory-backend=ram,${slots > 0 ? "acpi=off,auto-kernel-cmdline=off" : tuned ? "acpi=on" : "acpi=on,pcie=on"}`,
    "-accel",
    acceleration === "kvm" ? "kvm" : "tcg,thread=multi",
    "-cpu",
    acceleration === "kvm" ? "host" : TCG_CPU,
    "-smp",
    String(machine.vcpus),
    "-m",
    `${machine.memoryMiB}M`,
    // Shared, since vhost-user's other side maps it.
    "-object",
    `memory-backend-memfd,id=ram,size=${machine.memoryMiB}M,share=on`,
    "-global",
    "virtio-mmio.force-legacy=false",
    "-kernel",
    kernel.path,
    "-initrd",
    machine.initrd,
    "-append",
    commandLineOf(machine),
    "-chardev",
    `socket,id=qmp,fd=${machine.qmpFd}`,
    "-mon",
    "chardev=qmp,mode=control",
    "-chardev",
    `socket,id=console,fd=${machine.consoleFd}`,
    "-serial",
    "chardev:console",
    "-chardev",
    `socket,id=vsock,path=${escapeOption(machine.vsockSocket)}`,
    "-device",
    `vhost-user-vsock-${bus},chardev=vsock${place(0)}`,
    // Debian's initramfs has no driver for it: the CPU's instruction is there as well.
    ...(tuned ? ["-object", "rng-builtin,id=rng", "-device", `virtio-rng-device,rng=rng${place(1)}`] : []),
    ...machine.devices.flatMap((device, index) => deviceArguments(device, { index, bus, place: place(OWN_DEVICES + index) })),
    ...(machine.pluggedNics > 0 ? ["-device", `virtio-scsi-device,id=${HANDLER},bus=${slotBus(CHEAP_SLOTS - 1)}`] : []),
  ];
}

/** Of how many slots the kernel's command line tells it; 0: ACPI or PCI does. */
function slotsOf({ kernel, devices, pluggedNics }: Pick<QemuMachine, "kernel" | "devices" | "pluggedNics">): number {
  const slots = OWN_DEVICES + devices.length + pluggedNics;
  return kernel.kind === "tuned" && slots <= CHEAP_SLOTS ? slots : 0;
}

/** QEMU's name of a slot's bus. */
function slotBus(slot: number): string {
  return `virtio-mmio-bus.${slot}`;
}

/** The bus of the NIC that is plugged as number `nic`, from 0 on, into a VM that has had so many devices. */
export function busOfPlugged(nic: number, devices: number): string {
  return slotBus(OWN_DEVICES + devices + nic);
}

/** @throws HadronError INVALID_ARGUMENT */
function commandLineOf(machine: QemuMachine): string {
  const { acceleration, kernel, tscKhz, kernelParameters } = machine;
  const own = ["reboot=t"];
  if (acceleration === "tcg") {
    // The interrupt of an emulated timer comes late on a busy host; checks that fail then would hang the boot.
    own.push("no_timer_check", "tsc=reliable", "noreplace-smp");
    // An emulated CPU speculates nothing, and QEMU itself is no boundary that a random address would strengthen.
    own.push("mitigations=off", "nokaslr");
    if (tscKhz !== undefined) {
      // Calibrating against the emulated PIT costs time and sometimes never ends.
      own.push(`tsc_early_khz=${tscKhz}`);
    }
  }
  if (kernel.kind === "tuned") {
    own.push(TUNED_KERNEL_WORD);
  }
  for (let slot = 0; slot < slotsOf(machine); slot++) {
    own.push(`virtio_mmio.device=${SLOT_BYTES}@0x${(SLOT_BASE + slot * SLOT_BYTES).toString(16)}:${SLOT_IRQ + slot}`);
  }
  return kernelCommandLine({ own, parameters: kernelParameters });
}

/** QEMU ends an option's value at a comma, unless there are two of them. */
export function escapeOption(value: string): string {
  return value.replaceAll(",", ",,");
}

interface Place {
  readonly index: number;
  /** How a driver's name ends. */
  readonly bus: "device" | "pci";
  /** ",bus=" and its name, or nothing. */
  readonly place: string;
}

function deviceArguments(device: QemuDevice, at: Place): string[] {
  const { bus, place } = at;
  const id = `device${at.index}`;
  switch (device.kind) {
    case "9p":
      return [
        // remap: what is mounted below the directory has inode numbers of its own, which must not clash.
        "-fsdev",
        `local,id=${id},path=/proc/self/fd/${device.directory},security_model=passthrough,multidevs=remap`,
        "-device",
        `virtio-9p-${bus},fsdev=${id},mount_tag=${escapeOption(device.tag)}${place}`,
      ];
    case "virtiofs":
      return [
        "-chardev",
        `socket,id=${id},path=${escapeOption(device.socket)}`,
        "-device",
        `vhost-user-fs-${bus},chardev=${id},tag=${escapeOption(device.tag)},queue-size=1024${place}`,
      ];
    case "nic":
      return tapArguments(device, id, at);
    case "stream-nic":
      return ["-netdev", `stream,id=${id},server=off,addr.type=fd,addr.str=${device.socket}`, ...nicArguments(device.hardwareAddress, id, at, false)];
    case "disk":
      return diskArguments(device, at);
  }
}

function diskArguments({ id, queues, medium }: QemuDevice & { readonly kind: "disk" }, { bus, place }: Place): string[] {
  const [node, options] = medium === undefined ? [emptyNode(id), emptyOptions(id)] : [mediumNode(id), mediumOptions(id, medium)];
  const device = [
    `virtio-blk-${bus}`,
    `id=${id}`,
    `drive=${node}`,
    `serial=${id}`,
    `num-queues=${queues}`,
    `write-cache=${medium?.cache === "writeThrough" ? "off" : "on"}`,
  ];
  return ["-blockdev", JSON.stringify(options), "-device", `${device.join(",")}${place}`];
}

/** Checksums and segmentation are left to who is at the far end (csum, gso, host_*, guest_*): that is QEMU's default. */
function tapArguments({ hardwareAddress, queues, vhost }: QemuDevice & { readonly kind: "nic" }, id: string, at: Place): string[] {
  const several = queues.length > 1;
  const backend = several ? `fds=${queues.join(":")}` : `fd=${queues.join()}`;
  const kernel = vhost.length === 0 ? "vhost=off" : `vhost=on,${several ? "vhostfds" : "vhostfd"}=${vhost.join(":")}`;
  return ["-netdev", `tap,id=${id},${backend},${kernel}`, ...nicArguments(hardwareAddress, id, at, several)];
}

function nicArguments(hardwareAddress: string, id: string, { bus, place }: Place, several: boolean): string[] {
  const options = [
    `netdev=${id}`,
    `mac=${hardwareAddress}`,
    // Received packets lie scattered, so that no buffer has to be as long as the longest.
    "mrg_rxbuf=on",
    ...(several ? ["mq=on"] : []),
    // Nobody boots from it.
    ...(bus === "pci" ? ["romfile="] : []),
  ];
  return ["-device", `virtio-net-${bus},${options.join(",")}${place}`];
}

/** What QMP's netdev_add and device_add are given. `queues`, `vhost`: names of descriptors that QEMU was given (getfd). */
export interface PluggedNic {
  readonly id: string;
  readonly hardwareAddress: string;
  /** QEMU's name of its slot's bus. */
  readonly bus: string;
  readonly queues: readonly string[];
  readonly vhost: readonly string[];
}

/** As `tapArguments`. */
export function pluggedNic({ id, hardwareAddress: mac, bus, queues, vhost }: PluggedNic): { readonly netdev: Message; readonly device: Message } {
  const several = queues.length > 1;
  const backend = { [several ? "fds" : "fd"]: queues.join(":") };
  const kernel = vhost.length === 0 ? { vhost: false } : { vhost: true, [several ? "vhostfds" : "vhostfd"]: vhost.join(":") };
  return {
    netdev: { type: "tap", id, ...backend, ...kernel },
    device: { driver: "virtio-net-device", id: `${id}-nic`, netdev: id, bus, mac, mrg_rxbuf: true, ...(several ? { mq: true } : {}) },
  };
}
