import { mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { VolumePlan } from "./plan.ts";
import { type MountHost, Share } from "./share.ts";
import { type Volume, Volumes } from "./volumes.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

let directory: string;
let data: string;
let binds: string[][];
let madeWritable: string[];
let writable: boolean;
let unmounts: string[];
let hasOthersBelow: boolean;
let bindError: Error | undefined;
let unmountError: Error | undefined;
let share: Share;
let volumes: Volumes;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "volumes-"));
  data = join(directory, "data");
  mkdirSync(data);
  mkdirSync(join(directory, "share"));
  [binds, madeWritable, writable, unmounts, bindError, unmountError] = [[], [], true, [], undefined, undefined];
  hasOthersBelow = false;
  const host: MountHost = {
    makeShares: async () => {
      const open = (): number => openSync(join(directory, "share"), "r");
      return [{ namespace: open(), directory: open(), places: open() }];
    },
    describeMount: async (_, path) => ({ flags: [path], hasOthersBelow }),
    makeWritable: async (_, { target }) => {
      if (writable) {
        madeWritable.push(target);
      }
      return writable;
    },
    mount: async (_, { source, target, options }) => {
      if (bindError !== undefined) {
        throw bindError;
      }
      binds.push([...options]);
      // A bind as far as names go.
      symlinkSync(source, join(directory, "share", target));
    },
    umountTree: async (_, { target }) => {
      if (unmountError !== undefined) {
        throw unmountError;
      }
      unmounts.push(target);
      rmSync(join(directory, "share", target), { recursive: true, force: true });
      return 1;
    },
  };
  [share] = (await Share.make(1, host, quiet)) as [Share];
  volumes = new Volumes(share);
});
afterEach(async () => {
  await share[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const plan = (more: Partial<VolumePlan> = {}): VolumePlan => ({
  place: "",
  source: data,
  kind: "directory",
  recursive: true,
  readonly: "no",
  keepsFlags: true,
  propagation: "private",
  ...more,
});

async function acquire(wanted: VolumePlan): Promise<Volume> {
  const [volume] = await volumes.acquire([wanted], () => {});
  if (volume === undefined) {
    throw new Error("no volume");
  }
  return volume;
}

it("binds the same directory once, by whatever name, until its last user has gone", async () => {
  symlinkSync(data, join(directory, "link"));
  const first = await acquire(plan());
  const second = await acquire(plan({ source: join(directory, "link") }));
  expect([first.name, second.name, binds.length]).toEqual(["1", "1", 1]);
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  expect(unmounts).toEqual([]);
  await second[Symbol.asyncDispose]();
  expect(unmounts).toEqual(["/1"]);
});

it("never uses a name twice", async () => {
  await (await acquire(plan()))[Symbol.asyncDispose]();
  expect((await acquire(plan())).name).toBe("2");
});

it("binds once for those that come at the same time", async () => {
  const both = await Promise.all([acquire(plan()), acquire(plan())]);
  expect(both.map(({ name }) => name)).toEqual(["1", "1"]);
  expect(binds).toHaveLength(1);
});

it("keeps apart what is not the same", async () => {
  writeFileSync(join(directory, "file"), "");
  const plans = [plan(), plan({ propagation: "slave" }), plan({ recursive: false }), plan({ source: join(directory, "file"), kind: "file" })];
  expect(new Set((await Promise.all(plans.map((each) => acquire(each)))).map(({ name }) => name)).size).toBe(4);
});

it("binds for readers so that the host keeps to it, and the same for a writer who comes later", async () => {
  const [reader, writer, later, never] = [
    await acquire(plan({ readonly: "top" })),
    await acquire(plan()),
    await acquire(plan({ readonly: "top" })),
    await acquire(plan({ readonly: "all" })),
  ];
  expect([reader, writer, later, never].map(({ name }) => name)).toEqual(["1", "1", "1", "1"]);
  expect(binds).toEqual([["rbind", "ro", "rprivate"]]);
  expect(madeWritable).toEqual(["/1"]);
});

it("makes nothing writable that is read-only on the host, or in all that is mounted there", async () => {
  expect((await acquire(plan({ readonly: "all" }))).name).toBe("1");
  expect((await acquire(plan({ readonly: "top" }))).name).toBe("2");
  writable = false;
  expect((await acquire(plan())).name).toBe("3");
  expect(madeWritable).toEqual([]);
  expect(binds).toEqual([
    ["rbind", "rro", "rprivate"],
    ["rbind", "ro", "rprivate"],
    ["rbind", "rprivate"],
  ]);
});

it("leaves to the host, and to no writer, what is read-only but not in what is mounted below", async () => {
  hasOthersBelow = true;
  const names = async (...asked: VolumePlan["readonly"][]): Promise<string[]> => {
    const made: string[] = [];
    for (const readonly of asked) {
      made.push((await acquire(plan({ readonly }))).name);
    }
    return made;
  };
  expect(await names("top", "no", "top", "all")).toEqual(["1", "2", "1", "1"]);
  volumes = new Volumes(share);
  rmSync(join(directory, "share"), { recursive: true });
  mkdirSync(join(directory, "share"));
  expect(await names("no", "top", "no", "all")).toEqual(["1", "2", "1", "1"]);
  expect(madeWritable).toEqual([]);
});

it("leaves nothing of a bind that fails, and tries again for the next", async () => {
  bindError = new HadronError(Code.NOT_FOUND, "no such directory");
  await expect(Promise.all([acquire(plan()), acquire(plan())])).rejects.toThrow("no such directory");
  bindError = undefined;
  expect((await acquire(plan())).name).toBe("2");
  expect(new Set(unmounts)).toEqual(new Set(["/1"]));
});

it("carries on a removal that failed", async () => {
  const volume = await acquire(plan());
  unmountError = new HadronError(Code.INTERNAL, "the disk is gone");
  await expect(volume[Symbol.asyncDispose]()).rejects.toThrow("the disk is gone");
  unmountError = undefined;
  await volume[Symbol.asyncDispose]();
  expect(unmounts).toEqual(["/1"]);
});

describe("a directory below another one", () => {
  let below: string;

  beforeEach(() => {
    below = join(data, "real/below");
    mkdirSync(below, { recursive: true });
  });

  it("is had from that, also if it comes first or by a link, and holds it", async () => {
    symlinkSync("real", join(data, "link"));
    const held: Volume[] = [];
    const inner = plan({ source: join(data, "link/below"), readonly: "top" });
    await volumes.acquire([inner, plan()], (volume) => held.push(volume));
    expect(held.map(({ name, below: path }) => [name, path])).toEqual([
      ["1", ""],
      ["1", "real/below"],
    ]);
    expect(binds).toHaveLength(1);
    expect(await Promise.all(held.map(async (volume) => (await volume.describe()).flags))).toEqual([["/1"], ["/1/real/below"]]);
    await held[0]?.[Symbol.asyncDispose]();
    expect(unmounts).toEqual([]);
    await held[1]?.[Symbol.asyncDispose]();
    expect(unmounts).toEqual(["/1"]);
  });

  it("is bound by itself if that is for readers only, or shows something else there", async () => {
    await acquire(plan({ readonly: "all" }));
    expect((await acquire(plan({ source: below }))).name).toBe("2");
    expect((await acquire(plan({ source: below, readonly: "all" }))).name).toBe("1");
    const other = join(directory, "other");
    mkdirSync(join(other, "below"), { recursive: true });
    const outer = await acquire(plan({ source: other }));
    rmSync(join(directory, "share", outer.name));
    mkdirSync(join(directory, "share", outer.name, "below"), { recursive: true });
    expect((await acquire(plan({ source: join(other, "below") }))).name).toBe("4");
  });
});
