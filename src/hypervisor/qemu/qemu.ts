/** The hypervisor for hosts without usable hardware virtualisation, and for what ours does not do yet. */
import { checkConfig } from "../check-config.ts";
import { MAX_VCPUS } from "../guest-image.ts";
import type { Capabilities, Hypervisor, Vm, VmConfig } from "../hypervisor.ts";
import { DEVICE_SLOTS, PLUGGABLE_SLOTS } from "./command-line.ts";
import { QemuVm, type QemuOptions } from "./vm.ts";

export type { QemuHost } from "./vm.ts";

export class Qemu implements Hypervisor {
  readonly name = "qemu";
  readonly capabilities: Capabilities;
  readonly #options: QemuOptions;

  constructor(options: QemuOptions) {
    this.#options = options;
    this.capabilities = {
      sharedFs: options.virtiofsd === undefined ? "9p" : "virtiofs",
      acceleration: options.acceleration,
      maxVcpus: MAX_VCPUS,
      deviceSlots: DEVICE_SLOTS,
      pluggableSlots: { tuned: PLUGGABLE_SLOTS, debian: 0 },
      // TCG has to see every write to the guest's memory.
      vhostNet: options.acceleration === "kvm",
      // QEMU's throttling is of its block layer.
      nicLimits: false,
      emptyDisks: "writable",
    };
  }

  async launch(config: VmConfig, signal: AbortSignal): Promise<Vm> {
    checkConfig(config, this.capabilities);
    return await QemuVm.launch(this.#options, config, signal);
  }
}
