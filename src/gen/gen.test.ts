import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const NOT_GENERATED = ["codec.ts", "long.ts", "methods.ts", "well-known.ts"];

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "hadron-test-gen-"));
  execFileSync(process.execPath, [join(import.meta.dirname, "../../tools/proto.ts"), directory]);
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Every TypeScript file below `root`, relative to it. */
function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts")).sort();
}

test("there is a generated file for every .proto file, and none left over", () => {
  const checkedIn = filesOf(import.meta.dirname).filter((name) => !name.endsWith(".test.ts") && !NOT_GENERATED.includes(name));
  expect(checkedIn).toEqual(filesOf(directory));
});

test("what is checked in is what `make proto` writes", () => {
  for (const name of filesOf(directory)) {
    const generated = readFileSync(join(directory, name), "utf8");
    expect(readFileSync(join(import.meta.dirname, name), "utf8"), `src/gen/${name}: run make proto`).toBe(generated);
  }
});
