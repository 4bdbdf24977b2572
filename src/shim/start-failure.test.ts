import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "ttrpc-ts";
import { afterEach, beforeEach, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { SandboxV1, TaskV3 } from "./services.ts";
import { tellStartFailure } from "./start-failure.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "start-failure-test-"));
  path = join(directory, "s");
});
afterEach(async () => await rm(directory, { recursive: true }));

const full = new HadronError(Code.RESOURCE_EXHAUSTED, "no space left");
const refusal = { code: Code.RESOURCE_EXHAUSTED, message: "the shim daemon cannot start: no space left" };

/** Answers when it serves. */
async function tell(): Promise<{ readonly told: Promise<void> }> {
  const told = tellStartFailure({ path }, path, full);
  await expect
    .poll(
      async () =>
        await access(path).then(
          () => true,
          () => false,
        ),
    )
    .toBe(true);
  return { told };
}

it("answers every call with the reason until containerd says Shutdown", async () => {
  const { told } = await tell();
  await using client = await connect({ path });
  const task = client.service(TaskV3);
  await expect(task.create({ id: "c" })).rejects.toMatchObject(refusal);
  await expect(task.state({ id: "c" })).rejects.toMatchObject(refusal);
  await expect(task.shutdown({ id: "c" })).resolves.toEqual({});
  await told;
  await expect(access(path)).rejects.toMatchObject({ code: "ENOENT" });
});

it("answers the calls for a sandbox in the same way", async () => {
  const { told } = await tell();
  await using client = await connect({ path });
  const sandbox = client.service(SandboxV1);
  await expect(sandbox.createSandbox({ sandboxId: "s" })).rejects.toMatchObject(refusal);
  await expect(sandbox.shutdownSandbox({ sandboxId: "s" })).resolves.toEqual({});
  await told;
});
