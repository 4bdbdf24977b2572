/**
 * The client of a peer that speaks JSON objects, one a line: requests that carry an `id`, the answers with the same `id`, in
 * whatever order they come, and news that the peer tells by itself.
 */
import type { Duplex } from "node:stream";

import { orAbort } from "../abort.ts";
import { Code, HadronError, messageOf } from "../errors.ts";
import { LineSplitter } from "./line-splitter.ts";

export type Message = Readonly<Record<string, unknown>>;

export interface LineClientOptions {
  /** Names the peer at the beginning of a sentence: "QEMU's monitor". */
  readonly peer: string;
  /** Nothing that the peer says is longer; if it is, the stream is no longer understood. */
  readonly maxLineBytes: number;
  /** Told of every message that answers no request, also of the answer to one that was given up. Must not throw. */
  readonly onNews: (message: Message) => void;
  /** Called once, after the requests that are under way have failed with this error. Must not throw. */
  readonly onEnd?: (error: HadronError) => void;
  /** Brings a line, with its line feed, to the peer: all of it or nothing. Default: writes it to the stream. */
  readonly write?: (line: string, fds: readonly number[]) => Promise<void> | undefined;
}

export interface RequestOptions {
  /** Names the request in sentences: "QEMU's command stop". */
  readonly what: string;
  readonly signal?: AbortSignal;
  /** Descriptors that travel with it; they stay the caller's. */
  readonly fds?: readonly number[];
}

export class LineClient {
  readonly #stream: Duplex;
  readonly #options: LineClientOptions;
  readonly #splitter: LineSplitter;
  readonly #pending = new Map<number, PromiseWithResolvers<Message>>();
  #lastId = 0;
  #lastSend: Promise<void> = Promise.resolve();
  /** A write of the owner's own that is under way: it may use the stream's descriptor in another thread. */
  #foreignWrite: Promise<void> | undefined;
  #ended: HadronError | undefined;

  /** The stream becomes the client's. */
  constructor(stream: Duplex, options: LineClientOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#splitter = new LineSplitter(options.maxLineBytes, (line, whole) => this.#receive(line, whole));
    stream.on("data", (chunk: Buffer) => this.push(chunk));
    stream.on("error", (error) => this.fail(`the connection failed (${error.message})`, error));
    for (const event of ["end", "close"]) {
      stream.on(event, () => this.fail("it closed the connection"));
    }
  }

  /** Bytes of the peer that did not come as the stream's "data"; copied. */
  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
  }

  /**
   * The whole answer, whatever it says. UNAVAILABLE when the connection is or gets lost, `abortError` by the signal: a
   * request that was given up may have been carried out nevertheless.
   */
  request(members: Message, options: RequestOptions): Promise<Message> {
    return this.start(members, options).answer;
  }

  /** As `request`, for who needs the id. */
  start(members: Message, { what, signal, fds = [] }: RequestOptions): { readonly id: number; readonly answer: Promise<Message> } {
    const id = ++this.#lastId;
    return { id, answer: this.#ask(id, members, fds, signal, what) };
  }

  /** Nothing more will come of the peer: whatever waits for it is told so. The stream stays open. Idempotent. */
  fail(why: string, cause?: unknown): void {
    if (this.#ended !== undefined) {
      return;
    }
    const error = new HadronError(Code.UNAVAILABLE, `${this.#options.peer} is gone: ${why}`, cause === undefined ? {} : { cause });
    this.#ended = error;
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
    this.#options.onEnd?.(error);
  }

  /** Fails, if it has not, and destroys the stream as soon as nobody uses its descriptor. Idempotent. */
  async close(why: string, cause?: unknown): Promise<void> {
    this.fail(why, cause);
    await this.#foreignWrite?.catch(() => undefined);
    this.#stream.destroy();
  }

  async #ask(id: number, members: Message, fds: readonly number[], signal: AbortSignal | undefined, what: string): Promise<Message> {
    if (this.#ended !== undefined) {
      throw this.#ended;
    }
    const answer = Promise.withResolvers<Message>();
    this.#pending.set(id, answer);
    try {
      const both = Promise.all([answer.promise, this.#send(`${JSON.stringify({ id, ...members })}\n`, fds, signal)]);
      const [message] = await (signal === undefined ? both : orAbort(both, signal, what));
      return message;
    } finally {
      this.#pending.delete(id);
    }
  }

  /** One after the other: the lines of two requests must not be mixed. */
  #send(line: string, fds: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const sent = this.#lastSend.then(async () => {
      if (this.#ended !== undefined) {
        throw this.#ended;
      }
      signal?.throwIfAborted();
      const written = this.#options.write?.(line, fds);
      if (written === undefined) {
        await this.#write(line);
      } else {
        this.#foreignWrite = written;
        await written;
      }
    });
    this.#lastSend = sent.catch(() => undefined);
    return sent;
  }

  #write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(line, (error) => {
        if (error) {
          reject(error);
        } else {
          resolve();
        }
      });
    });
  }

  #receive(line: Buffer, whole: boolean): void {
    if (this.#ended !== undefined) {
      return;
    }
    if (!whole) {
      void this.close(`it sent a line of more than ${this.#options.maxLineBytes} bytes`);
      return;
    }
    if (line.length === 0) {
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse(line.toString("utf8"));
    } catch (error) {
      void this.close(`it sent what is not JSON (${messageOf(error)})`, error);
      return;
    }
    if (!isObject(message)) {
      void this.close("it sent a JSON value that is not an object");
      return;
    }
    const id = message["id"] as number;
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.#options.onNews(message);
    } else {
      this.#pending.delete(id);
      pending.resolve(message);
    }
  }
}

export function isObject(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
