import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { HadronError } from "../errors.ts";
import { parseJson, parseToml, type Value } from "./parse.ts";

function plain(value: Value): unknown {
  if (value instanceof Map) {
    // As JSON.parse does it: "__proto__" is an own property.
    const entries = [...(value as ReadonlyMap<string, Value>)].map(([key, inner]): [string, unknown] => [key, plain(inner)]);
    return Object.fromEntries(entries);
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

function complaint(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(HadronError);
    return (error as HadronError).message;
  }
  throw new Error("it was accepted");
}

describe("JSON", () => {
  test("any object that JSON.stringify writes, with or without indentation", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.constantFrom(0, 2, "\t"), (object, indent) => {
        const text = JSON.stringify(object, null, indent);
        expect(plain(parseJson("f", text).entries)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("every text that is cut short, or has a character changed, is JSON.parse's opinion too", () => {
    const valid = '{"a": [1, -2.5e3, "x\\u00e9\\n"], "b": {"c": null}, "d": true}';
    const changed = fc.oneof(
      fc.nat(valid.length).map((end) => valid.slice(0, end)),
      fc.tuple(fc.nat(valid.length - 1), fc.constantFrom(..."{}[],:\"\\ 01.-enu\n'#".split(""))).map(([at, character]) => {
        return valid.slice(0, at) + character + valid.slice(at + 1);
      }),
    );
    fc.assert(
      fc.property(changed, (text) => {
        let theirs: unknown;
        try {
          theirs = JSON.parse(text);
        } catch {
          complaint(() => parseJson("f", text));
          return;
        }
        // A key that is there twice, or something else than an object, is an error of ours alone.
        try {
          expect(plain(parseJson("f", text).entries)).toEqual(theirs);
        } catch (error) {
          expect(error).toBeInstanceOf(HadronError);
          expect((error as HadronError).message).toMatch(/twice|a JSON object/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ["", 'f, line 1, column 1: a JSON object ("{") is expected, but the text ends here'],
    ["[]", 'f, line 1, column 1: a JSON object ("{") is expected'],
    [
      '{\n  "vcpus": 2,\n  "memory_mib": ',
      "f, line 3, column 17: a value is expected (a string, a number, true, false or a list), but the text ends here",
    ],
    ['{\n  "vcpus": 2', 'f, line 2, column 13: "," or "}" is expected, but the text ends here'],
    ['{"kernel": "/boot/vm', "f, line 1, column 12: this string has no end on its line, or a character or escape that JSON forbids"],
    ['{"a": 1,}', 'f, line 1, column 9: there is a "," before the "}"'],
    ['{"a": 01}', "f, line 1, column 7: a value is expected (a string, a number, true, false or a list)"],
    ['{\n"a": 1,\n"a": 2}', 'f, line 3, column 4: "a" is there twice'],
    ['{"a": 1}\n}', "f, line 2, column 1: nothing more is expected after the object"],
    ["{a: 1}", 'f, line 1, column 2: a key in quotation marks, or "}", is expected'],
  ])("%j", (text, sentence) => {
    expect(complaint(() => parseJson("f", text))).toBe(sentence);
  });

  test("values that nest without end do not fill the stack", () => {
    const sentence = complaint(() => parseJson("f", `{"a": ${"[".repeat(100_000)}`));
    expect(sentence).toBe("f, line 1, column 23: values nest more than 16 deep");
  });

  test("a text of many keys takes no longer than its length", () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`key${index}`, index]));
    const { lines } = parseJson("f", JSON.stringify(many, null, 1));
    expect(lines.get("key49999")).toBe(50_001);
  });

  test("the lines of keys are remembered, and no inner keys", () => {
    const { lines } = parseJson("f", '{\n"a": {\n"b": 1},\n\n"c": 2}');
    expect([...lines]).toEqual([
      ["a", 2],
      ["c", 5],
    ]);
  });
});

describe("TOML as containerd writes it", () => {
  test("strings of both kinds, integers, booleans, lists, comments", () => {
    const text = "# options\nTypeUrl = ''\nvcpus = 2 # two\n\nkernel = \"debian\"\nlist = ['a b', \"c\",\n  'd',\n]\nyes = true\n";
    const { entries, lines } = parseToml("f", text);
    expect(plain(entries)).toEqual({ TypeUrl: "", vcpus: 2, kernel: "debian", list: ["a b", "c", "d"], yes: true });
    expect(lines.get("list")).toBe(6);
  });

  test.each([
    ["[hadron]\nvcpus = 2", "f, line 1, column 1: a key is expected (tables and dotted keys are not part of Hadron's configuration)"],
    ["vcpus", 'f, line 1, column 6: "=" is expected after the key "vcpus", but the text ends here'],
    ["vcpus = 2 3", "f, line 1, column 11: the end of the line is expected after the value"],
    ["vcpus = 2\nvcpus = 3", 'f, line 2, column 6: "vcpus" is there twice'],
    ["a = '", "f, line 1, column 5: a value is expected (a string, a number, true, false or a list)"],
  ])("%j", (text, sentence) => {
    expect(complaint(() => parseToml("f", text))).toBe(sentence);
  });
});
