/** ttrpc (protocol 1.2, with streaming) for Node.js. See README.md. */
export { Client, connect } from "./client.ts";
export type { CallInput, CallOptions, CallOutput, ClientOptions, ConnectOptions, ServiceClient } from "./client.ts";
export type { Closed } from "./connection.ts";
export { Code } from "./code.ts";
export { TtrpcError } from "./errors.ts";
export type { Any, TtrpcErrorOptions } from "./errors.ts";
export { MAX_MESSAGE_BYTES } from "./frame.ts";
export type { MessageStream } from "./message-queue.ts";
export { Metadata } from "./metadata.ts";
export type { MetadataInit } from "./metadata.ts";
export { defineService } from "./method.ts";
export type {
  AnyCodec,
  Codec,
  Decoded,
  DescriptorOf,
  Encodable,
  MessageSource,
  MethodDescriptor,
  MethodKind,
  MethodSpec,
  MethodTable,
  ServiceDescriptor,
} from "./method.ts";
export { Server } from "./server.ts";
export type { Handler, ListenTarget, ServedConnection, ServerOptions, ServiceHandlers } from "./server.ts";
export type { CallContext } from "./server-call.ts";
