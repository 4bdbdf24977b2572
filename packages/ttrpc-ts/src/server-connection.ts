/** The serving side of one connection: which streams there are, and what may start. */
import type { Duplex } from "node:stream";

import { Code } from "./code.ts";
import { Connection, type Closed, type ConnectionOwner } from "./connection.ts";
import { decodeRequest, statusFrame, type Request } from "./envelope.ts";
import { messageOf, TtrpcError } from "./errors.ts";
import { FrameType, MAX_MESSAGE_BYTES } from "./frame.ts";
import type { MethodDescriptor } from "./method.ts";
import { ServerCall, type CallContext, type CallOwner, type UntypedHandler } from "./server-call.ts";

export interface Route {
  readonly descriptor: MethodDescriptor;
  readonly handler: UntypedHandler;
}

/** Service name -> method name -> handler. */
export type Routes = ReadonlyMap<string, ReadonlyMap<string, Route>>;

export interface ServerConnectionOptions {
  readonly routes: Routes;
  readonly maxConcurrentRequests: number;
  readonly streamStallMs: number;
  readonly onHandlerError: (error: unknown, context: CallContext) => void;
  readonly onHandlerEnd: (context: CallContext) => void;
}

export class ServerConnection implements ConnectionOwner, CallOwner {
  readonly connection: Connection;
  readonly streamStallMs: number;
  readonly #options: ServerConnectionOptions;
  /** Not answered yet, by stream id. */
  readonly #calls = new Map<number, ServerCall>();
  /** Handlers that have not returned; more than the calls when a handler outlives its deadline. */
  #running = 0;
  #lastStreamId = 0;
  #draining = false;

  constructor(socket: Duplex, options: ServerConnectionOptions) {
    this.#options = options;
    this.streamStallMs = options.streamStallMs;
    this.connection = new Connection(socket, this, true);
  }

  /** Refuses new calls, lets the running ones end, then closes. */
  drain(): void {
    this.#draining = true;
    if (this.#running === 0) {
      this.connection.endGracefully();
    }
  }

  onFrame(streamId: number, type: number, flags: number, data: Buffer): void {
    if (type !== FrameType.REQUEST && type !== FrameType.DATA) {
      return;
    }
    if (!this.#checkStreamId(streamId, type)) {
      return;
    }
    if (type === FrameType.REQUEST) {
      this.#onRequest(streamId, flags, data);
      return;
    }
    const call = this.#calls.get(streamId);
    if (call !== undefined) {
      call.onData(flags, data);
    } else {
      this.#refuse(streamId, Code.INVALID_ARGUMENT, `stream ${streamId} is not active (any more)`);
    }
  }

  onOversize(streamId: number, type: number, length: number): void {
    if (type !== FrameType.REQUEST && type !== FrameType.DATA) {
      return;
    }
    if (!this.#checkStreamId(streamId, type)) {
      return;
    }
    const text = `the message has ${length} bytes; a ttrpc message has at most ${MAX_MESSAGE_BYTES}`;
    const call = this.#calls.get(streamId);
    if (call !== undefined) {
      call.end(new TtrpcError(Code.RESOURCE_EXHAUSTED, text));
    } else {
      this.#refuse(streamId, Code.RESOURCE_EXHAUSTED, text);
    }
  }

  onClosed(closed: Closed): void {
    const text = `nobody waits for this call any more: ${closed.reason}`;
    for (const call of this.#calls.values()) {
      call.cancel(new TtrpcError(Code.CANCELLED, text));
    }
  }

  onAnswered(call: ServerCall): void {
    this.#calls.delete(call.streamId);
  }

  onHandlerError(error: unknown, context: CallContext): void {
    this.#options.onHandlerError(error, context);
  }

  /** The rules of containerd's server: odd, and for requests strictly increasing. */
  #checkStreamId(streamId: number, type: number): boolean {
    if (streamId % 2 !== 1) {
      this.#refuse(streamId, Code.INVALID_ARGUMENT, `stream id ${streamId} is even; a client's streams have odd ids`);
      return false;
    }
    if (type === FrameType.REQUEST) {
      if (streamId <= this.#lastStreamId) {
        const text = `stream id ${streamId} comes after ${this.#lastStreamId}; ids must increase and are not used twice`;
        this.#refuse(streamId, Code.INVALID_ARGUMENT, text);
        return false;
      }
      this.#lastStreamId = streamId;
    }
    return true;
  }

  #onRequest(streamId: number, flags: number, data: Buffer): void {
    let request: Request;
    try {
      request = decodeRequest(data);
    } catch (error) {
      this.#refuse(streamId, Code.INVALID_ARGUMENT, `the request cannot be decoded: ${messageOf(error)}`);
      return;
    }
    if (this.#draining) {
      this.#refuse(streamId, Code.UNAVAILABLE, "the server is shutting down and takes no more calls");
      return;
    }
    const methods = this.#options.routes.get(request.service);
    if (methods === undefined) {
      this.#refuse(streamId, Code.UNIMPLEMENTED, `there is no service "${short(request.service)}" here`);
      return;
    }
    const route = methods.get(request.method);
    if (route === undefined) {
      const text = `the service ${request.service} has no method "${short(request.method)}" here`;
      this.#refuse(streamId, Code.UNIMPLEMENTED, text);
      return;
    }
    const limit = this.#options.maxConcurrentRequests;
    if (this.#running >= limit) {
      const text = `${limit} calls run on this connection, which is the limit; wait for one to be answered`;
      this.#refuse(streamId, Code.RESOURCE_EXHAUSTED, text);
      return;
    }
    void this.#run(route, streamId, flags, request);
  }

  async #run(route: Route, streamId: number, flags: number, request: Request): Promise<void> {
    const call = new ServerCall(this, route.descriptor, streamId, request);
    this.#calls.set(streamId, call);
    this.#running++;
    try {
      await call.run(route.handler, request.payload, flags);
    } finally {
      this.#running--;
      this.#options.onHandlerEnd(call);
      if (this.#draining && this.#running === 0) {
        this.connection.endGracefully();
      }
    }
  }

  #refuse(streamId: number, code: Code, message: string): void {
    this.connection.send(statusFrame(streamId, new TtrpcError(code, message)));
  }
}

function short(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 200)}...`;
}
