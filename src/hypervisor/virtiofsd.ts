/**
 * virtiofsd, which serves a directory to the guest over vhost-user. Only with KVM: it writes guest memory
 * from outside of the VMM, and QEMU's TCG does not notice that when code that it has translated is overwritten.
 */
import { basename, dirname } from "node:path";

import { Code, HadronError } from "../errors.ts";
import { type ChildOptions, FIRST_DESCRIPTOR } from "../host/child.ts";
import { findInPath, isExecutable } from "../host/find-program.ts";
import type { ShareDescriptors } from "../host/host.ts";
import type { VmProcesses } from "./vm-processes.ts";

export interface Virtiofsd {
  readonly path: string;
  /** Whose options it takes: the one in C came with QEMU up to 7.2, the one in Rust is a package of its own. */
  readonly style: "c" | "rust";
}

/** Debian's, the newer one first. */
const DEBIAN = ["/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd"];

/** `setting`: a path, or "auto" for the first that is found, if any. NOT_FOUND for a path without a program. */
export async function findVirtiofsd(setting: string, candidates: readonly string[] = DEBIAN): Promise<Virtiofsd | undefined> {
  if (setting !== "auto") {
    if (!(await isExecutable(setting))) {
      throw new HadronError(Code.NOT_FOUND, `the configured virtiofsd_path ${setting} is not an executable file`);
    }
    return withStyle(setting);
  }
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) {
      return withStyle(candidate);
    }
  }
  const found = await findInPath("virtiofsd");
  return found === undefined ? undefined : withStyle(found);
}

/** Wherever QEMU's own one is installed, it is in a directory of QEMU's helpers. */
function withStyle(path: string): Virtiofsd {
  return { path, style: basename(dirname(path)) === "qemu" ? "c" : "rust" };
}

/**
 * Descriptors that it inherits, or for the one in Rust the directory's path. That one would take the name of a descriptor for a link,
 * follow it by its text, and share what has that path where it is: for the root of a namespace that is the host's root.
 */
export interface VirtiofsdShare {
  readonly listener: number;
  readonly directory: number | string;
}

/**
 * It inherits a listening socket. It makes no mount namespace (chroot only), so that what is mounted below
 * the directory later is seen, and announces that as file systems of their own: their inode numbers clash.
 *
 * What the guest knows is good for a second; then it asks, and drops the data of what has changed. The one in C can be told
 * that in so many words. The one in Rust has that second with cache=auto only, in which the guest reads a file anew
 * whenever it is opened. Locks are the guest's own in either: what they can ask the host for is refused if it has to wait.
 */
export function virtiofsdArguments(virtiofsd: Virtiofsd, share: VirtiofsdShare): string[] {
  // The one in C looks at what is named, and a descriptor's name is a link: the slash leads through it.
  const directory = typeof share.directory === "string" ? share.directory : `/proc/self/fd/${share.directory}/`;
  if (virtiofsd.style === "rust") {
    return [`--fd=${share.listener}`, `--shared-dir=${directory}`, "--cache=auto", "--sandbox=chroot", "--xattr", "--announce-submounts"];
  }
  return [`--fd=${share.listener}`, "-f", "-o", `source=${directory},cache=always,timeout=1,sandbox=chroot,xattr,announce_submounts`];
}

/** Starts one that serves `share` on a listening socket. The VM goes with it. `directory`: the VM's own. */
export async function serveShare(
  processes: VmProcesses,
  virtiofsd: Virtiofsd,
  { listener, share, directory }: { readonly listener: number; readonly share: ShareDescriptors; readonly directory: string },
): Promise<void> {
  const start = async (of: number | string, rest: Pick<ChildOptions, "descriptors" | "mountNamespace">): Promise<void> => {
    const args = virtiofsdArguments(virtiofsd, { listener: FIRST_DESCRIPTOR, directory: of });
    processes.killWith(await processes.spawn({ name: "virtiofsd", program: virtiofsd.path, args, ...rest }), "the process virtiofsd");
  };
  if (virtiofsd.style === "c") {
    await start(FIRST_DESCRIPTOR + 1, { descriptors: [listener, share.directory] });
    return;
  }
  // It finds the share where the VM's directory is on the host, until it has made that its root directory.
  const root = await processes.lend(share);
  try {
    await start(directory, { descriptors: [listener, share.namespace], mountNamespace: { descriptor: 1, root } });
  } catch (error) {
    // Stopped meanwhile.
    await processes.takeSharesBack();
    throw error;
  }
}
