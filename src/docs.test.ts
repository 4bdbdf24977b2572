/** What the documents say of files is so: each that they name is there. */
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");
const DOCUMENTS = ["CONTRIBUTING.md", "docs/architecture.md", "docs/where-things-go.md"];
const files = ["src", "native", "guest", "packages", "proto", "test", "tools", "bench"].flatMap((room) =>
  globSync(`${room}/**/*`, { cwd: ROOT, exclude: (path) => /node_modules|\/target/.test(path) }),
);
const isThere = (name: string): boolean => files.some((path) => path === name || path.endsWith(`/${name}`));

test.each(DOCUMENTS)("%s names files that are there", (document) => {
  const quoted = [...readFileSync(resolve(ROOT, document), "utf8").matchAll(/`([\w./-]+\.(?:ts|rs|proto))`/g)].map(([, name = ""]) => name);
  expect(quoted.length).toBeGreaterThan(2);
  expect(quoted.filter((name) => !isThere(name))).toEqual([]);
});
