/** The daemon runs as one CommonJS file: modules are evaluated in another way there, and long.ts depends on their order. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { buildSync } from "esbuild";
import { afterEach, beforeEach, expect, test } from "vitest";

const PROGRAM = `
  import { PidsStat } from "../gen/metrics.ts";
  import { Timestamp } from "../gen/protobuf.ts";
  import { Long } from "./long.ts";
  import protobuf from "./protobufjs.ts";
  const limit = 2n ** 64n - 1n;
  const seconds = -(2n ** 63n);
  const decoded = [PidsStat.decode(PidsStat.encode({ limit })).limit, Timestamp.decode(Timestamp.encode({ seconds })).seconds];
  console.log(protobuf.util.Long === Long, decoded.join(" "));
`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hadron-test-bundle-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

test("64-bit integers are exact in a CommonJS bundle, with our own Long", () => {
  const outfile = join(directory, "bundle.cjs");
  const stdin = { contents: PROGRAM, resolveDir: import.meta.dirname, loader: "ts" } as const;
  buildSync({ stdin, bundle: true, platform: "node", target: "node24", format: "cjs", outfile });
  expect(execFileSync(process.execPath, [outfile], { encoding: "utf8" })).toBe("true 18446744073709551615 -9223372036854775808\n");
});
