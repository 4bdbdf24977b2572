/**
 * What node runs in an installation: the bundled daemon (daemon.js), with the bytecode that V8 once made of it
 * (daemon.bytecode, by tools/bundle.ts). Where there is none for this daemon.js, this Node and these V8 flags,
 * V8 compiles, which takes some 12 ms more.
 *
 * Both files are mapped, not read (native/mapped): all daemons of a host have them in memory once.
 */
import { join } from "node:path";
import { Script } from "node:vm";

/** Hex digits of the SHA-256 at the end of daemon.js and at the beginning of its bytecode; V8 compares lengths only. */
const DIGEST_LENGTH = 64;

/** mapped.node; both throw what the system says. */
interface Mapped {
  /** A character for each byte; the bundle is ASCII. */
  readonly text: (path: string) => string;
  /** Must not be written to. */
  readonly bytes: (path: string) => Buffer;
}

const directory = import.meta.dirname;
const filename = join(directory, "daemon.js");
const addon = { exports: {} as Mapped };
process.dlopen(addon, join(directory, "mapped.node"));
const { text, bytes } = addon.exports;
const source = text(filename);
const script = new Script(source, { filename, cachedData: bytecodeOf(source) });
const run = script.runInThisContext() as (require: (id: string) => unknown, dirname: string, filename: string, module: object) => void;
// All that is not Node's own is in the bundle.
run((id) => process.getBuiltinModule(id), directory, filename, { exports: {} });

function bytecodeOf(source: string): Buffer | undefined {
  try {
    const file = bytes(join(directory, "daemon.bytecode"));
    return file.toString("latin1", 0, DIGEST_LENGTH) === source.slice(-DIGEST_LENGTH) ? file.subarray(DIGEST_LENGTH) : undefined;
  } catch {
    return undefined;
  }
}
