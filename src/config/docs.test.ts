import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ANNOTATION_PREFIX, type Key, KEY_NAMES, type KeyName, keyOf, SCHEMA } from "./schema.ts";

const PAGE = join(import.meta.dirname, "../../docs/configuration.md");

/** The line of the page's table for a key. */
function row(name: KeyName): string {
  const key = keyOf(name);
  const cells = [`\`${name}\``, allowed(key), `\`${JSON.stringify(key.default).replaceAll(",", ", ")}\``, annotation(name), key.doc];
  return `| ${cells.join(" | ")} |`;
}

function allowed(key: Key): string {
  switch (key.type) {
    case "integer":
      return `${key.min} to ${key.max}`;
    case "strings":
      return `list of ${key.allowed}`;
    case "choice":
      return [...key.choices.map((choice) => `\`"${choice}"\``), ...(key.path === true ? ["an absolute path"] : [])].join(", ");
  }
}

function annotation(name: KeyName): string {
  if (!SCHEMA[name].annotation) {
    return "no";
  }
  const enabled: readonly string[] = SCHEMA.enable_annotations.default;
  return enabled.includes(ANNOTATION_PREFIX + name) ? "yes" : "if enabled";
}

test("docs/configuration.md has every key, with its values and its default, and no other", () => {
  const rows = readFileSync(PAGE, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  expect(rows).toEqual(KEY_NAMES.map(row));
});
