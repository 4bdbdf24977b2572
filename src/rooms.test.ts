/** Which room may import which: the table of docs/architecture.md, held against the imports of every file and the dependencies of every crate. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { describe, expect, test } from "vitest";

const SRC = import.meta.dirname;
const DOCUMENT = join(SRC, "../docs/architecture.md");
/** The files of src itself. */
const COMMON = "src itself";

/** By room: the rooms and packages that it knows. */
function roomsOf(document: string): Map<string, Set<string>> {
  const rooms = new Map<string, Set<string>>();
  for (const [, first = "", knows = ""] of document.matchAll(/^\| `src(?:\/(\w+)`|` itself) \|[^|]*\| ([^|]*) \|$/gm)) {
    rooms.set(first === "" ? COMMON : first, new Set(knows === "nothing" ? [] : knows.split(", ")));
  }
  return rooms;
}

/** What `text` imports, re-exports or loads, types included. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\//g, "");
  const found = code.matchAll(/^(?:import|export)\b[^;"]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map(([, from, bare, loaded]) => from ?? bare ?? loaded ?? "");
}

interface Import {
  /** Paths within src; `to` may be the name of a package. */
  readonly from: string;
  readonly to: string;
  readonly isFile: boolean;
}

const roomOf = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : COMMON);

function allImports(): Import[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return files.flatMap((from) =>
    importsOf(readFileSync(join(SRC, from), "utf8"))
      .filter((name) => !name.startsWith("node:"))
      .map((name) => {
        const isFile = name.startsWith(".");
        return { from, to: isFile ? relative(SRC, resolve(SRC, dirname(from), name)) : (name.split("/")[0] ?? name), isFile };
      }),
  );
}

/** The nodes of a circle, or undefined. */
function circleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) {
      return [...path.slice(path.indexOf(node)), node];
    }
    if (done.has(node)) {
      return undefined;
    }
    for (const next of edges.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle !== undefined) {
        return circle;
      }
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const circle = visit(node, []);
    if (circle !== undefined) {
      return circle;
    }
  }
  return undefined;
}

const rooms = roomsOf(readFileSync(DOCUMENT, "utf8"));
const imports = allImports();

test("what is an import, and what is not", () => {
  const text = `import type {\n  A,\n} from "./a.ts";\nexport * from "b";\nimport "c";\nconst d = await import("d");\n/* import x from "no"; */\n// export y from "no"\n`;
  expect(importsOf(text)).toEqual(["./a.ts", "b", "c", "d"]);
  expect(imports.length).toBeGreaterThan(200);
});

test("every room is in the table, and every room of the table is there", () => {
  const there = readdirSync(SRC, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  expect([...rooms.keys()].toSorted()).toEqual([...there, COMMON].toSorted());
});

test("no room imports what it does not know", () => {
  const strangers = imports.filter(({ from, to, isFile }) => {
    const [room, other] = [roomOf(from), isFile ? roomOf(to) : to];
    return room !== other && other !== COMMON && rooms.get(room)?.has(other) !== true;
  });
  expect(strangers.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

test("what a room is said to know, it imports", () => {
  const known = [...rooms].flatMap(([room, knows]) => [...knows].map((other) => `${room} -> ${other}`));
  const used = new Set(imports.map(({ from, to, isFile }) => `${roomOf(from)} -> ${isFile ? roomOf(to) : to}`));
  expect(known.filter((arrow) => !used.has(arrow))).toEqual([]);
});

test("a package for others imports nothing of ours", () => {
  const directory = resolve(SRC, "../packages/ttrpc-ts/src");
  const files = readdirSync(directory).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  expect(files.length).toBeGreaterThan(10);
  const strangers = files.flatMap((file) =>
    importsOf(readFileSync(join(directory, file), "utf8")).filter((name) => !/^(?:node:|\.\/[\w-]+\.ts$)/.test(name)),
  );
  expect(strangers).toEqual([]);
});

test("every crate is in the table, and depends on those that it is said to know", () => {
  const root = resolve(SRC, "..");
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const [, members = ""] = /^members = \[([^\]]*)\]/m.exec(read("Cargo.toml")) ?? [];
  const crates = [...members.matchAll(/"([^"]+)"/g)].map(([, path = ""]) => path);
  // What its tests have beside it is none of its business.
  const manifest = (crate: string): string => read(`${crate}/Cargo.toml`).split("[dev-dependencies]")[0] ?? "";
  const actual = crates.map((crate) => [crate, [...manifest(crate).matchAll(/\{ path = "([^"]+)"/g)].map(([, path = ""]) => join(crate, path))]);
  const rows = [...read("docs/architecture.md").matchAll(/^\| `((?:native|guest)\/\w[\w-]*)` \|[^|]*\| ([^|]*) \|$/gm)];
  const said = rows.map(([, crate = "", knows = ""]) => [
    crate,
    knows
      .split(", ")
      .filter((name) => crates.includes(`native/${name}`))
      .map((name) => `native/${name}`),
  ]);
  expect(Object.fromEntries(said.filter(([crate]) => crates.includes(String(crate))))).toEqual(Object.fromEntries(actual));
});

test("a hypervisor's own files are known to choose.ts alone", () => {
  const hypervisorOf = (file: string): string => /^hypervisor\/\w+(?=\/)/.exec(file)?.[0] ?? "";
  const inside = imports.filter(({ from, to }) => hypervisorOf(to) !== "" && hypervisorOf(from) !== hypervisorOf(to));
  expect(new Set(inside.map(({ from }) => from))).toEqual(new Set(["hypervisor/choose.ts"]));
});

describe("no circle", () => {
  test("is overlooked", () => {
    const edges = new Map([
      ["a", new Set(["b", "c"])],
      ["b", new Set(["c"])],
      ["c", new Set(["d"])],
    ]);
    expect(circleIn(edges)).toBeUndefined();
    edges.set("d", new Set(["b"]));
    expect(circleIn(edges)).toEqual(["b", "c", "d", "b"]);
  });

  test("of rooms", () => {
    expect(circleIn(rooms)).toBeUndefined();
  });

  test("of files", () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, to } of imports) {
      edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
    expect(circleIn(edges)).toBeUndefined();
  });
});
