/**
 * What protobufjs' readers give for 64 bits. protobufjs would take the package `long`, but that compiles WebAssembly
 * for its arithmetic as soon as it is imported: 0.7 MB of every daemon for divisions that nobody asks for. message.ts
 * makes a `bigint` of the two halves at once.
 *
 * To be imported before protobufjs, which looks for a global `Long` when it is imported itself: see protobufjs.ts.
 */

import type protobuf from "protobufjs/minimal.js";

export class Long implements protobuf.Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;

  /** @param low, high 32 bits each, signed or not */
  constructor(low: number, high: number, unsigned: boolean) {
    this.low = low;
    this.high = high;
    this.unsigned = unsigned;
  }

  static fromBits(low: number, high: number, unsigned: boolean): Long {
    return new Long(low, high, unsigned);
  }

  /** What protobufjs' reflection, which tools and tests use, asks for a field's default. */
  static fromNumber(value: number, unsigned: boolean): Long {
    return new Long(value | 0, Math.floor(value / 2 ** 32) | 0, unsigned);
  }

  static fromBigInt(value: bigint): Long {
    return new Long(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)), value >= 0n);
  }

  toBigInt(): bigint {
    return (BigInt(this.unsigned ? this.high >>> 0 : this.high) << 32n) | BigInt(this.low >>> 0);
  }
}

Object.assign(globalThis, { Long });
