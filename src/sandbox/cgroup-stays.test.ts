import { beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { JournalEntry } from "../host/journal-entry.ts";
import { CgroupStays } from "./cgroup-stays.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const HERE = { path: "/a", relative: false };
const THERE = { path: "/b", relative: false };

let done: string[];
let journal: JournalEntry[];
let refuse: Error | undefined;
let stays: CgroupStays;

/** In the first hierarchy; what is done in the others is the same. */
const first = ([path = ""]: readonly string[]): string => `/${path.split("/").slice(-2).join("/")}`;

beforeEach(() => {
  [done, journal, refuse] = [[], [], undefined];
  stays = new CgroupStays({
    host: {
      makeCgroups: async () => [],
      enterCgroups: async (_, directories) => {
        done.push(`enter ${first(directories)}`);
        if (refuse !== undefined) {
          throw refuse;
        }
      },
      leaveCgroups: async () => {
        done.push("leave");
        return [];
      },
      removeCgroups: async (directories) => {
        done.push(`remove ${first(directories)}`);
        return { gone: [...directories], problem: undefined };
      },
    },
    journal: {
      add: async (...entries) => void journal.push(...entries),
      remove: async (...entries) => {
        const gone = new Set(entries.map((entry) => JSON.stringify(entry)));
        journal = journal.filter((entry) => !gone.has(JSON.stringify(entry)));
      },
    },
    podId: "pod",
    name: "0123",
    log: quiet,
  });
});

const ENDED = ["leave", "remove /a/hadron_0123"];

describe("a stay that was expected", () => {
  it("is that of the first machine, and of no other", async () => {
    stays.expect(HERE);
    const stay = await stays.enter(HERE);
    expect(done).toEqual(["enter /a/hadron_0123"]);
    expect(journal).not.toEqual([]);
    await stay[Symbol.asyncDispose]();
    expect(done.splice(0)).toEqual(["enter /a/hadron_0123", ...ENDED]);
    await using _ = await stays.enter(HERE);
    expect(done).toEqual(["enter /a/hadron_0123"]);
  });

  it("ends before one that is somewhere else begins", async () => {
    stays.expect(HERE);
    await using _ = await stays.enter(THERE);
    expect(done).toEqual(["enter /a/hadron_0123", ...ENDED, "enter /b/hadron_0123"]);
  });

  it("ends when nobody has asked for it, and does not begin any more", async () => {
    stays.expect(HERE);
    await stays[Symbol.asyncDispose]();
    stays.expect(HERE);
    await stays[Symbol.asyncDispose]();
    expect(done).toEqual(["enter /a/hadron_0123", ...ENDED]);
    expect(journal).toEqual([]);
  });

  it("comes too late once another is there", async () => {
    await using _ = await stays.enter(HERE);
    stays.expect(HERE);
    expect(done).toEqual(["enter /a/hadron_0123"]);
  });

  it("that cannot be is told to who asks for it", async () => {
    refuse = new HadronError(Code.INTERNAL, "no room");
    stays.expect(HERE);
    await expect(stays.enter(HERE)).rejects.toBe(refuse);
    expect(journal).toEqual([]);
  });
});
