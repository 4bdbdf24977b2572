/**
 * virtiofsd, which serves a directory to the guest over vhost-user. Only with KVM: it writes guest memory
 * from outside of QEMU, and TCG does not notice that when code that it has translated is overwritten.
 */
import { basename, dirname } from "node:path";
import { Code, HadronError } from "../../errors.ts";
import { findInPath, isExecutable } from "../find-program.ts";
import type { SharedDirectory } from "../hypervisor.ts";

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
      throw new HadronError(Code.NOT_FOUND, `The configured virtiofsd_path ${setting} is not an executable file.`);
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
 * `listenFd` is a listening socket that it inherits. It stays in the host's mount namespace (chroot only), so
 * that what is mounted below the directory later is seen, and announces that as file systems of their own: their
 * inode numbers clash. cache=auto has the guest read a file anew whenever it is opened, so every start of
 * a program would read all of it; it is for what the host changes as well.
 * INVALID_ARGUMENT for a directory that the program in C has no way to be told of.
 */
export function virtiofsdArguments(virtiofsd: Virtiofsd, share: Omit<SharedDirectory, "tag">, listenFd: number): string[] {
  const directory = share.path;
  const cache = share.guestOnly === true ? "always" : "auto";
  if (virtiofsd.style === "rust") {
    return [`--fd=${listenFd}`, `--shared-dir=${directory}`, `--cache=${cache}`, "--sandbox=chroot", "--xattr", "--announce-submounts"];
  }
  if (directory.includes(",")) {
    throw new HadronError(
      Code.INVALID_ARGUMENT,
      `${virtiofsd.path} cannot share ${directory}: a comma ends its options. Install the package virtiofsd, which has no such limit.`,
    );
  }
  return [`--fd=${listenFd}`, "-f", "-o", `source=${directory},cache=${cache},sandbox=chroot,xattr,announce_submounts`];
}
