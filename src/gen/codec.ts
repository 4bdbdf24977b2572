/**
 * The messages of proto in TypeScript's own types, on top of protobufjs' static code (static/), which knows the wire
 * format.
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

import { Long } from "./long.ts"; // Before protobufjs, which looks for it.
import protobuf from "protobufjs/minimal.js";
import { Code, HadronError, messageOf } from "../errors.ts";

/** What is used of protobufjs' static code for a message. */
interface StaticMessage {
  /** Takes plain objects: 64-bit integers as `Long`, maps as objects. Does not check them. */
  encode(message: object): protobuf.Writer;
  /** @throws Error of any class for bytes that are not the message */
  decode(reader: protobuf.Reader): object;
}

/** A package, or a message with the messages that are declared inside it. */
export type StaticNamespace = { readonly [name: string]: StaticNamespace } & StaticMessage;

export type Scalar = "string" | "bytes" | "bool" | "uint32" | "int32" | "uint64" | "int64" | "enum";

/** type; then "repeated" or "map" (from string to string), or nothing. */
export type Field = readonly [type: Scalar | Message<object>, label?: "repeated" | "map"];

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
}

/** A message type: its name, and its way to bytes and back. */
export class Message<T extends object> {
  /** Full name, which is also containerd's type URL: "containerd.events.TaskExit". */
  readonly typeName: string;
  readonly #load: () => StaticNamespace;
  readonly #table: () => Readonly<Record<string, Field>>;
  #loaded: StaticMessage | undefined;
  #built: readonly [name: string, field: Field][] | undefined;

  /** @param load, table its static code and its fields; asked for when it is first used: most messages never are */
  constructor(typeName: string, load: () => StaticNamespace, table: () => Readonly<Record<string, Field>>) {
    this.typeName = typeName;
    this.#load = load;
    this.#table = table;
  }

  /** @throws HadronError INTERNAL, naming the field, for a value that its type cannot hold. */
  encode(value: Init<T>): Uint8Array {
    return this.#static.encode(this.#toStatic(value as Values)).finish();
  }

  /** Unknown fields are dropped. @throws HadronError INVALID_ARGUMENT for bytes that are not this message. */
  decode(bytes: Uint8Array): T {
    const message = this.#static;
    let decoded: object;
    try {
      decoded = message.decode(new BoundedReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)));
    } catch (error) {
      const sentence = `These ${bytes.length} bytes are not a ${this.typeName}: ${messageOf(error)}.`;
      throw new HadronError(Code.INVALID_ARGUMENT, sentence, { cause: error });
    }
    return this.#fromStatic(decoded as Values) as T;
  }

  get #static(): StaticMessage {
    const path = this.typeName.split(".");
    this.#loaded ??= path.reduce((parent, name) => parent[name] as StaticNamespace, this.#load());
    return this.#loaded;
  }

  get #fields(): readonly [name: string, field: Field][] {
    this.#built ??= Object.entries(this.#table());
    return this.#built;
  }

  #toStatic(message: Values): Values {
    const result: Values = {};
    for (const [name, [type, label]] of this.#fields) {
      const value = message[name];
      if (value === undefined) {
        continue;
      }
      const convert = (element: unknown): unknown => this.#valueToStatic(name, type, element);
      if (label === "map") {
        const entries = [...(value as ReadonlyMap<string, string>)];
        // fromEntries defines properties, so that "__proto__" is one like any other.
        result[name] = Object.fromEntries(entries.map((entry) => entry.map(convert)));
      } else {
        result[name] = label === "repeated" ? (value as readonly unknown[]).map(convert) : convert(value);
      }
    }
    return result;
  }

  #valueToStatic(name: string, type: Scalar | Message<object>, value: unknown): unknown {
    if (typeof type !== "string") {
      if (typeof value !== "object" || value === null) {
        throw this.#unfit(name, value, type.typeName);
      }
      return type.#toStatic(value as Values);
    }
    if (!fits(type, value)) {
      throw this.#unfit(name, value, type);
    }
    if (typeof value === "bigint") {
      return Long.fromBigInt(value);
    }
    return typeof value === "string" ? value.toWellFormed() : value;
  }

  #unfit(name: string, value: unknown, type: string): HadronError {
    return new HadronError(Code.INTERNAL, `${this.typeName}.${name} is to be ${type}, not ${describe(value)}.`);
  }

  /** @param message has proto3's defaults in its prototype, and `null` for a message that did not come */
  #fromStatic(message: Values): Values {
    const result: Values = {};
    for (const [name, [type, label]] of this.#fields) {
      const value = message[name];
      if (label === "map") {
        result[name] = new Map(Object.entries(value as Record<string, string>));
      } else if (label === "repeated") {
        result[name] = (value as readonly unknown[]).map((element) => this.#valueFromStatic(type, element));
      } else if (value !== null) {
        result[name] = this.#valueFromStatic(type, value);
      }
    }
    return result;
  }

  #valueFromStatic(type: Scalar | Message<object>, value: unknown): unknown {
    if (typeof type !== "string") {
      return type.#fromStatic(value as Values);
    }
    switch (type) {
      case "bytes":
        return Uint8Array.from(value as Uint8Array);
      case "uint64":
      case "int64":
        return (value as Long).toBigInt();
      default:
        return value;
    }
  }
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
