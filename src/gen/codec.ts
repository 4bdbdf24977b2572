/**
 * Protocol Buffers (proto3) for the generated tables beside this file.
 *
 * A message is a table of its fields, not code of its own. protobufjs' static code for the same messages, with its
 * library, took 10 ms and 2.1 MB of PSS of every daemon's start; the tables take 1.5 ms and 0.7 MB.
 * What none of our messages has (groups, floats, fixed and zigzag integers, packed lists, recursion) is
 * refused by tools/proto.ts and absent here.
 *
 * How the types of proto3 look in TypeScript:
 *
 * - int64 and uint64 are `bigint`, so that 2^64-1 ("max" in a cgroup file) and nanoseconds since 1970 are exact;
 * - uint32, int32 and enums are `number`, bytes are `Uint8Array` (a copy, never a view into what was received);
 * - a field that is a message is absent or there; every other field always has a value, proto3's default for one
 *   that did not come;
 * - maps are `ReadonlyMap`, because their keys can come from the guest ("__proto__" is a key like any other);
 * - a member of a oneof is an optional message.
 */

import { isUtf8 } from "node:buffer";
import { Code, HadronError } from "../errors.ts";
import { Reader, type WireType, Writer } from "./wire.ts";

export type Scalar = "string" | "bytes" | "bool" | "uint32" | "int32" | "uint64" | "int64" | "enum";

/** number, type; then "repeated" or "map" (from string to string), or nothing. */
export type Field = readonly [number: number, type: Scalar | Message<object>, label?: "repeated" | "map"];

/** What `encode` takes: any field may be left out. */
export type Init<T> = { readonly [K in keyof T]?: InitField<T[K]> | undefined };

type InitField<V> = V extends string | number | bigint | boolean | Uint8Array | ReadonlyMap<string, string>
  ? V
  : V extends readonly (infer E)[]
    ? readonly InitField<E>[]
    : V extends object
      ? Init<V>
      : never;

type Values = Record<string, unknown>;

const WIRE_TYPE: Record<Scalar, WireType> = {
  string: 2,
  bytes: 2,
  bool: 0,
  uint32: 0,
  int32: 0,
  uint64: 0,
  int64: 0,
  enum: 0,
};

/** What a message type consists of, in the order of the .proto file's field numbers. */
class Table {
  readonly names: readonly string[];
  readonly fields: readonly Field[];
  /** Index into the two above by field number; nothing where there is none. */
  readonly byNumber: number[] = [];

  constructor(fields: Readonly<Record<string, Field>>) {
    this.names = Object.keys(fields);
    this.fields = Object.values(fields);
    for (const [index, [number]] of this.fields.entries()) {
      this.byNumber[number] = index;
    }
  }
}

/** A message type: its name, and its way to bytes and back. */
export class Message<T extends object> {
  /** Full name, which is also containerd's type URL: "containerd.events.TaskExit". */
  readonly typeName: string;
  readonly #fields: () => Readonly<Record<string, Field>>;
  #built: Table | undefined;

  /** @param fields asked for when the message is first used: most never are */
  constructor(typeName: string, fields: () => Readonly<Record<string, Field>>) {
    this.typeName = typeName;
    this.#fields = fields;
  }

  get #table(): Table {
    this.#built ??= new Table(this.#fields());
    return this.#built;
  }

  /** @throws HadronError INTERNAL, naming the field, for a value that its type cannot hold. */
  encode(value: Init<T>): Uint8Array {
    const writer = new Writer();
    this.#write(writer, value as Values);
    return writer.finish();
  }

  /** Unknown fields are dropped. @throws HadronError INVALID_ARGUMENT for bytes that are not this message. */
  decode(bytes: Uint8Array): T {
    try {
      return this.#read(new Reader(bytes), bytes.length) as T;
    } catch (error) {
      if (error instanceof RangeError) {
        const message = `These ${bytes.length} bytes are not a ${this.typeName}: ${error.message}.`;
        throw new HadronError(Code.INVALID_ARGUMENT, message, { cause: error });
      }
      throw error;
    }
  }

  /** The message without anything set. */
  #defaults(): Values {
    const { names, fields } = this.#table;
    const message: Values = {};
    for (const [index, name] of names.entries()) {
      const [, type, label] = fields[index] as Field;
      if (label === "map") {
        message[name] = new Map<string, string>();
      } else if (label === "repeated") {
        message[name] = [];
      } else if (typeof type === "string") {
        message[name] = defaultOf(type);
      }
    }
    return message;
  }

  #write(writer: Writer, message: Values): void {
    const { names, fields } = this.#table;
    for (const [index, name] of names.entries()) {
      const [number, type, label] = fields[index] as Field;
      const value = message[name];
      if (value === undefined) {
        continue;
      }
      if (label === "map") {
        for (const [key, text] of value as ReadonlyMap<string, string>) {
          const entry = new Writer();
          this.#writeField(entry, name, 1, "string", key);
          this.#writeField(entry, name, 2, "string", text);
          writer.tag(number, 2);
          writer.bytes(entry.finish());
        }
      } else if (label === "repeated") {
        for (const element of value as readonly unknown[]) {
          this.#writeField(writer, name, number, type, element);
        }
      } else if (typeof type !== "string" || !isDefault(value)) {
        this.#writeField(writer, name, number, type, value);
      }
    }
  }

  #writeField(writer: Writer, name: string, number: number, type: Scalar | Message<object>, value: unknown): void {
    if (typeof type !== "string") {
      if (typeof value !== "object" || value === null) {
        throw this.#unfit(name, value, type.typeName);
      }
      writer.tag(number, 2);
      writer.bytes(type.encode(value));
      return;
    }
    if (!fits(type, value)) {
      throw this.#unfit(name, value, type);
    }
    writer.tag(number, WIRE_TYPE[type]);
    if (typeof value === "string") {
      writer.string(value);
    } else if (value instanceof Uint8Array) {
      writer.bytes(value);
    } else if (typeof value === "bigint") {
      writer.varint64(value);
    } else {
      const integer = Number(value);
      // A negative int32 is ten bytes long, as if it were an int64.
      integer < 0 ? writer.varint64(BigInt(integer)) : writer.varint32(integer);
    }
  }

  #unfit(name: string, value: unknown, type: string): HadronError {
    return new HadronError(Code.INTERNAL, `${this.typeName}.${name} is to be ${type}, not ${describe(value)}.`);
  }

  /** Reads up to `end`, into `message` if the field came before (proto3 merges the two). */
  #read(reader: Reader, end: number, message: Values = this.#defaults()): Values {
    const { names, fields, byNumber } = this.#table;
    while (reader.position < end) {
      const tag = reader.tag(end);
      const index = byNumber[tag >>> 3];
      const field = index === undefined ? undefined : fields[index];
      const wireType = tag & 7;
      if (index === undefined || field === undefined || wireType !== wireTypeOf(field)) {
        reader.skip(tag, end);
        continue;
      }
      const [, type, label] = field;
      const name = names[index] as string;
      if (label !== undefined) {
        reader.countElement();
      }
      if (label === "map") {
        const [key, text] = readEntry(reader, reader.length(end));
        (message[name] as Map<string, string>).set(key, text);
      } else if (label === "repeated") {
        const list = message[name] as unknown[];
        list.push(typeof type === "string" ? readScalar(reader, type, end) : type.#read(reader, reader.length(end)));
      } else if (typeof type === "string") {
        message[name] = readScalar(reader, type, end);
      } else {
        message[name] = type.#read(reader, reader.length(end), message[name] as Values | undefined);
      }
    }
    return message;
  }
}

function wireTypeOf([, type, label]: Field): WireType {
  return label === "map" || typeof type !== "string" ? 2 : WIRE_TYPE[type];
}

function readScalar(reader: Reader, type: Scalar, end: number): unknown {
  switch (type) {
    case "string":
      return readString(reader, end);
    case "bytes":
      return Uint8Array.from(reader.view(end));
    case "bool":
      return reader.varint64(end) !== 0n;
    case "uint32":
      return reader.varint32(end);
    case "int32":
    case "enum":
      return reader.varint32(end) | 0;
    case "uint64":
      return reader.varint64(end);
    case "int64":
      return BigInt.asIntN(64, reader.varint64(end));
  }
}

function readString(reader: Reader, end: number): string {
  const view = reader.view(end);
  if (!isUtf8(view)) {
    throw new RangeError("a string in it is not UTF-8");
  }
  return view.toString("utf8");
}

function readEntry(reader: Reader, end: number): [key: string, text: string] {
  let key = "";
  let text = "";
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === 10) {
      key = readString(reader, end);
    } else if (tag === 18) {
      text = readString(reader, end);
    } else {
      reader.skip(tag, end);
    }
  }
  return [key, text];
}

function defaultOf(type: Scalar): unknown {
  switch (type) {
    case "string":
      return "";
    case "bytes":
      return new Uint8Array(0);
    case "bool":
      return false;
    case "uint64":
    case "int64":
      return 0n;
    default:
      return 0;
  }
}

/** proto3 leaves these out. */
function isDefault(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length === 0 : value === "" || value === 0 || value === 0n || value === false;
}

function fits(type: Scalar, value: unknown): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "bytes":
      return value instanceof Uint8Array;
    case "bool":
      return typeof value === "boolean";
    case "uint32":
      return typeof value === "number" && value === value >>> 0;
    case "int32":
    case "enum":
      return typeof value === "number" && value === (value | 0);
    case "uint64":
      return typeof value === "bigint" && value === BigInt.asUintN(64, value);
    case "int64":
      return typeof value === "bigint" && value === BigInt.asIntN(64, value);
  }
}

function describe(value: unknown): string {
  return typeof value === "number" || typeof value === "bigint" ? String(value) : value === null ? "null" : typeof value;
}
