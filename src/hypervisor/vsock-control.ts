/**
 * The VM's vsock device, asked over its control socket (native/vsock/src/control.rs): one JSON object a line, requests
 * with an id and at most one descriptor, the answers to them, and by itself `{"event":"ended",...}` for every join that
 * is over. Who serves it, a process beside QEMU or the VMM itself, makes no difference here; the end of the control socket
 * ends that process.
 */
import { Socket } from "node:net";
import { Code, HadronError, messageOf } from "../errors.ts";
import type { Host } from "../host/host.ts";
import { LineSplitter } from "../host/line-splitter.ts";
import type { Join, JoinDirection, JoinEnd, Vsock } from "./hypervisor.ts";

/** What sends descriptors over sockets. */
export type DescriptorSender = Pick<Host, "sendFds">;

const MAX_LINE_BYTES = 64 << 10;
/** The process answers from memory; if this passes it hangs. */
const ANSWER_MS = 10_000;

interface Answer {
  readonly bytes: bigint;
}

export class VsockControl implements Vsock {
  readonly #host: DescriptorSender;
  readonly #fd: number;
  readonly #control: Socket;
  readonly #pending = new Map<number, PromiseWithResolvers<Answer>>();
  readonly #joins = new Map<number, ControlledJoin>();
  #nextId = 1;
  #lastSend: Promise<void> = Promise.resolve();
  #failed: HadronError | undefined;

  /**
   * `fd`: our end of the process's control socket; becomes this object's, until `close`. Whoever sees the
   * process die says so with `fail`.
   */
  constructor(host: DescriptorSender, fd: number) {
    this.#host = host;
    this.#fd = fd;
    // Half open: the descriptor must stay ours until nobody sends over it any more.
    this.#control = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    const splitter = new LineSplitter(MAX_LINE_BYTES, (line, whole) => {
      this.#receive(line, whole);
    });
    this.#control.on("data", (chunk: Buffer) => {
      splitter.push(chunk);
    });
    for (const event of ["end", "close", "error"]) {
      this.#control.on(event, () => {
        this.fail("its control connection ended");
      });
    }
  }

  async accept(port: number, fd: number, direction: JoinDirection): Promise<Join> {
    if (!Number.isInteger(port) || port < 1 || port > 0x7fff_ffff) {
      throw new HadronError(Code.INVALID_ARGUMENT, `${port} is not a vsock port; 1 to 2147483647 can be reserved.`);
    }
    if (this.#failed !== undefined) {
      throw this.#failed;
    }
    if (this.#joins.has(port)) {
      throw new HadronError(Code.ALREADY_EXISTS, `The vsock port ${port} is joined already; take another one.`);
    }
    const join = new ControlledJoin(port, (op) => this.#request(op, port));
    // Before the answer, since the news of its end may be right behind it.
    this.#joins.set(port, join);
    try {
      await this.#request("accept", port, { direction }, [fd]);
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
    if (this.#failed !== undefined) {
      return;
    }
    this.#failed = new HadronError(Code.UNAVAILABLE, `The vsock process is gone: ${why}.`);
    for (const { reject } of this.#pending.values()) {
      reject(this.#failed);
    }
    this.#pending.clear();
    for (const join of this.#joins.values()) {
      join.end({ bytes: join.bytesSeen, error: this.#failed.message });
    }
    this.#joins.clear();
  }

  /** Ends the control connection, and the process with it. Idempotent. */
  async close(): Promise<void> {
    this.fail("it was stopped");
    await this.#hangUp();
  }

  /** A process that makes no sense ends when its control connection does. */
  #giveUp(why: string): void {
    this.fail(why);
    void this.#hangUp();
  }

  /** The descriptor is passed to another thread while something is sent: not before that is over. */
  async #hangUp(): Promise<void> {
    await this.#lastSend;
    this.#control.destroy();
  }

  async #request(op: string, port: number, members: Readonly<Record<string, string>> = {}, fds: readonly number[] = []): Promise<Answer> {
    if (this.#failed !== undefined) {
      throw this.#failed;
    }
    const id = this.#nextId++;
    const answer = Promise.withResolvers<Answer>();
    this.#pending.set(id, answer);
    const deadline = setTimeout(() => {
      answer.reject(new HadronError(Code.DEADLINE_EXCEEDED, `The vsock process did not answer "${op}" for port ${port} within ${ANSWER_MS / 1000} s.`));
    }, ANSWER_MS);
    try {
      const [reply] = await Promise.all([answer.promise, this.#send(`${JSON.stringify({ id, op, port, ...members })}\n`, fds)]);
      return reply;
    } finally {
      clearTimeout(deadline);
      this.#pending.delete(id);
    }
  }

  /** One after the other: lines of two requests must not be mixed. */
  #send(line: string, fds: readonly number[]): Promise<void> {
    const sent = this.#lastSend.then(async () => {
      if (this.#failed !== undefined) {
        throw this.#failed;
      }
      if (fds.length > 0) {
        await this.#host.sendFds({ socket: this.#fd, data: line, fds });
      } else {
        await new Promise<void>((resolve, reject) => {
          this.#control.write(line, (error) => {
            if (error) {
              reject(error);
            } else {
              resolve();
            }
          });
        });
      }
    });
    this.#lastSend = sent.catch(() => undefined);
    return sent;
  }

  #receive(line: Buffer, whole: boolean): void {
    if (!whole) {
      this.#giveUp(`it sent a line of more than ${MAX_LINE_BYTES} bytes`);
      return;
    }
    const message = parse(line);
    if (message === undefined) {
      this.#giveUp("it sent what is not a JSON object");
      return;
    }
    const error = typeof message["error"] === "string" ? message["error"] : undefined;
    const bytes = byteCount(message["bytes"]);
    if (message["event"] === "ended" && typeof message["port"] === "number") {
      const join = this.#joins.get(message["port"]);
      this.#joins.delete(message["port"]);
      join?.end(error === undefined ? { bytes } : { bytes, error });
      return;
    }
    const pending = typeof message["id"] === "number" ? this.#pending.get(message["id"]) : undefined;
    if (error !== undefined) {
      pending?.reject(new HadronError(Code.INTERNAL, `The vsock process refused: ${error}`));
    } else {
      pending?.resolve({ bytes });
    }
  }
}

class ControlledJoin implements Join {
  readonly port: number;
  readonly ended: Promise<JoinEnd>;
  readonly #request: (op: "progress" | "close") => Promise<Answer>;
  readonly #settle: (end: JoinEnd) => void;
  #end: JoinEnd | undefined;
  /** As of the last answer. */
  bytesSeen = 0n;

  constructor(port: number, request: (op: "progress" | "close") => Promise<Answer>) {
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
      const { bytes } = await this.#request("progress");
      this.bytesSeen = bytes;
      return bytes;
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

function parse(line: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function byteCount(value: unknown): bigint {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : 0n;
}
