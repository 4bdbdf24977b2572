import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Journal } from "../host/journal.ts";
import type { Logger } from "../logger.ts";
import { MountStack, type MountHost } from "./mount-stack.ts";

const BUSY = new HadronError(Code.FAILED_PRECONDITION, "it is in use");

/** Mounts that are in use as often as the test says. */
class FakeHost implements MountHost {
  readonly mounted = new Set<string>();
  readonly detached: string[] = [];
  /** Errors of the next attempts to unmount. */
  readonly errors: Error[] = [];
  attempts = 0;

  async mount(): Promise<void> {}
  async makeWritable(): Promise<boolean> {
    return false;
  }
  async bind({ target }: { target: string }): Promise<void> {
    this.mounted.add(target);
  }
  async umountTree({ target, detach = false }: { target: string; detach?: boolean }): Promise<number> {
    this.attempts += 1;
    const error = detach ? undefined : this.errors.shift();
    if (error !== undefined) {
      throw error;
    }
    if (detach) {
      this.detached.push(target);
    }
    return this.mounted.delete(target) ? 1 : 0;
  }
}

let directory: string;
let journal: Journal;
let host: FakeHost;
let warnings: string[];
let stack: MountStack;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "mount-stack-"));
  journal = await Journal.open(directory);
  host = new FakeHost();
  warnings = [];
  const log: Logger = { error() {}, warn: (_, message) => warnings.push(message), info() {}, debug() {}, trace() {} };
  stack = new MountStack(host, journal, log);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function make(): Promise<string> {
  const path = join(directory, "rootfs");
  await stack.makeDirectory(path);
  await stack.mount(path, () => host.bind({ target: path }));
  return path;
}

const entries = (): string[] =>
  readFileSync(join(directory, "journal"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ")[0] ?? "");

it("removes what it made, last first, and the journal with it", async () => {
  const path = await make();
  expect(entries()).toEqual(["directory", "mount"]);
  await stack[Symbol.asyncDispose]();
  expect([host.mounted.size, existsSync(path), entries()]).toEqual([0, false, []]);
  await stack[Symbol.asyncDispose]();
  expect(host.attempts).toBe(1);
});

it("carries on what failed half way", async () => {
  const path = await make();
  host.errors.push(new HadronError(Code.INTERNAL, "the disk is gone"));
  await expect(stack[Symbol.asyncDispose]()).rejects.toThrow("the disk is gone");
  expect([host.mounted.size, existsSync(path), entries()]).toEqual([1, true, ["directory", "mount"]]);
  await stack[Symbol.asyncDispose]();
  expect([host.mounted.size, existsSync(path), entries()]).toEqual([0, false, []]);
});

it("waits for a file server that is about to let go", async () => {
  await make();
  host.errors.push(BUSY, BUSY, BUSY);
  await stack[Symbol.asyncDispose]();
  expect([host.mounted.size, host.detached, warnings]).toEqual([0, [], []]);
});

it("detaches what stays in use, and says so", async () => {
  const path = await make();
  host.errors.push(...Array.from({ length: 100 }, () => BUSY));
  await stack[Symbol.asyncDispose]();
  expect([host.mounted.size, host.detached, existsSync(path)]).toEqual([0, [path], false]);
  expect(warnings).toEqual([expect.stringContaining("in use on the host")]);
});

it("is removed once by two that do it at the same time", async () => {
  await make();
  await Promise.all([stack[Symbol.asyncDispose](), stack[Symbol.asyncDispose]()]);
  expect(host.attempts).toBe(1);
});
