import protobuf from "protobufjs";
import { describe, expect, test } from "vitest";
import { loadProto } from "../../tools/proto.ts";
import { Agent, Events, TaskV2, TaskV3 } from "./methods.ts";

const root = loadProto();

describe.each([
  ["containerd.task.v2.Task", TaskV2],
  ["containerd.task.v3.Task", TaskV3],
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

function fullName(type: protobuf.Type | null): string | undefined {
  return type?.fullName.slice(1);
}
