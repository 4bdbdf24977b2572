import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { JsonReader } from "./reader.ts";

/** The whole text, with numbers as they are written. */
function read(text: string): unknown {
  const json = new JsonReader("the text", text);
  const value = readValue(json);
  json.end();
  return value;
}

function readValue(json: JsonReader): unknown {
  switch (json.kind()) {
    case "object": {
      const entries: [string, unknown][] = [];
      json.object((key) => entries.push([key, readValue(json)]));
      return Object.fromEntries(entries);
    }
    case "array": {
      const values: unknown[] = [];
      json.array(() => values.push(readValue(json)));
      return values;
    }
    case "string":
      return json.string();
    case "number":
      return Number(json.number());
    case "boolean":
      return json.boolean();
    case "null":
      json.null();
      return null;
  }
}

function skip(text: string): void {
  const json = new JsonReader("the text", text);
  json.skip();
  json.end();
}

describe("any JSON", () => {
  it("is read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(read(text)).toEqual(JSON.parse(text));
        skip(text);
      }),
    );
  });

  it("with something wrong in it is refused when JSON.parse refuses it, read or skipped", () => {
    const broken = fc
      .tuple(fc.jsonValue(), fc.nat(), fc.nat(3), fc.constantFrom("", ",", "}", "]", '"', "\\", "0", "-", ".", "e", "\u0001", "x", ":"))
      .map(([value, at, cut, insert]) => {
        const text = JSON.stringify(value);
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + cut);
      });
    fc.assert(
      fc.property(broken, (text) => {
        let right = true;
        try {
          JSON.parse(text);
        } catch {
          right = false;
        }
        for (const attempt of [() => read(text), () => skip(text)]) {
          if (right) {
            attempt();
          } else {
            expect(attempt).toThrow(/is not valid JSON: line/);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

it("keeps numbers as they are written", () => {
  for (const number of ["18446744073709551615", "-9223372036854775808", "9007199254740993", "1e3", "1.50", "-0"]) {
    expect(new JsonReader("", number).number()).toBe(number);
  }
});

it("skips what is as deep as Go reads, and refuses what is deeper", () => {
  skip(`${'{"a":['.repeat(5_000)}${"]}".repeat(5_000)}`);
  for (const depth of [5_001, 200_000]) {
    expect(() => skip(`${'{"a":['.repeat(depth)}${"]}".repeat(depth)}`)).toThrow("more than 10000 deep");
  }
  const reader = new JsonReader("", `{"a":[${"[".repeat(9_999)}`);
  expect(() => reader.object(() => reader.array(() => reader.skip()))).toThrow("more than 10000 deep");
});

it.each([
  ["", "line 1, column 1: a value is expected, not the end"],
  ["\ufeff{}", 'line 1, column 1: a value is expected, not "\ufeff"'],
  ['{\n  "a": tru }', 'line 2, column 8: a value is expected, not "t"'],
  ['{"a" 1}', 'column 6: ":" is expected, not "1"'],
  ["[1,]", 'a value is expected, not "]"'],
  ["[1 2]", '"]" is expected, not "2"'],
  ['"a\nb"', "a string has a control character"],
  ['"\\x"', "unknown escape"],
  ['"abc', "a string has no end"],
  ['"abc\\"', "a string has no end"],
  ["{} x", 'nothing more is expected, not "x"'],
])("says where %j is wrong", (text, sentence) => {
  expect(() => read(text)).toThrow(sentence);
});

it("makes U+FFFD of half a surrogate pair", () => {
  expect(read('"a\\ud800b"')).toBe("a\ufffdb");
});
