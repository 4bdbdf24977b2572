/** mapped.node (native/mapped), by which load.ts has the bundle; as `make` built it. */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { afterAll, beforeAll, expect, test } from "vitest";

import { build } from "../../test/harness/paths.ts";

const addon = { exports: {} as { text: (path?: unknown) => string; bytes: (path?: unknown) => Buffer; forget: () => void } };
process.dlopen(addon, join(build, "lib/hadron/mapped.node"));
const { text, bytes, forget } = addon.exports;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hadron-mapped-"));
});

afterAll(() => rm(directory, { recursive: true }));

function file(name: string, content: Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function isMapped(path: string): boolean {
  return residentOf(path) !== undefined;
}

/** Kilobytes of its mapping that are in memory. */
function residentOf(path: string): number | undefined {
  const [, rest] = readFileSync("/proc/self/smaps", "utf8").split(` ${path}\n`);
  return rest === undefined ? undefined : Number(/^Rss: +(\d+) kB$/m.exec(rest)?.[1]);
}

test("a file's text is a character for each of its bytes, in the file's own memory", () => {
  const content = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
  const path = file("text", content);
  const read = text(path);
  expect(read === content.toString("latin1")).toBe(true);
  expect(isMapped(path)).toBe(true);
});

test("the text's pages can be given back, and come again", () => {
  const path = file("forgotten", Buffer.alloc(100_000, "x"));
  const read = text(path);
  expect(read.lastIndexOf("y")).toBe(-1);
  expect(residentOf(path)).toBe(100);
  forget();
  expect(residentOf(path)).toBe(0);
  expect(read.lastIndexOf("x")).toBe(99_999);
});

test("a file's bytes are mapped as long as somebody has them", async () => {
  const path = file("bytes", Buffer.alloc(10_000, 7));
  const read = (): number => bytes(path).reduce((sum, byte) => sum + byte, 0);
  expect(read()).toBe(70_000);
  expect(isMapped(path)).toBe(true);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await expect
    .poll(() => {
      collect();
      return isMapped(path);
    })
    .toBe(false);
});

test("what cannot be mapped is refused with the system's words", () => {
  expect(() => text(join(directory, "none"))).toThrow("No such file or directory");
  expect(() => bytes(file("empty", Buffer.alloc(0)))).toThrow("Invalid argument");
});

test.each([[undefined], [7], [{}]])("what is no path is refused: %o", (path) => {
  expect(() => text(path)).toThrow("expected the path of a file");
});
