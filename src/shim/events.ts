/**
 * Events on their way to containerd: one at a time, in the order in which they happened, and again until
 * containerd took them or a while has passed (it may be restarting). Docker learns of exits from here only.
 */

import { setTimeout as delay } from "node:timers/promises";

import { type Client, connect, TtrpcError } from "ttrpc-ts";

import { Code, messageOf } from "../errors.ts";
import { Events } from "../gen/events.ts";
import type { Any } from "../gen/protobuf.ts";
import type { Logger } from "../logger.ts";
import type { Init, Message } from "../protobuf/message.ts";
import { packAny, timestampOf } from "../protobuf/well-known.ts";
import { nowNs } from "../time.ts";

/** Of events that containerd has not taken yet; the oldest goes when there are more. */
const MAX_QUEUED = 1024;
const CALL_TIMEOUT_MS = 5_000;
/** A restart of containerd is over by then. */
const GIVE_UP_MS = 120_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

interface QueuedEvent {
  readonly topic: string;
  readonly event: Any;
  readonly atNs: bigint;
}

export class EventPublisher {
  readonly #address: string;
  readonly #namespace: string;
  readonly #log: Logger;
  readonly #queue: QueuedEvent[] = [];
  readonly #stopping = new AbortController();
  #client: Client | undefined;
  #sending: Promise<void> | undefined;

  /** `address` is a path: TTRPC_ADDRESS. */
  constructor(address: string, namespace: string, log: Logger) {
    this.#address = address;
    this.#namespace = namespace;
    this.#log = log;
  }

  /** Takes the event; never fails and never waits. */
  publish<T extends object>(topic: string, type: Message<T>, value: Init<T>): void {
    if (this.#stopping.signal.aborted) {
      return;
    }
    if (this.#queue.length === MAX_QUEUED) {
      const lost = this.#queue.shift();
      this.#log.warn({ topic: lost?.topic }, "containerd takes no events; the oldest one is dropped");
    }
    this.#queue.push({ topic, event: packAny(type, value), atNs: nowNs() });
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Gives what is queued until `timeoutMs` to arrive, then closes. */
  async close(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stopping.abort(), timeoutMs);
    await this.#sending;
    clearTimeout(timer);
    this.#stopping.abort();
    await this.#client?.close();
  }

  async #send(): Promise<void> {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      try {
        await this.#deliver(next);
      } catch (error) {
        this.#log.warn({ err: messageOf(error), topic: next.topic }, "containerd did not take an event");
      }
      if (this.#stopping.signal.aborted) {
        this.#queue.length = 0;
        return;
      }
      // publish() may have dropped it from the front meanwhile.
      if (this.#queue[0] === next) {
        this.#queue.shift();
      }
    }
  }

  async #deliver(queued: QueuedEvent): Promise<void> {
    const giveUpAt = Date.now() + GIVE_UP_MS;
    let refusal: unknown;
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
      try {
        await this.#forward(queued);
        return;
      } catch (error) {
        await this.#client?.close();
        this.#client = undefined;
        if (this.#stopping.signal.aborted) {
          // That it was cut short says nothing; why there had to be another try does.
          throw refusal ?? error;
        }
        refusal = error;
        this.#log.debug({ err: messageOf(error), topic: queued.topic, retryMs: wait }, "containerd has not taken an event yet");
        // An event that containerd calls invalid will not get better, and must not hold up those behind it.
        const invalid = error instanceof TtrpcError && error.code === Code.INVALID_ARGUMENT;
        if (invalid || Date.now() + wait > giveUpAt) {
          throw error;
        }
      }
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #forward({ topic, event, atNs }: QueuedEvent): Promise<void> {
    this.#client ??= await this.#connect();
    await this.#client.call(
      Events.methods.forward,
      { envelope: { timestamp: timestampOf(atNs), namespace: this.#namespace, topic, event } },
      {
        timeoutMs: CALL_TIMEOUT_MS,
        metadata: { "containerd-namespace-ttrpc": this.#namespace },
        signal: this.#stopping.signal,
      },
    );
  }

  async #connect(): Promise<Client> {
    const client = await connect({ path: this.#address }, { signal: this.#stopping.signal });
    void client.closed.then(() => {
      if (this.#client === client) {
        this.#client = undefined;
      }
    });
    return client;
  }
}
