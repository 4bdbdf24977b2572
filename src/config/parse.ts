/**
 * Reads the text of a configuration: JSON (RFC 8259), or the flat TOML that containerd's CRI plugin makes of a
 * `runtimes.NAME.options` section. JSON.parse is not used because it cannot say where something is wrong, and takes
 * the last of two equal keys in silence.
 */

import { Code, HadronError } from "../errors.ts";

export type Value = string | number | boolean | null | readonly Value[] | ReadonlyMap<string, Value>;

/** What a text says, and at which line each of its keys stands. */
export interface Document {
  /** For sentences: the file's path, or what the text is. */
  readonly source: string;
  readonly entries: ReadonlyMap<string, Value>;
  readonly lines: ReadonlyMap<string, number>;
}

/** Deeper than any configuration; keeps hostile text from filling the stack. */
const MAX_DEPTH = 16;

/** JSON. @throws HadronError INVALID_ARGUMENT with source, line and column. */
export function parseJson(source: string, text: string): Document {
  const scanner = new Scanner(source, text);
  scanner.space();
  if (scanner.peek() !== "{") {
    throw scanner.error(`a JSON object ("{") is expected`);
  }
  const lines = new Map<string, number>();
  const entries = scanner.object(0, lines);
  scanner.space();
  if (scanner.peek() !== undefined) {
    throw scanner.error("nothing more is expected after the object");
  }
  return { source, entries, lines };
}

/** `key = value` lines. @throws HadronError INVALID_ARGUMENT with source, line and column. */
export function parseToml(source: string, text: string): Document {
  const scanner = new Scanner(source, text, true);
  const entries = new Map<string, Value>();
  const lines = new Map<string, number>();
  for (scanner.space(); scanner.peek() !== undefined; scanner.space()) {
    const key = scanner.bareKey();
    if (entries.has(key)) {
      throw scanner.error(`"${key}" is there twice`);
    }
    lines.set(key, scanner.line());
    scanner.space();
    scanner.expect("=", `"=" is expected after the key "${key}"`);
    entries.set(key, scanner.value(0));
    scanner.endOfLine();
  }
  return { source, entries, lines };
}

class Scanner {
  readonly #source: string;
  readonly #text: string;
  readonly #toml: boolean;
  #at = 0;
  /** Where lines were counted up to, and how many there were. */
  #counted = 0;
  #line = 1;

  constructor(source: string, text: string, toml = false) {
    this.#source = source;
    this.#text = text;
    this.#toml = toml;
  }

  peek(): string | undefined {
    return this.#text[this.#at];
  }

  line(): number {
    this.#line += this.#text.slice(this.#counted, this.#at).split("\n").length - 1;
    this.#counted = this.#at;
    return this.#line;
  }

  error(sentence: string): HadronError {
    const column = this.#at - this.#text.lastIndexOf("\n", this.#at - 1);
    const rest = this.#at >= this.#text.length ? ", but the text ends here" : "";
    const message = `${this.#source}, line ${this.line()}, column ${column}: ${sentence}${rest}`;
    return new HadronError(Code.INVALID_ARGUMENT, message);
  }

  space(): void {
    this.#match(this.#toml ? /(?:[ \t\r\n]|#[^\n]*)*/y : /[ \t\r\n]*/y);
  }

  endOfLine(): void {
    this.#match(/[ \t\r]*(?:#[^\n]*)?/y);
    if (this.peek() !== undefined) {
      this.expect("\n", "the end of the line is expected after the value");
    }
  }

  expect(character: string, sentence: string): void {
    if (this.peek() !== character) {
      throw this.error(sentence);
    }
    this.#at++;
  }

  bareKey(): string {
    const key = this.#match(/[A-Za-z0-9_-]+/y);
    if (key === undefined) {
      throw this.error("a key is expected (tables and dotted keys are not part of Hadron's configuration)");
    }
    return key;
  }

  value(depth: number): Value {
    if (depth > MAX_DEPTH) {
      throw this.error(`values nest more than ${MAX_DEPTH} deep`);
    }
    this.space();
    const first = this.peek();
    if (first === "{") {
      return this.object(depth);
    }
    if (first === "[") {
      return this.#array(depth);
    }
    if (first === '"') {
      return this.#string();
    }
    const literal = this.#toml && first === "'" ? this.#match(/'[^'\n]*'/y) : undefined;
    if (literal !== undefined) {
      return literal.slice(1, -1);
    }
    const word = this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-])|(?:true|false|null)\b/y);
    if (word === undefined) {
      throw this.error("a value is expected (a string, a number, true, false or a list)");
    }
    return JSON.parse(word) as number | boolean | null;
  }

  object(depth: number, lines?: Map<string, number>): ReadonlyMap<string, Value> {
    const entries = new Map<string, Value>();
    this.#list("}", () => {
      if (this.peek() !== '"') {
        throw this.error('a key in quotation marks, or "}", is expected');
      }
      const line = this.line();
      const key = this.#string();
      if (entries.has(key)) {
        throw this.error(`"${key}" is there twice`);
      }
      lines?.set(key, line);
      this.space();
      this.expect(":", `":" is expected after the key "${key}"`);
      entries.set(key, this.value(depth + 1));
    });
    return entries;
  }

  #array(depth: number): readonly Value[] {
    const elements: Value[] = [];
    this.#list("]", () => elements.push(this.value(depth + 1)));
    return elements;
  }

  /** From the opening bracket to the closing one, elements with commas between them. */
  #list(close: string, element: () => void): void {
    this.#at++;
    this.space();
    while (this.peek() !== close) {
      element();
      this.space();
      if (this.peek() === close) {
        break;
      }
      this.expect(",", `"," or "${close}" is expected`);
      this.space();
      if (this.peek() === close && !this.#toml) {
        throw this.error(`there is a "," before the "${close}"`);
      }
    }
    this.#at++;
  }

  #string(): string {
    const token = this.#match(/"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (token === undefined) {
      throw this.error("this string has no end on its line, or a character or escape that JSON forbids");
    }
    return JSON.parse(token) as string;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [token] = pattern.exec(this.#text) ?? [];
    this.#at += token?.length ?? 0;
    return token;
  }
}
