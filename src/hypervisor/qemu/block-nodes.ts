/**
 * Disks in QEMU: a virtio-blk device, whose medium is a node of QEMU's block layer (QEMU's qapi/block-core.json) that can be exchanged for another
 * one while it runs (the property "drive"). Without a medium it is a node of size 0.
 */
import type { Message } from "../../host/line-client.ts";
import type { Disk, KernelImage, Medium } from "../hypervisor.ts";

/** A medium as QEMU opens it. */
export interface QemuMedium extends Pick<Medium, "readOnly" | "direct" | "cache"> {
  /** Leads to what is open in this process. */
  readonly path: string;
  readonly isDevice: boolean;
}

export function mediumNode(id: string): string {
  return `${id}-medium`;
}

export function emptyNode(id: string): string {
  return `${id}-empty`;
}

export function mediumOptions(id: string, { path, isDevice, readOnly, direct, cache }: QemuMedium): Message {
  return {
    driver: isDevice ? "host_device" : "file",
    "node-name": mediumNode(id),
    filename: path,
    "read-only": readOnly,
    cache: { direct, "no-flush": cache === "unsafe" },
    // The kernel's own asynchronous calls wait, as others do, unless nothing is cached.
    aio: direct ? "native" : "threads",
    discard: "unmap",
    // As with runc, and with our own VMM: who else has it open is up to whoever gave it to both.
    locking: "off",
  };
}

export function emptyOptions(id: string): Message {
  return { driver: "null-co", "node-name": emptyNode(id), size: 0, "read-zeroes": true };
}

/**
 * What QMP's block_set_io_throttle is given; undefined for a disk without a limit. The limit is the device's and not its node's, so it holds for
 * whatever medium comes. For a throttle node a discard would count as if it moved its bytes, and making a file system on a large disk take hours.
 */
export function throttle({ id, limit }: Pick<Disk, "id" | "limit">, kernel: KernelImage["kind"]): Message | undefined {
  if (limit === undefined) {
    return undefined;
  }
  // On PCI the disk is a part of the device.
  const part = kernel === "debian" ? "/virtio-backend" : "";
  const { bytesPerSecond: bps, operationsPerSecond: iops } = limit;
  return { id: `/machine/peripheral/${id}${part}`, bps, bps_rd: 0, bps_wr: 0, iops, iops_rd: 0, iops_wr: 0 };
}
