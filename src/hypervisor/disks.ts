/** The disks that a VM was made with, which is what media can be put into. */
import { Code, HadronError } from "../errors.ts";
import type { Device, Disk } from "./hypervisor.ts";

/**
 * `index`: among all devices.
 *
 * @throws HadronError NOT_FOUND
 */
export function diskOf(devices: readonly Device[], id: string): { readonly disk: Disk; readonly index: number } {
  for (const [index, disk] of devices.entries()) {
    if (disk.kind === "disk" && disk.id === id) {
      return { disk, index };
    }
  }
  throw new HadronError(Code.NOT_FOUND, `the VM has no disk ${id}`);
}
