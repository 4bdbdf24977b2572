/**
 * A client of the QEMU Machine Protocol (QEMU's docs/interop/qmp-spec): JSON objects, one a line.
 *
 * Commands carry ids, so that answers are matched even if some of them were given up before.
 */
import type { Duplex } from "node:stream";
import { abortError, orAbort } from "../../abort.ts";
import { Code, HadronError, messageOf } from "../../errors.ts";
import { LineSplitter } from "../../host/line-splitter.ts";

export interface QmpEvent {
  /** In capitals, as QEMU writes it: "SHUTDOWN". */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** No answer to a command of ours comes near it. */
const MAX_LINE_BYTES = 1 << 20;

export class QmpClient {
  readonly #stream: Duplex;
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #greeting = Promise.withResolvers<string>();
  readonly #pending = new Map<number, { command: string; answer: PromiseWithResolvers<unknown> }>();
  #nextId = 1;
  #closed: HadronError | undefined;

  /** `onEvent` is called for every event; it must not throw. The stream becomes the client's. */
  constructor(stream: Duplex, onEvent: (event: QmpEvent) => void) {
    this.#stream = stream;
    this.#onEvent = onEvent;
    // Whoever does not negotiate need not hear of a connection that ended before its greeting.
    this.#greeting.promise.catch(() => undefined);
    const splitter = new LineSplitter(MAX_LINE_BYTES, (line, whole) => {
      this.#receive(line, whole);
    });
    stream.on("data", (chunk: Buffer) => {
      splitter.push(chunk);
    });
    stream.on("error", (error) => {
      this.#close(`The connection to QEMU's monitor failed: ${error.message}.`, error);
    });
    stream.on("close", () => {
      this.#close("QEMU closed the connection to its monitor.");
    });
    stream.on("end", () => {
      this.#close("QEMU closed the connection to its monitor.");
    });
  }

  /**
   * Waits for the greeting and leaves capabilities negotiation, before which QEMU takes no other command.
   * QEMU answers when its machine has been made and runs. Returns QEMU's version, such as "7.2.22".
   */
  async negotiate(signal: AbortSignal): Promise<string> {
    const version = await orAbort(this.#greeting.promise, signal, "Waiting for the greeting of QEMU's monitor");
    await this.execute("qmp_capabilities", {}, signal);
    return version;
  }

  /**
   * Returns the answer's `return` member. INTERNAL with QEMU's words when it refuses, UNAVAILABLE when the
   * connection is or gets lost. A command that was given up may have been carried out nevertheless.
   */
  async execute(command: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
    const what = `QEMU's command ${command}`;
    if (signal.aborted) {
      throw abortError(signal, what);
    }
    if (this.#closed !== undefined) {
      throw this.#closed;
    }
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, { command, answer });
    try {
      this.#stream.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      return await orAbort(answer.promise, signal, what);
    } finally {
      this.#pending.delete(id);
    }
  }

  #receive(line: Buffer, whole: boolean): void {
    if (this.#closed !== undefined) {
      return;
    }
    if (!whole) {
      this.#fail(`QEMU's monitor sent a line of more than ${MAX_LINE_BYTES} bytes.`);
      return;
    }
    if (line.length === 0) {
      return;
    }
    let message: unknown;
    try {
      message = JSON.parse(line.toString("utf8"));
    } catch (error) {
      this.#fail(`QEMU's monitor sent what is not JSON: ${messageOf(error)}.`, error);
      return;
    }
    if (!isObject(message)) {
      this.#fail("QEMU's monitor sent a JSON value that is not an object.");
      return;
    }
    if (typeof message["event"] === "string") {
      this.#onEvent({ name: message["event"], data: isObject(message["data"]) ? message["data"] : {} });
    } else if (isObject(message["QMP"])) {
      this.#greeting.resolve(versionOf(message["QMP"]));
    } else {
      this.#answer(message);
    }
  }

  #answer(message: Record<string, unknown>): void {
    const pending = typeof message["id"] === "number" ? this.#pending.get(message["id"]) : undefined;
    if (pending === undefined) {
      // The answer to a command that was given up.
      return;
    }
    const error = message["error"];
    if (isObject(error)) {
      const { desc } = error;
      const words = typeof desc === "string" ? desc : JSON.stringify(error);
      pending.answer.reject(new HadronError(Code.INTERNAL, `QEMU refused the command ${pending.command}: ${words}`));
    } else {
      pending.answer.resolve(message["return"]);
    }
  }

  #fail(message: string, cause?: unknown): void {
    this.#close(message, cause);
    this.#stream.destroy();
  }

  #close(message: string, cause?: unknown): void {
    if (this.#closed !== undefined) {
      return;
    }
    this.#closed = new HadronError(Code.UNAVAILABLE, message, cause === undefined ? {} : { cause });
    this.#greeting.reject(this.#closed);
    for (const { answer } of this.#pending.values()) {
      answer.reject(this.#closed);
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function versionOf(greeting: Record<string, unknown>): string {
  const version = isObject(greeting["version"]) ? greeting["version"]["qemu"] : undefined;
  return isObject(version)
    ? ["major", "minor", "micro"].map((part) => String(version[part])).join(".")
    : "of an unknown version";
}
