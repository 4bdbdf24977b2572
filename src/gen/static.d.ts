/**
 * What codec.ts uses of static.js, which is protobufjs' static code for the messages in proto. The messages' own
 * types are in the generated .ts files beside it.
 */

import type { Reader, Writer } from "protobufjs/minimal.js";

export interface StaticMessage {
  /** Takes plain objects: 64-bit integers as `Long`, maps as objects. Does not check them. */
  encode(message: object): Writer;
  /** @throws Error of any class for bytes that are not the message */
  decode(reader: Reader): object;
}

/** A package, or a message with the messages that are declared inside it. */
export type StaticNamespace = { readonly [name: string]: StaticNamespace } & StaticMessage;

declare const root: StaticNamespace;
export default root;
