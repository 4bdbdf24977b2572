/**
 * Reads JSON value by value, with every number as it was written (RFC 8259; what is taken and what not is Go's
 * encoding/json's). JSON.parse makes doubles of numbers, and takes the last of two equal keys where Go merges them.
 */

import { Code, HadronError } from "../errors.ts";

export type Kind = "object" | "array" | "string" | "number" | "boolean" | "null";

/** Of objects and lists in each other, the outermost included. */
const MAX_DEPTH = 10_000;
const SPACES = " \t\n\r";
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What a string cannot have as it is: escapes, and control characters, which are wrong. */
const SPECIAL = /[\\\0-\x1f]/;

export class JsonReader {
  readonly #what: string;
  readonly #text: string;
  /** Whether anything special is in the text at all: in what Go writes, mostly not. */
  readonly #special: boolean;
  #at = 0;
  /** Of what is being read. */
  #depth = 0;

  /** `what` the text is, for sentences. */
  constructor(what: string, text: string) {
    this.#what = what;
    this.#text = text;
    this.#special = SPECIAL.test(text);
  }

  /** Of the value that comes next. */
  kind(): Kind {
    switch (this.#next()) {
      case "{":
        return "object";
      case "[":
        return "array";
      case '"':
        return "string";
      case "t":
      case "f":
        return "boolean";
      case "n":
        return "null";
      default:
        return "number";
    }
  }

  /** Calls `read` at the value of each key; it must read the value or skip it. */
  object(read: (key: string) => void): void {
    this.#expect("{");
    if (this.#take("}")) {
      return;
    }
    this.#depth++;
    do {
      read(this.#key());
    } while (this.#take(","));
    this.#depth--;
    this.#expect("}");
  }

  /** Calls `read` at each element; it must read the element or skip it. */
  array(read: (index: number) => void): void {
    this.#expect("[");
    if (this.#take("]")) {
      return;
    }
    let index = 0;
    this.#depth++;
    do {
      read(index++);
    } while (this.#take(","));
    this.#depth--;
    this.#expect("]");
  }

  string(): string {
    if (this.#next() !== '"') {
      throw this.#unexpected("a string");
    }
    const start = this.#at + 1;
    let end = this.#text.indexOf('"', start);
    const raw = this.#text.slice(start, end);
    if (end >= 0 && !(this.#special && SPECIAL.test(raw))) {
      this.#at = end + 1;
      return raw;
    }
    while (end >= 0 && this.#escaped(start, end)) {
      end = this.#text.indexOf('"', end + 1);
    }
    if (end < 0) {
      throw this.#error("a string has no end");
    }
    let value: string;
    try {
      value = JSON.parse(this.#text.slice(this.#at, end + 1)) as string;
    } catch {
      throw this.#error("a string has a control character or an unknown escape");
    }
    this.#at = end + 1;
    // Half of a surrogate pair becomes U+FFFD, as in Go; UTF-8 has no other way to say it.
    return value.toWellFormed();
  }

  /** As written. */
  number(): string {
    this.#next();
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) {
      throw this.#unexpected("a value");
    }
    this.#at = NUMBER.lastIndex;
    return match[0];
  }

  boolean(): boolean {
    const value = this.#next() === "t";
    this.#word(value ? "true" : "false");
    return value;
  }

  null(): void {
    this.#next();
    this.#word("null");
  }

  /** A value of any kind and depth; not recursive, for a text can be deeper than the stack. */
  skip(): void {
    const ends: ("}" | "]")[] = [];
    do {
      if (this.#depth + ends.length > MAX_DEPTH) {
        throw this.#error(`objects and lists are more than ${MAX_DEPTH} deep in each other`);
      }
      let complete = true;
      switch (this.kind()) {
        case "object":
          this.#expect("{");
          complete = this.#take("}");
          if (!complete) {
            ends.push("}");
            this.#key();
          }
          break;
        case "array":
          this.#expect("[");
          complete = this.#take("]");
          if (!complete) {
            ends.push("]");
          }
          break;
        case "string":
          this.string();
          break;
        case "number":
          this.number();
          break;
        case "boolean":
          this.boolean();
          break;
        case "null":
          this.null();
          break;
      }
      while (complete && ends.length > 0) {
        const end = ends[ends.length - 1] as "}" | "]";
        if (this.#take(",")) {
          complete = false;
          if (end === "}") {
            this.#key();
          }
        } else {
          this.#expect(end);
          ends.pop();
        }
      }
    } while (ends.length > 0);
  }

  /** That nothing but space follows. */
  end(): void {
    if (this.#next() !== undefined) {
      throw this.#unexpected("nothing more");
    }
  }

  #key(): string {
    const key = this.string();
    this.#expect(":");
    return key;
  }

  #next(): string | undefined {
    // Everything from "!" on is no space; most of the time there is none.
    while (this.#text.charCodeAt(this.#at) <= 0x20 && SPACES.includes(this.#text.charAt(this.#at))) {
      this.#at++;
    }
    return this.#text[this.#at];
  }

  #take(character: string): boolean {
    const there = this.#next() === character;
    if (there) {
      this.#at++;
    }
    return there;
  }

  #expect(character: string): void {
    if (!this.#take(character)) {
      throw this.#unexpected(JSON.stringify(character));
    }
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) {
      throw this.#unexpected("a value");
    }
    this.#at += word.length;
  }

  /** Whether an odd number of backslashes stands before a quote. */
  #escaped(start: number, quote: number): boolean {
    let first = quote;
    while (first > start && this.#text[first - 1] === "\\") {
      first--;
    }
    return (quote - first) % 2 === 1;
  }

  #unexpected(wanted: string): HadronError {
    const found = this.#text.codePointAt(this.#at);
    return this.#error(`${wanted} is expected, not ${found === undefined ? "the end" : JSON.stringify(String.fromCodePoint(found))}`);
  }

  #error(sentence: string): HadronError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - before.lastIndexOf("\n");
    return new HadronError(Code.INVALID_ARGUMENT, `${this.#what} is not valid JSON: line ${line}, column ${column}: ${sentence}`);
  }
}
