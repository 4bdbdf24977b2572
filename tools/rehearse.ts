/** A pod's whole life for tools/bundle.ts, so that V8 compiles what a daemon runs in it. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Client } from "ttrpc-ts";

import { TaskV2 } from "../src/shim/services.ts";
import { defaultSpec, type Spec } from "./default-spec.ts";

const ID = "none";
const PROGRAM = "program";

function specOf(program: string): Spec {
  const spec = defaultSpec();
  spec.process.args = [program];
  spec.process.user["additionalGids"] = [0, 10];
  // In the build's own.
  spec.linux.cgroupsPath = ID;
  return spec;
}

/** `program`: any that needs no others; what it says and how it ends is nothing to us. Rejects where no pod can run. */
export async function rehearse(client: Client, bundle: string, program: string, signal: AbortSignal): Promise<void> {
  const task = client.service(TaskV2);
  await mkdir(join(bundle, "rootfs"));
  await copyFile(program, join(bundle, "rootfs", PROGRAM));
  await writeFile(join(bundle, "config.json"), JSON.stringify(specOf(`/${PROGRAM}`)));
  const stdout = join(bundle, "stdout");
  execFileSync("mkfifo", [stdout]);
  // Both ends, so that nobody has to wait for the other one.
  const fd = openSync(stdout, constants.O_RDWR);
  try {
    await task.create({ id: ID, bundle, stdout, stderr: stdout }, { signal });
    await Promise.all([task.wait({ id: ID }, { signal }), task.start({ id: ID }, { signal })]);
    await task.state({ id: ID }, { signal });
    await task.delete({ id: ID }, { signal });
    await task.shutdown({ id: ID }, { signal });
  } finally {
    closeSync(fd);
  }
}
