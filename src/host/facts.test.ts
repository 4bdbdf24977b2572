import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { readHostFacts, tscKhzOf } from "./facts.ts";

const cpuinfo = (flags: string): string =>
  `processor\t: 0\ncpu MHz\t\t: 1500.000\nflags\t\t: fpu ${flags} lm\nbogomips\t: 5192.25\n\nprocessor\t: 1\nflags\t\t: fpu ${flags}\nbogomips\t: 5192.25\n`;

let directory: string;
let kvm: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "facts-"));
  kvm = join(directory, "kvm");
  await writeFile(kvm, "");
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

async function facts(flags: string, kvmPath = kvm): ReturnType<typeof readHostFacts> {
  const path = join(directory, "cpuinfo");
  await writeFile(path, cpuinfo(flags));
  return await readHostFacts(path, kvmPath);
}

test("the TSC's rate comes from bogomips where it is constant", () => {
  expect(tscKhzOf(cpuinfo("tsc constant_tsc"))).toBe(2_596_125);
  expect(tscKhzOf(cpuinfo("tsc"))).toBeUndefined();
  expect(tscKhzOf("")).toBeUndefined();
});

test.each(["vmx", "svm"])("KVM with %s", async (flag) => {
  expect(await facts(`${flag} constant_tsc`)).toEqual({ tscKhz: 2_596_125 });
});

test("a device without the CPU's flag is not enough, nor is the flag without the device", async () => {
  expect((await facts("vmx_not svmlike")).kvmMissing).toMatch(/neither vmx nor svm/);
  const absent = join(directory, "absent");
  expect((await facts("svm", absent)).kvmMissing).toBe(`${absent} cannot be opened (ENOENT)`);
});
