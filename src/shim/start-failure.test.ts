import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect } from "ttrpc-ts";
import { afterEach, beforeEach, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { TaskV3 } from "./services.ts";
import { tellStartFailure } from "./start-failure.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "start-failure-test-"));
  path = join(directory, "s");
});
afterEach(async () => await rm(directory, { recursive: true }));

it("answers every call with the reason until containerd says Shutdown", async () => {
  const told = tellStartFailure({ path }, path, new HadronError(Code.RESOURCE_EXHAUSTED, "no space left"));
  await expect
    .poll(
      async () =>
        await access(path).then(
          () => true,
          () => false,
        ),
    )
    .toBe(true);
  await using client = await connect({ path });
  const task = client.service(TaskV3);
  const refusal = { code: Code.RESOURCE_EXHAUSTED, message: "the shim daemon cannot start: no space left" };
  await expect(task.create({ id: "c" })).rejects.toMatchObject(refusal);
  await expect(task.state({ id: "c" })).rejects.toMatchObject(refusal);
  await expect(task.shutdown({ id: "c" })).resolves.toEqual({});
  await told;
  await expect(access(path)).rejects.toMatchObject({ code: "ENOENT" });
});
