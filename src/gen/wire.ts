/**
 * The wire format below the messages: varints, tags, and length-delimited bytes
 * (https://protobuf.dev/programming-guides/encoding/).
 */

/** 0: varint, 1: eight bytes, 2: length-delimited, 5: four bytes. 3 and 4 (groups) are not of proto3. */
export type WireType = 0 | 1 | 2 | 5;

const FIRST_SIZE = 64;

/** Of all lists and maps in one message together. Generous: our longest list is that of a container's processes. */
const MAX_ELEMENTS = 65_536;

/** Bytes that grow as they are written. */
export class Writer {
  #buffer = Buffer.allocUnsafe(FIRST_SIZE);
  #length = 0;

  tag(number: number, wireType: WireType): void {
    this.varint32(((number << 3) | wireType) >>> 0);
  }

  /** `value` is 0 to 2^32-1. */
  varint32(value: number): void {
    this.#reserve(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#length++] = rest;
  }

  /** `value` is -2^63 to 2^64-1; negative ones are written in two's complement. */
  varint64(value: bigint): void {
    this.#reserve(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  bytes(value: Uint8Array): void {
    this.varint32(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** A surrogate without its other half is written as U+FFFD. */
  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.varint32(size);
    this.#reserve(size);
    this.#buffer.write(value, this.#length);
    this.#length += size;
  }

  /** What was written. The writer is not to be used afterwards. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(size: number): void {
    const needed = this.#length + size;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
  }
}

/**
 * Reads bytes that anybody may have written. `end` is where the message that is being read ends: nothing
 * is read past it. Everything throws a RangeError (a clause without a full stop) for what is not of the format.
 */
export class Reader {
  position = 0;
  #elements = 0;
  readonly #buffer: Buffer;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Field number and wire type as they were written. */
  tag(end: number): number {
    const tag = this.varint64(end);
    if (tag > 0xffffffffn || tag < 8n) {
      throw new RangeError(`the tag that ends at byte ${this.position} has no valid field number`);
    }
    return Number(tag);
  }

  /** The low 32 bits of a varint, unsigned; what is above them is dropped, as the format asks. */
  varint32(end: number): number {
    return Number(this.varint64(end) & 0xffffffffn);
  }

  /** 0 to 2^64-1. */
  varint64(end: number): bigint {
    let low = 0;
    // Four bytes at most fit the 31 bits that JavaScript's bitwise operators handle well; few are longer.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#byte(end);
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return BigInt(low);
      }
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#byte(end);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value > 0xffffffffffffffffn) {
          break;
        }
        return value;
      }
    }
    throw new RangeError(`the integer that ends at byte ${this.position} has more than 64 bits`);
  }

  /** Reads a length; answers where what it counts ends. */
  length(end: number): number {
    const length = this.varint64(end);
    if (length > BigInt(end - this.position)) {
      throw new RangeError(`${length} bytes are announced at byte ${this.position} and ${end - this.position} are left`);
    }
    return this.position + Number(length);
  }

  /** Length-delimited bytes, not copied. */
  view(end: number): Buffer {
    const last = this.length(end);
    const view = this.#buffer.subarray(this.position, last);
    this.position = last;
    return view;
  }

  /** To be called for every element of a list or map: two bytes on the wire can be a hundred in memory. */
  countElement(): void {
    if (++this.#elements > MAX_ELEMENTS) {
      throw new RangeError(`it has more than ${MAX_ELEMENTS} list and map elements`);
    }
  }

  /** Passes over the field whose tag was read last. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case 0:
        this.varint64(end);
        return;
      case 1:
        return this.#advance(8, end);
      case 2:
        this.position = this.length(end);
        return;
      case 5:
        return this.#advance(4, end);
      default:
        throw new RangeError(`wire type ${tag & 7} before byte ${this.position}`);
    }
  }

  #advance(size: number, end: number): void {
    if (size > end - this.position) {
      throw new RangeError(`it ends inside a field, at byte ${end}`);
    }
    this.position += size;
  }

  #byte(end: number): number {
    if (this.position >= end) {
      throw new RangeError(`it ends inside an integer, at byte ${end}`);
    }
    return this.#buffer[this.position++] as number;
  }
}
