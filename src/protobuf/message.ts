/**
 * Messages of proto in TypeScript's own types: a table of fields each, written by tools/proto.ts, and one codec for all of
 * them on protobufjs' readers and writers, which know the wire format.
 *
 * How the types of proto3 look:
 *
 * - int64 and uint64 are `bigint`, so that 2^64-1 ("max" in a cgroup file) and nanoseconds since 1970 are exact;
 * - uint32, int32 and enums are `number`, bytes are `Uint8Array` (a copy, never a view into what was received);
 * - a field that is a message is absent or there; every other field always has a value, proto3's default for one
 *   that did not come;
 * - maps are `ReadonlyMap`, because their keys can come from the guest ("__proto__" is a key like any other);
 * - a member of a oneof is an optional message;
 * - strings that are not UTF-8 are refused, and a surrogate without its other half is written as U+FFFD, because
 *   containerd and the agent refuse such strings as well.
 *
 * protobufjs does not check what it writes (2^32+1 in a uint32 becomes 1), so every value is compared with its
 * field's type before.
 */

import { Code, HadronError, messageOf } from "../errors.ts";
import { Long } from "./long.ts";
import protobuf from "./protobufjs.ts";

interface Scalars {
  string: string;
  bytes: Uint8Array;
  bool: boolean;
  uint32: number;
  int32: number;
  enum: number;
  uint64: bigint;
  int64: bigint;
}

export type Scalar = keyof Scalars;

/** Its number and its type; then "repeated" or "map" (from string to string), or nothing. */
export type Field = readonly [number: number, type: Scalar | Message<object>, label?: "repeated" | "map"];

/** In the order of their numbers, which is that on the wire. */
export type Fields = Readonly<Record<string, Field>>;

/** What `decode` of a message gives: `type TaskExit = Decoded<typeof TaskExit>`. */
export type Decoded<M> = M extends Message<infer T> ? T : never;

/** The message that has these fields. */
type MessageOf<F extends Fields> = keyof F extends never
  ? Readonly<Record<string, never>>
  : Flat<{ readonly [K in Exclude<keyof F, Optional<F>>]: ValueOf<F[K]> } & { readonly [K in Optional<F>]?: ValueOf<F[K]> }>;

type Flat<T> = { [K in keyof T]: T[K] };

type Optional<F extends Fields> = { [K in keyof F]: F[K] extends readonly [number, Message<object>] ? K : never }[keyof F];

type ValueOf<F extends Field> = F extends readonly [number, infer T, infer Label]
  ? Label extends "map"
    ? ReadonlyMap<string, string>
    : readonly ElementOf<T>[]
  : ElementOf<F[1]>;

type ElementOf<T> = T extends Scalar ? Scalars[T] : Decoded<T>;

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

/** Protocol Buffers' encoding guide, "Message structure". */
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * Of one message with all that is inside it. An element of a list or map is one such field at least, and two bytes on
 * the wire can be a hundred in memory. The longest list that we expect is that of a container's processes.
 */
const MAX_LENGTH_DELIMITED = 65_536;

/** Refuses messages that would grow too large in memory. */
class BoundedReader extends protobuf.BufferReader {
  #lengths = 0;

  /** Reads the length of a length-delimited field; the other methods of protobufjs' readers come here for it. */
  override size(): number {
    if (++this.#lengths > MAX_LENGTH_DELIMITED) {
      throw new RangeError(`it has more than ${MAX_LENGTH_DELIMITED} strings, bytes, messages and map entries`);
    }
    return super.size();
  }

  /** Reads one field's bytes as a message of its own, which ends where they do. */
  nested<T>(read: () => T): T {
    const outer = this.len;
    const inner = this.size() + this.pos;
    if (inner > outer) {
      throw new RangeError("index out of range");
    }
    this.len = inner;
    const value = read();
    this.len = outer;
    return value;
  }
}

/** A message type: its name, and its way to bytes and back. */
export class Message<T extends object> {
  /** Full name, which is also containerd's type URL: "containerd.events.TaskExit". */
  readonly typeName: string;
  readonly #table: () => Fields;
  #built: ReadonlyMap<number, NamedField> | undefined;

  /** @param table asked for when it is first used: most messages never are */
  constructor(typeName: string, table: () => Fields) {
    this.typeName = typeName;
    this.#table = table;
  }

  /** @throws HadronError INTERNAL, naming the field, for a value that its type cannot hold. */
  encode(value: Init<T>): Uint8Array {
    const writer = protobuf.Writer.create();
    this.#write(writer, value);
    return writer.finish();
  }

  /** Unknown fields are dropped. @throws HadronError INVALID_ARGUMENT for bytes that are not this message. */
  decode(bytes: Uint8Array): T {
    try {
      return this.#read(new BoundedReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))) as T;
    } catch (error) {
      const sentence = `these ${bytes.length} bytes are not a ${this.typeName}: ${messageOf(error)}`;
      throw new HadronError(Code.INVALID_ARGUMENT, sentence, { cause: error });
    }
  }

  /** By their tags. */
  get #fields(): ReadonlyMap<number, NamedField> {
    if (this.#built === undefined) {
      const fields = Object.entries(this.#table()).map(([name, field]) => new NamedField(name, field));
      this.#built = new Map(fields.map((field) => [field.tag, field]));
    }
    return this.#built;
  }

  #write(writer: protobuf.Writer, message: Values): void {
    for (const field of this.#fields.values()) {
      const value = message[field.name];
      if (value === undefined) {
        continue;
      }
      if (field.label === "map") {
        for (const [key, text] of value as ReadonlyMap<string, string>) {
          writer.uint32(field.tag).fork();
          this.#writeElement(writer, KEY, key, field.name);
          this.#writeElement(writer, VALUE, text, field.name);
          writer.ldelim();
        }
      } else if (field.label === "repeated") {
        for (const element of value as readonly unknown[]) {
          this.#writeElement(writer, field, element);
        }
      } else if (!isDefault(value)) {
        this.#writeElement(writer, field, value);
      }
    }
  }

  #writeElement(writer: protobuf.Writer, { type, tag, name }: NamedField, value: unknown, shown = name): void {
    if (typeof type === "string") {
      if (!fits(type, value)) {
        throw this.#unfit(shown, value, type);
      }
      writeScalar(writer.uint32(tag), type, value);
      return;
    }
    if (typeof value !== "object" || value === null) {
      throw this.#unfit(shown, value, type.typeName);
    }
    writer.uint32(tag).fork();
    type.#write(writer, value as Values);
    writer.ldelim();
  }

  #unfit(name: string, value: unknown, type: string): HadronError {
    return new HadronError(Code.INTERNAL, `${this.typeName}.${name} is to be ${type}, not ${describe(value)}`);
  }

  /** Reads up to the reader's end; into `message`, if the field came before, since proto3 merges the two. */
  #read(reader: BoundedReader, message = this.#empty()): Values {
    while (reader.pos < reader.len) {
      const tag = reader.tag();
      const field = this.#fields.get(tag);
      if (field === undefined) {
        reader.skipType(tag & 7, 0, tag >>> 3);
        continue;
      }
      const { name, type, label } = field;
      if (label === "map") {
        const [key, text] = reader.nested(() => readEntry(reader));
        (message[name] as Map<string, string>).set(key, text);
      } else if (label === "repeated") {
        const element = typeof type === "string" ? readScalar(reader, type) : reader.nested(() => type.#read(reader));
        (message[name] as unknown[]).push(element);
      } else if (typeof type === "string") {
        message[name] = readScalar(reader, type);
      } else {
        message[name] = reader.nested(() => type.#read(reader, message[name] as Values | undefined));
      }
    }
    return message;
  }

  /** The message of no bytes. */
  #empty(): Values {
    const message: Values = {};
    for (const { name, type, label } of this.#fields.values()) {
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
}

/** A message type of these fields. */
export function defineMessage<const F extends Fields>(typeName: string, table: () => F): Message<MessageOf<F>> {
  return new Message(typeName, table);
}

/** A field as it is used. */
class NamedField {
  readonly name: string;
  readonly type: Scalar | Message<object>;
  readonly label: "repeated" | "map" | undefined;
  /** Its number and wire type, as one number before its value on the wire. */
  readonly tag: number;

  constructor(name: string, [number, type, label]: Field) {
    this.name = name;
    this.type = type;
    this.label = label;
    const delimited = label === "map" || typeof type !== "string" || type === "string" || type === "bytes";
    this.tag = ((number << 3) | (delimited ? LENGTH_DELIMITED : VARINT)) >>> 0;
  }
}

/** A map is a list of messages that have these two. */
const KEY = new NamedField("key", [1, "string"]);
const VALUE = new NamedField("value", [2, "string"]);

function readEntry(reader: BoundedReader): [key: string, value: string] {
  let [key, value] = ["", ""];
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === KEY.tag) {
      key = reader.stringVerify();
    } else if (tag === VALUE.tag) {
      value = reader.stringVerify();
    } else {
      reader.skipType(tag & 7, 0, tag >>> 3);
    }
  }
  return [key, value];
}

function readScalar(reader: BoundedReader, type: Scalar): Scalars[Scalar] {
  switch (type) {
    case "string":
      return reader.stringVerify();
    case "bytes":
      return Uint8Array.from(reader.bytes());
    case "bool":
      return reader.bool();
    case "uint32":
      return reader.uint32();
    case "int32":
    case "enum":
      return reader.int32();
    case "uint64":
      return (reader.uint64() as Long).toBigInt();
    case "int64":
      return (reader.int64() as Long).toBigInt();
  }
}

function writeScalar(writer: protobuf.Writer, type: Scalar, value: Scalars[Scalar]): void {
  if (typeof value === "string") {
    writer.string(value.toWellFormed());
  } else if (typeof value === "bigint") {
    writer.uint64(Long.fromBigInt(value));
  } else if (typeof value === "boolean") {
    writer.bool(value);
  } else if (typeof value === "object") {
    writer.bytes(value);
  } else if (type === "uint32") {
    writer.uint32(value);
  } else {
    writer.int32(value);
  }
}

function defaultOf(type: Scalar): Scalars[Scalar] {
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

function fits(type: Scalar, value: unknown): value is Scalars[Scalar] {
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
