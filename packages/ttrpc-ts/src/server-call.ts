import { Code } from "./code.ts";
/** One call on the server: its handler, its answer, and what may cut it short. */
import type { Connection } from "./connection.ts";
import { DeadlineTimer, uptimeMs } from "./deadline.ts";
import { checkMessageSize, resultFrame, statusFrame, type Request } from "./envelope.ts";
import { messageOf, toTtrpcError, TtrpcError } from "./errors.ts";
import { closeFrame, dataFrame, Flag } from "./frame.ts";
import { iteratorOf, MessageQueue, stopIterator } from "./message-queue.ts";
import { Metadata } from "./metadata.ts";
import type { MessageSource, MethodDescriptor } from "./method.ts";

const NOTHING = Buffer.alloc(0);

/** What a handler knows about its call besides the request. */
export interface CallContext {
  readonly service: string;
  readonly method: string;
  readonly metadata: Metadata;
  /** When the client stops waiting, in milliseconds of `process.uptime()`'s clock; undefined for never. Pass it on to calls of your own. */
  readonly deadline: number | undefined;
  /** Fires when nobody waits for the answer any more: the connection closed or the deadline passed. */
  readonly signal: AbortSignal;
}

export type UntypedHandler = (input: never, context: CallContext) => unknown;

export interface CallOwner {
  readonly connection: Connection;
  readonly streamStallMs: number;
  /** The stream takes no more frames. */
  onAnswered(call: ServerCall): void;
  /** The handler threw something that is not a status. */
  onHandlerError(error: unknown, context: CallContext): void;
}

export class ServerCall implements CallContext {
  readonly streamId: number;
  readonly deadline: number | undefined;
  readonly #owner: CallOwner;
  readonly #descriptor: MethodDescriptor;
  #metadata: Metadata | undefined;
  #controller: AbortController | undefined;
  #aborted: TtrpcError | undefined;
  #answered = false;
  #timer: DeadlineTimer | undefined;
  #requests: MessageQueue<unknown> | undefined;
  #clientClosed = false;
  #responses: AsyncIterator<unknown> | Iterator<unknown> | undefined;

  constructor(owner: CallOwner, descriptor: MethodDescriptor, streamId: number, request: Request) {
    this.#owner = owner;
    this.#descriptor = descriptor;
    this.streamId = streamId;
    this.#metadata = request.metadata;
    this.deadline = request.timeoutNs === 0 ? undefined : uptimeMs() + request.timeoutNs / 1e6;
  }

  get service(): string {
    return this.#descriptor.service;
  }

  get method(): string {
    return this.#descriptor.method;
  }

  get metadata(): Metadata {
    return (this.#metadata ??= new Metadata());
  }

  // Made when somebody asks for it: most calls never do.
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) {
        this.#controller.abort(this.#aborted);
      }
    }
    return this.#controller.signal;
  }

  /** Runs the handler and answers; resolves, and never rejects, when the handler is done. */
  async run(handler: UntypedHandler, payload: Buffer | undefined, flags: number): Promise<void> {
    try {
      if (this.deadline !== undefined) {
        const late = (): void => this.end(new TtrpcError(Code.DEADLINE_EXCEEDED, `${this.#name()} took longer than its deadline`));
        if (this.deadline <= uptimeMs()) {
          late();
          return;
        }
        this.#timer = new DeadlineTimer(this.deadline, late);
      }
      const { kind } = this.#descriptor;
      const clientStreams = kind === "client-streaming" || kind === "bidi";
      const input = clientStreams ? this.#openRequests(payload, flags) : this.#decode(payload ?? NOTHING);
      const output = handler(input as never, this);
      if (kind === "unary" || kind === "client-streaming") {
        const message = await output;
        // Nobody to encode it for.
        if (this.#answered) {
          return;
        }
        const encoded = this.#descriptor.response.encode(message as never);
        if (this.#finish()) {
          this.#owner.connection.send(resultFrame(this.streamId, encoded));
        }
      } else {
        await this.#sendAll(output as MessageSource<unknown>);
        if (this.#finish()) {
          this.#owner.connection.send(closeFrame(this.streamId));
        }
      }
    } catch (error) {
      const status = toTtrpcError(error);
      const awaited = !this.#answered;
      this.#answer(status);
      if (awaited && status.code === Code.INTERNAL) {
        this.#owner.onHandlerError(error, this);
      }
    } finally {
      // A handler that answered without reading its requests to the end.
      this.#requests?.fail(new TtrpcError(Code.CANCELLED, `${this.#name()} has been answered`));
    }
  }

  /** A Data frame of the client. */
  onData(flags: number, data: Buffer): void {
    const requests = this.#requests;
    if (requests === undefined || this.#clientClosed) {
      this.end(new TtrpcError(Code.INVALID_ARGUMENT, `${this.#name()} takes no more data: the client's side is closed`));
      return;
    }
    if ((flags & Flag.NO_DATA) === 0) {
      requests.push(data);
    }
    if ((flags & Flag.REMOTE_CLOSED) !== 0) {
      this.#closeRequests(requests);
    }
  }

  #closeRequests(requests: MessageQueue<unknown>): void {
    this.#clientClosed = true;
    requests.end();
  }

  /** Answers with an error although the handler runs, and tells the handler. */
  end(error: TtrpcError): void {
    this.#answer(error);
    this.cancel(error);
  }

  /** Tells the handler that nobody waits; nothing is sent any more. */
  cancel(error: TtrpcError): void {
    this.#finish();
    this.#aborted ??= error;
    this.#requests?.fail(error);
    if (this.#responses !== undefined) {
      stopIterator(this.#responses);
    }
    this.#controller?.abort(this.#aborted);
  }

  #openRequests(payload: Buffer | undefined, flags: number): MessageQueue<unknown> {
    const requests = new MessageQueue<unknown>({
      brake: this.#owner.connection,
      stallMs: this.#owner.streamStallMs,
      decode: (data) => this.#decode(data),
      onStalled: (error) => this.end(error),
      // Data that still comes is the client's good right; a queue that has ended throws it away.
      onAbandoned: () => undefined,
    });
    this.#requests = requests;
    // containerd's server takes the payload of the Request as the first message too.
    if (payload !== undefined && payload.length > 0) {
      requests.push(payload);
    }
    if ((flags & Flag.REMOTE_OPEN) === 0) {
      this.#closeRequests(requests);
    }
    return requests;
  }

  async #sendAll(source: MessageSource<unknown>): Promise<void> {
    const iterator = iteratorOf(source);
    this.#responses = iterator;
    const { connection } = this.#owner;
    for (;;) {
      const { done, value } = await iterator.next();
      if (done === true) {
        this.#responses = undefined;
        return;
      }
      if (this.#answered) {
        return;
      }
      const message = this.#descriptor.response.encode(value as never);
      checkMessageSize(message);
      connection.send(dataFrame(this.streamId, 0, message));
      if (connection.congested) {
        await connection.drained();
      }
    }
  }

  #decode(data: Buffer): unknown {
    try {
      return this.#descriptor.request.decode(data);
    } catch (error) {
      const text = `the request of ${this.#name()} cannot be decoded: ${messageOf(error)}`;
      throw new TtrpcError(Code.INVALID_ARGUMENT, text, { cause: error });
    }
  }

  #answer(error: TtrpcError): void {
    if (this.#finish()) {
      this.#owner.connection.send(statusFrame(this.streamId, error));
    }
  }

  #finish(): boolean {
    if (this.#answered) {
      return false;
    }
    this.#answered = true;
    this.#timer?.cancel();
    this.#owner.onAnswered(this);
    return true;
  }

  #name(): string {
    return `${this.#descriptor.service}/${this.#descriptor.method}`;
  }
}
