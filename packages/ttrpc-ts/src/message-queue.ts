/** What came in on one stream and waits to be read. */
import { Code } from "./code.ts";
import { TtrpcError } from "./errors.ts";

/** Above one of these a stream stops the connection's reading, below half of both it lets it go on. */
const MOST_MESSAGES = 64;
const MOST_BYTES = 1 << 20;

/** The messages of a stream, in order. For one consumer. */
export interface MessageStream<T> extends AsyncIterable<T>, AsyncDisposable {
  next(): Promise<IteratorResult<T, undefined>>;
  /** Gives up reading; messages that still come in are thrown away. */
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): this;
}

/** The connection's brake. */
export interface Brake {
  hold(): void;
  release(): void;
}

export interface QueueOptions<T> {
  readonly brake: Brake;
  /** How long the queue may keep the connection stopped while nobody takes a message; milliseconds. */
  readonly stallMs: number;
  readonly decode: (data: Buffer) => T;
  /** Nobody took a message for `stallMs`: the stream must fail, so that the other streams go on. */
  readonly onStalled: (error: TtrpcError) => void;
  /** The consumer stopped early. */
  readonly onAbandoned: () => void;
}

export class MessageQueue<T> implements MessageStream<T> {
  readonly #options: QueueOptions<T>;
  #messages: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #error: TtrpcError | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #stall: NodeJS.Timeout | undefined;

  constructor(options: QueueOptions<T>) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  push(data: Buffer): void {
    if (this.#ended) {
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      this.#deliver(waiting, data);
      return;
    }
    this.#messages.push(data);
    this.#bytes += data.length;
    if (this.#stall === undefined && (this.#messages.length >= MOST_MESSAGES || this.#bytes >= MOST_BYTES)) {
      this.#options.brake.hold();
      this.#stall = setTimeout(() => this.#onStall(), this.#options.stallMs);
    }
  }

  /** No message comes any more; `error` is thrown after those that are here. */
  end(error?: TtrpcError): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#error = error;
    // Nothing more can pile up, so the other streams need not wait for this one's reader.
    this.#letGo();
    for (const waiting of this.#waiting.splice(0)) {
      this.#finish(waiting);
    }
  }

  /** Ends with `error` at once; the messages that are here are lost. */
  fail(error: TtrpcError): void {
    this.#drop();
    if (!this.#ended) {
      this.end(error);
    } else {
      this.#error ??= error;
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const promise = Promise.withResolvers<IteratorResult<T, undefined>>();
    const data = this.#messages.shift();
    if (data !== undefined) {
      this.#bytes -= data.length;
      if (this.#stall !== undefined) {
        if (this.#messages.length * 2 <= MOST_MESSAGES && this.#bytes * 2 <= MOST_BYTES) {
          this.#letGo();
        } else {
          this.#stall.refresh();
        }
      }
      this.#deliver(promise, data);
    } else if (this.#ended) {
      this.#finish(promise);
    } else {
      this.#waiting.push(promise);
    }
    return promise.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#drop();
    this.#error = undefined;
    if (!this.#ended) {
      this.end();
      this.#options.onAbandoned();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #deliver(to: PromiseWithResolvers<IteratorResult<T, undefined>>, data: Buffer): void {
    try {
      to.resolve({ done: false, value: this.#options.decode(data) });
    } catch (error) {
      to.reject(error);
    }
  }

  #finish(to: PromiseWithResolvers<IteratorResult<T, undefined>>): void {
    const error = this.#error;
    this.#error = undefined;
    if (error === undefined) {
      to.resolve({ done: true, value: undefined });
    } else {
      to.reject(error);
    }
  }

  #drop(): void {
    this.#messages = [];
    this.#bytes = 0;
    this.#letGo();
  }

  #letGo(): void {
    if (this.#stall === undefined) {
      return;
    }
    clearTimeout(this.#stall);
    this.#stall = undefined;
    this.#options.brake.release();
  }

  #onStall(): void {
    const error = new TtrpcError(
      Code.RESOURCE_EXHAUSTED,
      `the stream had ${this.#messages.length} unread messages and none was read for ${this.#options.stallMs} ms; ` +
        "it was ended because it held up everything else on its connection",
    );
    this.fail(error);
    this.#options.onStalled(error);
  }
}

/** The iterator of either kind of source. */
export function iteratorOf<T>(source: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/** Tells a source that nobody wants more. One that fails to stop has nobody left to tell. */
export function stopIterator(iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  const stop = async (): Promise<void> => {
    await iterator.return?.();
  };
  void stop().catch(() => undefined);
}
