/** Our own VMM (native/vmm, native/hadron-vmm), for hosts with KVM. */
import { checkConfig } from "../check-config.ts";
import { MAX_VCPUS } from "../guest-image.ts";
import type { Capabilities, Hypervisor, Vm, VmConfig } from "../hypervisor.ts";
import { DEVICE_SLOTS } from "./machine.ts";
import { type KvmOptions, KvmVm } from "./vm.ts";

export type { KvmHost } from "./vm.ts";

export class Kvm implements Hypervisor {
  readonly name = "kvm";
  readonly capabilities: Capabilities = {
    sharedFs: "virtiofs",
    acceleration: "kvm",
    maxVcpus: MAX_VCPUS,
    deviceSlots: DEVICE_SLOTS,
    pluggableSlots: { tuned: 0, debian: 0 },
    vhostNet: true,
    nicLimits: true,
    emptyDisks: "unseen",
  };
  readonly #options: KvmOptions;

  constructor(options: KvmOptions) {
    this.#options = options;
  }

  async launch(config: VmConfig, signal: AbortSignal): Promise<Vm> {
    checkConfig(config, this.capabilities);
    return await KvmVm.launch(this.#options, config, signal);
  }
}
