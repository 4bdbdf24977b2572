/**
 * What node runs in an installation: the bundled daemon (daemon.js), with the bytecode that V8 once made of it
 * (daemon.bytecode, by tools/bundle.ts). Where there is none for this daemon.js, this Node and these V8 flags,
 * V8 compiles, which takes some 12 ms more.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";

/** Hex digits of the SHA-256 at the end of daemon.js and at the beginning of its bytecode; V8 compares lengths only. */
const DIGEST_LENGTH = 64;

const filename = join(import.meta.dirname, "daemon.js");
// The bundle is ASCII, and as latin1 V8 keeps it in one byte a character.
const source = readFileSync(filename, "latin1");
const script = new Script(source, { filename, cachedData: bytecodeOf(source) });
const run = script.runInThisContext() as (require: NodeJS.Require, dirname: string, filename: string, module: object) => void;
run(createRequire(filename), import.meta.dirname, filename, { exports: {} });

function bytecodeOf(source: string): Buffer | undefined {
  try {
    const file = readFileSync(join(import.meta.dirname, "daemon.bytecode"));
    return file.toString("latin1", 0, DIGEST_LENGTH) === source.slice(-DIGEST_LENGTH) ? file.subarray(DIGEST_LENGTH) : undefined;
  } catch {
    return undefined;
  }
}
