// Written by tools/proto.ts from proto/containerd/types.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Any, Timestamp } from "./protobuf.ts";
import { load } from "./static/types.ts";

/** containerd.types.Mount */
export interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly options: readonly string[];
}

export const Mount = new Message<Mount>("containerd.types.Mount", load, () => ({
  type: ["string"],
  source: ["string"],
  target: ["string"],
  options: ["string", "repeated"],
}));

/** containerd.types.Envelope */
export interface Envelope {
  readonly timestamp?: Timestamp;
  readonly namespace: string;
  readonly topic: string;
  readonly event?: Any;
}

export const Envelope = new Message<Envelope>("containerd.types.Envelope", load, () => ({
  timestamp: [Timestamp],
  namespace: ["string"],
  topic: ["string"],
  event: [Any],
}));
