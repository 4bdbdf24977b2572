/** The two well-known types in Hadron's own terms. */

import type { Init, Message } from "./message.ts";

const NS_PER_SECOND = 1_000_000_000n;

/** A message wrapped up as google.protobuf.Any under its name, which is what containerd takes for its type URL. */
export function packAny<T extends object>(type: Message<T>, value: Init<T>): { typeUrl: string; value: Uint8Array } {
  return { typeUrl: type.typeName, value: type.encode(value) };
}

/** google.protobuf.Timestamp of `ns` nanoseconds since 1970. */
export function timestampOf(ns: bigint): { seconds: bigint; nanos: number } {
  // Timestamps before 1970 have nanos that still count forwards.
  const nanos = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return { seconds: (ns - nanos) / NS_PER_SECOND, nanos: Number(nanos) };
}

/** Nanoseconds since 1970. */
export function nanosecondsOf({ seconds, nanos }: { readonly seconds: bigint; readonly nanos: number }): bigint {
  return seconds * NS_PER_SECOND + BigInt(nanos);
}
