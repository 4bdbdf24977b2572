/**
 * One socket with frames on it: reading with a brake, writing with a queue that can be watched, and
 * one place that knows how it ended. Client and server are built on this.
 */
import type { Duplex } from "node:stream";

import { FrameDecoder, type FrameSink } from "./frame.ts";

/**
 * No protobuf message is longer. containerd's ttrpc throws away as many bytes as a header says, up to 4 GiB; but whoever
 * says more than this cannot be about to send a message, and what it sends next is lost with what is thrown away.
 */
const MAX_SKIPPED_BYTES = 2 ** 31 - 1;

/** How a connection ended. */
export interface Closed {
  /** "local": `close` or `shutdown` here. "peer": the other side ended it. "error": the socket failed, or does not carry ttrpc. */
  readonly by: "local" | "peer" | "error";
  /** A sentence for a log. */
  readonly reason: string;
  /** The socket's error, if it had one. */
  readonly error?: Error;
}

export interface ConnectionOwner extends FrameSink {
  /** Once, as soon as no frame can come or go any more. */
  onClosed(closed: Closed): void;
}

export class Connection {
  readonly closed: Promise<Closed>;
  readonly #socket: Duplex;
  readonly #owner: ConnectionOwner;
  readonly #brakeWhenCongested: boolean;
  readonly #decoder = new FrameDecoder();
  #end: Closed | undefined;
  #ending = false;
  #corked = false;
  #congested = false;
  #drain: PromiseWithResolvers<void> | undefined;
  #holds = 0;

  /** @param brakeWhenCongested whether reading stops while the peer does not read what was written. */
  constructor(socket: Duplex, owner: ConnectionOwner, brakeWhenCongested: boolean) {
    this.#socket = socket;
    this.#owner = owner;
    this.#brakeWhenCongested = brakeWhenCongested;
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    const gone = (): void => {
      this.#finish({ by: "peer", reason: "the connection is closed" });
      if (this.#end !== undefined) {
        resolve(this.#end);
      }
    };
    if (socket.destroyed) {
      process.nextTick(gone);
      return;
    }
    socket.on("data", (chunk: Buffer | Uint8Array) => this.#onData(chunk));
    socket.on("end", () => this.#onEnd());
    socket.on("error", (error: Error) => {
      this.#finish({ by: "error", reason: `the connection failed: ${error.message}`, error });
    });
    socket.on("drain", () => this.#onDrain());
    socket.once("close", gone);
  }

  /** Set once nothing can be sent or received any more. */
  get end(): Closed | undefined {
    return this.#end;
  }

  /** Bytes that wait here for the peer to read. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Whether who can wait should wait for `drained` before sending more. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Sends a frame; the frames of one turn of the event loop leave in one system call. */
  send(frame: Buffer): void {
    if (this.#end !== undefined || this.#ending) {
      return;
    }
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(uncork, this);
    }
    if (!this.#socket.write(frame) && !this.#congested) {
      this.#congested = true;
      if (this.#brakeWhenCongested) {
        this.hold();
      }
    }
  }

  /** Resolves when the write queue is empty again, or the connection has ended. */
  drained(): Promise<void> {
    if (!this.#congested || this.#end !== undefined) {
      return Promise.resolve();
    }
    this.#drain ??= Promise.withResolvers<void>();
    return this.#drain.promise;
  }

  /** Stops reading until `release` was called as often. */
  hold(): void {
    if (this.#holds++ === 0) {
      this.#socket.pause();
    }
  }

  release(): void {
    if (--this.#holds === 0 && this.#end === undefined) {
      this.#socket.resume();
    }
  }

  /** Closes when everything sent has been handed to the kernel. */
  endGracefully(): void {
    if (this.#end !== undefined || this.#ending) {
      return;
    }
    this.#ending = true;
    this.#socket.end(() => this.destroy());
  }

  /** Closes now; what was not written yet is lost. */
  destroy(): void {
    this.#finish({ by: "local", reason: "the connection was closed on this side" });
  }

  #onData(chunk: Buffer | Uint8Array): void {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#decoder.push(buffer, this);
  }

  // The decoder hands frames to the connection, not to its owner, so that none comes after the end.
  onFrame(streamId: number, type: number, flags: number, data: Buffer): void {
    if (this.#end === undefined) {
      this.#owner.onFrame(streamId, type, flags, data);
    }
  }

  onOversize(streamId: number, type: number, length: number): void {
    if (this.#end !== undefined) {
      return;
    }
    if (length > MAX_SKIPPED_BYTES) {
      this.#finish({ by: "error", reason: `the peer announced a message of ${length} bytes, which none has: what it sends is not ttrpc` });
      return;
    }
    this.#owner.onOversize(streamId, type, length);
  }

  #onEnd(): void {
    const where = this.#decoder.midFrame ? " in the middle of a message" : "";
    this.#finish({ by: "peer", reason: `the peer closed the connection${where}` });
  }

  #onDrain(): void {
    if (!this.#congested) {
      return;
    }
    this.#congested = false;
    if (this.#brakeWhenCongested) {
      this.release();
    }
    const drain = this.#drain;
    this.#drain = undefined;
    // Not at once: the kernel may take everything synchronously, and a fast producer would then keep
    // the event loop from ever turning.
    if (drain !== undefined) {
      setImmediate(drain.resolve);
    }
  }

  #finish(end: Closed): void {
    if (this.#end !== undefined) {
      return;
    }
    this.#end = end;
    this.#socket.destroy();
    this.#drain?.resolve();
    this.#owner.onClosed(end);
  }

  /** Lets the frames of this turn go. */
  flush(): void {
    this.#corked = false;
    this.#socket.uncork();
  }
}

function uncork(connection: Connection): void {
  connection.flush();
}
