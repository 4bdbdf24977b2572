import fc from "fast-check";
import { expect, test } from "vitest";

import { LineSplitter } from "./line-splitter.ts";

function split(chunks: readonly Buffer[], limit: number): [string, boolean][] {
  const lines: [string, boolean][] = [];
  const splitter = new LineSplitter(limit, (line, whole) => lines.push([line.toString("latin1"), whole]));
  for (const chunk of chunks) {
    splitter.push(chunk);
  }
  splitter.end();
  return lines;
}

const text = (value: string): Buffer => Buffer.from(value, "latin1");

test("lines lose their ends, an unfinished one comes last", () => {
  expect(split([text("one\r\ntwo\n\nthr"), text("ee")], 100)).toEqual([
    ["one", true],
    ["two", true],
    ["", true],
    ["three", true],
  ]);
});

test("a line as long as the limit is whole, a longer one comes in pieces", () => {
  expect(split([text("abcd"), text("\nabcdefghi\n")], 4)).toEqual([
    ["abcd", true],
    ["abcd", false],
    ["efgh", false],
    ["i", true],
  ]);
});

test("how the stream is cut into chunks makes no difference, and nothing exceeds the limit", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "\n", "\r") })), fc.integer({ min: 1, max: 8 }), (parts, limit) => {
      const whole = split([text(parts.join(""))], limit);
      expect(split(parts.map(text), limit)).toEqual(whole);
      expect(whole.every(([line]) => line.length <= limit)).toBe(true);
    }),
  );
});
