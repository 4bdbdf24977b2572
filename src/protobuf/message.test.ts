import fc from "fast-check";
import protobuf from "protobufjs";
import { beforeAll, describe, expect, test } from "vitest";

import { refusal } from "../../test/harness/refusal.ts";
import { loadProto } from "../../tools/proto.ts";
import { Code, type HadronError } from "../errors.ts";
import * as agent from "../gen/agent.ts";
import * as cri from "../gen/cri.ts";
import * as events from "../gen/events.ts";
import * as metrics from "../gen/metrics.ts";
import * as wellKnown from "../gen/protobuf.ts";
import * as runcOptions from "../gen/runc-options.ts";
import * as runtimeOptions from "../gen/runtime-options.ts";
import * as sandbox from "../gen/sandbox.ts";
import * as taskEvents from "../gen/task-events.ts";
import * as taskTypes from "../gen/task-types.ts";
import * as task from "../gen/task.ts";
import * as types from "../gen/types.ts";
import { Message } from "./message.ts";
import { packAny } from "./well-known.ts";

const ALL = [agent, cri, events, metrics, wellKnown, runcOptions, runtimeOptions, sandbox, taskEvents, taskTypes, task, types]
  .flatMap((module) => Object.values<unknown>(module))
  .filter((value): value is Message<object> => value instanceof Message);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

describe("known bytes", () => {
  test("CreateTaskRequest", () => {
    const written = bytes(`
      0a 02 6331
      12 02 2f62
      1a 15  0a 07 6f7665726c6179  12 01 6f  22 02 726f  22 03 612c62
      20 01
      2a 00
      52 08  0a 03 742e55  12 01 ff
    `);
    const request = task.CreateTaskRequest.decode(written);
    expect(request).toEqual({
      id: "c1",
      bundle: "/b",
      rootfs: [{ type: "overlay", source: "o", target: "", options: ["ro", "a,b"] }],
      terminal: true,
      stdin: "",
      stdout: "",
      stderr: "",
      checkpoint: "",
      parentCheckpoint: "",
      options: { typeUrl: "t.U", value: Uint8Array.of(255) },
    });
    // An empty string has no need to be written.
    expect(hex(task.CreateTaskRequest.encode(request))).toBe(hex(written).replace("2a00", ""));
  });

  test("Timestamp: a negative int64 is ten bytes long", () => {
    const before = { seconds: -1n, nanos: 999_999_999 };
    expect(hex(wellKnown.Timestamp.encode(before))).toBe("08ffffffffffffffffff0110ff93ebdc03");
    expect(wellKnown.Timestamp.decode(bytes("08ffffffffffffffffff0110ff93ebdc03"))).toEqual(before);
  });

  test("Timestamp: a negative int32 is ten bytes long as well", () => {
    expect(hex(wellKnown.Timestamp.encode({ nanos: -2 }))).toBe("10feffffffffffffffff01");
    expect(wellKnown.Timestamp.decode(bytes("10feffffffffffffffff01")).nanos).toBe(-2);
  });

  test("Metrics: memory.max of a container without a limit", () => {
    const written = bytes("22 0c  8802 ffffffffffffffffff01");
    const max = { memory: { usageLimit: 2n ** 64n - 1n } };
    // 33 << 3 is 264: two bytes of tag.
    expect(hex(metrics.Metrics.encode(max))).toBe(hex(bytes("22 0c 8802 ffffffffffffffffff01")));
    expect(metrics.Metrics.decode(written).memory?.usageLimit).toBe(18_446_744_073_709_551_615n);
  });

  test("nanoseconds survive exactly", () => {
    const now = 1_795_333_801_123_456_789n;
    expect(agent.SetClockRequest.decode(agent.SetClockRequest.encode({ realtimeNs: now })).realtimeNs).toBe(now);
  });

  test("TaskExit in an envelope has containerd's type URL", () => {
    const event = packAny(taskEvents.TaskExit, { containerId: "c", id: "c", pid: 7, exitStatus: 137 });
    const sent = events.ForwardRequest.encode({ envelope: { namespace: "default", topic: "/tasks/exit", event } });
    expect(events.ForwardRequest.decode(sent).envelope?.event?.typeUrl).toBe("containerd.events.TaskExit");
    expect(hex(event.value)).toBe("0a016312016318072089" + "01");
  });

  test("a map, with keys that JavaScript's objects would mind", () => {
    const files = new Map([
      ["__proto__", "1"],
      ["cpu.stat", ""],
    ]);
    const written = agent.ContainerStatsResponse.encode({ files });
    expect(hex(written)).toBe(hex(bytes("0a0e 0a09 5f5f70726f746f5f5f 1201 31   0a0c 0a08 6370752e73746174 1200")));
    expect(agent.ContainerStatsResponse.decode(written).files).toEqual(files);
  });

  test("a field that is a message is merged when it comes twice", () => {
    const twice = bytes("1a02 0801   1a02 1002");
    expect(agent.CreateContainerRequest.decode(twice).stdio).toMatchObject({ stdinPort: 1, stdoutPort: 2 });
  });

  test("half of a surrogate pair is written as U+FFFD, whatever the length", () => {
    const long = "x".repeat(200);
    for (const text of ["\ud800", `${long}\udc00`]) {
      expect(task.KillRequest.decode(task.KillRequest.encode({ id: text })).id).toBe(text.toWellFormed());
    }
  });

  test("nothing that is shared between messages can be reached through one", () => {
    expect(types.Mount.decode(bytes("")).options).not.toBe(types.Mount.decode(bytes("")).options);
    expect(Object.getPrototypeOf(types.Mount.decode(bytes("")))).toBe(Object.prototype);
    expect(Object.keys(task.StateResponse.decode(bytes("")))).toEqual(
      "id bundle pid status stdin stdout stderr terminal exitStatus execId".split(" "),
    );
  });

  test("fields that are not known, or come as another wire type, are passed over", () => {
    const odd = bytes("f8ff07 05   f9ff07 0102030405060708   faff07 01 00   fbff07 0801 fcff07   fdff07 01020304   08 2a   12 01 78");
    expect(task.KillRequest.decode(odd)).toEqual({ id: "", execId: "x", signal: 0, all: false });
  });
});

describe("values that do not fit", () => {
  test.each([
    ["a number above 32 bits", () => task.KillRequest.encode({ signal: 2 ** 32 }), "signal is to be uint32, not 4294967296"],
    ["a fraction", () => task.KillRequest.encode({ signal: 1.5 }), "signal is to be uint32, not 1.5"],
    ["a negative uint64", () => metrics.PidsStat.encode({ current: -1n }), "current is to be uint64, not -1"],
    ["an int64 of 2^63", () => wellKnown.Timestamp.encode({ seconds: 2n ** 63n }), "not 9223372036854775808"],
    ["an enum that is not an integer", () => task.StateResponse.encode({ status: Number.NaN }), "status is to be enum, not NaN"],
    [
      "null for a message",
      () => task.StateResponse.encode({ exitedAt: null as unknown as wellKnown.Timestamp }),
      "exitedAt is to be google.protobuf.Timestamp, not null",
    ],
    ["a number in a list of strings", () => types.Mount.encode({ options: [1] as unknown as string[] }), "options is to be string, not 1"],
    ["a value deep inside", () => task.StateResponse.encode({ exitedAt: { nanos: 2 ** 31 } }), "google.protobuf.Timestamp.nanos is to be int32"],
    ["a number for a string", () => task.KillRequest.encode({ id: 1 as unknown as string }), "id is to be string, not 1"],
  ])("%s is refused by the field's name", (_what, call, sentence) => {
    const error = refusal(call);
    expect(error.code).toBe(Code.INTERNAL);
    expect(error.message).toContain(sentence);
  });
});

describe("bytes that are not the message", () => {
  test.each([
    ["cut short in a string", "0a05 6162", "index out of range: 2 + 5 > 4"],
    ["cut short in an integer", "18 ff", "index out of range"],
    ["an integer without an end", "18 ffffffffffffffffffffffff01", "invalid varint encoding"],
    ["an unknown integer without an end", "f8ff07 ffffffffffffffffffffffff", "index out of range"],
    ["field number 0", "00 01", "field number 0"],
    ["a tag of more than 32 bits", "8880808010 01", "invalid tag encoding"],
    ["a group without an end", "0b", "index out of range"],
    ["the end of a group that did not begin", "0c", "invalid wire type 4"],
    ["groups in groups in groups", "0b".repeat(1000), "max depth exceeded"],
    ["a short string that is not UTF-8", "0a02 c328", "not valid for encoding utf-8"],
    ["a long string that is not UTF-8", `0a5a ${"61".repeat(89)}c3`, "not valid for encoding utf-8"],
    ["half of a surrogate pair", "0a03 eda080", "not valid for encoding utf-8"],
    ["a length of 2^63", "0a 80808080808080808001", "invalid length encoding"],
    ["a length of 2^31-1", "0a ffffffff07 61", "index out of range"],
    ["cut short in eight bytes", "f9ff07 010203", "index out of range"],
  ])("%s", (_what, written, sentence) => {
    const error = refusal(() => task.KillRequest.decode(bytes(written)));
    expect(error.code).toBe(Code.INVALID_ARGUMENT);
    expect(error.message).toContain("containerd.task.v2.KillRequest");
    expect(error.message).toContain(sentence);
  });

  test("a nested message cannot reach past its own end", () => {
    expect(refusal(() => events.ForwardRequest.decode(bytes("0a02 1205 6162636465"))).message).toContain("index out of range");
  });

  test("nor can an entry of a map", () => {
    expect(refusal(() => agent.ContainerStatsResponse.decode(bytes("0a02 0a05 6162636465"))).message).toContain("index out of range");
  });

  test.each([
    ["a list of messages", agent.ListProcessesResponse],
    ["a map", agent.ContainerStatsResponse],
    ["a message that comes again and again", events.ForwardRequest],
  ])("%s: 2,000,000 elements of two bytes do not fill the memory", (_what, message: Message<object>) => {
    const many = Buffer.alloc(4 * 1024 * 1024);
    for (let i = 0; i < many.length; i += 2) {
      many[i] = 0x0a;
    }
    expect(refusal(() => message.decode(many)).message).toContain("more than 65536");
  });

  test("a list of strings is bounded as well, wherever it is", () => {
    // Mount.options, in TaskCreate.rootfs
    const options = Buffer.concat(Array.from({ length: 65_536 }, () => bytes("2200")));
    const rootfs = Buffer.concat([bytes("1a 808008"), options]);
    expect(refusal(() => taskEvents.TaskCreate.decode(rootfs)).message).toContain("more than 65536");
    expect(taskEvents.TaskCreate.decode(Buffer.concat([bytes("1a feff07"), options.subarray(2)])).rootfs[0]?.options).toHaveLength(65_535);
  });

  test("as many processes as a guest may have, each with an exec id, are not too many", () => {
    const processes = Array.from({ length: 32_768 }, (_, pid) => ({ pid, execId: "e" }));
    expect(agent.ListProcessesResponse.decode(agent.ListProcessesResponse.encode({ processes })).processes).toEqual(processes);
  });

  test("keys of a map that mean something to objects stay keys", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "7", "", "$unknowns"];
    const files = new Map(names.map((name) => [name, name]));
    const decoded = agent.ContainerStatsResponse.decode(agent.ContainerStatsResponse.encode({ files })).files;
    expect(decoded).toEqual(files);
    expect(agent.ContainerStatsResponse.decode(bytes("")).files).toEqual(new Map());
  });

  test("decoded bytes do not change with the buffer that they came in", () => {
    const written = bytes("1201ff");
    const any = wellKnown.Any.decode(written);
    written.fill(0);
    expect(any.value).toEqual(Uint8Array.of(255));
    expect(any.value.constructor).toBe(Uint8Array);
    // Nor do they keep that buffer in memory.
    expect(any.value.buffer.byteLength).toBe(1);
  });
});

describe("every message", () => {
  let root: protobuf.Root;
  beforeAll(() => {
    root = loadProto();
  });

  test("of the .proto files is there", () => {
    const count = (parent: protobuf.NamespaceBase): number =>
      parent.nestedArray.reduce(
        (sum, child) => sum + (child instanceof protobuf.Namespace ? count(child) : 0) + (child instanceof protobuf.Type ? 1 : 0),
        0,
      );
    expect(new Set(ALL).size).toBe(count(root));
  });

  /** Values for every field of `type`, as our interfaces have them. */
  function valuesOf(type: protobuf.Type): fc.Arbitrary<Record<string, unknown>> {
    const fields: Record<string, fc.Arbitrary<unknown>> = {};
    for (const field of type.fieldsArray) {
      const one = fieldValue(field);
      fields[field.name] = field.repeated ? fc.array(one, { maxLength: 3 }) : one;
      if (field instanceof protobuf.MapField) {
        fields[field.name] = fc.array(fc.tuple(text, text), { maxLength: 3 }).map((entries) => new Map(entries));
      } else if (!field.repeated && field.resolvedType instanceof protobuf.Type) {
        fields[field.name] = fc.option(one, { nil: undefined });
      }
    }
    return fc.record(fields).map((record) => {
      return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
    });
  }

  const text = fc.string({ unit: "binary", maxLength: 200 });

  function fieldValue(field: protobuf.Field): fc.Arbitrary<unknown> {
    if (field.resolvedType instanceof protobuf.Type) {
      return valuesOf(field.resolvedType);
    }
    switch (field.resolvedType instanceof protobuf.Enum ? "int32" : field.type) {
      case "string":
        return text;
      case "bytes":
        return fc.uint8Array({ maxLength: 200 });
      case "bool":
        return fc.boolean();
      case "uint32":
        return fc.nat(2 ** 32 - 1);
      case "int32":
        return fc.integer();
      case "uint64":
        return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
      case "int64":
        return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
      default:
        throw new Error(`no values for ${field.type}`);
    }
  }

  test.each(ALL.map((message) => [message.typeName, message] as const))("%s comes back as it was", (name, message) => {
    fc.assert(
      fc.property(valuesOf(root.lookupType(name)), (value) => {
        expect(message.decode(message.encode(value))).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });

  /** The same for protobufjs' own code, which compiles a function for each message: 64 bits are halves, maps are objects. */
  function forProtobufjs(value: unknown): unknown {
    if (typeof value === "bigint") {
      return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: true };
    }
    if (Array.isArray(value)) {
      return value.map(forProtobufjs);
    }
    if (value instanceof Map) {
      return Object.fromEntries(value);
    }
    const message = typeof value === "object" && value !== null && !(value instanceof Uint8Array);
    return message ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, forProtobufjs(inner)])) : value;
  }

  test.each(ALL.map((message) => [message.typeName, message] as const))("%s is the bytes that protobufjs writes", (name, message) => {
    const type = root.lookupType(name);
    fc.assert(
      fc.property(valuesOf(type), (value) => {
        const theirs = type.encode(forProtobufjs(value) as object).finish();
        expect(hex(message.encode(value))).toBe(hex(theirs));
        expect(message.decode(theirs)).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });

  test("any bytes are a message that can be written again, or an error", () => {
    const type = root.lookupType("containerd.task.v2.CreateTaskRequest");
    const written = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      // Valid ones with a few bytes changed reach deeper.
      fc.tuple(valuesOf(type), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([value, changes]) => {
        const valid = Uint8Array.from(task.CreateTaskRequest.encode(value));
        for (const [at, byte] of changes) {
          valid[at % Math.max(valid.length, 1)] = byte;
        }
        return valid;
      }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(written, (input) => {
        let decoded: task.CreateTaskRequest;
        try {
          decoded = task.CreateTaskRequest.decode(input);
        } catch (error) {
          expect((error as HadronError).code).toBe(Code.INVALID_ARGUMENT);
          return;
        }
        accepted++;
        expect(task.CreateTaskRequest.decode(task.CreateTaskRequest.encode(decoded))).toEqual(decoded);
      }),
      { numRuns: 5_000 },
    );
    expect(accepted).toBeGreaterThan(500);
  });
});
