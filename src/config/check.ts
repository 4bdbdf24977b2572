/** One value at a time against the schema. */

import { ANNOTATION_PREFIX, type Key, KEY_NAMES, type KeyName, keyOf, SCHEMA } from "./schema.ts";

/** A value that is right, or the sentence (without its end) of why it is not. */
export type Checked = { readonly value: unknown } | { readonly wrong: string };

/** What may stand there, for people: "an integer from 1 to 240". */
export function allowedValues(key: Key): string {
  switch (key.type) {
    case "integer":
      return `an integer from ${key.min} to ${key.max}`;
    case "strings":
      return `a list of ${key.allowed}`;
    case "choice": {
      const choices = key.choices.map((choice) => `"${choice}"`);
      return [...choices, ...(key.path === true ? ["an absolute path"] : [])].join(" or ");
    }
  }
}

/** Of a file, where values have types. */
export function checkValue(name: KeyName, value: unknown): Checked {
  const key = keyOf(name);
  if (isAllowed(key, value)) {
    const unknown = name === "enable_annotations" ? unmatchedPattern(value as readonly string[]) : undefined;
    return unknown === undefined ? { value } : { wrong: unknown };
  }
  return { wrong: `it has to be ${allowedValues(key)}, and is ${show(value)}` };
}

/** Of an annotation, where every value is a string. */
export function checkAnnotation(name: KeyName, text: string): Checked {
  const key = keyOf(name);
  switch (key.type) {
    case "integer": {
      // Number() alone would take " 1", "0x1" and "1e3".
      const value = /^(?:0|[1-9][0-9]*)$/.test(text) ? Number(text) : undefined;
      return value !== undefined && isAllowed(key, value)
        ? { value }
        : { wrong: `it has to be ${allowedValues(key)} in decimal digits, and is ${show(text)}` };
    }
    case "strings": {
      const value = text.split(" ").filter((word) => word !== "");
      return isAllowed(key, value) ? { value } : { wrong: `it has to be ${key.allowed}, with spaces between them, and is ${show(text)}` };
    }
    case "choice": {
      if (key.choices.includes(text)) {
        return { value: text };
      }
      const choices = key.choices.map((choice) => `"${choice}"`).join(" or ");
      const paths = key.path === true ? " (a path is for the configuration file only)" : "";
      return { wrong: `it has to be ${choices}${paths}, and is ${show(text)}` };
    }
  }
}

function isAllowed(key: Key, value: unknown): boolean {
  switch (key.type) {
    case "integer":
      return Number.isSafeInteger(value) && (value as number) >= key.min && (value as number) <= key.max;
    case "strings":
      return Array.isArray(value) && value.every((element) => typeof element === "string" && key.pattern.test(element));
    case "choice":
      return typeof value === "string" && (key.choices.includes(value) || (key.path === true && isAbsolutePath(value)));
  }
}

function isAbsolutePath(text: string): boolean {
  return text.startsWith("/") && !text.includes("\0");
}

/** Names of all annotations that exist. */
export const ANNOTATIONS: readonly string[] = KEY_NAMES.filter((name) => SCHEMA[name].annotation).map((name) => ANNOTATION_PREFIX + name);

/** `*` in a pattern stands for any characters. */
export function matches(pattern: string, annotation: string): boolean {
  const [first = "", ...others] = pattern.split("*");
  if (others.length === 0) {
    return pattern === annotation;
  }
  const last = others.pop() ?? "";
  let at = first.length;
  for (const part of others) {
    const found = annotation.indexOf(part, at);
    if (found === -1) {
      return false;
    }
    at = found + part.length;
  }
  return annotation.startsWith(first) && annotation.endsWith(last) && annotation.length - last.length >= at;
}

/** A pattern that enables nothing is a slip of the pen. */
function unmatchedPattern(patterns: readonly string[]): string | undefined {
  const pattern = patterns.find((candidate) => !ANNOTATIONS.some((annotation) => matches(candidate, annotation)));
  if (pattern === undefined) {
    return undefined;
  }
  return `"${pattern}" enables no annotation${didYouMean(pattern, ANNOTATIONS)}; there are ${ANNOTATIONS.join(", ")}`;
}

/** What was found, short enough for a sentence. */
function show(value: unknown): string {
  if (value instanceof Map) {
    return "an object";
  }
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** ` (did you mean "...")` where one of `names` is two typing errors away at most. */
export function didYouMean(found: string, names: readonly string[]): string {
  const [nearest] = names
    .map((name) => ({ name, errors: distance(found.toLowerCase().replaceAll("-", "_"), name.toLowerCase()) }))
    .sort((a, b) => a.errors - b.errors);
  return nearest !== undefined && nearest.errors <= 2 ? ` (did you mean "${nearest.name}"?)` : "";
}

/** Levenshtein's, of the first 64 characters. */
function distance(a: string, b: string): number {
  const from = a.slice(0, 64);
  const to = b.slice(0, 64);
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const substituted = (row[j] ?? 0) + (from[i] === to[j] ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
