import { closeSync, mkdtempSync, writeFileSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { mustRun } from "../../test/harness/command.ts";
import { openDescriptors } from "../../test/harness/descriptors.ts";
import { Code } from "../errors.ts";
import { deviceNumber, openBlockDevice } from "./block-device.ts";

let directory: string;
let descriptors: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "block-device-"));
  descriptors = openDescriptors();
});
afterEach(() => {
  expect(openDescriptors()).toEqual(descriptors);
  rmSync(directory, { recursive: true });
});

const open = async (minor: bigint, name: string, size: string): Promise<unknown> => {
  const devices = join(directory, "sys");
  mkdirSync(join(devices, `7:${minor}`), { recursive: true });
  writeFileSync(join(devices, `7:${minor}`, "uevent"), `MAJOR=7\nMINOR=${minor}\nDEVNAME=${name}\nDEVTYPE=disk\n`);
  writeFileSync(join(devices, `7:${minor}`, "size"), `${size}\n`);
  writeFileSync(join(devices, `7:${minor}`, "ro"), "0\n");
  return await openBlockDevice("the device /dev/x", { major: 7n, minor, readOnly: true }, { devices, nodes: directory });
};

test("a device's number is as stat(2) has it", () => {
  expect(deviceNumber(7n, 3n)).toBe(0x703);
  expect(deviceNumber(259n, 0x1_2345n)).toBe(0x1231_0345);
});

test("one that is not there is refused by its name", async () => {
  await expect(openBlockDevice("the device /dev/x (b 4095:1)", { major: 4095n, minor: 1n, readOnly: true })).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    message: "the device /dev/x (b 4095:1) is not there: the host has no block device with these numbers",
  });
});

test("what has its name and is another file is refused", async () => {
  writeFileSync(join(directory, "loop0"), "");
  await expect(open(0n, "loop0", "8")).rejects.toMatchObject({ code: Code.NOT_FOUND, message: expect.stringContaining("another file") as string });
  await expect(open(0n, "loop1", "8")).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    message: expect.stringContaining("cannot be opened") as string,
  });
});

test("one by its numbers, past the page cache", async () => {
  const file = join(directory, "image");
  writeFileSync(file, Buffer.alloc(1 << 20));
  for (const [options, readOnly] of [
    [[], false],
    [["--read-only"], true],
  ] as const) {
    const path = (await mustRun("losetup", ["--find", "--show", ...options, file])).trim();
    const minor = BigInt(path.replace("/dev/loop", ""));
    try {
      const device = await openBlockDevice("the device /dev/x", { major: 7n, minor, readOnly: false });
      closeSync(device.fd);
      expect(device).toMatchObject({ readOnly, direct: true });
    } finally {
      await mustRun("losetup", ["--detach", path]);
    }
    await expect(openBlockDevice("the device /dev/x", { major: 7n, minor, readOnly: false })).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: `the device /dev/x has no medium: the host's ${path} has a size of 0`,
    });
  }
});
