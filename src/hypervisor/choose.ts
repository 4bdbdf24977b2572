/** Which hypervisor runs the pods of this host. */
import { join } from "node:path";
import { Code, HadronError } from "../errors.ts";
import { findInPath, isExecutable } from "./find-program.ts";
import type { Hypervisor } from "./hypervisor.ts";
import { readHostFacts, type HostFacts } from "./qemu/host-facts.ts";
import { Qemu, type HostSockets } from "./qemu/qemu.ts";
import { findVirtiofsd } from "./qemu/virtiofsd.ts";

const QEMU = "qemu-system-x86_64";

/** The keys of the configuration that decide. */
export interface HypervisorSettings {
  readonly hypervisor: "auto" | "qemu" | "kvm";
  /** Absolute, or "auto". */
  readonly qemuPath: string;
  readonly virtiofsdPath: string;
}

export interface Choice {
  readonly hypervisor: Hypervisor;
  /** Which one it is and why: a sentence for the log. */
  readonly explanation: string;
}

/**
 * `libraryDirectory`: where hadron-exec and hadron-vsock are (PREFIX/lib/hadron). NOT_FOUND for a program that is
 * missing, UNIMPLEMENTED for "kvm".
 */
export async function chooseHypervisor(
  settings: HypervisorSettings,
  libraryDirectory: string,
  host: HostSockets,
  facts?: HostFacts,
): Promise<Choice> {
  if (settings.hypervisor === "kvm") {
    // Its place is src/hypervisor/kvm; once it is there, "auto" takes it wherever KVM is usable.
    throw new HadronError(
      Code.UNIMPLEMENTED,
      `The hypervisor "kvm" is not part of this version of Hadron; set "hypervisor" to "auto" or "qemu" in the configuration.`,
    );
  }
  const [{ kvmMissing, tscKhz }, qemu, hadronExec, hadronVsock] = await Promise.all([
    facts ?? readHostFacts(),
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
      throw new HadronError(Code.NOT_FOUND, `The configured qemu_path ${setting} is not an executable file.`);
    }
    return setting;
  }
  const own = join(libraryDirectory, QEMU);
  const found = (await isExecutable(own)) ? own : await findInPath(QEMU);
  if (found === undefined) {
    throw new HadronError(
      Code.NOT_FOUND,
      `There is no ${QEMU} in ${libraryDirectory} or in PATH; install the package qemu-system-x86, or set qemu_path in the configuration.`,
    );
  }
  return found;
}

async function installed(libraryDirectory: string, name: string): Promise<string> {
  const path = join(libraryDirectory, name);
  if (!(await isExecutable(path))) {
    throw new HadronError(Code.NOT_FOUND, `${path} is missing or not executable; install Hadron again ("make install", in the checkout "make build").`);
  }
  return path;
}
