import { execFile as execFileCallback, execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readlinkSync, readdirSync, writeSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, expect, test } from "vitest";

import { readNow } from "../../test/harness/fifo.ts";
import { Code } from "../errors.ts";
import { openOutputFifo, openStdinFifo } from "./fifo.ts";

const execFile = promisify(execFileCallback);

let directory: string;
let path: string;

/** How many descriptors of this process are the FIFO. */
function openCount(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fifo-"));
  path = join(directory, "a fifo, with: specials");
  execFileSync("mkfifo", [path]);
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

test("standard input does not end when a writer goes away, and ends with closeWriteEnd", async () => {
  await using fifo = await openStdinFifo(path);
  for (const text of ["one", "two"]) {
    const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(writer, text);
    closeSync(writer);
    expect(readNow(fifo.fd)).toBe(text);
    expect(readNow(fifo.fd)).toBeUndefined();
  }
  await fifo.closeWriteEnd();
  await fifo.closeWriteEnd();
  expect(readNow(fifo.fd)).toBe("");
});

test("an output opens without a reader and survives one that goes away", async () => {
  const { fifo, unread } = await openOutputFifo(path);
  await using both = new AsyncDisposableStack();
  both.use(fifo);
  both.use(unread);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  writeSync(fifo.fd, "one");
  expect(readNow(reader)).toBe("one");
  closeSync(reader);
  writeSync(fifo.fd, "two");
  expect(readNow(fifo.fd)).toBe("two");
});

test("the descriptors have the right flags, and are closed with their owner", async () => {
  const input = await openStdinFifo(path);
  const { fifo: output, unread } = await openOutputFifo(path);
  expect(openCount()).toBe(3);
  expect(unread).toBeUndefined();
  for (const [fd, mode] of [
    [input.fd, constants.O_RDONLY],
    [output.fd, constants.O_RDWR],
  ] as const) {
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? "", 8);
    expect(flags & constants.O_NONBLOCK).toBe(constants.O_NONBLOCK);
    expect(flags & 0o2000000, "O_CLOEXEC").not.toBe(0);
    expect(flags & 3).toBe(mode);
  }
  await input[Symbol.asyncDispose]();
  await input[Symbol.asyncDispose]();
  await output[Symbol.asyncDispose]();
  expect(openCount()).toBe(0);
  expect(() => input.fd).toThrow(expect.objectContaining({ code: Code.FAILED_PRECONDITION }) as Error);
});

test("an output that ends before its reader comes is there for it, and then ends", async () => {
  const { fifo, unread } = await openOutputFifo(path);
  expect(unread).toBeDefined();
  writeSync(fifo.fd, "all of it");
  await fifo[Symbol.asyncDispose]();
  const released = unread?.release();
  // A client's open(2) waits for a writer, if there is none.
  const late = execFile("cat", [path]);
  expect((await late).stdout).toBe("all of it");
  await released;
  expect(openCount()).toBe(0);
});

test("an output that nobody reads is let go of when its owner wants it", async () => {
  const { fifo, unread } = await openOutputFifo(path);
  await fifo[Symbol.asyncDispose]();
  const released = unread?.release();
  await unread?.[Symbol.asyncDispose]();
  await unread?.[Symbol.asyncDispose]();
  await released;
  expect(openCount()).toBe(0);
});

test.each([openStdinFifo, openOutputFifo])("%o refuses what is not a FIFO", async (openFifo) => {
  const file = join(directory, "file");
  await writeFile(file, "text");
  await expect(openFifo(file)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT, message: expect.stringContaining(file) as string });
  await expect(openFifo("/dev/null")).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  await expect(openFifo(join(directory, "absent"))).rejects.toMatchObject({ code: Code.NOT_FOUND });
  expect(openCount()).toBe(0);
});
