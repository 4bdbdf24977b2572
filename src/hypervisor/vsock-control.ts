/**
 * The VM's vsock device, asked over its control socket (native/vsock/src/control.rs): one JSON object a line, requests
 * with an id and at most one descriptor, the answers to them, and by itself `{"event":"ended",...}` for every join that
 * is over and `{"event":"knock",...}` for every stream that waits at a door. Who serves it, a process beside QEMU or the VMM itself, makes
 * no difference here; the end of the control socket ends that process.
 */
import { Socket } from "node:net";

import { Code, HadronError, messageOf } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { LineClient, type Message } from "../host/line-client.ts";
import type { Door, Join, JoinDirection, JoinEnd, Knock, Vsock } from "./hypervisor.ts";

/** What sends descriptors over sockets. */
export type DescriptorSender = Pick<Host, "sendFds">;

/** The pod's own address in its VM; every VM has a vsock of its own, so that all of them can have the same. */
export const GUEST_CID = 3;
/** The one above means any port (vsock(7)). */
const MAX_PORT = 0xffff_fffe;
const MAX_LINE_BYTES = 64 << 10;
/** The process answers from memory; if this passes it hangs, and its VM with it. */
const ANSWER_MS = 30_000;

export class VsockControl implements Vsock {
  readonly #client: LineClient;
  readonly #onHung: (sentence: string) => void;
  readonly #answerMs: number;
  readonly #joins = new Map<number, ControlledJoin>();
  readonly #doors = new Map<number, (knock: Knock) => void>();

  /**
   * `fd`: our end of the control socket; becomes this object's, until `close`. Whoever sees the process at its other end
   * die says so with `fail`. `onHung` is told that it lives and does not answer; must not throw.
   */
  constructor(host: DescriptorSender, fd: number, onHung: (sentence: string) => void, answerMs = ANSWER_MS) {
    this.#onHung = onHung;
    this.#answerMs = answerMs;
    // Half open: the descriptor must stay ours until nobody sends over it any more.
    const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    this.#client = new LineClient(socket, {
      peer: "the vsock process",
      maxLineBytes: MAX_LINE_BYTES,
      onNews: (message) => this.#hear(message),
      onEnd: (error) => this.#end(error),
      write: (data, fds) => (fds.length > 0 ? host.sendFds({ socket: fd, data, fds }) : undefined),
    });
  }

  async accept(port: number, fd: number, direction: JoinDirection): Promise<Join> {
    return await this.#join("accept", port, fd, { direction });
  }

  async listen(port: number, limit: number, onKnock: (knock: Knock) => void): Promise<Door> {
    this.#requireFree(port);
    this.#doors.set(port, onKnock);
    try {
      await this.#request("listen", { port, limit });
    } catch (error) {
      this.#doors.delete(port);
      throw error;
    }
    const close = async (): Promise<void> => {
      if (this.#doors.delete(port)) {
        await this.#request("close", { port });
      }
    };
    return { port, close, [Symbol.asyncDispose]: close };
  }

  async #join(op: "accept" | "answer", port: number, fd: number, members: Message): Promise<Join> {
    this.#requireFree(port);
    const join = new ControlledJoin(port, (about) => this.#request(about, { port }));
    // Before the answer, since the news of its end may be right behind it.
    this.#joins.set(port, join);
    try {
      await this.#request(op, { port, ...members }, [fd]);
    } catch (error) {
      if (this.#joins.get(port) === join) {
        this.#joins.delete(port);
      }
      join.end({ bytes: 0n, error: messageOf(error) });
      throw error;
    }
    return join;
  }

  /** Nothing more will come from the process: whatever waits for it is told so. Idempotent. */
  fail(why: string): void {
    this.#client.fail(why);
  }

  /** Ends the control connection, and the process with it. Idempotent. */
  async close(): Promise<void> {
    await this.#client.close("it was stopped");
  }

  #requireFree(port: number): void {
    if (!Number.isInteger(port) || port < 1 || port > MAX_PORT) {
      throw new HadronError(Code.INVALID_ARGUMENT, `${port} is not a vsock port; 1 to ${MAX_PORT} can be reserved`);
    }
    if (this.#joins.has(port) || this.#doors.has(port)) {
      throw new HadronError(Code.ALREADY_EXISTS, `the vsock port ${port} is joined already; take another one`);
    }
  }

  /** The bytes that the join has moved. */
  async #request(op: string, members: Message, fds: readonly number[] = []): Promise<bigint> {
    const what = `the vsock process's answer to "${op}" for ${JSON.stringify(members)}`;
    const signal = AbortSignal.timeout(this.#answerMs);
    const answer = this.#client.request({ op, ...members }, { what, fds, signal });
    const { error, bytes } = await answer.catch((failure: unknown) => {
      if (signal.aborted) {
        this.#onHung(messageOf(failure));
      }
      throw failure;
    });
    if (typeof error === "string") {
      throw new HadronError(Code.INTERNAL, `the vsock process refused: ${error}`);
    }
    return byteCount(bytes);
  }

  #hear({ event, port, knock, bytes, error }: Message): void {
    if (event === "knock" && typeof port === "number" && typeof knock === "number") {
      this.#tell(port, {
        join: (own, fd, direction) => this.#join("answer", own, fd, { knock, direction }),
        refuse: async () => {
          await this.#request("refuse", { knock });
        },
      });
    }
    if (event === "ended" && typeof port === "number") {
      const join = this.#joins.get(port);
      this.#joins.delete(port);
      join?.end(typeof error === "string" ? { bytes: byteCount(bytes), error } : { bytes: byteCount(bytes) });
    }
  }

  #tell(port: number, knock: Knock): void {
    const onKnock = this.#doors.get(port);
    if (onKnock === undefined) {
      // The door was shut meanwhile; the device still waits for the answer, and if that is gone there is no news either.
      knock.refuse().catch(() => undefined);
    } else {
      onKnock(knock);
    }
  }

  #end(error: HadronError): void {
    for (const join of this.#joins.values()) {
      join.end({ bytes: join.bytesSeen, error: error.message });
    }
    this.#joins.clear();
  }
}

class ControlledJoin implements Join {
  readonly port: number;
  readonly ended: Promise<JoinEnd>;
  readonly #request: (op: "progress" | "close") => Promise<bigint>;
  readonly #settle: (end: JoinEnd) => void;
  #end: JoinEnd | undefined;
  /** As of the last answer. */
  bytesSeen = 0n;

  constructor(port: number, request: (op: "progress" | "close") => Promise<bigint>) {
    this.port = port;
    this.#request = request;
    const { promise, resolve } = Promise.withResolvers<JoinEnd>();
    this.ended = promise;
    this.#settle = resolve;
  }

  end(end: JoinEnd): void {
    if (this.#end === undefined) {
      this.#end = end;
      this.#settle(end);
    }
  }

  async progress(): Promise<bigint> {
    if (this.#end !== undefined) {
      return this.#end.bytes;
    }
    try {
      this.bytesSeen = await this.#request("progress");
      return this.bytesSeen;
    } catch (error) {
      return this.#endOr(error).bytes;
    }
  }

  async close(): Promise<void> {
    if (this.#end !== undefined) {
      return;
    }
    try {
      await this.#request("close");
    } catch (error) {
      this.#endOr(error);
    }
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** A join may end while a request about it is under way, which then fails for no other reason. */
  #endOr(error: unknown): JoinEnd {
    if (this.#end === undefined) {
      throw error;
    }
    return this.#end;
  }
}

function byteCount(value: unknown): bigint {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : 0n;
}
