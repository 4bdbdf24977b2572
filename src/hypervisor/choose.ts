/** Which hypervisor runs the pods of this host. */
import { Code, HadronError, messageOf } from "../errors.ts";
import { type HostFacts, readHostFacts } from "../host/facts.ts";
import type { Host } from "../host/host.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { discoverKvm, type KvmSettings } from "./kvm/discover.ts";
import type { KvmHost } from "./kvm/kvm.ts";
import { discoverQemu, type QemuSettings } from "./qemu/discover.ts";
import type { QemuHost } from "./qemu/qemu.ts";

/** The keys of the configuration that decide. */
export interface HypervisorSettings extends QemuSettings, KvmSettings {
  readonly hypervisor: "auto" | "qemu" | "kvm";
}

/** What Node itself cannot do for whichever it is. */
export type HypervisorHost = QemuHost & KvmHost & Pick<Host, "checkKvm">;

export interface Choice {
  readonly hypervisor: Hypervisor;
  /** Which one it is and why: a sentence for the log. */
  readonly explanation: string;
}

/**
 * "auto" takes our own VMM where KVM makes machines and there is a virtiofsd, else QEMU. `libraryDirectory`: PREFIX/lib/hadron. NOT_FOUND for a
 * program that is missing, FAILED_PRECONDITION for "kvm" without KVM.
 */
export async function chooseHypervisor(
  settings: HypervisorSettings,
  libraryDirectory: string,
  host: HypervisorHost,
  facts?: HostFacts,
): Promise<Choice> {
  const { hypervisor: wanted } = settings;
  const found = await withVmTried(facts ?? (await readHostFacts()), host);
  const own = found.kvmMissing === undefined && wanted !== "qemu" ? await discoverKvm(settings, libraryDirectory, host) : undefined;
  if (own !== undefined) {
    return own;
  }
  if (wanted !== "kvm") {
    return await discoverQemu(settings, libraryDirectory, host, found);
  }
  if (found.kvmMissing === undefined) {
    throw new HadronError(
      Code.NOT_FOUND,
      'the hypervisor "kvm" needs virtiofsd, by which a pod\'s files come into its VM: install the package virtiofsd (in Debian 12 qemu-system-common), or set virtiofsd_path in the configuration',
    );
  }
  throw new HadronError(
    Code.FAILED_PRECONDITION,
    `the hypervisor "kvm" needs KVM, which this host does not have: ${found.kvmMissing}; set "hypervisor" to "auto" or "qemu" in the configuration`,
  );
}

/** That the CPU has it and the device opens is not all: a machine is made once, which takes less than a millisecond. */
async function withVmTried(facts: HostFacts, host: Pick<Host, "checkKvm">): Promise<HostFacts> {
  if (facts.kvmMissing !== undefined) {
    return facts;
  }
  try {
    await host.checkKvm();
    return facts;
  } catch (error) {
    return { ...facts, kvmMissing: messageOf(error) };
  }
}
