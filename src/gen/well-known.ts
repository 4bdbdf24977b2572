/** The two well-known types in Hadron's own terms. */

import type { Init, Message } from "./codec.ts";
import type { Any, Timestamp } from "./protobuf.ts";

const NS_PER_SECOND = 1_000_000_000n;

/** A message wrapped up under its name, which is what containerd takes for its type URL. */
export function packAny<T extends object>(type: Message<T>, value: Init<T>): Any {
  return { typeUrl: type.typeName, value: type.encode(value) };
}

/** `ns` is nanoseconds since 1970. */
export function timestampOf(ns: bigint): Timestamp {
  // Timestamps before 1970 have nanos that still count forwards.
  const nanos = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return { seconds: (ns - nanos) / NS_PER_SECOND, nanos: Number(nanos) };
}

/** Nanoseconds since 1970. */
export function nanosecondsOf(timestamp: Timestamp): bigint {
  return timestamp.seconds * NS_PER_SECOND + BigInt(timestamp.nanos);
}
