// Written by tools/proto.ts from proto/containerd/types.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Any, Timestamp } from "./protobuf.ts";

/** containerd.types.Mount */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
}

export const Mount = new Message<Mount>("containerd.types.Mount", () => ({
  type: [1, "string"],
  source: [2, "string"],
  target: [3, "string"],
  options: [4, "string", "repeated"],
}));

/** containerd.types.Envelope */
export interface Envelope {
  readonly timestamp?: Timestamp;
  readonly namespace: string;
  readonly topic: string;
  readonly event?: Any;
}

export const Envelope = new Message<Envelope>("containerd.types.Envelope", () => ({
  timestamp: [1, Timestamp],
  namespace: [2, "string"],
  topic: [3, "string"],
  event: [4, Any],
}));
