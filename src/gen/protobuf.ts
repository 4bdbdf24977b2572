// Written by tools/proto.ts from proto/google/protobuf.proto. Not to be edited.

import { Message } from "./codec.ts";
import { load } from "./static/protobuf.ts";

/** google.protobuf.Any */
export interface Any {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export const Any = new Message<Any>("google.protobuf.Any", load, () => ({
  typeUrl: ["string"],
  value: ["bytes"],
}));

/** google.protobuf.Empty */
export type Empty = Readonly<Record<string, never>>;

export const Empty = new Message<Empty>("google.protobuf.Empty", load, () => ({}));

/** google.protobuf.Timestamp */
export interface Timestamp {
  readonly seconds: bigint;
  readonly nanos: number;
}

export const Timestamp = new Message<Timestamp>("google.protobuf.Timestamp", load, () => ({
  seconds: ["int64"],
  nanos: ["int32"],
}));
