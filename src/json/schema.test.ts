import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encode } from "./encode.ts";
import { anyString, bool, decode, int32, int64, list, map, optional, pointer, section, string, struct, uint16, uint32, uint64 } from "./schema.ts";

const Inner = struct({ name: string, size: uint64, nick: optional(string), limit: pointer(int64) });
const Outer = struct({
  id: string,
  on: bool,
  list: list(Inner),
  inner: Inner,
  maybe: pointer(Inner),
  words: list(string),
  notes: map(anyString),
  closID: optional(uint32),
  other: section,
});
const ZERO = { id: "", on: false, inner: { name: "", size: 0n } };

const read = (text: string, rest: "nothing" | "anything" = "nothing") => decode(Outer, "the text", text, rest);

// Each as a program in Go with these structs does it.
describe("as encoding/json", () => {
  it.each<[string, object]>([
    ["{}", ZERO],
    ['{"unknown": {"id": [1, 1e400, 99999999999999999999]}, "id": "a"}', { ...ZERO, id: "a" }],
    ['{"ID": "a", "oN": true}', { ...ZERO, id: "a", on: true }],
    ['{"id": "a", "ID": "b"}', { ...ZERO, id: "b" }],
    ['{"clo\u017fid": 7, "l\u0130st": 5}', { ...ZERO, closID: 7 }],
    ['{"id": null, "on": null, "list": null, "inner": null, "maybe": null, "notes": null, "closID": null, "other": null}', ZERO],
    ['{"id": "a", "id": null}', { ...ZERO, id: "a" }],
    ['{"maybe": {}, "maybe": null}', ZERO],
    ['{"maybe": {"name": "a"}, "maybe": {"size": 5}}', { ...ZERO, maybe: { name: "a", size: 5n } }],
    ['{"inner": {"limit": 5}, "inner": {"limit": null}}', ZERO],
    ['{"words": ["a", "b"], "words": ["c"]}', { ...ZERO, words: ["c"] }],
    ['{"words": ["a", "b"], "words": [null, "c", null]}', { ...ZERO, words: ["a", "c", ""] }],
    ['{"list": [{"name": "a"}], "list": [{"size": 5}]}', { ...ZERO, list: [{ name: "a", size: 5n }] }],
    ['{"words": ["a", null]}', { ...ZERO, words: ["a", ""] }],
    ['{"words": []}', { ...ZERO, words: [] }],
    [
      '{"list": [null, {"nick": ""}, {"nick": "n", "limit": 0}]}',
      {
        ...ZERO,
        list: [
          { name: "", size: 0n },
          { name: "", size: 0n },
          { name: "", size: 0n, nick: "n", limit: 0n },
        ],
      },
    ],
    ['{"notes": {"a": "1", "b": null}, "notes": {"b": "\\u0000"}}', { ...ZERO, notes: { a: "1", b: "\0" } }],
    ['{"closID": 0, "other": {"x": [1]}}', { ...ZERO, other: true }],
  ])("%s", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it("keeps a key of a map that is a name of JavaScript's", () => {
    const { notes } = read('{"notes": {"__proto__": "a", "constructor": "b"}}');
    expect(encode(notes ?? {})).toBe('{"__proto__":"a","constructor":"b"}');
    expect(read('{"__proto__": {"id": "x"}, "constructor": 5}')).toEqual(ZERO);
  });
});

it.each([
  ["[]", "the text has to be an object, and is a list"],
  ['{"id": 5}', "id in the text has to be a string, and is 5"],
  ['{"on": "true"}', 'on in the text has to be true or false, and is "true"'],
  ['{"list": [{}, {"name": {}}]}', "list[1].name in the text has to be a string, and is an object"],
  ['{"list": {}}', "list in the text has to be a list, and is an object"],
  ['{"words": "a"}', 'words in the text has to be a list, and is "a"'],
  ['{"notes": {"k": true}}', "notes.k in the text has to be a string, and is a boolean"],
  ['{"notes": ["k"]}', "notes in the text has to be an object, and is a list"],
  ['{"other": 5}', "other in the text has to be an object, and is 5"],
  ['{"id": "a\\u0000b"}', 'id in the text has to be a string without a NUL, and is "a\\u0000b"'],
  ['{"maybe": {"SIZE": 1.5}}', "maybe.size in the text has to be an integer from 0 to 18446744073709551615, and is 1.5"],
  ["{} {}", 'nothing more is expected, not "{"'],
])("refuses %s", (text, sentence) => {
  expect(() => read(text)).toThrow(sentence);
});

it("leaves what follows the first value, when asked to", () => {
  expect(read("{} rest", "anything")).toEqual(ZERO);
});

describe("an integer", () => {
  const types = { int32, int64, uint16, uint32, uint64 };
  it.each<[keyof typeof types, string]>([
    ["int64", "9223372036854775807"],
    ["int64", "-9223372036854775808"],
    ["int64", "9007199254740993"],
    ["int64", "-0"],
    ["uint64", "18446744073709551615"],
    ["uint64", "9007199254740993"],
    ["uint32", "4294967295"],
    ["uint16", "65535"],
    ["int32", "-2147483648"],
  ])("%s takes %s", (type, text) => {
    expect(BigInt(decode<number | bigint>(types[type], "it", text, "nothing"))).toBe(BigInt(text));
  });

  it.each<[keyof typeof types, string]>([
    ["int64", "9223372036854775808"],
    ["int64", "-9223372036854775809"],
    ["uint64", "18446744073709551616"],
    ["uint64", "-1"],
    ["uint64", "-0"],
    ["uint64", "1e3"],
    ["uint64", "1.0"],
    ["uint64", "1.5"],
    ["int64", "1e400"],
    ["uint32", "4294967296"],
    ["uint16", "65536"],
    ["int32", "2147483648"],
  ])("%s refuses %s", (type, text) => {
    expect(() => decode<number | bigint>(types[type], "it", text, "nothing")).toThrow(`it has to be an integer from`);
  });
});

it("comes out as it went in, under its own names", () => {
  const inner = fc.record({
    name: fc.string({ unit: "grapheme" }).filter((name) => !name.includes("\0")),
    size: fc.bigInt(0n, (1n << 64n) - 1n),
    limit: fc.option(fc.bigInt(-(1n << 63n), (1n << 63n) - 1n), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.record({ id: fc.constant("x"), on: fc.boolean(), inner, list: fc.array(inner) }), (value) => {
      const text = encode(value);
      const upper = text.replaceAll(/"(id|on|list|inner|name|size|limit)":/g, (key) => key.toUpperCase());
      expect(encode(read(text))).toBe(text);
      expect(encode(read(upper))).toBe(text);
    }),
  );
});
