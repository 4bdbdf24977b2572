import { describe, expect, test } from "vitest";

import { refusal } from "../../test/harness/refusal.ts";
import { Code } from "../errors.ts";
import { Options as RuncOptions } from "../gen/runc-options.ts";
import { Options as RuntimeOptions } from "../gen/runtime-options.ts";
import { packAny } from "../protobuf/well-known.ts";
import { readRuntimeOptions } from "./runtime-options.ts";

const configSourceOf = (options: Parameters<typeof readRuntimeOptions>[0]) => readRuntimeOptions(options).configuration;

test("none, in the two ways of saying so", () => {
  expect(configSourceOf(undefined)).toEqual({});
  expect(configSourceOf({ typeUrl: "", value: new Uint8Array(0) })).toEqual({});
});

test("runtimeoptions.v1.Options", () => {
  const body = Uint8Array.of(123, 125);
  expect(configSourceOf(packAny(RuntimeOptions, { configPath: "/c.json", configBody: body }))).toEqual({ path: "/c.json", body });
  expect(configSourceOf(packAny(RuntimeOptions, { typeUrl: "x" }))).toEqual({});
  const prefixed = { typeUrl: "type.googleapis.com/runtimeoptions.v1.Options", value: RuntimeOptions.encode({ configPath: "/c" }) };
  expect(configSourceOf(prefixed)).toEqual({ path: "/c" });
});

describe("containerd.runc.v1.Options", () => {
  test.each([
    ["no_pivot_root", { noPivotRoot: true }],
    ["no_new_keyring", { noNewKeyring: true }],
    ["root", { root: "/run/runc" }],
    ["systemd_cgroup", { systemdCgroup: true }],
    ["criu_path", { criuPath: "criu" }],
    ["criu_image_path", { criuImagePath: "/i" }],
    ["criu_work_path", { criuWorkPath: "/w" }],
  ])("%s, which means nothing in a VM, is ignored by name", (name, options) => {
    const { configuration, ignored } = readRuntimeOptions(packAny(RuncOptions, options));
    expect(configuration).toEqual({});
    expect(ignored).toEqual([expect.stringMatching(new RegExp(`^${name}: `))]);
  });

  test("the launcher has carried out shim_cgroup, and containerd task_api_address; what is not given is not spoken of", () => {
    const options = { shimCgroup: "/x", taskApiAddress: "ttrpc+unix:///x", taskApiVersion: 3, noPivotRoot: false, ioUid: 0, root: "" };
    expect(readRuntimeOptions(packAny(RuncOptions, options))).toEqual({ configuration: {}, pipeOwner: { uid: 0, gid: 0 }, ignored: [] });
  });

  test("io_uid and io_gid are the container's", () => {
    const { pipeOwner, ignored } = readRuntimeOptions(packAny(RuncOptions, { ioUid: 1000, ioGid: 4294967295 }));
    expect(pipeOwner).toEqual({ uid: 1000, gid: 4294967295 });
    expect(ignored).toEqual([]);
  });

  test("binary_name is refused by name", () => {
    const error = refusal(() => configSourceOf(packAny(RuncOptions, { binaryName: "crun" })));
    expect(error.code).toBe(Code.FAILED_PRECONDITION);
    expect(error.message).toContain("binary_name");
  });
});

test("options of another runtime, and bytes that are no options", () => {
  const other = refusal(() => configSourceOf({ typeUrl: "containerd.runhcs.v1.Options", value: new Uint8Array(0) }));
  expect(other.code).toBe(Code.INVALID_ARGUMENT);
  expect(other.message).toContain("containerd.runhcs.v1.Options");
  const broken = refusal(() => configSourceOf({ typeUrl: "runtimeoptions.v1.Options", value: Uint8Array.of(255) }));
  expect(broken.code).toBe(Code.INVALID_ARGUMENT);
});
