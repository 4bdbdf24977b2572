import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import { encode } from "../json/encode.ts";
import { decodeProcess, decodeResources, readCgroupsPath, readSpec } from "./bundle.ts";

async function inBundle<T>(content: string | Uint8Array, read: (bundle: string) => Promise<T>): Promise<T> {
  const bundle = await mkdtemp(join(tmpdir(), "hadron-test-bundle-"));
  try {
    await writeFile(join(bundle, "config.json"), content);
    return await read(bundle);
  } finally {
    await rm(bundle, { recursive: true });
  }
}

const spec = (content: string | Uint8Array) => inBundle(content, readSpec);

function any(type: string, json: string) {
  return { typeUrl: `types.containerd.io/opencontainers/runtime-spec/1/${type}`, value: Buffer.from(json) };
}

describe("numbers arrive as they were written", () => {
  const rlimit = '{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":9007199254740993}';

  it("in config.json", async () => {
    const text =
      `{"ociVersion":"1.0.2","process":{"user":{"uid":4294967295,"gid":0},"cwd":"/","args":["x"],"rlimits":[${rlimit}]},` +
      '"linux":{"resources":{"memory":{"limit":9223372036854775807},"cpu":{"quota":-9223372036854775808}},' +
      '"seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO","names":["ioctl"],' +
      '"args":[{"index":1,"value":18446744073709551614,"op":"SCMP_CMP_EQ"}]}]}}}';
    expect(encode(await spec(text.replace("{", '{"unknown":[1e999,123456789012345678901234567890],')))).toBe(text);
  });

  it("in an additional process", () => {
    const text = `{"user":{"uid":0,"gid":0},"cwd":"/","args":["x"],"rlimits":[${rlimit}]}`;
    expect(encode(decodeProcess(any("Process", text)))).toBe(text);
  });

  it("in new limits", () => {
    const text = '{"memory":{"limit":9223372036854775807,"swappiness":18446744073709551615}}';
    expect(encode(decodeResources(any("LinuxResources", text)))).toBe(text);
  });

  it("and are refused where Go refuses them", async () => {
    await expect(spec('{"process":{"rlimits":[{"soft":1e3}]}}')).rejects.toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringMatching(
        /^process\.rlimits\[0\]\.soft in .*config\.json has to be an integer from 0 to 18446744073709551615, and is 1e3$/,
      ),
    });
  });
});

describe("a config.json", () => {
  it("may lack everything, and have something after its end, as for runc", async () => {
    expect(await spec("{} x")).toEqual({ ociVersion: "" });
  });

  it("has U+FFFD for what is not UTF-8", async () => {
    expect(await spec(Buffer.from('{"hostname":"a\xffb"}', "latin1"))).toMatchObject({ hostname: "a\ufffdb" });
  });

  it.each(["", "null x", "[]", "{", "\ufeff{}"])("that is %j is refused", async (text) => {
    await expect(spec(text)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  });
});

describe("the cgroup that a bundle names", () => {
  it.each([
    ['{"linux":{"cgroupsPath":"/a/b"}}', "/a/b"],
    ['{"linux":{"cgroupsPath":5}}', undefined],
    ['{"linux":null}', undefined],
    ["[]", undefined],
    ["{", undefined],
  ])("of %s", async (text, expected) => {
    expect(await inBundle(text, readCgroupsPath)).toBe(expected);
  });

  it("is none without a spec", async () => {
    expect(await readCgroupsPath("/nowhere")).toBe(undefined);
  });
});

it("refuses a message of another type, or with something after its end", () => {
  expect(() => decodeProcess(any("LinuxResources", "{}"))).toThrow(/must be an OCI runtime-spec Process/);
  expect(() => decodeProcess(undefined)).toThrow(/is missing/);
  expect(() => decodeResources(any("LinuxResources", "{} x"))).toThrow(/nothing more is expected/);
});
