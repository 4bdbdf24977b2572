import { mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { decodeEntry, encodeEntry, type JournalEntry } from "./journal-entry.ts";
import { Journal } from "./journal.ts";

interface Vectors {
  entries: { line: string; entry: JournalEntry }[];
  invalid: { line: string; why: string }[];
  /** What a later version may say. */
  unknown: { line: string; kind: string }[];
}

const vectors = JSON.parse(await readFile(new URL("../../test/vectors/journal.json", import.meta.url), "utf8")) as Vectors;

describe("an entry", () => {
  test.each(vectors.entries)("$line", ({ line, entry }) => {
    expect(encodeEntry(entry)).toBe(line);
    expect(decodeEntry(line)).toEqual(entry);
  });

  test.each(vectors.invalid)("refused: $why", ({ line }) => {
    expect(() => decodeEntry(line)).toThrow(expect.objectContaining({ code: Code.DATA_LOSS }) as Error);
  });

  test.each(vectors.unknown)("refused: $line", ({ line }) => {
    expect(() => decodeEntry(line)).toThrow(expect.objectContaining({ code: Code.DATA_LOSS }) as Error);
  });

  test("any path comes back as it was, from one line of two words", () => {
    const path = fc
      .string({ unit: "grapheme" })
      .filter((text) => !text.includes("\0"))
      .map((text) => `/${text}`);
    fc.assert(
      fc.property(path, (path) => {
        const line = encodeEntry({ kind: "mount", path });
        expect(line).toMatch(/^mount [A-Za-z0-9._~/%-]+$/);
        expect(decodeEntry(line)).toEqual({ kind: "mount", path });
      }),
    );
  });

  test("any text is an entry or an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        try {
          encodeEntry(decodeEntry(text));
        } catch (error) {
          expect(error).toBeInstanceOf(HadronError);
        }
      }),
    );
  });

  test("what cannot be read back is not written", () => {
    expect(() => encodeEntry({ kind: "mount", path: "relative" })).toThrow(/absolute/);
    expect(() => encodeEntry({ kind: "process", pid: 0, startTime: 1, role: "vmm", name: "qemu" })).toThrow(/pid 0/);
    expect(() => encodeEntry({ kind: "process", pid: 1, startTime: 1.5, role: "daemon" })).toThrow(/1\.5/);
    expect(() => encodeEntry({ kind: "process", pid: 1, startTime: 1, role: "helper", name: "" })).toThrow(/empty/);
  });
});

describe("a journal", () => {
  let directory: string;
  const content = () => readFile(join(directory, "journal"), "utf8");

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "journal-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test("has every entry in its file when add is fulfilled", async () => {
    const journal = await Journal.open(directory);
    await journal.add({ kind: "directory", path: "/run/x" });
    expect(await content()).toBe("directory /run/x\n");
    await journal.add({ kind: "mount", path: "/run/x/a b" });
    expect(await content()).toBe("directory /run/x\nmount /run/x/a%20b\n");
    expect((await stat(journal.path)).mode & 0o777).toBe(0o600);
  });

  test("keeps the order of calls that were not awaited", async () => {
    const journal = await Journal.open(directory);
    const paths = Array.from({ length: 50 }, (_, index) => `/d/${index}`);
    await Promise.all([
      ...paths.map((path) => journal.add({ kind: "directory", path })),
      journal.remove({ kind: "directory", path: "/d/7" }),
      journal.add({ kind: "file", path: "/last" }),
    ]);
    const expected = paths.filter((path) => path !== "/d/7").map((path) => `directory ${path}\n`);
    expect(await content()).toBe(`${expected.join("")}file /last\n`);
  });

  test("takes out the last of equal entries, and nothing when there is none", async () => {
    const journal = await Journal.open(directory);
    await journal.add({ kind: "mount", path: "/a" });
    await journal.add({ kind: "file", path: "/b" });
    await journal.add({ kind: "mount", path: "/a" });
    await journal.remove({ kind: "mount", path: "/a" });
    await journal.remove({ kind: "mount", path: "/never" });
    expect(await content()).toBe("mount /a\nfile /b\n");
    await journal.add({ kind: "cgroup", path: "/c" }, { kind: "mount", path: "/a" });
    expect(await content()).toBe("mount /a\nfile /b\ncgroup /c\nmount /a\n");
    await journal.remove({ kind: "mount", path: "/a" }, { kind: "file", path: "/never" }, { kind: "mount", path: "/a" });
    expect(await content()).toBe("file /b\ncgroup /c\n");
    await journal.add();
    await journal.remove();
    expect(journal.entries).toHaveLength(2);
    expect(await readdir(directory)).toEqual(["journal"]);
  });

  test("is what it was after the daemon's death, without the line that was cut short", async () => {
    await writeFile(join(directory, "journal"), "mount /a\nprocess 12 34 vmm qemu\nmoun");
    const journal = await Journal.open(directory);
    expect(journal.entries).toEqual([
      { kind: "mount", path: "/a" },
      { kind: "process", pid: 12, startTime: 34, role: "vmm", name: "qemu" },
    ]);
    await journal.add({ kind: "file", path: "/c" });
    expect(await content()).toBe("mount /a\nprocess 12 34 vmm qemu\nfile /c\n");
  });

  test("refuses a line that it does not understand", async () => {
    await writeFile(join(directory, "journal"), "mount /a\nnonsense\nmount /b\n");
    await expect(Journal.open(directory)).rejects.toMatchObject({ code: Code.DATA_LOSS });
  });

  test("goes on after an entry that could not be written", async () => {
    const journal = await Journal.open(directory);
    await rm(directory, { recursive: true });
    await expect(journal.add({ kind: "mount", path: "/a" })).rejects.toMatchObject({ code: Code.NOT_FOUND });
    directory = await mkdtemp(join(tmpdir(), "journal-"));
    const other = await Journal.open(directory);
    await other.add({ kind: "mount", path: "/b" });
    expect(other.entries).toHaveLength(1);
    expect(journal.entries).toHaveLength(0);
  });
});
