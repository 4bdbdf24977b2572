/** What of QEMU is installed on this host, and how it runs here. */
import { join } from "node:path";

import { Code, HadronError } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { findInPath, isExecutable } from "../../host/find-program.ts";
import { installed } from "../installed.ts";
import { findVirtiofsd } from "../virtiofsd.ts";
import { Qemu, type QemuHost } from "./qemu.ts";

const QEMU = "qemu-system-x86_64";

/** The keys of the configuration that are about QEMU. */
export interface QemuSettings {
  /** Absolute, or "auto". */
  readonly qemuPath: string;
  readonly virtiofsdPath: string;
}

/**
 * `libraryDirectory`: where hadron-exec and hadron-vsock are (PREFIX/lib/hadron). `explanation`: which QEMU it is and how it
 * runs, a sentence for the log. NOT_FOUND for a program that is missing.
 */
export async function discoverQemu(
  settings: QemuSettings,
  libraryDirectory: string,
  host: QemuHost,
  { kvmMissing, tscKhz }: HostFacts,
): Promise<{ hypervisor: Qemu; explanation: string }> {
  const [qemu, hadronExec, hadronVsock] = await Promise.all([
    findQemu(settings.qemuPath, libraryDirectory),
    installed(libraryDirectory, "hadron-exec"),
    installed(libraryDirectory, "hadron-vsock"),
  ]);
  const acceleration = kvmMissing === undefined ? "kvm" : "tcg";
  const virtiofsd = acceleration === "kvm" ? await findVirtiofsd(settings.virtiofsdPath) : undefined;
  return {
    hypervisor: new Qemu({ qemu, hadronExec, hadronVsock, host, acceleration, tscKhz, virtiofsd }),
    explanation:
      kvmMissing === undefined
        ? `Pods run in QEMU (${qemu}) with KVM; directories are shared by ${virtiofsd === undefined ? "9p, since there is no virtiofsd (package virtiofsd, in Debian 12 qemu-system-common)" : "virtio-fs"}.`
        : `Pods run in QEMU (${qemu}) without KVM, several times slower than with it: ${kvmMissing}.`,
  };
}

/**
 * "auto": the newer one that the build puts beside the daemon, else the host's. Debian 12's 7.2 cannot make FIFOs, device
 * nodes and sockets on 9p, and starts dynamically linked programs three times slower under TCG.
 */
async function findQemu(setting: string, libraryDirectory: string): Promise<string> {
  if (setting !== "auto") {
    if (!(await isExecutable(setting))) {
      throw new HadronError(Code.NOT_FOUND, `the configured qemu_path ${setting} is not an executable file`);
    }
    return setting;
  }
  const own = join(libraryDirectory, QEMU);
  const found = (await isExecutable(own)) ? own : await findInPath(QEMU);
  if (found === undefined) {
    throw new HadronError(
      Code.NOT_FOUND,
      `there is no ${QEMU} in ${libraryDirectory} or in PATH; install the package qemu-system-x86, or set qemu_path in the configuration`,
    );
  }
  return found;
}
