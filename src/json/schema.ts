/**
 * Types of JSON values, as Go's encoding/json takes them into structs: https://pkg.go.dev/encoding/json#Unmarshal.
 *
 * - Names of fields match exactly or else without regard to case; unknown ones are skipped.
 * - null is what is absent; what is absent has the zero value of its type.
 * - A key that comes twice is read into what the first has left: scalars are replaced, structs and maps merged, lists one element
 *   after the other, and cut.
 * - An integer is written as one (1e3 and 1.0 are not) and fits its type.
 *
 * What comes out has the known fields only, under their own names, so that whoever reads it next sees what Go
 * would have seen. undefined stands for Go's nil and, of a field with omitempty, for the zero value.
 */

import { Code, HadronError } from "../errors.ts";
import { JsonReader } from "./reader.ts";

export interface Type<T> {
  readonly zero: () => T;
  /** `before`: what the field has from an equal key before, else zero. */
  read(input: Input, before: T): T;
}

export type TypeOf<S> = S extends Type<infer T> ? T : never;

type Fields = Readonly<Record<string, Type<unknown>>>;
type Optional<F extends Fields> = { [K in keyof F]: undefined extends TypeOf<F[K]> ? K : never }[keyof F];
type Struct<F extends Fields> = { [K in Exclude<keyof F, Optional<F>>]: TypeOf<F[K]> } & {
  [K in Optional<F>]?: TypeOf<F[K]>;
};

/** Where one is in the text, and in the tree. */
export class Input {
  readonly json: JsonReader;
  readonly #what: string;
  readonly #path: (string | number)[] = [];

  constructor(what: string, text: string) {
    this.#what = what;
    this.json = new JsonReader(what, text);
  }

  /** Reads what is at a step further down; its errors name the path. */
  at<T>(step: string | number, type: Type<T>, before: T): T {
    this.#path.push(step);
    const value = type.read(this, before);
    this.#path.pop();
    return value;
  }

  /** "process.rlimits[0].soft in /bundle/config.json has to be a string, and is 5". */
  wrong(allowed: string): HadronError {
    const { json } = this;
    const kind = json.kind();
    const is = kind === "number" ? json.number() : kind === "string" ? show(json.string()) : WITH_ARTICLE[kind];
    return this.refuse(`has to be ${allowed}, and is ${is}`);
  }

  refuse(rest: string): HadronError {
    const path = this.#path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
    return new HadronError(Code.INVALID_ARGUMENT, path === "" ? `${this.#what} ${rest}` : `${path.replace(/^\./, "")} in ${this.#what} ${rest}`);
  }
}

const WITH_ARTICLE = { object: "an object", array: "a list", boolean: "a boolean", null: "null" } as const;

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

/**
 * The first value of the text. `rest` is what may follow it: a Decoder of Go, which reads files, leaves what follows
 * alone; Unmarshal, which reads messages, refuses it.
 *
 * @throws HadronError INVALID_ARGUMENT with the path of the field, what it is and what is allowed.
 */
export function decode<T>(type: Type<T>, what: string, text: string, rest: "nothing" | "anything"): T {
  const input = new Input(what, text);
  const value = type.read(input, type.zero());
  if (rest === "nothing") {
    input.json.end();
  }
  return value;
}

/** A type whose values are of one kind of JSON; null leaves what was there. */
function plain<T>(zero: () => T, kind: "string" | "boolean" | "number" | "object", allowed: string, take: (input: Input, before: T) => T): Type<T> {
  return {
    zero,
    read(input, before) {
      const found = input.json.kind();
      if (found === "null") {
        input.json.null();
        return before;
      }
      if (found !== kind) {
        throw input.wrong(allowed);
      }
      return take(input, before);
    },
  };
}

export const bool: Type<boolean> = plain(
  () => false,
  "boolean",
  "true or false",
  ({ json }) => json.boolean(),
);

/** Any, also with U+0000. */
export const anyString: Type<string> = plain(
  () => "",
  "string",
  "a string",
  ({ json }) => json.string(),
);

/** For system calls and C programs, which cannot have a U+0000 in it: runc's fail too. */
export const string: Type<string> = plain(
  () => "",
  "string",
  "a string",
  (input) => {
    const value = input.json.string();
    if (value.includes("\0")) {
      throw input.refuse(`has to be a string without a NUL, and is ${show(value)}`);
    }
    return value;
  },
);

function integer<T extends number | bigint>(min: bigint, max: bigint, from: (value: bigint) => T): Type<T> {
  const allowed = `an integer from ${min} to ${max}`;
  // Go has no negative zero among unsigned integers.
  const form = min < 0n ? /^-?[0-9]+$/ : /^[0-9]+$/;
  return plain(
    () => from(0n),
    "number",
    allowed,
    (input) => {
      const text = input.json.number();
      const value = form.test(text) ? BigInt(text) : undefined;
      if (value === undefined || value < min || value > max) {
        throw input.refuse(`has to be ${allowed}, and is ${text}`);
      }
      return from(value);
    },
  );
}

export const int32: Type<number> = integer(-(1n << 31n), (1n << 31n) - 1n, Number);
export const uint16: Type<number> = integer(0n, (1n << 16n) - 1n, Number);
export const uint32: Type<number> = integer(0n, (1n << 32n) - 1n, Number);
/** Also Go's `int`, on the processors that containers run on. */
export const int64: Type<bigint> = integer(-(1n << 63n), (1n << 63n) - 1n, (value) => value);
/** Also Go's `uint`. */
export const uint64: Type<bigint> = integer(0n, (1n << 64n) - 1n, (value) => value);

/** A field with omitempty: its zero value and its absence are the same. */
export function optional<T extends string | number | bigint | boolean>(type: Type<T>): Type<T | undefined> {
  const zero = type.zero();
  return {
    zero: () => undefined,
    read(input, before) {
      const value = type.read(input, before ?? zero);
      return value === zero ? undefined : value;
    },
  };
}

/** Here zero is a value, and null or absence none. */
export function pointer<T>(type: Type<T>): Type<T | undefined> {
  return {
    zero: () => undefined,
    read(input, before) {
      if (input.json.kind() === "null") {
        input.json.null();
        return undefined;
      }
      return type.read(input, before ?? type.zero());
    },
  };
}

export function list<T>(element: Type<T>): Type<T[] | undefined> {
  return pointer({
    zero: (): T[] => [],
    read(input, before) {
      if (input.json.kind() !== "array") {
        throw input.wrong("a list");
      }
      const values: T[] = [];
      // Go writes over the elements of the list that was there.
      input.json.array((index) => {
        values.push(input.at(index, element, before[index] ?? element.zero()));
      });
      return values;
    },
  });
}

export function map<T>(element: Type<T>): Type<Readonly<Record<string, T>> | undefined> {
  return pointer(
    plain(
      (): Readonly<Record<string, T>> => ({}),
      "object",
      "an object",
      (input, before) => {
        const values = new Map(Object.entries(before));
        input.json.object((key) => {
          values.set(key, input.at(key, element, element.zero()));
        });
        // Not by assignment, for which "__proto__" is no key.
        return Object.fromEntries(values);
      },
    ),
  );
}

export function struct<F extends Fields>(fields: F): Type<Struct<F>> {
  const byName = new Map(Object.entries(fields));
  const byFold = new Map(Object.keys(fields).map((name) => [fold(name), name]));
  const zero = (): Struct<F> => {
    const value: Record<string, unknown> = {};
    for (const [name, type] of byName) {
      const none = type.zero();
      if (none !== undefined) {
        value[name] = none;
      }
    }
    return value as Struct<F>;
  };
  return plain(zero, "object", "an object", (input, before) => {
    const value: Record<string, unknown> = { ...before };
    input.json.object((key) => {
      const name = byName.has(key) ? key : byFold.get(fold(key));
      const type = name === undefined ? undefined : byName.get(name);
      if (name === undefined || type === undefined) {
        input.json.skip();
        return;
      }
      const read = input.at(name, type, value[name] ?? type.zero());
      if (read === undefined) {
        delete value[name];
      } else {
        value[name] = read;
      }
    });
    return value as Struct<F>;
  });
}

/** A section whose inside nobody here looks at. */
export const section: Type<true | undefined> = pointer(
  plain(
    (): true => true,
    "object",
    "an object",
    ({ json }) => {
      json.skip();
      return true;
    },
  ),
);

/** Go folds by Unicode's simple folding: of what is not ASCII only these two come out as ASCII letters. */
function fold(name: string): string {
  return name.replaceAll("\u017f", "s").replaceAll("\u212a", "k").toLowerCase();
}
