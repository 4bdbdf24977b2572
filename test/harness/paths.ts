/** Where the checkout and what is fetched for it lie. */
import { join, resolve } from "node:path";

import { mustRun } from "./command.ts";

/** The root of the checkout. */
export const repository = resolve(import.meta.dirname, "../..");

/** What `make build` makes; PREFIX of the runtime under test. */
export const build = join(repository, "build");

/** What is kept between checkouts, as in the Makefile. */
export const cache = process.env["HADRON_CACHE"] ?? "/var/cache/hadron";

/** Directories of unpacked Debian packages, fetched where they are missing. */
export async function debianPackages(suite: string, ...packages: string[]): Promise<string[]> {
  // A first download on a slow line may take minutes.
  const output = await mustRun(join(repository, "tools/fetch-deb"), [suite, ...packages], { timeoutMs: 900_000 });
  return output.trim().split("\n");
}

/** As `debianPackages`, of one package. */
export async function debianPackage(suite: string, name: string): Promise<string> {
  const [directory] = await debianPackages(suite, name);
  if (directory === undefined) {
    throw new Error(`tools/fetch-deb named no directory for ${name}`);
  }
  return directory;
}

/** The directory of a containerd's programs that no Debian has; built where it is missing. */
export async function builtContainerd(version: string): Promise<string> {
  return (await mustRun(join(repository, "tools/fetch-containerd"), [version], { timeoutMs: 1_800_000 })).trim();
}

/** The directory of crictl; built where it is missing. */
export async function builtCrictl(): Promise<string> {
  return (await mustRun(join(repository, "tools/fetch-crictl"), ["1.37.0"], { timeoutMs: 1_800_000 })).trim();
}
