/**
 * The guest's serial console: lines for the log, and the last ones kept for the reason of an exit.
 * All of it is written by the guest, and is text to show, nothing more.
 */
import type { Readable } from "node:stream";

import { LineSplitter } from "../host/line-splitter.ts";

/** Of one line, as VmConfig.onConsoleLine promises. */
const MAX_LINE_BYTES = 4096;
/** A panic of Linux 6.x with its registers and its call trace is about 60 lines. */
const KEPT_LINES = 80;

export class GuestConsole {
  readonly #last: string[] = [];
  /** All lines have been told. */
  readonly ended: Promise<void>;

  constructor(stream: Readable, onLine: (line: string) => void) {
    const splitter = new LineSplitter(MAX_LINE_BYTES, (bytes) => {
      const line = bytes.toString("utf8");
      this.#last.push(line);
      if (this.#last.length > KEPT_LINES) {
        this.#last.shift();
      }
      onLine(line);
    });
    stream.on("data", (chunk: Buffer) => {
      splitter.push(chunk);
    });
    stream.on("end", () => {
      splitter.end();
    });
    // Its end is the end of the VMM, which is told elsewhere.
    stream.on("error", () => undefined);
    this.ended = new Promise((resolve) => {
      for (const event of ["end", "close"]) {
        stream.once(event, () => resolve());
      }
    });
  }

  /** The last lines, oldest first. */
  get lastLines(): readonly string[] {
    return this.#last;
  }
}
