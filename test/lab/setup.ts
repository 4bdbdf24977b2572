/** Before all tests in the lab: tells Hadron how slow it is there. */
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { DEFAULT_PATH } from "../../src/config/config.ts";
import { defaultConfig } from "../harness/machine.ts";

export default async function setup(): Promise<void> {
  // On any other machine that file is not ours to write.
  if (!existsSync("/run/lab-status") || defaultConfig === undefined) {
    throw new Error("this is not the lab: start the tests with `make test-lab`");
  }
  await mkdir(dirname(DEFAULT_PATH), { recursive: true });
  await writeFile(DEFAULT_PATH, defaultConfig);
}
