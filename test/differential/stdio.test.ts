import { closeSync, constants, openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { readNow } from "../harness/fifo.ts";
import { Stdio } from "./stdio.ts";

test("what is written to a process is there for a shim that opens stdin after it has answered Start", async () => {
  const directory = await mkdtemp(join(tmpdir(), "stdio-"));
  onTestFinished(async () => await rm(directory, { recursive: true }));
  await using stdio = Stdio.make(directory, "exec", { stdin: true });
  stdio.handOver();
  stdio.write("early\n");
  // By then it is in the FIFO, or lost.
  await new Promise(setImmediate);
  const shim = openSync(stdio.paths.stdin, constants.O_RDONLY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(shim));
  await expect.poll(() => readNow(shim)).toBe("early\n");
  stdio.endStdin();
  await expect.poll(() => readNow(shim)).toBe("");
});
