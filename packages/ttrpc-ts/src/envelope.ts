/**
 * The messages that wrap every call: ttrpc.Request, ttrpc.Response and google.rpc.Status, written
 * straight into frames. Field numbers: request.proto of github.com/containerd/ttrpc,
 * google/rpc/status.proto, google/protobuf/any.proto.
 */
import { Code, isCode } from "./code.ts";
import { TtrpcError, type Any } from "./errors.ts";
import { allocateFrame, FrameType, HEADER_BYTES, MAX_MESSAGE_BYTES } from "./frame.ts";
import { Metadata } from "./metadata.ts";
import { bytesFieldSize, FieldReader, varintSize, WIRE_BYTES, WIRE_VARINT, writeBytesField, writeLengthDelimited, writeVarint } from "./protobuf.ts";

const NOTHING = Buffer.alloc(0);

/** The first two fields of a Request, the same in every call of a method. */
export function encodeTarget(service: string, method: string): Buffer {
  const serviceBytes = Buffer.from(service);
  const methodBytes = Buffer.from(method);
  const target = Buffer.allocUnsafeSlow(bytesFieldSize(serviceBytes.length) + bytesFieldSize(methodBytes.length));
  writeBytesField(target, writeBytesField(target, 0, 1, serviceBytes), 2, methodBytes);
  return target;
}

/**
 * A Request frame.
 *
 * @param timeoutNs 0 for none.
 * @throws TtrpcError RESOURCE_EXHAUSTED when the message is larger than a frame may be.
 */
export function requestFrame(
  streamId: number,
  flags: number,
  target: Buffer,
  payload: Uint8Array,
  timeoutNs: number,
  metadata: Metadata | undefined,
): Buffer {
  const pairs = metadata === undefined ? [] : encodePairs(metadata);
  let size = target.length;
  if (payload.length > 0) {
    size += bytesFieldSize(payload.length);
  }
  if (timeoutNs > 0) {
    size += 1 + varintSize(timeoutNs);
  }
  for (const pair of pairs) {
    size += bytesFieldSize(pair.length);
  }
  if (size > MAX_MESSAGE_BYTES) {
    throw tooLarge("request", size);
  }

  const frame = allocateFrame(streamId, FrameType.REQUEST, flags, size);
  frame.set(target, HEADER_BYTES);
  let at = HEADER_BYTES + target.length;
  if (payload.length > 0) {
    at = writeBytesField(frame, at, 3, payload);
  }
  if (timeoutNs > 0) {
    frame[at++] = (4 << 3) | WIRE_VARINT;
    at = writeVarint(frame, at, timeoutNs);
  }
  for (const pair of pairs) {
    at = writeBytesField(frame, at, 5, pair);
  }
  return frame;
}

function encodePairs(metadata: Metadata): Buffer[] {
  const pairs: Buffer[] = [];
  for (const [key, value] of metadata) {
    const keyBytes = Buffer.from(key);
    const valueBytes = Buffer.from(value);
    const pair = Buffer.allocUnsafe(bytesFieldSize(keyBytes.length) + bytesFieldSize(valueBytes.length));
    writeBytesField(pair, writeBytesField(pair, 0, 1, keyBytes), 2, valueBytes);
    pairs.push(pair);
  }
  return pairs;
}

/** A decoded ttrpc.Request. */
export class Request {
  service = "";
  method = "";
  /** undefined when the field was absent, which an empty message may be too. */
  payload: Buffer | undefined;
  /** Nanoseconds; 0 for none, negative when the time was over before the request was sent. */
  timeoutNs = 0;
  metadata: Metadata | undefined;
}

/** @throws RangeError for bytes that are not a Request. */
export function decodeRequest(data: Buffer): Request {
  const request = new Request();
  const reader = new FieldReader(data);
  while (reader.next()) {
    const { field, wireType } = reader;
    if (wireType === WIRE_BYTES && field === 1) {
      request.service = reader.string();
    } else if (wireType === WIRE_BYTES && field === 2) {
      request.method = reader.string();
    } else if (wireType === WIRE_BYTES && field === 3) {
      request.payload = reader.bytes();
    } else if (wireType === WIRE_VARINT && field === 4) {
      request.timeoutNs = reader.signedVarint();
    } else if (wireType === WIRE_BYTES && field === 5) {
      decodePair(reader.bytes(), (request.metadata ??= new Metadata()));
    } else {
      reader.skip();
    }
  }
  return request;
}

function decodePair(data: Buffer, into: Metadata): void {
  let key = "";
  let value = "";
  const reader = new FieldReader(data);
  while (reader.next()) {
    if (reader.wireType === WIRE_BYTES && reader.field === 1) {
      key = reader.string();
    } else if (reader.wireType === WIRE_BYTES && reader.field === 2) {
      value = reader.string();
    } else {
      reader.skip();
    }
  }
  into.append(key, value);
}

/** A Response frame that carries a result. A message over 4 MiB becomes RESOURCE_EXHAUSTED. */
export function resultFrame(streamId: number, payload: Uint8Array): Buffer {
  const size = payload.length === 0 ? 0 : bytesFieldSize(payload.length);
  if (size > MAX_MESSAGE_BYTES) {
    return statusFrame(streamId, tooLarge("response", size));
  }
  const frame = allocateFrame(streamId, FrameType.RESPONSE, 0, size);
  if (size > 0) {
    writeBytesField(frame, HEADER_BYTES, 2, payload);
  }
  return frame;
}

/** A Response frame that carries a failure. Details or a text that do not fit are left out or cut. */
export function statusFrame(streamId: number, error: TtrpcError): Buffer {
  const details = error.details.map(encodeAny);
  let message = Buffer.from(error.message);
  let statusSize = statusBytes(error.code, message, details);
  if (bytesFieldSize(statusSize) > MAX_MESSAGE_BYTES) {
    details.length = 0;
    message = Buffer.from(error.message.slice(0, 0xffff));
    statusSize = statusBytes(error.code, message, details);
  }
  const frame = allocateFrame(streamId, FrameType.RESPONSE, 0, bytesFieldSize(statusSize));
  let at = writeLengthDelimited(frame, HEADER_BYTES, 1, statusSize);
  frame[at++] = (1 << 3) | WIRE_VARINT;
  at = writeVarint(frame, at, error.code);
  at = writeBytesField(frame, at, 2, message);
  for (const detail of details) {
    at = writeBytesField(frame, at, 3, detail);
  }
  return frame;
}

function statusBytes(code: number, message: Buffer, details: readonly Buffer[]): number {
  let size = 1 + varintSize(code) + bytesFieldSize(message.length);
  for (const detail of details) {
    size += bytesFieldSize(detail.length);
  }
  return size;
}

function encodeAny(any: Any): Buffer {
  const typeUrl = Buffer.from(any.typeUrl);
  const buffer = Buffer.allocUnsafe(bytesFieldSize(typeUrl.length) + bytesFieldSize(any.value.length));
  writeBytesField(buffer, writeBytesField(buffer, 0, 1, typeUrl), 2, any.value);
  return buffer;
}

/** A decoded ttrpc.Response. */
export interface Response {
  /** Set when the status is anything but OK. */
  readonly error: TtrpcError | undefined;
  readonly payload: Buffer;
}

/** @throws RangeError for bytes that are not a Response. */
export function decodeResponse(data: Buffer): Response {
  let status: Status | undefined;
  let payload: Buffer = NOTHING;
  const reader = new FieldReader(data);
  while (reader.next()) {
    if (reader.wireType === WIRE_BYTES && reader.field === 1) {
      decodeStatus(reader.bytes(), (status ??= new Status()));
    } else if (reader.wireType === WIRE_BYTES && reader.field === 2) {
      payload = reader.bytes();
    } else {
      reader.skip();
    }
  }
  return { error: status?.toError(), payload };
}

class Status {
  code = 0;
  message = "";
  readonly details: Any[] = [];

  toError(): TtrpcError | undefined {
    if (this.code === Code.OK) {
      return undefined;
    }
    if (isCode(this.code)) {
      return new TtrpcError(this.code, this.message, { details: this.details });
    }
    const message = `${this.message} (the peer sent status ${this.code}, which google.rpc.Code does not have)`;
    return new TtrpcError(Code.UNKNOWN, message, { details: this.details });
  }
}

function decodeStatus(data: Buffer, into: Status): void {
  const reader = new FieldReader(data);
  while (reader.next()) {
    if (reader.wireType === WIRE_VARINT && reader.field === 1) {
      into.code = reader.signedVarint();
    } else if (reader.wireType === WIRE_BYTES && reader.field === 2) {
      into.message = reader.string();
    } else if (reader.wireType === WIRE_BYTES && reader.field === 3) {
      into.details.push(decodeAny(reader.bytes()));
    } else {
      reader.skip();
    }
  }
}

function decodeAny(data: Buffer): Any {
  let typeUrl = "";
  let value: Uint8Array = NOTHING;
  const reader = new FieldReader(data);
  while (reader.next()) {
    if (reader.wireType === WIRE_BYTES && reader.field === 1) {
      typeUrl = reader.string();
    } else if (reader.wireType === WIRE_BYTES && reader.field === 2) {
      value = reader.bytes();
    } else {
      reader.skip();
    }
  }
  return { typeUrl, value };
}

/** @throws TtrpcError RESOURCE_EXHAUSTED when a stream's message is larger than a frame may be. */
export function checkMessageSize(message: Uint8Array): void {
  if (message.length > MAX_MESSAGE_BYTES) {
    throw tooLarge("stream message", message.length);
  }
}

function tooLarge(what: string, size: number): TtrpcError {
  return new TtrpcError(
    Code.RESOURCE_EXHAUSTED,
    `the ${what} has ${size} bytes; a ttrpc message has at most ${MAX_MESSAGE_BYTES}: send less, or use a stream`,
  );
}
