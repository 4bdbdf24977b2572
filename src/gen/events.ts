// Written by tools/proto.ts from proto/containerd/events.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Empty } from "./protobuf.ts";
import { load } from "./static/events.ts";
import { Envelope } from "./types.ts";

/** containerd.services.events.ttrpc.v1.ForwardRequest */
export interface ForwardRequest {
  readonly envelope?: Envelope;
}

export const ForwardRequest = new Message<ForwardRequest>("containerd.services.events.ttrpc.v1.ForwardRequest", load, () => ({
  envelope: [Envelope],
}));

/** The methods of containerd.services.events.ttrpc.v1.Events. */
export const EventsMethods = {
  forward: { request: ForwardRequest, response: Empty },
} as const;
