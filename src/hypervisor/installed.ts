/** Hadron's own programs. */
import { join } from "node:path";

import { Code, HadronError } from "../errors.ts";
import { isExecutable } from "../host/find-program.ts";

/** The path of one in `libraryDirectory` (PREFIX/lib/hadron). NOT_FOUND without it. */
export async function installed(libraryDirectory: string, name: string): Promise<string> {
  const path = join(libraryDirectory, name);
  if (!(await isExecutable(path))) {
    throw new HadronError(
      Code.NOT_FOUND,
      `${path} is missing or not executable; install Hadron again ("make install", in the checkout "make build")`,
    );
  }
  return path;
}
