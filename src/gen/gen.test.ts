import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const NOT_GENERATED = ["codec.ts", "methods.ts", "static.d.ts", "well-known.ts"];

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "hadron-gen-"));
  execFileSync(process.execPath, [join(import.meta.dirname, "../../tools/proto.ts"), directory]);
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

test("there is a generated file for every .proto file, and none left over", () => {
  const checkedIn = readdirSync(import.meta.dirname).filter((name) => !name.endsWith(".test.ts"));
  expect(checkedIn.filter((name) => !NOT_GENERATED.includes(name)).sort()).toEqual(readdirSync(directory).sort());
});

test("what is checked in is what `make proto` writes", () => {
  for (const name of readdirSync(directory)) {
    const generated = readFileSync(join(directory, name), "utf8");
    expect(readFileSync(join(import.meta.dirname, name), "utf8"), `src/gen/${name}: run make proto`).toBe(generated);
  }
});
