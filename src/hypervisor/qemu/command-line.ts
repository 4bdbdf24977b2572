/**
 * QEMU's command line as a function of what the VM shall be. No side effects, so that every word of it
 * can be tested.
 *
 * The machine is microvm in both cases: it has little to initialise and boots an ELF vmlinux through PVH
 * (QEMU's docs/system/i386/microvm.rst). The tuned kernel learns of its virtio-mmio devices from the
 * kernel command line, which QEMU completes by itself (auto-kernel-cmdline), as long as they are few: ACPI, which costs
 * some 45 ms of its boot under TCG, allows for more. Debian's kernels are built without that, hence ACPI and a PCIe root for them.
 */
import type { Disk, KernelImage } from "../hypervisor.ts";
import { kernelCommandLine, MAX_KERNEL_COMMAND_LINE, TUNED_KERNEL_WORD } from "../kernel-command-line.ts";
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

/** microvm has 24 virtio-mmio slots with ACPI and 8 without; vsock and the random number generator take two. */
export const DEVICE_SLOTS = 22;
const CHEAP_DEVICE_SLOTS = 6;
/** QEMU adds up to 42 bytes for each of 8 devices. */
const MOST_KERNEL_COMMAND_LINE = MAX_KERNEL_COMMAND_LINE - 8 * 42;

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
  const acpi = machine.devices.length > CHEAP_DEVICE_SLOTS ? "acpi=on" : "acpi=off";
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
    `microvm,memory-backend=ram,${tuned ? acpi : "acpi=on,pcie=on"}`,
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
    `vhost-user-vsock-${bus},chardev=vsock`,
    // Debian's initramfs has no driver for it: the CPU's instruction is there as well.
    ...(tuned ? ["-object", "rng-builtin,id=rng", "-device", "virtio-rng-device,rng=rng"] : []),
    ...machine.devices.flatMap((device, index) => deviceArguments(device, index, bus)),
  ];
}

/** @throws HadronError INVALID_ARGUMENT */
function commandLineOf({ acceleration, kernel, tscKhz, kernelParameters }: QemuMachine): string {
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
  return kernelCommandLine({ own, parameters: kernelParameters }, MOST_KERNEL_COMMAND_LINE);
}

/** QEMU ends an option's value at a comma, unless there are two of them. */
export function escapeOption(value: string): string {
  return value.replaceAll(",", ",,");
}

function deviceArguments(device: QemuDevice, index: number, bus: string): string[] {
  const id = `device${index}`;
  switch (device.kind) {
    case "9p":
      return [
        // remap: what is mounted below the directory has inode numbers of its own, which must not clash.
        "-fsdev",
        `local,id=${id},path=/proc/self/fd/${device.directory},security_model=passthrough,multidevs=remap`,
        "-device",
        `virtio-9p-${bus},fsdev=${id},mount_tag=${escapeOption(device.tag)}`,
      ];
    case "virtiofs":
      return [
        "-chardev",
        `socket,id=${id},path=${escapeOption(device.socket)}`,
        "-device",
        `vhost-user-fs-${bus},chardev=${id},tag=${escapeOption(device.tag)},queue-size=1024`,
      ];
    case "nic":
      return tapArguments(device, id, bus);
    case "stream-nic":
      return [
        "-netdev",
        `stream,id=${id},server=off,addr.type=fd,addr.str=${device.socket}`,
        ...nicArguments(device.hardwareAddress, { id, bus, several: false }),
      ];
    case "disk":
      return diskArguments(device, bus);
  }
}

function diskArguments({ id, queues, medium }: QemuDevice & { readonly kind: "disk" }, bus: string): string[] {
  const [node, options] = medium === undefined ? [emptyNode(id), emptyOptions(id)] : [mediumNode(id), mediumOptions(id, medium)];
  const device = [
    `virtio-blk-${bus}`,
    `id=${id}`,
    `drive=${node}`,
    `serial=${id}`,
    `num-queues=${queues}`,
    `write-cache=${medium?.cache === "writeThrough" ? "off" : "on"}`,
  ];
  return ["-blockdev", JSON.stringify(options), "-device", device.join(",")];
}

/** Checksums and segmentation are left to who is at the far end (csum, gso, host_*, guest_*): that is QEMU's default. */
function tapArguments({ hardwareAddress, queues, vhost }: QemuDevice & { readonly kind: "nic" }, id: string, bus: string): string[] {
  const several = queues.length > 1;
  const backend = several ? `fds=${queues.join(":")}` : `fd=${queues.join()}`;
  const kernel = vhost.length === 0 ? "vhost=off" : `vhost=on,${several ? "vhostfds" : "vhostfd"}=${vhost.join(":")}`;
  return ["-netdev", `tap,id=${id},${backend},${kernel}`, ...nicArguments(hardwareAddress, { id, bus, several })];
}

function nicArguments(hardwareAddress: string, { id, bus, several }: { id: string; bus: string; several: boolean }): string[] {
  const options = [
    `netdev=${id}`,
    `mac=${hardwareAddress}`,
    // Received packets lie scattered, so that no buffer has to be as long as the longest.
    "mrg_rxbuf=on",
    ...(several ? ["mq=on"] : []),
    // Nobody boots from it.
    ...(bus === "pci" ? ["romfile="] : []),
  ];
  return ["-device", `virtio-net-${bus},${options.join(",")}`];
}
