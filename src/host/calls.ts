/** Requests to libhadron and the answers that belong to them. */
import { close } from "node:fs";
import { Socket } from "node:net";
import { Code, HadronError, messageOf } from "../errors.ts";
import { codeOfErrno } from "./error.ts";
import { FrameReader } from "./frames.ts";
import { Submitted, loadNative, type NativeLibrary } from "./native.ts";

/**
 * After so many milliseconds the kernel hangs (a dead NFS server, a broken disk), and the caller must go
 * on. Nothing that works takes a tenth of it.
 */
const CALL_TIMEOUT_MS = 60_000;
const READ_BUFFER_BYTES = 4096;

export type Fields = Readonly<Record<string, unknown>>;

/** The `ok` of an answer, each field checked when it is read. */
export class Answer {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  boolean(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== "boolean") {
      throw unexpected(this.#fields);
    }
    return value;
  }

  number(name: string): number {
    const value = this.#fields[name];
    if (typeof value !== "number") {
      throw unexpected(this.#fields);
    }
    return value;
  }

  numberOrNull(name: string): number | null {
    return this.#fields[name] === null ? null : this.number(name);
  }

  fds(name: string, count: number): number[] {
    const value: unknown = this.#fields[name];
    if (!Array.isArray(value) || value.length !== count || !value.every((fd) => typeof fd === "number")) {
      throw unexpected(this.#fields);
    }
    return value;
  }
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: HadronError) => void;
}

interface Connection {
  readonly native: NativeLibrary;
  readonly handle: number;
  readonly socket: Socket;
}

export class Calls {
  #connection: Connection | undefined;
  #closed: HadronError | undefined;
  #lastId = 0;
  readonly #pending = new Map<number, Pending>();
  /** Requests whose callers have given up, but whose answers may bring descriptors. */
  readonly #abandoned = new Set<number>();

  /** DEADLINE_EXCEEDED when the kernel does not come back; RESOURCE_EXHAUSTED when too much is under way. */
  async call(op: string, fields: Fields): Promise<Answer> {
    const { id, answer } = this.#submit(op, fields);
    const timer = setTimeout(() => {
      this.#abandoned.add(id);
      const message = `The host did not finish ${op} ${JSON.stringify(fields)} within ${CALL_TIMEOUT_MS / 1000} s; look for a process in state D.`;
      this.#settle(id)?.reject(new HadronError(Code.DEADLINE_EXCEEDED, message));
    }, CALL_TIMEOUT_MS);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** For what may take for ever; ends with CANCELLED when the signal is aborted. */
  async wait(op: string, fields: Fields, signal: AbortSignal | undefined): Promise<Answer> {
    const cancelled = () =>
      new HadronError(Code.CANCELLED, `The wait (${op} ${JSON.stringify(fields)}) was given up.`, { cause: signal?.reason });
    if (signal?.aborted === true) {
      throw cancelled();
    }
    const { id, answer } = this.#submit(op, fields);
    const abort = () => {
      this.#settle(id)?.reject(cancelled());
      // Without the answer nothing is missing: the wait takes one entry of a table until the process is gone.
      this.call("cancel", { request: id }).catch(() => undefined);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#fail(new HadronError(Code.UNAVAILABLE, "The host's operations are closed."));
    if (connection !== undefined && !connection.socket.closed) {
      await new Promise<void>((resolve) => connection.socket.once("close", () => resolve()));
    }
  }

  #submit(op: string, fields: Fields): { id: number; answer: Promise<Answer> } {
    const { native, handle, socket } = this.#open();
    const id = ++this.#lastId;
    const submitted = native.submit(handle, Buffer.from(JSON.stringify({ id, op, ...fields })));
    switch (submitted) {
      case Submitted.OK:
        break;
      case Submitted.FULL:
        throw new HadronError(Code.RESOURCE_EXHAUSTED, `Too many operations are under way on the host: ${op} must be tried again later.`);
      case Submitted.MALFORMED:
        throw new HadronError(Code.INVALID_ARGUMENT, `The request ${op} is not taken: it must be at most 1 MiB long, and its text Unicode without lone surrogates.`);
      default:
        throw new HadronError(Code.INTERNAL, `libhadron refused ${op} (${submitted}).`);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#pending.set(id, { resolve, reject });
    socket.ref();
    return { id, answer: promise };
  }

  #open(): Connection {
    if (this.#closed !== undefined) {
      throw this.#closed;
    }
    if (this.#connection === undefined) {
      const native = loadNative();
      const { handle, answerFd } = native.open();
      const frames = new FrameReader((frame) => this.#receive(frame));
      const socket = new Socket({
        fd: answerFd,
        readable: true,
        writable: false,
        onread: {
          buffer: Buffer.alloc(READ_BUFFER_BYTES),
          callback: (length, buffer) => {
            try {
              frames.push(Buffer.from(buffer.buffer, buffer.byteOffset, length));
            } catch (cause) {
              this.#fail(cause instanceof HadronError ? cause : new HadronError(Code.INTERNAL, messageOf(cause), { cause }));
            }
            return true;
          },
        },
      });
      const ended = (cause?: unknown) => this.#fail(new HadronError(Code.UNAVAILABLE, "libhadron has stopped answering.", { cause }));
      socket.once("error", ended);
      socket.once("end", ended);
      socket.unref();
      this.#connection = { native, handle, socket };
    }
    return this.#connection;
  }

  #receive(frame: Buffer): void {
    const message = asFields(JSON.parse(frame.toString("utf8")));
    const id = message?.["id"];
    if (message === undefined || typeof id !== "number") {
      throw unexpected(message);
    }
    const ok = asFields(message["ok"]);
    if (this.#abandoned.delete(id)) {
      closeDescriptors(ok);
      return;
    }
    const pending = this.#settle(id);
    if (ok !== undefined) {
      pending?.resolve(new Answer(ok));
      return;
    }
    const error = asFields(message["error"]);
    const { errno, message: sentence } = error ?? {};
    if (typeof errno !== "string" || typeof sentence !== "string") {
      throw unexpected(message);
    }
    pending?.reject(new HadronError(codeOfErrno(errno), sentence, { cause: errno }));
  }

  /** Whoever settles a call takes it out of the table; the last one lets the process exit. */
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) {
      this.#connection?.socket.unref();
    }
    return pending;
  }

  #fail(error: HadronError): void {
    if (this.#closed !== undefined) {
      return;
    }
    this.#closed = error;
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
    this.#abandoned.clear();
    if (this.#connection !== undefined) {
      this.#connection.native.close(this.#connection.handle);
      this.#connection.socket.destroy();
    }
  }
}

/** The descriptors of an answer that came too late: nobody else knows of them. */
function closeDescriptors(ok: Fields | undefined): void {
  const { fd, read, write, fds } = ok ?? {};
  for (const number of [fd, read, write, ...(Array.isArray(fds) ? (fds as unknown[]) : [])]) {
    if (typeof number === "number") {
      close(number, () => undefined);
    }
  }
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function unexpected(message: unknown): HadronError {
  return new HadronError(Code.INTERNAL, `libhadron answered ${JSON.stringify(message)}: it does not fit this bundle; install both from one build.`);
}
