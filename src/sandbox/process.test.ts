import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { StdioPorts } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import { KILLED_STATUS, Process, type WaitingAgent } from "./process.ts";
import type { Joiner } from "./stdio.ts";

const NO_STDIO = { stdin: "", stdout: "", stderr: "", terminal: false };

let process: Process;
let told: string[];

beforeEach(() => {
  process = new Process("c1", "", NO_STDIO);
  told = [];
  void process.exited.then(({ status }) => told.push(`exited ${status}`));
});

const start = async (begin: () => Promise<void> = async () => undefined): Promise<void> => await process.start(begin, () => told.push("started"));
const watch = async (waitProcess: WaitingAgent["waitProcess"]): Promise<void> =>
  await process.watch({ waitProcess }, async () => void told.push(`at exit: ${process.state}`));

/** Lets everything that is ready happen. */
const settle = async (): Promise<void> => await new Promise<void>((resolve) => setImmediate(resolve));

describe("a process", () => {
  it("is created, starting, running, stopped", async () => {
    const [begun, exited] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()];
    expect(process.state).toBe("created");
    const [starting, watching] = [start(() => begun.promise), watch(() => exited.promise)];
    expect([process.state, told]).toEqual(["starting", []]);
    begun.resolve();
    await starting;
    expect([process.state, told, process.exit]).toEqual(["running", ["started"], undefined]);
    process.requireNotStopped();
    exited.resolve(3);
    await watching;
    expect([process.state, told, process.exit?.status]).toEqual(["stopped", ["started", "at exit: running", "exited 3"], 3]);
    expect(() => process.requireNotStopped()).toThrow(expect.objectContaining({ code: Code.NOT_FOUND }) as Error);
  });

  it("that is lost with its guest while it is being started is told to have started first", async () => {
    const begun = Promise.withResolvers<void>();
    const starting = start(async () => await begun.promise);
    const lost = process.lose();
    await settle();
    expect(told).toEqual([]);
    begun.resolve();
    await Promise.all([starting, lost]);
    await settle();
    expect([process.state, told]).toEqual(["stopped", ["started", "exited 137"]]);
  });

  it("that exits while it is being started is told to have started first", async () => {
    const begun = Promise.withResolvers<void>();
    const [starting, watching] = [start(() => begun.promise), watch(async () => 0)];
    await settle();
    expect([process.state, told]).toEqual(["starting", []]);
    begun.resolve();
    await Promise.all([starting, watching]);
    expect(told).toEqual(["started", "at exit: running", "exited 0"]);
  });

  it("that is lost with its VM while it is being started stays stopped, whether that succeeds or fails", async () => {
    await start(async () => process.settle(KILLED_STATUS));
    expect(process.state).toBe("stopped");
    process = new Process("c1", "", NO_STDIO);
    const failure = new HadronError(Code.UNAVAILABLE, "the guest is gone");
    const starting = start(async () => {
      process.settle(KILLED_STATUS);
      throw failure;
    });
    await expect(starting).rejects.toBe(failure);
    expect(process.state).toBe("stopped");
  });

  it("that could not be started is created still, and can be", async () => {
    const failure = new HadronError(Code.INTERNAL, "no memory");
    await expect(start(() => Promise.reject(failure))).rejects.toBe(failure);
    expect([process.state, told]).toEqual(["created", []]);
    await start();
    expect([process.state, told]).toEqual(["running", ["started"]]);
  });

  it("is started in no other state than created", async () => {
    const refused = { code: Code.FAILED_PRECONDITION };
    const begun = Promise.withResolvers<void>();
    const starting = start(() => begun.promise);
    await expect(start()).rejects.toMatchObject({ ...refused, message: "container c1 is starting; only a created process can be started" });
    begun.resolve();
    await starting;
    await expect(start()).rejects.toMatchObject(refused);
    process.settle(0);
    await expect(start()).rejects.toMatchObject(refused);
    expect(told).toEqual(["started", "exited 0"]);
  });

  it("exits once: the first word counts", async () => {
    process.settle(3, 5n);
    process.settle(4, 6n);
    expect(process.exit).toEqual({ status: 3, atNs: 5n });
    expect(await process.exited).toBe(process.exit);
    await watch(async () => 7);
    expect([process.exit?.status, told]).toEqual([3, ["exited 3", "at exit: stopped"]]);
  });

  it.each([
    [0, 0],
    [255, 255],
    [256, KILLED_STATUS],
    [-1, KILLED_STATUS],
    [1.5, KILLED_STATUS],
    [Number.NaN, KILLED_STATUS],
  ])("of which the guest says %d has the status %d", async (said, status) => {
    await watch(async () => said);
    expect(process.exit?.status).toBe(status);
  });

  it("does not settle by a lost connection, and passes every other failure on", async () => {
    await watch(() => Promise.reject(new HadronError(Code.UNAVAILABLE, "the connection is gone")));
    const failure = new HadronError(Code.INTERNAL, "a broken agent");
    await expect(watch(() => Promise.reject(failure))).rejects.toBe(failure);
    expect([process.exit, told]).toEqual([undefined, []]);
  });

  it("has a pid of the host if it is an init process, and one that nobody has if it is another", () => {
    const exec = new Process("c1", "e1", NO_STDIO);
    expect([process.pid, exec.pid]).toEqual([0, 0]);
    for (const each of [process, exec]) {
      [each.guestPid, each.hostPid] = [7, 4711];
    }
    expect([process.pid, exec.pid]).toEqual([4711, 2 ** 22 + 7]);
    expect([process.name, exec.name]).toEqual(["container c1", "exec e1 of container c1"]);
  });
});

describe("the standard I/O of a process", () => {
  let directory: string;
  let joined: Map<string, number>;
  let broken: number;

  const joiner: Joiner = {
    async join(fd, direction) {
      joined.set(direction, fd);
      const close = async (): Promise<void> => void (broken += 1);
      return { port: 2000 + joined.size, progress: async () => 0n, ended: new Promise(() => {}), close, [Symbol.asyncDispose]: close };
    },
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "process-"));
    execFileSync("mkfifo", [join(directory, "in"), join(directory, "out")]);
    [joined, broken] = [new Map(), 0];
    process = new Process("c1", "e1", { ...NO_STDIO, stdin: join(directory, "in"), stdout: join(directory, "out"), terminal: true });
  });
  afterEach(async () => {
    await process.io?.close();
    rmSync(directory, { recursive: true });
  });

  /** Opens it, and answers what the guest is asked with. `inMake` runs as it is. */
  async function open(inMake: () => void = () => undefined): Promise<StdioPorts | undefined> {
    let asked: StdioPorts | undefined;
    await process.open(joiner, async (stdio) => {
      asked = stdio;
      inMake();
      return 7;
    });
    return asked;
  }

  /** "" is the end of file, undefined that there may be more to come. */
  function readStdin(): string | undefined {
    const buffer = Buffer.alloc(10);
    try {
      return buffer.toString("utf8", 0, readSync(joined.get("in") ?? -1, buffer));
    } catch (error) {
      expect(error).toMatchObject({ code: "EAGAIN" });
      return undefined;
    }
  }

  const openFiles = (): string[] =>
    readdirSync("/proc/self/fd")
      .map(linkOf)
      .filter((path) => path.startsWith(directory));

  it("is joined before the guest is asked, whose answer is the pid", async () => {
    expect(await open(() => expect([...joined.keys()]).toEqual(["in", "out"]))).toEqual({ stdin: 2001, stdout: 2002, stderr: 0 });
    expect(process.guestPid).toBe(7);
  });

  it("is closed when the guest cannot make the process, and nothing else is changed", async () => {
    const failure = new HadronError(Code.INVALID_ARGUMENT, "exec: nosuch: not found");
    await expect(process.open(joiner, () => Promise.reject(failure))).rejects.toBe(failure);
    expect([broken, openFiles(), process.guestPid, process.state]).toEqual([2, [], 0, "created"]);
  });

  it("is not asked for when it cannot be opened", async () => {
    rmSync(join(directory, "out"));
    await expect(open(() => told.push("asked"))).rejects.toMatchObject({ code: Code.NOT_FOUND });
    expect([broken, openFiles(), told, process.io]).toEqual([1, [], [], undefined]);
  });

  it("has a stdin that ends when it is closed", async () => {
    await open(() => expect(readStdin()).toBe(undefined));
    await process.closeStdin();
    expect(readStdin()).toBe("");
  });

  it("has a stdin at its end before the process is made if it was closed before", async () => {
    await process.closeStdin();
    await open(() => expect(readStdin()).toBe(""));
    expect(process.guestPid).toBe(7);
  });

  it("has the terminal's size if it was told before", async () => {
    process.terminalSize = { width: 100, height: 30 };
    expect(await open()).toEqual({ stdin: 2001, stdout: 2002, stderr: 0, size: { width: 100, height: 30 } });
  });
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}
