import { createConnection } from "node:net";
import type { Duplex } from "node:stream";

import { type ClientCall, StreamCall, UnaryCall } from "./client-call.ts";
import { Code } from "./code.ts";
import { Connection, type Closed, type ConnectionOwner } from "./connection.ts";
import { uptimeMs } from "./deadline.ts";
import { encodeTarget, requestFrame } from "./envelope.ts";
import { abortError, TtrpcError } from "./errors.ts";
import { Flag, FrameType, MAX_MESSAGE_BYTES } from "./frame.ts";
import type { MessageStream } from "./message-queue.ts";
import { Metadata, type MetadataInit } from "./metadata.ts";
import type { Decoded, Encodable, MessageSource, MethodDescriptor, MethodTable, ServiceDescriptor } from "./method.ts";

/** 2^53-1 nanoseconds, 104 days: what a number holds exactly. */
const LONGEST_TIMEOUT_NS = Number.MAX_SAFE_INTEGER;
const LAST_STREAM_ID = 0xffffffff;
const NOTHING = new Uint8Array(0);

export interface ClientOptions {
  /**
   * Bytes that may wait for a peer that does not read; a call that would exceed it fails with
   * RESOURCE_EXHAUSTED, a stream's messages wait. Default 16 MiB.
   */
  readonly maxQueuedBytes?: number;
  /**
   * How long a stream that nobody reads may hold up the connection before it fails with
   * RESOURCE_EXHAUSTED; milliseconds. Default 10,000.
   */
  readonly streamStallMs?: number;
}

export interface CallOptions {
  /** Milliseconds. Sent to the server and enforced here: DEADLINE_EXCEEDED. */
  readonly timeoutMs?: number | undefined;
  /** The same as a point of `process.uptime()`'s clock, in milliseconds, as in a server's `CallContext`. The earlier one counts. */
  readonly deadline?: number | undefined;
  readonly metadata?: Metadata | MetadataInit | undefined;
  /** The call fails with CANCELLED. ttrpc has no frame to tell the server. */
  readonly signal?: AbortSignal | undefined;
}

/** What a call of a method takes: a message, or many where the client streams. */
export type CallInput<M extends MethodDescriptor> = M["kind"] extends "unary" | "server-streaming"
  ? Encodable<M["request"]>
  : MessageSource<Encodable<M["request"]>>;

/** What a call of a method gives: a message, or a stream of them where the server streams. */
export type CallOutput<M extends MethodDescriptor> = M["kind"] extends "unary" | "client-streaming"
  ? Promise<Decoded<M["response"]>>
  : MessageStream<Decoded<M["response"]>>;

/** A service's methods as functions. */
export type ServiceClient<T extends MethodTable> = {
  readonly [N in keyof T]: (
    input: CallInput<ServiceDescriptor<T>["methods"][N]>,
    options?: CallOptions,
  ) => CallOutput<ServiceDescriptor<T>["methods"][N]>;
};

/** The calling side of one connection. */
export class Client implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #calls = new Map<number, ClientCall>();
  readonly #targets = new WeakMap<MethodDescriptor, Buffer>();
  readonly #maxQueuedBytes: number;
  readonly #streamStallMs: number;
  #nextStreamId = 1;

  /**
   * Takes over a stream: a socket that is connected or connecting, or any other Duplex of bytes.
   * Calls may be made at once; what they send waits in the socket.
   */
  constructor(socket: Duplex, options?: ClientOptions) {
    this.#maxQueuedBytes = options?.maxQueuedBytes ?? 16 << 20;
    this.#streamStallMs = options?.streamStallMs ?? 10_000;
    const owner: ConnectionOwner = {
      onFrame: (streamId, type, flags, data) => {
        const call = this.#calls.get(streamId);
        // A late answer to a call that was aborted, or an unknown type: PROTOCOL.md has nothing to say back.
        if (call === undefined) {
          return;
        }
        if (type === FrameType.RESPONSE) {
          call.onResponse(data);
        } else if (type === FrameType.DATA) {
          call.onData(flags, data);
        }
      },
      onOversize: (streamId, _type, length) => {
        const message = `the peer sent a message of ${length} bytes; a ttrpc message has at most ${MAX_MESSAGE_BYTES}`;
        this.#calls.get(streamId)?.fail(new TtrpcError(Code.RESOURCE_EXHAUSTED, message));
      },
      onClosed: (closed) => {
        for (const call of this.#calls.values()) {
          call.fail(unavailable(closed));
        }
      },
    };
    this.#connection = new Connection(socket, owner, false);
  }

  /** Resolves, and never rejects, when the connection has ended, with how it did. */
  get closed(): Promise<Closed> {
    return this.#connection.closed;
  }

  /** Calls that wait for an answer. */
  get pendingCalls(): number {
    return this.#calls.size;
  }

  /**
   * Calls a method. The request is sent at once, for streams too; failures come by the promise or
   * the stream as a `TtrpcError`.
   */
  call<M extends MethodDescriptor>(method: M, input: CallInput<M>, options?: CallOptions): CallOutput<M>;
  call(method: MethodDescriptor, input: unknown, options: CallOptions = {}): Promise<unknown> | MessageStream<unknown> {
    const { kind } = method;
    if (kind === "unary") {
      return new Promise((resolve, reject) => {
        const call = new UnaryCall(this.#calls, method, resolve, reject);
        this.#start(call, method, 0, input, options);
      });
    }
    const call = new StreamCall(this.#calls, this.#connection, method, this.#streamStallMs);
    const clientStreams = kind !== "server-streaming";
    const flags = clientStreams ? Flag.REMOTE_OPEN : Flag.REMOTE_CLOSED;
    const started = this.#start(call, method, flags, clientStreams ? undefined : input, options);
    if (clientStreams && started) {
      call.sendAll(input as MessageSource<unknown>);
    }
    return kind === "client-streaming" ? call.onlyMessage() : call.queue;
  }

  /** A service's methods as functions of this connection. */
  service<T extends MethodTable>(service: ServiceDescriptor<T>): ServiceClient<T> {
    const functions: Record<string, unknown> = {};
    for (const [name, method] of Object.entries<MethodDescriptor>(service.methods)) {
      functions[name] = (input: never, options?: CallOptions) => this.call(method, input, options);
    }
    return functions as ServiceClient<T>;
  }

  /** Ends the connection; calls under way fail with UNAVAILABLE. Resolves when the socket is closed. */
  async close(): Promise<void> {
    this.#connection.destroy();
    await this.#connection.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Sends the request of a call. False when the call has failed instead. */
  #start(call: ClientCall, method: MethodDescriptor, flags: number, input: unknown, options: CallOptions): boolean {
    try {
      const { signal } = options;
      if (signal?.aborted === true) {
        throw abortError(signal.reason);
      }
      const end = this.#connection.end;
      if (end !== undefined) {
        throw unavailable(end);
      }
      const deadline = deadlineOf(options);
      let timeoutNs = 0;
      if (deadline !== undefined) {
        const leftMs = deadline - uptimeMs();
        if (leftMs <= 0) {
          throw new TtrpcError(Code.DEADLINE_EXCEEDED, "the deadline had passed before the call was made");
        }
        timeoutNs = Math.max(1, Math.min(Math.floor(leftMs * 1e6), LONGEST_TIMEOUT_NS));
      }
      const streamId = this.#nextStreamId;
      if (streamId > LAST_STREAM_ID) {
        throw new TtrpcError(Code.UNAVAILABLE, "the connection has used up its stream ids; make a new one");
      }
      const payload = input === undefined && flags === Flag.REMOTE_OPEN ? NOTHING : encode(method, input);
      const metadata = options.metadata === undefined || options.metadata instanceof Metadata ? options.metadata : new Metadata(options.metadata);
      const frame = requestFrame(streamId, flags, this.#targetOf(method), payload, timeoutNs, metadata);
      if (this.#connection.queuedBytes + frame.length > this.#maxQueuedBytes) {
        throw new TtrpcError(
          Code.RESOURCE_EXHAUSTED,
          `${this.#connection.queuedBytes} bytes wait for a peer that does not read; the limit is ${this.#maxQueuedBytes}`,
        );
      }
      this.#nextStreamId = streamId + 2;
      call.begin(streamId, deadline, signal);
      this.#connection.send(frame);
      return true;
    } catch (error) {
      call.fail(error);
      return false;
    }
  }

  #targetOf(method: MethodDescriptor): Buffer {
    let target = this.#targets.get(method);
    if (target === undefined) {
      target = encodeTarget(method.service, method.method);
      this.#targets.set(method, target);
    }
    return target;
  }
}

function encode(method: MethodDescriptor, input: unknown): Uint8Array {
  return method.request.encode(input as never);
}

function deadlineOf(options: CallOptions): number | undefined {
  const { timeoutMs, deadline } = options;
  if (timeoutMs === undefined) {
    return deadline;
  }
  if (Number.isNaN(timeoutMs)) {
    throw new TtrpcError(Code.INVALID_ARGUMENT, "timeoutMs is NaN; give milliseconds");
  }
  return Math.min(deadline ?? Infinity, uptimeMs() + timeoutMs);
}

function unavailable(closed: Closed): TtrpcError {
  const options = closed.error === undefined ? {} : { cause: closed.error };
  return new TtrpcError(Code.UNAVAILABLE, `no answer can come any more: ${closed.reason}`, options);
}

export interface ConnectOptions extends ClientOptions {
  /** Ends the attempt, not the connection. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to a server.
 *
 * @param target a unix socket's path, or a port with an optional host.
 * @throws TtrpcError UNAVAILABLE with the socket's error as cause; CANCELLED when the signal fires.
 */
export async function connect(
  target: { readonly path: string } | { readonly port: number; readonly host?: string },
  options: ConnectOptions = {},
): Promise<Client> {
  const { signal } = options;
  if (signal?.aborted === true) {
    throw abortError(signal.reason);
  }
  const socket = createConnection({ ...target });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => reject(abortError(signal?.reason));
  const onError = (error: Error): void => {
    const where = "path" in target ? target.path : `${target.host ?? "localhost"}:${target.port}`;
    reject(new TtrpcError(Code.UNAVAILABLE, `cannot connect to ${where}: ${error.message}`, { cause: error }));
  };
  socket.once("connect", resolve);
  socket.once("error", onError);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
    return new Client(socket, options);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    socket.off("error", onError);
  }
}
