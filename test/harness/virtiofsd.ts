/** The virtiofsd in Rust, which Debian has since 13. Debian 12's own is in C and belongs to QEMU. */
import { join } from "node:path";

import { debianPackage, debianPackages } from "./paths.ts";

/** The program and what it has to be started with: the libraries of its own Debian. */
export async function newerVirtiofsd(): Promise<readonly string[]> {
  const program = join(await debianPackage("trixie", "virtiofsd"), "usr/libexec/virtiofsd");
  const roots = await debianPackages("trixie", "libc6", "libseccomp2", "libcap-ng0", "libgcc-s1");
  const libraries = roots.map((root) => join(root, "usr/lib/x86_64-linux-gnu")).join(":");
  return [join(roots[0] ?? "", "usr/lib64/ld-linux-x86-64.so.2"), "--library-path", libraries, program];
}
