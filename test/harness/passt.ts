/** passt of Debian 13: Debian 12's is too old. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { debianPackage, debianPackages } from "./paths.ts";

/** Makes a program of it in a directory, which runs it with the libraries of its own Debian. */
export async function newerPasst(directory: string): Promise<string> {
  const program = join(await debianPackage("trixie", "passt"), "usr/bin/passt");
  const [libc = ""] = await debianPackages("trixie", "libc6");
  const loader = `${join(libc, "usr/lib64/ld-linux-x86-64.so.2")} --library-path ${join(libc, "usr/lib/x86_64-linux-gnu")}`;
  const path = join(directory, "passt");
  await writeFile(path, `#!/bin/sh\nexec ${loader} ${program} "$@"\n`);
  await chmod(path, 0o755);
  return path;
}
