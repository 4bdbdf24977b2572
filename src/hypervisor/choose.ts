/** Which hypervisor runs the pods of this host. */
import { Code, HadronError } from "../errors.ts";
import { type HostFacts, readHostFacts } from "../host/facts.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { discoverQemu, type QemuSettings } from "./qemu/discover.ts";
import type { QemuHost } from "./qemu/qemu.ts";

/** The keys of the configuration that decide. */
export interface HypervisorSettings extends QemuSettings {
  readonly hypervisor: "auto" | "qemu" | "kvm";
}

export interface Choice {
  readonly hypervisor: Hypervisor;
  /** Which one it is and why: a sentence for the log. */
  readonly explanation: string;
}

/** `libraryDirectory`: PREFIX/lib/hadron. NOT_FOUND for a program that is missing, FAILED_PRECONDITION for "kvm". */
export async function chooseHypervisor(settings: HypervisorSettings, libraryDirectory: string, host: QemuHost, facts?: HostFacts): Promise<Choice> {
  if (settings.hypervisor === "kvm") {
    // Its place is src/hypervisor/kvm; once it is there, "auto" takes it wherever KVM is usable.
    throw new HadronError(
      Code.FAILED_PRECONDITION,
      `the hypervisor "kvm" is not part of this version of Hadron; set "hypervisor" to "auto" or "qemu" in the configuration`,
    );
  }
  return await discoverQemu(settings, libraryDirectory, host, facts ?? (await readHostFacts()));
}
