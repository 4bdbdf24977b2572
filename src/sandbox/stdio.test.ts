import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { readNow } from "../../test/harness/fifo.ts";
import { Code, HadronError } from "../errors.ts";
import type { Join, JoinDirection, JoinEnd } from "../hypervisor/hypervisor.ts";
import { checkStdio, type Joiner, openProcessIo, type ProcessIo, type StdioRequest } from "./stdio.ts";

/** A join, the test being the guest. As the real one it keeps a duplicate of the descriptor until it ends. */
class FakeJoin implements Join {
  readonly port: number;
  readonly direction: JoinDirection;
  readonly fd: number;
  readonly #end = Promise.withResolvers<JoinEnd>();
  bytes = 0n;
  closed = false;

  constructor(port: number, direction: JoinDirection, fd: number) {
    [this.port, this.direction] = [port, direction];
    const access = direction === "in" ? constants.O_RDONLY : constants.O_WRONLY;
    this.fd = openSync(`/proc/self/fd/${fd}`, access | constants.O_APPEND | constants.O_NONBLOCK);
  }

  get ended(): Promise<JoinEnd> {
    return this.#end.promise;
  }

  async progress(): Promise<bigint> {
    return this.bytes;
  }

  end(): void {
    this.#end.resolve({ bytes: this.bytes });
  }

  async close(): Promise<void> {
    if (!this.closed) {
      closeSync(this.fd);
    }
    this.closed = true;
    this.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

let directory: string;
let joins: FakeJoin[];
/** Thrown by the join with this number, from 0. */
let joinFailure: number | undefined;
let io: ProcessIo | undefined;

const joiner: Joiner = {
  async join(fd, direction) {
    if (joins.length === joinFailure) {
      throw new HadronError(Code.RESOURCE_EXHAUSTED, "no port is left");
    }
    const made = new FakeJoin(2001 + joins.length, direction, fd);
    joins.push(made);
    return made;
  },
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stdio-"));
  execFileSync("mkfifo", ["in", "out", "err", "with space"].map(at));
  writeFileSync(at("file"), "before ");
  [joins, joinFailure, io] = [[], undefined, undefined];
});
afterEach(async () => {
  vi.useRealTimers();
  await io?.close();
  expect(openFiles()).toEqual([]);
  rmSync(directory, { recursive: true });
});

const at = (name: string): string => join(directory, name);
const request = (more: Partial<StdioRequest>): StdioRequest => ({ stdin: "", stdout: "", stderr: "", terminal: false, ...more });
const ALL = (): StdioRequest => request({ stdin: at("in"), stdout: at("out"), stderr: at("err") });

async function open(wanted: StdioRequest): Promise<ProcessIo> {
  io = await openProcessIo(joiner, wanted);
  return io;
}

/** Names of the files below `directory` that this process has open, once for each descriptor. */
function openFiles(): string[] {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return links
    .filter((path) => path.startsWith(`${directory}/`))
    .map((path) => path.slice(directory.length + 1))
    .toSorted();
}

describe("what is asked for", () => {
  it.each<[Partial<StdioRequest>, string]>([
    [{ stdin: "file:///x" }, 'stdin "file:///x" is not supported; allowed are the path of a FIFO'],
    [{ stdin: "relative" }, 'stdin "relative" is not supported'],
    [{ stdout: "binary:///logger?a=b" }, 'stdout "binary:///logger?a=b" is not supported'],
    [{ stderr: "npipe:////./pipe/x" }, 'stderr "npipe:////./pipe/x" is not supported'],
  ])("is refused by name: %o", async (more, sentence) => {
    const refusal = { code: Code.FAILED_PRECONDITION, message: expect.stringContaining(sentence) as string };
    expect(() => checkStdio(request(more))).toThrow(expect.objectContaining(refusal) as Error);
    // Of an additional process it is seen when it is opened.
    await expect(open({ ...ALL(), ...more })).rejects.toMatchObject(refusal);
    expect(openFiles()).toEqual([]);
  });

  it.each([true, false])("has to say the same of the terminal as the spec (%s)", (wanted) => {
    expect(() => checkStdio(request({ terminal: !wanted }), wanted)).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT }) as Error);
    checkStdio(request({ terminal: wanted }), wanted);
  });

  it("may be a path, fifo:// and, for an output, file://, and is looked at when it is opened", () => {
    checkStdio(request({ stdin: "fifo:///nowhere", stdout: "/nowhere", stderr: "file:///nowhere" }));
  });
});

describe("an open standard I/O", () => {
  it("is nothing where nothing was asked for", async () => {
    expect((await open(request({}))).ports).toEqual({ stdin: 0, stdout: 0, stderr: 0 });
    expect(joins).toEqual([]);
  });

  it("is a join for each stream, each in its direction", async () => {
    const { ports } = await open(ALL());
    expect(ports).toEqual({ stdin: 2001, stdout: 2002, stderr: 2003 });
    expect(joins.map(({ direction }) => direction)).toEqual(["in", "out", "out"]);
    // Of the outputs the joins' are open, and one more each, as nobody has come to read them. Of stdin we have both ends.
    expect(openFiles()).toEqual(["err", "err", "in", "in", "in", "out", "out"]);
  });

  it("has no more of an output that is read than the join: the reader sees the end with that", async () => {
    const readers = ["out", "err"].map((name) => openSync(at(name), constants.O_RDONLY | constants.O_NONBLOCK));
    await open(ALL());
    expect(openFiles()).toEqual(["err", "err", "in", "in", "in", "out", "out"]);
    readers.forEach(closeSync);
    expect(openFiles()).toEqual(["err", "in", "in", "in", "out"]);
  });

  it("has no stderr with a terminal", async () => {
    const { ports } = await open({ ...ALL(), terminal: true });
    expect(ports).toEqual({ stdin: 2001, stdout: 2002, stderr: 0 });
  });

  it("ends a reader's output with the join", async () => {
    const process = await open(request({ stdout: at("out") }));
    const reader = openSync(at("out"), constants.O_RDONLY | constants.O_NONBLOCK);
    writeSync(joins[0]?.fd ?? -1, "text");
    expect([readNow(reader), readNow(reader)]).toEqual(["text", undefined]);
    await process.close();
    expect(readNow(reader)).toBe("");
    closeSync(reader);
  });

  it("keeps stdin open over its writers until it is closed, after what was written", async () => {
    const process = await open(request({ stdin: `fifo://${at("with%20space")}` }));
    const fd = joins[0]?.fd ?? -1;
    const writer = openSync(at("with space"), constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(writer, "last words");
    closeSync(writer);
    await process.closeStdin();
    await process.closeStdin();
    expect([readNow(fd), readNow(fd)]).toEqual(["last words", ""]);
  });

  it("adds to a file, and makes it if it is not there", async () => {
    const process = await open(request({ stdout: `file://${at("file")}`, stderr: `file://${at("new%20one")}` }));
    for (const { fd } of joins) {
      writeSync(fd, "text");
    }
    expect([readFileSync(at("file"), "utf8"), readFileSync(at("new one"), "utf8")]).toEqual(["before text", "text"]);
    expect(statSync(at("new one")).mode & 0o777).toBe(0o644);
    await process.close();
  });

  it("closes once", async () => {
    const process = await open(ALL());
    await Promise.all([process.close(), process.close()]);
    await process.drain();
    expect(joins.map(({ closed }) => closed)).toEqual([true, true, true]);
    expect(openFiles()).toEqual([]);
  });
});

describe("nothing stays open", () => {
  it.each<[string, number, () => Partial<StdioRequest>]>([
    ["stdin is not there", Code.NOT_FOUND, () => ({ stdin: at("absent") })],
    ["stdin is no FIFO", Code.INVALID_ARGUMENT, () => ({ stdin: at("file") })],
    ["stdout is not there", Code.NOT_FOUND, () => ({ stdout: at("absent") })],
    ["stderr is no FIFO", Code.INVALID_ARGUMENT, () => ({ stderr: at("file") })],
    ["stderr is a file in no directory", Code.INVALID_ARGUMENT, () => ({ stderr: `file://${at("absent/file")}` })],
  ])("when %s", async (_, code, more) => {
    await expect(open({ ...ALL(), ...more() })).rejects.toMatchObject({ code });
    expect(openFiles()).toEqual([]);
  });

  it.each([0, 1, 2])("when join %d fails", async (number) => {
    joinFailure = number;
    await expect(open(ALL())).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    expect(joins.map(({ closed }) => closed)).toEqual(joins.map(() => true));
    expect(openFiles()).toEqual([]);
  });
});

it("stdin is closed also when a join cannot be", async () => {
  const process = await open(ALL());
  const failure = new HadronError(Code.DEADLINE_EXCEEDED, "the device does not answer");
  for (const join of joins) {
    vi.spyOn(join, "close").mockRejectedValueOnce(failure);
  }
  await expect(process.close()).rejects.toBe(failure);
  // That of the join alone.
  expect(openFiles().filter((name) => name === "in")).toEqual(["in"]);
});

it("whose drain cannot ask how the output stands is closed all the same, and the next one finds nothing to do", async () => {
  const process = await open(ALL());
  const failure = new HadronError(Code.DEADLINE_EXCEEDED, "no answer within 10 s");
  for (const join of joins.slice(1)) {
    vi.spyOn(join, "progress").mockRejectedValueOnce(failure);
  }
  await expect(process.drain()).rejects.toBe(failure);
  expect(joins.map(({ closed }) => closed)).toEqual([true, true, true]);
  expect(openFiles()).toEqual([]);
  await process.drain();
});

describe("draining", () => {
  let draining: Promise<void>;

  beforeEach(async () => {
    const process = await open(ALL());
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    draining = process.drain();
  });
  afterEach(() => expect(vi.getTimerCount()).toBe(0));

  it.each([
    [1, 2],
    [2, 1],
  ])("takes until all output has arrived (%d, then %d), and no longer; nobody waits for stdin", async (first, last) => {
    joins[first]?.end();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(joins.map(({ closed }) => closed)).toEqual([false, false, false]);
    joins[last]?.end();
    await draining;
    expect(openFiles()).toEqual([]);
  });

  it("is given up when the output stands still for ten seconds", async () => {
    await vi.advanceTimersByTimeAsync(9_999);
    expect(openFiles()).toContain("out");
    await vi.advanceTimersByTimeAsync(1);
    await draining;
    expect(joins.map(({ closed }) => closed)).toEqual([true, true, true]);
    expect(openFiles()).toEqual([]);
  });

  it("does not wait for who says something now and then", async () => {
    for (let passed = 0; passed < 14_000; passed += 7_000) {
      await vi.advanceTimersByTimeAsync(7_000);
      for (const join of joins.slice(1)) {
        join.bytes += 1n;
      }
    }
    await draining;
    expect(openFiles()).toEqual([]);
  });

  it("goes on for as long as one output flows, and is given up when that stands still", async () => {
    for (let second = 0; second < 60; second++) {
      for (const join of joins.slice(2)) {
        join.bytes += 1n;
      }
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(joins.map(({ closed }) => closed)).toEqual([false, false, false]);
    await vi.advanceTimersByTimeAsync(20_000);
    await draining;
    expect(openFiles()).toEqual([]);
  });
});
