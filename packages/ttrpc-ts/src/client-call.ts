import { Code } from "./code.ts";
/** The calls of a client: what each does with the frames of its stream. */
import type { Connection } from "./connection.ts";
import { DeadlineTimer } from "./deadline.ts";
import { checkMessageSize, decodeResponse, type Response } from "./envelope.ts";
import { abortError, messageOf, toTtrpcError, TtrpcError } from "./errors.ts";
import { closeFrame, dataFrame, Flag } from "./frame.ts";
import { iteratorOf, MessageQueue, stopIterator } from "./message-queue.ts";
import type { MessageSource, MethodDescriptor } from "./method.ts";

export abstract class ClientCall {
  readonly #calls: Map<number, ClientCall>;
  protected readonly method: MethodDescriptor;
  protected streamId = 0;
  #done = false;
  #timer: DeadlineTimer | undefined;
  #signal: AbortSignal | undefined;

  constructor(calls: Map<number, ClientCall>, method: MethodDescriptor) {
    this.#calls = calls;
    this.method = method;
  }

  get done(): boolean {
    return this.#done;
  }

  /** From here on frames of the stream come to this call, until it is done. */
  begin(streamId: number, deadline: number | undefined, signal: AbortSignal | undefined): void {
    this.streamId = streamId;
    this.#calls.set(streamId, this);
    if (deadline !== undefined && deadline !== Infinity) {
      this.#timer = new DeadlineTimer(deadline, () => {
        const text = `${this.method.service}/${this.method.method} was not answered before its deadline`;
        this.fail(new TtrpcError(Code.DEADLINE_EXCEEDED, text));
      });
    }
    if (signal !== undefined) {
      this.#signal = signal;
      signal.addEventListener("abort", this);
    }
  }

  handleEvent(): void {
    this.fail(abortError(this.#signal?.reason));
  }

  onResponse(data: Buffer): void {
    let response: Response;
    try {
      response = decodeResponse(data);
    } catch (error) {
      this.fail(new TtrpcError(Code.INTERNAL, `the peer's response cannot be decoded: ${messageOf(error)}`, { cause: error }));
      return;
    }
    if (response.error !== undefined) {
      this.onStatus(response.error);
    } else {
      this.onResult(response.payload);
    }
  }

  abstract onData(flags: number, data: Buffer): void;
  protected abstract onResult(payload: Buffer): void;
  /** The server ended the call with an error. */
  protected abstract onStatus(error: TtrpcError): void;
  /** Ends the call from this side. */
  abstract fail(error: unknown): void;

  /** Forgets the stream. False when that had been done before. */
  protected finish(): boolean {
    if (this.#done) {
      return false;
    }
    this.#done = true;
    this.#calls.delete(this.streamId);
    this.#timer?.cancel();
    this.#signal?.removeEventListener("abort", this);
    return true;
  }

  protected decode(payload: Uint8Array): unknown {
    try {
      return this.method.response.decode(payload);
    } catch (error) {
      const text = `the response of ${this.method.service}/${this.method.method} cannot be decoded: ${messageOf(error)}`;
      throw new TtrpcError(Code.INTERNAL, text, { cause: error });
    }
  }

  protected unexpectedData(): TtrpcError {
    const text = `the peer sent stream data for ${this.method.service}/${this.method.method}, which gives one response`;
    return new TtrpcError(Code.INTERNAL, text);
  }
}

export class UnaryCall extends ClientCall {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: TtrpcError) => void;

  constructor(calls: Map<number, ClientCall>, method: MethodDescriptor, resolve: (value: unknown) => void, reject: (error: TtrpcError) => void) {
    super(calls, method);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  override onData(): void {
    this.fail(this.unexpectedData());
  }

  protected override onResult(payload: Buffer): void {
    let value: unknown;
    try {
      value = this.decode(payload);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.finish()) {
      this.#resolve(value);
    }
  }

  protected override onStatus(error: TtrpcError): void {
    this.fail(error);
  }

  override fail(error: unknown): void {
    this.finish();
    this.#reject(toTtrpcError(error));
  }
}

/** A call in which at least one side streams. */
export class StreamCall extends ClientCall {
  /** Of responses; holds exactly one where the server does not stream. */
  readonly queue: MessageQueue<unknown>;
  readonly #connection: Connection;
  readonly #serverStreams: boolean;
  #source: AsyncIterator<unknown> | Iterator<unknown> | undefined;

  constructor(calls: Map<number, ClientCall>, connection: Connection, method: MethodDescriptor, stallMs: number) {
    super(calls, method);
    this.#connection = connection;
    this.#serverStreams = method.kind !== "client-streaming";
    this.queue = new MessageQueue<unknown>({
      brake: connection,
      stallMs,
      decode: (data) => {
        try {
          return this.decode(data);
        } catch (error) {
          this.fail(error);
          throw error;
        }
      },
      onStalled: (error) => this.fail(error),
      onAbandoned: () => this.#stop(),
    });
  }

  override onData(flags: number, data: Buffer): void {
    if (!this.#serverStreams) {
      this.fail(this.unexpectedData());
      return;
    }
    if ((flags & Flag.NO_DATA) === 0) {
      this.queue.push(data);
    }
    if ((flags & Flag.REMOTE_CLOSED) !== 0) {
      this.queue.end();
      this.#stop();
    }
  }

  protected override onResult(payload: Buffer): void {
    // An empty Response on a stream only ends it: PROTOCOL.md, "a final empty response".
    if (!this.#serverStreams || payload.length > 0) {
      this.queue.push(payload);
    }
    this.queue.end();
    this.#stop();
  }

  protected override onStatus(error: TtrpcError): void {
    this.queue.end(error);
    this.#stop();
  }

  override fail(error: unknown): void {
    this.queue.fail(toTtrpcError(error));
    this.#stop();
  }

  async onlyMessage(): Promise<unknown> {
    const first = await this.queue.next();
    if (!first.done) {
      return first.value;
    }
    throw new TtrpcError(Code.INTERNAL, `the peer ended ${this.method.service}/${this.method.method} without a response`);
  }

  /** Sends what the source gives, as fast as the peer reads, and then closes this direction. */
  sendAll(source: MessageSource<unknown>): void {
    void this.#pump(source).catch((error: unknown) => this.fail(error));
  }

  async #pump(source: MessageSource<unknown>): Promise<void> {
    const iterator = iteratorOf(source);
    this.#source = iterator;
    while (!this.done) {
      const { done, value } = await iterator.next();
      if (this.done) {
        return;
      }
      if (done === true) {
        this.#source = undefined;
        this.#connection.send(closeFrame(this.streamId));
        return;
      }
      const message = this.method.request.encode(value as never);
      checkMessageSize(message);
      this.#connection.send(dataFrame(this.streamId, 0, message));
      if (this.#connection.congested) {
        await this.#connection.drained();
      }
    }
  }

  #stop(): void {
    if (!this.finish()) {
      return;
    }
    if (this.#source !== undefined) {
      stopIterator(this.#source);
    }
    this.#source = undefined;
  }
}
