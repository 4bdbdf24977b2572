/** What our VMM needs of this host. */
import { Code, HadronError } from "../../errors.ts";
import { installed } from "../installed.ts";
import { findVirtiofsd } from "../virtiofsd.ts";
import { Kvm, type KvmHost } from "./kvm.ts";

/** The key of the configuration that is about it. */
export interface KvmSettings {
  readonly virtiofsdPath: string;
}

/** `libraryDirectory`: PREFIX/lib/hadron. NOT_FOUND for a program that is missing. */
export async function discoverKvm({ virtiofsdPath }: KvmSettings, libraryDirectory: string, host: KvmHost): Promise<Kvm> {
  const [hadronVmm, hadronExec, virtiofsd] = await Promise.all([
    installed(libraryDirectory, "hadron-vmm"),
    installed(libraryDirectory, "hadron-exec"),
    findVirtiofsd(virtiofsdPath),
  ]);
  if (virtiofsd === undefined) {
    throw new HadronError(
      Code.NOT_FOUND,
      "there is no virtiofsd, by which a pod's files come into its VM: install the package virtiofsd (in Debian 12 qemu-system-common), or set virtiofsd_path in the configuration",
    );
  }
  return new Kvm({ hadronVmm, hadronExec, virtiofsd, host, kvmDevice: "/dev/kvm" });
}
