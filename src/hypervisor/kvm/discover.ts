/** What our VMM needs of this host. */
import { installed } from "../installed.ts";
import { findVirtiofsd } from "../virtiofsd.ts";
import { Kvm, type KvmHost } from "./kvm.ts";

/** The key of the configuration that is about it. */
export interface KvmSettings {
  readonly virtiofsdPath: string;
}

/**
 * `libraryDirectory`: PREFIX/lib/hadron. `explanation`: a sentence for the log. Undefined where there is no virtiofsd. NOT_FOUND for a program of Hadron's
 * own that is missing, and for a configured one.
 */
export async function discoverKvm(
  { virtiofsdPath }: KvmSettings,
  libraryDirectory: string,
  host: KvmHost,
): Promise<{ hypervisor: Kvm; explanation: string } | undefined> {
  const [hadronVmm, hadronExec, virtiofsd] = await Promise.all([
    installed(libraryDirectory, "hadron-vmm"),
    installed(libraryDirectory, "hadron-exec"),
    findVirtiofsd(virtiofsdPath),
  ]);
  return (
    virtiofsd && {
      hypervisor: new Kvm({ hadronVmm, hadronExec, virtiofsd, host, kvmDevice: "/dev/kvm" }),
      explanation: "Pods run in Hadron's own VMM, with KVM; directories are shared by virtio-fs.",
    }
  );
}
