/**
 * virtiofsd, which serves a directory to the guest over vhost-user. Only with KVM: it writes guest memory
 * from outside of QEMU, and TCG does not notice that when code that it has translated is overwritten.
 */
import { constants } from "node:fs";
import { access } from "node:fs/promises";

export interface Virtiofsd {
  readonly path: string;
  /** Whose options it takes: the one in C came with QEMU up to 7.2, the one in Rust is a package of its own. */
  readonly style: "c" | "rust";
}

const DEBIAN: readonly Virtiofsd[] = [
  { path: "/usr/libexec/virtiofsd", style: "rust" },
  { path: "/usr/lib/qemu/virtiofsd", style: "c" },
];

/** Debian's, the newer one first. */
export async function findVirtiofsd(candidates: readonly Virtiofsd[] = DEBIAN): Promise<Virtiofsd | undefined> {
  for (const candidate of candidates) {
    try {
      await access(candidate.path, constants.X_OK);
      return candidate;
    } catch {
      // The next one.
    }
  }
  return undefined;
}

/**
 * `listenFd` is a listening socket that it inherits. It stays in the host's mount namespace (chroot only), so
 * that what is mounted below the directory later is seen. cache=auto: the host changes files as well.
 */
export function virtiofsdArguments(virtiofsd: Virtiofsd, directory: string, listenFd: number): string[] {
  return virtiofsd.style === "rust"
    ? [`--fd=${listenFd}`, "--shared-dir", directory, "--cache=auto", "--sandbox=chroot", "--xattr", "--inode-file-handles=prefer"]
    // The directory cannot contain a comma: the option has no way to say so.
    : [`--fd=${listenFd}`, "-f", "-o", `source=${directory},cache=auto,sandbox=chroot,xattr`];
}
