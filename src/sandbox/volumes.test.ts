import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Journal } from "../host/journal.ts";
import type { MountHost } from "./mount-stack.ts";
import type { VolumePlan } from "./plan.ts";
import { Volumes } from "./volumes.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

let directory: string;
let data: string;
let binds: { source: string; target: string; readonly: boolean; propagation: string | undefined }[];
let unmounts: string[];
let bindError: Error | undefined;
let unmountError: Error | undefined;
let volumes: Volumes;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "volumes-"));
  data = join(directory, "data");
  mkdirSync(data);
  mkdirSync(join(directory, "share"));
  [binds, unmounts, bindError, unmountError] = [[], [], undefined, undefined];
  const host: MountHost = {
    mount: async () => {},
    bind: async ({ source, target, readonly, propagation }) => {
      if (bindError !== undefined) throw bindError;
      binds.push({ source, target, readonly, propagation });
    },
    umountTree: async ({ target }) => {
      if (unmountError !== undefined) throw unmountError;
      unmounts.push(target);
      return 1;
    },
  };
  volumes = new Volumes({ host, journal: await Journal.open(directory), directory: join(directory, "share"), log: quiet });
});
afterEach(() => rmSync(directory, { recursive: true }));

const plan = (more: Partial<VolumePlan> = {}): VolumePlan => ({ index: 0, source: data, kind: "directory", recursive: true, readonly: false, propagation: "private", ...more });

it("binds the same directory once, by whatever name, until its last user has gone", async () => {
  symlinkSync(data, join(directory, "link"));
  const first = await volumes.acquire(plan());
  const second = await volumes.acquire(plan({ source: join(directory, "link") }));
  expect([first.name, second.name, binds.length]).toEqual(["1", "1", 1]);
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  expect(unmounts).toEqual([]);
  await second[Symbol.asyncDispose]();
  expect(unmounts).toEqual([join(directory, "share/1")]);
  expect(existsSync(join(directory, "share/1"))).toBe(false);
});

it("never uses a name twice", async () => {
  await (await volumes.acquire(plan()))[Symbol.asyncDispose]();
  expect((await volumes.acquire(plan())).name).toBe("2");
});

it("binds once for those that come at the same time", async () => {
  const both = await Promise.all([volumes.acquire(plan()), volumes.acquire(plan())]);
  expect(both.map(({ name }) => name)).toEqual(["1", "1"]);
  expect(binds).toHaveLength(1);
});

it("keeps apart what is not the same", async () => {
  writeFileSync(join(directory, "file"), "");
  mkdirSync(join(data, "below"));
  const plans = [plan(), plan({ propagation: "slave" }), plan({ recursive: false }), plan({ source: join(data, "below") }), plan({ source: join(directory, "file"), kind: "file" })];
  expect((await Promise.all(plans.map((each) => volumes.acquire(each)))).map(({ name }) => name)).toEqual(["1", "2", "3", "4", "5"]);
  expect(binds.map(({ propagation }) => propagation)).toEqual(["private", "slave", "private", "private", "private"]);
});

it("never makes writable what is bound for readers only", async () => {
  const reader = await volumes.acquire(plan({ readonly: true }));
  const writer = await volumes.acquire(plan());
  const later = await volumes.acquire(plan({ readonly: true }));
  expect(binds.map(({ readonly }) => readonly)).toEqual([true, false]);
  expect([reader.name, writer.name].includes(later.name)).toBe(true);
});

it("leaves nothing of a bind that fails, and tries again for the next", async () => {
  bindError = new HadronError(Code.NOT_FOUND, "no such directory");
  await expect(Promise.all([volumes.acquire(plan()), volumes.acquire(plan())])).rejects.toThrow("no such directory");
  bindError = undefined;
  expect((await volumes.acquire(plan())).name).toBe("2");
  expect(existsSync(join(directory, "share/1"))).toBe(false);
});

it("carries on a removal that failed", async () => {
  const volume = await volumes.acquire(plan());
  unmountError = new HadronError(Code.INTERNAL, "the disk is gone");
  await expect(volume[Symbol.asyncDispose]()).rejects.toThrow("the disk is gone");
  unmountError = undefined;
  await volume[Symbol.asyncDispose]();
  expect(existsSync(join(directory, "share/1"))).toBe(false);
});
