/** Cuts a byte stream into lines, with a bound on what it keeps. */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export class LineSplitter {
  readonly #limit: number;
  readonly #onLine: (line: Buffer, whole: boolean) => void;
  #parts: Buffer[] = [];
  #length = 0;

  /**
   * `onLine` gets every line without its line feed (and without a carriage return before it). Of a line that
   * is longer than `limit` bytes the first `limit` are delivered with `whole` false, and the rest as if it
   * were a line of its own.
   */
  constructor(limit: number, onLine: (line: Buffer, whole: boolean) => void) {
    this.#limit = limit;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const end = rest.indexOf(LINE_FEED);
      const room = this.#limit - this.#length;
      if (end !== -1 && end <= room) {
        this.#add(rest.subarray(0, end));
        this.#deliver(true);
        rest = rest.subarray(end + 1);
      } else if (rest.length > room) {
        this.#add(rest.subarray(0, room));
        this.#deliver(false);
        rest = rest.subarray(room);
      } else {
        this.#add(rest);
        return;
      }
    }
  }

  /** Delivers a last line that lacks its end, if there is one. */
  end(): void {
    if (this.#length > 0) {
      this.#deliver(true);
    }
  }

  #add(part: Buffer): void {
    if (part.length > 0) {
      // The chunk's memory is shared with others; a long-lived view of it would keep all of it.
      this.#parts.push(Buffer.from(part));
      this.#length += part.length;
      if (this.#parts.length >= 256) {
        this.#parts = [Buffer.concat(this.#parts)];
      }
    }
  }

  #deliver(whole: boolean): void {
    const [first] = this.#parts;
    let line = this.#parts.length === 1 && first !== undefined ? first : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    if (whole && line.at(-1) === CARRIAGE_RETURN) {
      line = line.subarray(0, -1);
    }
    this.#onLine(line, whole);
  }
}
