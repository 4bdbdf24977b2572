/** What no hypervisor can make of a configuration, told before anything is started. */
import { Code, HadronError } from "../errors.ts";
import { type Capabilities, type Device, type Disk, MAX_DISK_QUEUES, type VmConfig } from "./hypervisor.ts";

/** Less does not hold the kernel, the initramfs and an agent. */
const MIN_MEMORY_MIB = 64;
/** virtio-9p and virtio-fs: the tag's field in the device's configuration space (virtio 1.2, 5.11.4). */
const MAX_TAG_BYTES = 36;

/** VIRTIO_BLK_ID_BYTES (virtio 1.2, 5.2.6); QEMU takes it for the name of a device, too. */
const DISK_ID = /^[a-z][a-z0-9]{0,19}$/;

/** What of a hypervisor's capabilities sets limits. */
export type Limits = Pick<Capabilities, "maxVcpus" | "deviceSlots" | "pluggableSlots" | "vhostNet" | "nicLimits">;
type Checked = Pick<VmConfig, "vcpus" | "memoryMiB" | "kernel" | "devices" | "pluggedNics">;

/** @throws HadronError INVALID_ARGUMENT */
export function checkConfig({ vcpus, memoryMiB, kernel, devices, pluggedNics = 0 }: Checked, limits: Limits): void {
  const { maxVcpus, deviceSlots, pluggableSlots } = limits;
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > maxVcpus) {
    throw invalid(`a VM cannot have ${vcpus} virtual CPUs; 1 to ${maxVcpus} are possible`);
  }
  if (!Number.isInteger(memoryMiB) || memoryMiB < MIN_MEMORY_MIB) {
    throw invalid(`a VM cannot have ${memoryMiB} MiB of memory; it must be a whole number of at least ${MIN_MEMORY_MIB}`);
  }
  if (devices.length > deviceSlots) {
    throw invalid(`a VM cannot have ${devices.length} devices; at most ${deviceSlots} are possible`);
  }
  if (pluggedNics > 0 && devices.length + pluggedNics > pluggableSlots[kernel.kind]) {
    throw invalid(
      `a VM with ${devices.length} devices and the ${kernel.kind} kernel cannot be given ${pluggedNics} NICs while it runs; ` +
        `at most ${pluggableSlots[kernel.kind]} of both are possible`,
    );
  }
  for (const device of devices) {
    checkDevice(device, limits);
  }
}

function checkDevice(device: Device, { maxVcpus, vhostNet, nicLimits }: Limits): void {
  if (device.kind === "share") {
    const bytes = Buffer.byteLength(device.tag);
    if (bytes < 1 || bytes > MAX_TAG_BYTES) {
      throw invalid(`the tag ${JSON.stringify(device.tag)} of a shared directory must have 1 to ${MAX_TAG_BYTES} bytes`);
    }
    return;
  }
  if (device.kind === "disk") {
    checkDisk(device, maxVcpus);
    return;
  }
  const { hardwareAddress } = device;
  // The lowest bit of the first byte makes a group's address.
  if (!/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(hardwareAddress)) {
    throw invalid(`${JSON.stringify(hardwareAddress)} is not the hardware address of a single NIC`);
  }
  if (device.kind === "stream-nic") {
    return;
  }
  const { queues, vhost, limit } = device;
  // More than one for each virtual CPU is of no use.
  if (queues.length < 1 || queues.length > maxVcpus) {
    throw invalid(`the NIC ${hardwareAddress} cannot have ${queues.length} pairs of queues; 1 to ${maxVcpus} are possible`);
  }
  if (vhost.length !== 0 && vhost.length !== queues.length) {
    throw invalid(`the NIC ${hardwareAddress} has ${queues.length} pairs of queues and ${vhost.length} descriptors of vhost-net`);
  }
  if (vhost.length !== 0 && !vhostNet) {
    throw invalid(`the NIC ${hardwareAddress} cannot be carried by vhost-net: without KVM nobody but the VMM may write the guest's memory`);
  }
  if (limit !== undefined && !nicLimits) {
    throw invalid(`the NIC ${hardwareAddress} cannot have a limit, which this hypervisor has for disks only`);
  }
  if (limit !== undefined && vhost.length !== 0) {
    throw invalid(`the NIC ${hardwareAddress} cannot have a limit and be carried by vhost-net`);
  }
}

function checkDisk({ id, queues }: Disk, maxVcpus: number): void {
  const most = Math.min(maxVcpus, MAX_DISK_QUEUES);
  if (!DISK_ID.test(id)) {
    throw invalid(`the id ${JSON.stringify(id)} of a disk must be a letter and at most 19 letters and digits, all of them small`);
  }
  if (!Number.isInteger(queues) || queues < 1 || queues > most) {
    throw invalid(`the disk ${id} cannot have ${queues} queues; 1 to ${most} are possible`);
  }
}

function invalid(message: string): HadronError {
  return new HadronError(Code.INVALID_ARGUMENT, message);
}
