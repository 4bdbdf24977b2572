import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type protobuf from "protobufjs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Agent } from "../src/gen/agent.ts";
import { Events } from "../src/gen/events.ts";
import { SandboxV1, TaskV2, TaskV3 } from "../src/shim/services.ts";
import { loadProto, writeGenerated } from "./proto.ts";

const root = loadProto();

describe.each([
  ["containerd.task.v2.Task", TaskV2],
  ["containerd.task.v3.Task", TaskV3],
  ["containerd.runtime.sandbox.v1.Sandbox", SandboxV1],
  ["containerd.services.events.ttrpc.v1.Events", Events],
  ["hadron.agent.v1.Agent", Agent],
])("%s", (name, service) => {
  test("every method has the name, the messages and the kind of the .proto file", () => {
    const declared = root.lookupService(name.replace("task.v3", "task.v2")).methodsArray.map((method) => ({
      service: name,
      method: method.name,
      kind: method.responseStream === true ? "server-streaming" : "unary",
      request: fullName(method.resolvedRequestType),
      response: fullName(method.resolvedResponseType),
    }));
    const described = Object.values(service.methods).map(({ request, response, ...others }) => ({
      ...others,
      request: request.typeName,
      response: response.typeName,
    }));
    expect(described).toEqual(declared);
  });
});

test("the task service has containerd's 17 methods", () => {
  expect(Object.values(TaskV3.methods).map(({ method }) => method)).toEqual(
    "State Create Start Delete Pids Pause Resume Checkpoint Kill Exec ResizePty CloseIO Update Wait Stats Connect Shutdown".split(" "),
  );
});

describe("a directory", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hadron-test-proto-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test("gets what it lacks and loses what is left over", () => {
    mkdirSync(join(directory, "old"));
    writeFileSync(join(directory, "old/agent.ts"), "old");
    writeFileSync(join(directory, "agent.ts"), "old");
    writeGenerated(directory);
    expect(readdirSync(directory)).toHaveLength(12);
    expect(readFileSync(join(directory, "agent.ts"), "utf8")).toContain('defineMessage("hadron.agent.v1.Share"');
  });

  test("is not touched where it is right", () => {
    writeGenerated(directory);
    const written = (): bigint[] => readdirSync(directory).map((name) => statSync(join(directory, name), { bigint: true }).mtimeNs);
    const before = written();
    writeGenerated(directory);
    expect(written()).toEqual(before);
  });
});

function fullName(type: protobuf.Type | null): string | undefined {
  return type?.fullName.slice(1);
}
