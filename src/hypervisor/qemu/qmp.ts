/** A client of the QEMU Machine Protocol (QEMU's docs/interop/qmp-spec). */
import type { Duplex } from "node:stream";

import { abortError, orAbort } from "../../abort.ts";
import { Code, HadronError } from "../../errors.ts";
import { isObject, LineClient, type Message } from "../../host/line-client.ts";

export interface QmpEvent {
  /** In capitals, as QEMU writes it: "SHUTDOWN". */
  readonly name: string;
  readonly data: Message;
}

/** No answer to a command of ours comes near it. */
const MAX_LINE_BYTES = 1 << 20;

export class QmpClient {
  readonly #client: LineClient;
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #greeting = Promise.withResolvers<string>();

  /** Everything that QEMU has said was heard. */
  readonly ended: Promise<void>;

  /**
   * `onEvent` is called for every event; it must not throw. The stream becomes the client's.
   *
   * @param send brings a line to QEMU together with descriptors: all of it or nothing; absent: no command can have any
   */
  constructor(stream: Duplex, onEvent: (event: QmpEvent) => void, send?: (line: string, fds: readonly number[]) => Promise<void>) {
    this.#onEvent = onEvent;
    this.ended = new Promise((resolve) => {
      for (const event of ["end", "close"]) {
        stream.once(event, () => resolve());
      }
    });
    // Whoever does not negotiate need not hear of a connection that ended before its greeting.
    this.#greeting.promise.catch(() => undefined);
    this.#client = new LineClient(stream, {
      peer: "QEMU's monitor",
      maxLineBytes: MAX_LINE_BYTES,
      onNews: (message) => this.#hear(message),
      onEnd: this.#greeting.reject,
      write: (line, fds) => (fds.length > 0 ? send?.(line, fds) : undefined),
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
   * connection is or gets lost. A command that was given up may have been carried out nevertheless. `fds` stay the caller's.
   */
  async execute(command: string, args: Message, signal: AbortSignal, fds: readonly number[] = []): Promise<unknown> {
    const what = `QEMU's command ${command}`;
    if (signal.aborted) {
      throw abortError(signal, what);
    }
    const answer = await this.#client.request({ execute: command, arguments: args }, { what, signal, fds });
    const error = answer["error"];
    if (isObject(error)) {
      const { desc } = error;
      const words = typeof desc === "string" ? desc : JSON.stringify(error);
      throw new HadronError(Code.INTERNAL, `QEMU refused the command ${command}: ${words}`);
    }
    return answer["return"];
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#client.close("the VM is gone");
  }

  #hear({ event, data, QMP }: Message): void {
    if (typeof event === "string") {
      this.#onEvent({ name: event, data: isObject(data) ? data : {} });
    } else if (isObject(QMP)) {
      this.#greeting.resolve(versionOf(QMP));
    }
  }
}

function versionOf(greeting: Message): string {
  const version = isObject(greeting["version"]) ? greeting["version"]["qemu"] : undefined;
  return isObject(version) ? ["major", "minor", "micro"].map((part) => String(version[part])).join(".") : "of an unknown version";
}
