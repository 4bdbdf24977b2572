import { defineService, type Codec } from "../../src/index.ts";
/** The services of the Go peer, with codecs by hand: the package has no protobuf library to test with. */
import { FieldReader, varintSize, writeVarint } from "../../src/protobuf.ts";

export interface EchoPayload {
  seq: number;
  msg: string;
}
export interface Part {
  add: number;
}
export interface Sum {
  sum: number;
  num: number;
}

/** An int32 field; negative ones take ten bytes, as protobuf has it. */
function int32(field: number, value: number): Buffer {
  if (value === 0) {
    return Buffer.alloc(0);
  }
  if (value > 0) {
    const bytes = Buffer.alloc(1 + varintSize(value));
    bytes[0] = field << 3;
    writeVarint(bytes, 1, value);
    return bytes;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [field << 3];
  for (; rest > 127n; rest >>= 7n) {
    bytes.push(Number(rest & 127n) | 128);
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function string(field: number, value: string): Buffer {
  const length = Buffer.byteLength(value);
  if (length === 0) {
    return Buffer.alloc(0);
  }
  const head = Buffer.alloc(1 + varintSize(length));
  head[0] = (field << 3) | 2;
  writeVarint(head, 1, length);
  return Buffer.concat([head, Buffer.from(value)]);
}

function read(bytes: Uint8Array, field: (number: number, reader: FieldReader) => void): void {
  const reader = new FieldReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  while (reader.next()) {
    field(reader.field, reader);
  }
}

const echoPayload: Codec<EchoPayload> = {
  encode: ({ seq, msg }) => Buffer.concat([int32(1, seq), string(2, msg)]),
  decode(bytes) {
    const message: EchoPayload = { seq: 0, msg: "" };
    read(bytes, (field, reader) => {
      if (field === 1) {
        message.seq = reader.varint();
      } else if (field === 2) {
        message.msg = reader.string();
      } else {
        reader.skip();
      }
    });
    return message;
  },
};

const part: Codec<Part> = {
  encode: ({ add }) => int32(1, add),
  decode(bytes) {
    const message: Part = { add: 0 };
    read(bytes, (field, reader) => (field === 1 ? (message.add = reader.signedVarint()) : reader.skip()));
    return message;
  },
};

const sum: Codec<Sum> = {
  encode: (message) => Buffer.concat([int32(1, message.sum), int32(2, message.num)]),
  decode(bytes) {
    const message: Sum = { sum: 0, num: 0 };
    read(bytes, (field, reader) => {
      if (field === 1) {
        message.sum = reader.signedVarint();
      } else if (field === 2) {
        message.num = reader.signedVarint();
      } else {
        reader.skip();
      }
    });
    return message;
  },
};

const empty: Codec<object> = { encode: () => Buffer.alloc(0), decode: () => ({}) };

const stringValue: Codec<string> = {
  encode: (value) => string(1, value),
  decode(bytes) {
    let value = "";
    read(bytes, (field, reader) => (field === 1 ? (value = reader.string()) : reader.skip()));
    return value;
  },
};

/** github.com/containerd/ttrpc/integration/streaming/test.proto */
export const Streaming = defineService("ttrpc.integration.streaming.Streaming", {
  echo: { request: echoPayload, response: echoPayload },
  echoStream: { kind: "bidi", request: echoPayload, response: echoPayload },
  sumStream: { kind: "client-streaming", request: part, response: sum },
  divideStream: { kind: "server-streaming", request: sum, response: part },
  echoNull: { kind: "client-streaming", request: echoPayload, response: empty },
  echoNullStream: { kind: "bidi", request: echoPayload, response: empty },
  emptyPayloadStream: { kind: "server-streaming", request: empty, response: echoPayload },
});

/** What main.go's registerExtra serves. */
export const Extra = defineService("interop.Extra", {
  metadata: { request: stringValue, response: stringValue },
  remaining: { request: stringValue, response: stringValue },
  fail: { request: stringValue, response: stringValue },
  hang: { request: stringValue, response: stringValue },
});
