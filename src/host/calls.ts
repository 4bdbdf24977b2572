/** Requests to libhadron and the answers that belong to them. */
import { close } from "node:fs";
import { Socket } from "node:net";

import { Code, HadronError } from "../errors.ts";
import { codeOfErrno } from "./error.ts";
import { isObject, LineClient, type Message } from "./line-client.ts";
import { type NativeLibrary, Submitted, loadNative } from "./native.ts";

/**
 * After so many milliseconds the kernel hangs (a dead NFS server, a broken disk), and the caller must go
 * on. Nothing that works takes a tenth of it.
 */
const CALL_TIMEOUT_MS = 60_000;
const READ_BUFFER_BYTES = 4096;
/** No answer comes near it. */
const MAX_LINE_BYTES = 1 << 20;

/** The `ok` of an answer, each field checked when it is read. */
export class Answer {
  readonly #fields: Message;

  constructor(fields: Message) {
    this.#fields = fields;
  }

  boolean(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== "boolean") {
      throw unexpected(this.#fields);
    }
    return value;
  }

  string(name: string): string {
    const value = this.#fields[name];
    if (typeof value !== "string") {
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

  stringOrNull(name: string): string | null {
    return this.#fields[name] === null ? null : this.string(name);
  }

  object(name: string): Message {
    const value = this.#fields[name];
    if (!isObject(value)) {
      throw unexpected(this.#fields);
    }
    return value;
  }

  strings(name: string): string[] {
    const value: unknown = this.#fields[name];
    if (!Array.isArray(value) || !value.every((each) => typeof each === "string")) {
      throw unexpected(this.#fields);
    }
    return value;
  }

  numbers(name: string): number[] {
    const value: unknown = this.#fields[name];
    if (!Array.isArray(value) || !value.every((each) => typeof each === "number")) {
      throw unexpected(this.#fields);
    }
    return value;
  }

  fds(name: string, count: number): number[] {
    const value = this.numbers(name);
    if (value.length !== count) {
      throw unexpected(this.#fields);
    }
    return value;
  }
}

interface Connection {
  readonly socket: Socket;
  readonly client: LineClient;
}

export class Calls {
  #connection: Connection | undefined;
  #closed = false;
  #underWay = 0;

  /** DEADLINE_EXCEEDED when the kernel does not come back; RESOURCE_EXHAUSTED when too much is under way. */
  async call(op: string, fields: Message): Promise<Answer> {
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      const message = `the host did not finish ${op} ${JSON.stringify(fields)} within ${CALL_TIMEOUT_MS / 1000} s; look for a process in state D`;
      deadline.abort(new HadronError(Code.DEADLINE_EXCEEDED, message));
    }, CALL_TIMEOUT_MS);
    try {
      return await this.#request(op, fields, deadline.signal).answer;
    } finally {
      clearTimeout(timer);
    }
  }

  /** For what may take for ever; ends with CANCELLED when the signal is aborted. */
  async wait(op: string, fields: Message, signal: AbortSignal | undefined): Promise<Answer> {
    const cancelled = (): HadronError =>
      new HadronError(Code.CANCELLED, `the wait (${op} ${JSON.stringify(fields)}) was given up`, { cause: signal?.reason });
    if (signal?.aborted === true) {
      throw cancelled();
    }
    const givenUp = new AbortController();
    const { id, answer } = this.#request(op, fields, givenUp.signal);
    const abort = (): void => {
      givenUp.abort(cancelled());
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
    this.#closed = true;
    const connection = this.#connection;
    if (connection !== undefined && !connection.socket.closed) {
      const closed = new Promise<void>((resolve) => connection.socket.once("close", () => resolve()));
      await connection.client.close("its operations are closed");
      await closed;
    }
  }

  #request(op: string, fields: Message, signal: AbortSignal): { id: number; answer: Promise<Answer> } {
    const { client, socket } = this.#open();
    const { id, answer } = client.start({ op, ...fields }, { what: op, signal });
    return { id, answer: this.#answered(answer, socket) };
  }

  /** While something is under way, the process does not exit for want of anything else to do. */
  async #answered(answer: Promise<Message>, socket: Socket): Promise<Answer> {
    socket.ref();
    this.#underWay++;
    try {
      return decode(await answer);
    } finally {
      if (--this.#underWay === 0) {
        socket.unref();
      }
    }
  }

  #open(): Connection {
    if (this.#closed) {
      throw new HadronError(Code.UNAVAILABLE, "the host's operations are closed");
    }
    this.#connection ??= connect();
    return this.#connection;
  }
}

function connect(): Connection {
  const native = loadNative();
  const { handle, answerFd } = native.open();
  const socket: Socket = new Socket({
    fd: answerFd,
    readable: true,
    writable: false,
    onread: {
      buffer: Buffer.alloc(READ_BUFFER_BYTES),
      callback: (length, { buffer, byteOffset }) => {
        client.push(Buffer.from(buffer, byteOffset, length));
        return true;
      },
    },
  });
  socket.unref();
  const client = new LineClient(socket, {
    peer: "libhadron",
    maxLineBytes: MAX_LINE_BYTES,
    // Nobody else knows of the descriptors of an answer that came too late.
    onNews: ({ ok }) => closeDescriptors(ok),
    onEnd: () => native.close(handle),
    write: (line) => submit(native, handle, line),
  });
  return { socket, client };
}

async function submit(native: NativeLibrary, handle: number, line: string): Promise<void> {
  const submitted = native.submit(handle, Buffer.from(line));
  switch (submitted) {
    case Submitted.OK:
      return;
    case Submitted.FULL:
      throw new HadronError(Code.RESOURCE_EXHAUSTED, "too many operations are under way on the host: this one must be tried again later");
    case Submitted.MALFORMED:
      throw new HadronError(
        Code.INVALID_ARGUMENT,
        "the request is not taken: it must be at most 1 MiB long, and its text Unicode without lone surrogates",
      );
    default:
      throw new HadronError(Code.INTERNAL, `libhadron refused a request (${submitted})`);
  }
}

function decode(message: Message): Answer {
  const { ok, error } = message;
  if (isObject(ok)) {
    return new Answer(ok);
  }
  if (!isObject(error) || typeof error["errno"] !== "string" || typeof error["message"] !== "string") {
    throw unexpected(message);
  }
  throw new HadronError(codeOfErrno(error["errno"]), error["message"], { cause: error["errno"] });
}

function closeDescriptors(ok: unknown): void {
  const { fd, fds } = isObject(ok) ? ok : {};
  for (const number of [fd, ...(Array.isArray(fds) ? (fds as unknown[]) : [])]) {
    if (typeof number === "number") {
      close(number, () => undefined);
    }
  }
}

function unexpected(message: unknown): HadronError {
  return new HadronError(Code.INTERNAL, `libhadron answered ${JSON.stringify(message)}: it does not fit this bundle; install both from one build`);
}
