/**
 * As much protobuf as ttrpc's envelope needs: varints and length-delimited fields.
 * Source: https://protobuf.dev/programming-guides/encoding/
 */

export const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/** Bytes that `value`, a non-negative integer below 2^53, takes as a varint. */
export function varintSize(value: number): number {
  let size = 1;
  while (value > 127) {
    value = Math.floor(value / 128);
    size++;
  }
  return size;
}

/** Writes a non-negative integer below 2^53; gives the position after it. */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  while (value > 0x7fffffff) {
    buffer[at++] = (value % 128) | 128;
    value = Math.floor(value / 128);
  }
  while (value > 127) {
    buffer[at++] = (value & 127) | 128;
    value >>>= 7;
  }
  buffer[at++] = value;
  return at;
}

/** Size of a length-delimited field whose number is below 16. */
export function bytesFieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

export function writeBytesField(buffer: Uint8Array, at: number, field: number, value: Uint8Array): number {
  at = writeLengthDelimited(buffer, at, field, value.length);
  buffer.set(value, at);
  return at + value.length;
}

/** Tag and length of a length-delimited field; its `length` bytes follow. */
export function writeLengthDelimited(buffer: Uint8Array, at: number, field: number, length: number): number {
  buffer[at++] = (field << 3) | WIRE_BYTES;
  return writeVarint(buffer, at, length);
}

/** Reads fields between `at` and `end`; throws a RangeError for anything that is not protobuf. */
export class FieldReader {
  readonly #buffer: Buffer;
  readonly #end: number;
  #at: number;
  /** Of the field that `next` found. */
  field = 0;
  wireType = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.#at = 0;
    this.#end = buffer.length;
  }

  /** Steps to the next field. False at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) {
      return false;
    }
    const tag = this.varint();
    if (tag < 8 || tag > 0xffffffff) {
      throw new RangeError("the message has a field with an impossible number");
    }
    this.field = Math.floor(tag / 8);
    this.wireType = tag & 7;
    return true;
  }

  /** A varint as an unsigned number; exact below 2^53. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) {
        throw new RangeError("the message ends inside a number");
      }
      const byte = this.#buffer[this.#at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) {
        // The tenth byte holds one bit only.
        if (i === 9 && byte > 1) {
          throw new RangeError("the message has a number of more than 64 bits");
        }
        return value;
      }
      scale *= 128;
    }
    throw new RangeError("the message has a number of more than 64 bits");
  }

  /** An int64 or int32; exact between -2^53 and 2^53. */
  signedVarint(): number {
    const start = this.#at;
    const value = this.varint();
    // Only a tenth byte has the sign; the value itself may have been rounded up to 2^63.
    if (this.#at - start < 10 || this.#buffer[this.#at - 1] === 0) {
      return value;
    }
    // Too large for a number: the two's complement is summed up from the inverted bits.
    let inverted = 0;
    let scale = 1;
    for (let at = start; at < start + 9; at++) {
      inverted += (~(this.#buffer[at] as number) & 127) * scale;
      scale *= 128;
    }
    return -1 - inverted;
  }

  /** A view of a length-delimited field. */
  bytes(): Buffer {
    const length = this.varint();
    const start = this.#at;
    if (length > this.#end - start) {
      throw new RangeError("the message ends inside a field");
    }
    this.#at = start + length;
    return this.#buffer.subarray(start, this.#at);
  }

  string(): string {
    const length = this.varint();
    const start = this.#at;
    if (length > this.#end - start) {
      throw new RangeError("the message ends inside a field");
    }
    this.#at = start + length;
    return this.#buffer.toString("utf8", start, this.#at);
  }

  /** Steps over the value of a field that is not known. */
  skip(): void {
    switch (this.wireType) {
      case WIRE_VARINT:
        this.varint();
        return;
      case WIRE_BYTES:
        this.bytes();
        return;
      case WIRE_FIXED64:
      case WIRE_FIXED32: {
        const length = this.wireType === WIRE_FIXED64 ? 8 : 4;
        if (length > this.#end - this.#at) {
          throw new RangeError("the message ends inside a field");
        }
        this.#at += length;
        return;
      }
      default:
        throw new RangeError(`the message has a field of wire type ${this.wireType}; 0, 1, 2 and 5 can be read`);
    }
  }
}
