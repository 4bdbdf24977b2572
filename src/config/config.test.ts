import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { matches } from "./check.ts";
import { type Config, type ConfigSource, DEFAULTS, loadConfig, withAnnotations } from "./config.ts";
import { isKeyName, KEY_NAMES, keyOf } from "./schema.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hadron-test-config-"));
  path = join(directory, "config.json");
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function load(text: string, source: ConfigSource = {}): Promise<Config> {
  writeFileSync(path, text);
  return loadConfig(source, path);
}

async function refusal(promise: Promise<unknown>): Promise<HadronError> {
  const error: unknown = await promise.then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HadronError);
  return error as HadronError;
}

function annotationRefusal(config: Config, annotations: Record<string, string>): Promise<HadronError> {
  return refusal(Promise.resolve().then(() => withAnnotations(config, annotations)));
}

const body = (text: string): Uint8Array => Buffer.from(text);

describe("files", () => {
  test("no file: the defaults", async () => {
    const config = await loadConfig({}, join(directory, "absent.json"));
    expect(config).toEqual(DEFAULTS);
    expect(config).toMatchObject({ hypervisor: "auto", vcpus: 1, memoryMib: 512, kernelParameters: [], debugLevel: "Info" });
    expect(Object.keys(config)).toHaveLength(KEY_NAMES.length);
  });

  test("every default of the table is allowed by the table", async () => {
    const all = Object.fromEntries(KEY_NAMES.map((name) => [name, keyOf(name).default]));
    expect(await load(JSON.stringify(all))).toEqual(DEFAULTS);
  });

  test("every key is taken", async () => {
    const settings = {
      hypervisor: "qemu",
      kernel: "/boot/vmlinux",
      initrd: "/boot/initrd",
      vcpus: 4,
      memory_mib: 1024,
      max_vcpus: 8,
      max_memory_mib: 2048,
      spare_nics: 0,
      spare_disks: 3,
      disk_limit_mib_per_s: 100,
      disk_limit_operations_per_s: 1000,
      nic_limit_mib_per_s: 10,
      host_network: "passt",
      passt_path: "/opt/passt",
      kernel_parameters: ["quiet", "a=b,c"],
      qemu_path: "/opt/qemu",
      virtiofsd_path: "/opt/virtiofsd",
      debug_level: "Trace",
      idle_timeout_s: 5,
      boot_timeout_s: 6,
      agent_timeout_s: 7,
      enable_annotations: ["io.hadron.*"],
    };
    expect(Object.keys(settings).sort()).toEqual([...KEY_NAMES].sort());
    expect(await load(JSON.stringify(settings))).toEqual({
      hypervisor: "qemu",
      kernel: "/boot/vmlinux",
      initrd: "/boot/initrd",
      vcpus: 4,
      memoryMib: 1024,
      maxVcpus: 8,
      maxMemoryMib: 2048,
      spareNics: 0,
      spareDisks: 3,
      diskLimitMibPerS: 100,
      diskLimitOperationsPerS: 1000,
      nicLimitMibPerS: 10,
      hostNetwork: "passt",
      passtPath: "/opt/passt",
      kernelParameters: ["quiet", "a=b,c"],
      qemuPath: "/opt/qemu",
      virtiofsdPath: "/opt/virtiofsd",
      debugLevel: "Trace",
      idleTimeoutS: 5,
      bootTimeoutS: 6,
      agentTimeoutS: 7,
      enableAnnotations: ["io.hadron.*"],
    });
  });

  test("the result cannot be changed, by type or at run time", async () => {
    const config = await load('{"kernel_parameters": ["a"]}');
    expect(() => (config as { vcpus: number }).vcpus++).toThrow(TypeError);
    expect(() => (config.kernelParameters as string[]).push("b")).toThrow(TypeError);
    expectTypeOf(config.hypervisor).toEqualTypeOf<"auto" | "qemu" | "kvm">();
    expectTypeOf(config.kernel).toEqualTypeOf<"auto" | "tuned" | "debian" | `/${string}`>();
    expectTypeOf(config.kernelParameters).toEqualTypeOf<readonly string[]>();
    expectTypeOf(config.memoryMib).toEqualTypeOf<number>();
  });

  test.each([
    ['{"vcpus": "2"}', 'the key "vcpus": it has to be an integer from 1 to 240, and is "2"'],
    ['{"vcpus": 0}', "it has to be an integer from 1 to 240, and is 0"],
    ['{"vcpus": 1.5}', "and is 1.5"],
    ['{"vcpus": null}', "and is null"],
    ['{"vcpus": 20}', 'the key "vcpus" is 20, which is above "max_vcpus" (16)'],
    ['{"memory_mib": 127}', "it has to be an integer from 128 to 1048576, and is 127"],
    ['{"disk_limit_mib_per_s": 0.5}', "it has to be an integer from 0 to 1048576, and is 0.5"],
    ['{"disk_limit_operations_per_s": 10000001}', "it has to be an integer from 0 to 10000000, and is 10000001"],
    ['{"nic_limit_mib_per_s": "10M"}', 'the key "nic_limit_mib_per_s": it has to be an integer from 0 to 1048576, and is "10M"'],
    ['{"hypervisor": "xen"}', 'it has to be "auto" or "qemu" or "kvm", and is "xen"'],
    ['{"kernel": "vmlinux"}', 'it has to be "auto" or "tuned" or "debian" or an absolute path, and is "vmlinux"'],
    ['{"kernel": {"path": "/x"}}', "and is an object"],
    ['{"kernel_parameters": "quiet"}', "it has to be a list of kernel parameters"],
    ['{"kernel_parameters": ["a b"]}', 'and is ["a b"]'],
    ['{"kernel_parameters": [1]}', "and is [1]"],
    ['{"debug_level": "debug"}', '"Off" or "Error" or "Warn" or "Info" or "Debug" or "Trace", and is "debug"'],
    ['{"enable_annotations": ["io.hadron.vcpu"]}', '"io.hadron.vcpu" enables no annotation (did you mean "io.hadron.vcpus"?)'],
    ['{"enable_annotations": ["io.hadron.qemu_path"]}', '"io.hadron.qemu_path" enables no annotation; there are'],
    ['{\n\n"memory-mb": 1}', 'config.json, line 3: there is no key "memory-mb" (did you mean "memory_mib"?); the keys are hypervisor, kernel,'],
    ['{"constructor": 1}', 'there is no key "constructor"; the keys are'],
    ['{"vcpus": 2', 'config.json, line 1, column 12: "," or "}" is expected, but the text ends here'],
    ["\u0000", "line 1, column 1"],
  ])("%s is refused by file and key", async (text, sentence) => {
    const error = await refusal(load(text));
    expect(error.code).toBe(Code.INVALID_ARGUMENT);
    expect(error.message).toContain(path);
    expect(error.message).toContain(sentence);
  });

  test("not UTF-8", async () => {
    writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]));
    expect((await refusal(loadConfig({}, path))).message).toBe(`${path} is not UTF-8 text`);
  });

  test("a directory, a FIFO, and a file that is too large: at once", async () => {
    const fifo = join(directory, "fifo");
    execFileSync("mkfifo", [fifo]);
    writeFileSync(path, " ".repeat(1024 * 1024 + 1));
    for (const wrong of [directory, fifo, path]) {
      const error = await refusal(loadConfig({ path: wrong }));
      expect(error.code).toBe(Code.INVALID_ARGUMENT);
      expect(error.message).toBe(`the configuration ${wrong} has to be a regular file of at most 1048576 bytes`);
    }
  });

  test("what cannot be opened", async () => {
    symlinkSync("loop", join(directory, "loop"));
    const error = await refusal(loadConfig({ path: join(directory, "loop") }));
    expect(error.code).toBe(Code.FAILED_PRECONDITION);
    expect(error.message).toContain("ELOOP");
  });
});

describe("config_path and config_body", () => {
  test("config_path replaces the default file", async () => {
    const other = join(directory, "other.json");
    writeFileSync(other, '{"memory_mib": 256}');
    expect(await load('{"vcpus": 2}', { path: other })).toEqual({ ...DEFAULTS, memoryMib: 256 });
  });

  test("config_path has to be there, and absolute", async () => {
    const absent = join(directory, "absent.json");
    const error = await refusal(loadConfig({ path: absent }));
    expect(error.code).toBe(Code.NOT_FOUND);
    expect(error.message).toContain(absent);
    expect((await refusal(loadConfig({ path: "config.json" }))).code).toBe(Code.INVALID_ARGUMENT);
  });

  test("config_body goes over the file, key by key", async () => {
    const config = await load('{"vcpus": 2, "memory_mib": 256}', { body: body('{"vcpus": 3}') });
    expect(config).toEqual({ ...DEFAULTS, vcpus: 3, memoryMib: 256 });
  });

  test("config_body may use a ceiling of the file", async () => {
    const config = await load('{"max_vcpus": 32}', { body: body('{"vcpus": 32}') });
    expect(config.vcpus).toBe(32);
  });

  test("an options section of the CRI plugin arrives as TOML", async () => {
    const toml = "TypeUrl = ''\nkernel_parameters = ['quiet', 'loglevel=7']\nvcpus = 2\n";
    const config = await load("{}", { body: body(toml) });
    expect(config).toEqual({ ...DEFAULTS, vcpus: 2, kernelParameters: ["quiet", "loglevel=7"] });
  });

  test("what is wrong in the body is said of the body", async () => {
    const error = await refusal(load("{}", { body: body("vcpus = 1\nSystemdCgroup = true\n") }));
    expect(error.message).toContain('the config_body of the runtime\'s options, line 2: there is no key "SystemdCgroup"');
  });
});

describe("annotations", () => {
  test("those of others are not ours", () => {
    const annotations = { "io.kubernetes.cri.sandbox-id": "x", "io.hadrons.vcpus": "x" };
    expect(withAnnotations(DEFAULTS, annotations)).toEqual(DEFAULTS);
  });

  test("vcpus and memory_mib may be set unless the host says otherwise", async () => {
    const annotations = { "io.hadron.vcpus": "4", "io.hadron.memory_mib": "1024" };
    expect(withAnnotations(DEFAULTS, annotations)).toEqual({ ...DEFAULTS, vcpus: 4, memoryMib: 1024 });
    const strict = await load('{"enable_annotations": []}');
    const error = await annotationRefusal(strict, { "io.hadron.vcpus": "4" });
    expect(error.code).toBe(Code.PERMISSION_DENIED);
    expect(error.message).toContain("enable_annotations");
  });

  test("the others may once they are enabled", async () => {
    const annotations = { "io.hadron.kernel": "debian", "io.hadron.kernel_parameters": " a=1  b", "io.hadron.debug_level": "Trace" };
    expect((await annotationRefusal(DEFAULTS, annotations)).code).toBe(Code.PERMISSION_DENIED);
    const open = await load('{"enable_annotations": ["io.hadron.kernel*", "io.hadron.debug_level"]}');
    expect(withAnnotations(open, annotations)).toMatchObject({ kernel: "debian", kernelParameters: ["a=1", "b"], debugLevel: "Trace" });
  });

  test("the ceiling is the host's", async () => {
    const config = await load('{"max_vcpus": 4}');
    expect(withAnnotations(config, { "io.hadron.vcpus": "4" }).vcpus).toBe(4);
    const error = await annotationRefusal(config, { "io.hadron.vcpus": "5" });
    expect(error.code).toBe(Code.PERMISSION_DENIED);
    expect(error.message).toContain("asks for 5; this host allows 4 (max_vcpus in /etc/hadron/config.json)");
  });

  test.each(["", " 2", "2 ", "+2", "02", "0x2", "2.0", "1e1", "-1", "0", "two", "241", "99999999999999999999"])("vcpus %j", async (text) => {
    const error = await annotationRefusal(DEFAULTS, { "io.hadron.vcpus": text });
    expect(error.code).toBe(Code.INVALID_ARGUMENT);
    expect(error.message).toContain("io.hadron.vcpus: it has to be an integer from 1 to 240 in decimal digits, and is ");
  });

  test("a pod never names a file of the host, whatever is enabled", async () => {
    const open = await load('{"enable_annotations": ["io.hadron.*"]}');
    const kernel = await annotationRefusal(open, { "io.hadron.kernel": "/etc/shadow" });
    expect(kernel.message).toContain("a path is for the configuration file only");
    for (const name of ["initrd", "qemu_path", "virtiofsd_path", "max_vcpus", "enable_annotations", "idle_timeout_s"]) {
      expect(isKeyName(name)).toBe(true);
      const error = await annotationRefusal(open, { [`io.hadron.${name}`]: "/bin/sh" });
      expect(error.code).toBe(Code.INVALID_ARGUMENT);
      expect(error.message).toContain("is for the configuration file only");
    }
  });

  test("a name that does not exist", async () => {
    const error = await annotationRefusal(DEFAULTS, { "io.hadron.memory": "1" });
    expect(error.code).toBe(Code.INVALID_ARGUMENT);
    expect(error.message).toContain("the annotation io.hadron.memory does not exist; there are io.hadron.hypervisor,");
    const near = await annotationRefusal(DEFAULTS, { "io.hadron.cpus": "1" });
    expect(near.message).toContain('(did you mean "io.hadron.vcpus"?)');
    await annotationRefusal(DEFAULTS, { "io.hadron.__proto__": "1" });
  });
});

test.each([
  ["io.hadron.*", "io.hadron.vcpus", true],
  ["*", "io.hadron.vcpus", true],
  ["io.hadron.vcpus", "io.hadron.vcpus", true],
  ["io.hadron.vcpu", "io.hadron.vcpus", false],
  ["io.*.v*s", "io.hadron.vcpus", true],
  ["io.*.v*us*cpus", "io.hadron.vcpus", false],
  ["io.hadron.vcpus*vcpus", "io.hadron.vcpus", false],
  ["ioxhadron.*", "io.hadron.vcpus", false],
])("%s matches %s: %s", (pattern, annotation, expected) => {
  expect(matches(pattern, annotation)).toBe(expected);
});
