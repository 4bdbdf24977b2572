/**
 * The pod's journal: what exists on the host for the pod, in the order of its making.
 *
 * An entry is written before its thing is made, so that whoever finds the journal after a crash (the
 * launcher's `delete`) can undo everything, last entry first. It outlives the daemon, not the host: a
 * reboot takes /run away together with all that the journal names, so nothing is synced to a disk.
 */
import { join } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import { errorOfSystemCall } from "./error.ts";
import { appendFile, readFile, rename, truncate, unlink, writeFile } from "./files.ts";
import { decodeEntry, encodeEntry, type JournalEntry } from "./journal-entry.ts";

/** Its name in the pod's directory. */
export const JOURNAL = "journal";
/** Of a pod's whole journal; a pod with thousands of containers is far below it. */
const MAX_BYTES = 4 << 20;

export class Journal {
  readonly path: string;
  #lines: string[];
  #size: number;
  /** Calls run one after the other, in the order in which they were made. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, lines: string[], size: number) {
    this.path = path;
    this.#lines = lines;
    this.#size = size;
  }

  /**
   * Opens the one in the pod's directory, which must exist; keeps what is there. A last line without its
   * line feed was cut short by a crash before its thing was made, and is dropped.
   * DATA_LOSS for a line that cannot be understood.
   */
  static async open(stateDirectory: string): Promise<Journal> {
    const path = join(stateDirectory, JOURNAL);
    let text = "";
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
        throw errorOfSystemCall(cause, `the journal ${path} cannot be read`);
      }
    }
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = whole.split("\n").slice(0, -1);
    for (const line of lines) {
      decodeEntry(line);
    }
    const journal = new Journal(path, lines, Buffer.byteLength(whole));
    if (whole.length !== text.length) {
      await journal.#serially(() => journal.#replace(lines));
    }
    return journal;
  }

  /** In the order of making. */
  get entries(): readonly JournalEntry[] {
    return this.#lines.map((line) => decodeEntry(line));
  }

  /** Fulfilled once the entries would survive the death of this process. Call it before the things are made. */
  add(...entries: readonly JournalEntry[]): Promise<void> {
    const lines = entries.map((entry) => encodeEntry(entry));
    return this.#serially(async () => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      if (this.#size + bytes.length > MAX_BYTES) {
        throw new HadronError(Code.RESOURCE_EXHAUSTED, `the journal ${this.path} is full (${MAX_BYTES} bytes)`);
      }
      try {
        await appendFile(this.path, bytes, { mode: 0o600 });
      } catch (cause) {
        await this.#cutBack();
        throw errorOfSystemCall(cause, `the journal ${this.path} cannot be written`);
      }
      this.#size += bytes.length;
      this.#lines.push(...lines);
    });
  }

  /**
   * Takes the last entry equal to each of these out, once its thing is gone. No such entry: nothing happens.
   * The file is replaced as a whole, so that a crash leaves either the old or the new one. On a full disk
   * the entry stays in the file until the next removal: to undo what is gone already is a success.
   */
  remove(...entries: readonly JournalEntry[]): Promise<void> {
    const gone = entries.map((entry) => encodeEntry(entry));
    return this.#serially(async () => {
      const lines = gone.reduce((left, line) => withoutLast(left, line), this.#lines);
      if (lines === this.#lines) {
        return;
      }
      try {
        await this.#replace(lines);
      } catch (error) {
        if (!(error instanceof HadronError) || error.code !== Code.RESOURCE_EXHAUSTED) {
          throw error;
        }
        // The pod's end must not fail for want of the memory that it is about to give back.
        this.#lines = lines;
      }
    });
  }

  async #replace(lines: string[]): Promise<void> {
    const temporary = `${this.path}.new`;
    const text = lines.map((line) => `${line}\n`).join("");
    try {
      await writeFile(temporary, text, { mode: 0o600 });
      await rename(temporary, this.path);
    } catch (cause) {
      await unlink(temporary).catch(() => undefined);
      throw errorOfSystemCall(cause, `the journal ${this.path} cannot be replaced`);
    }
    this.#lines = lines;
    this.#size = Buffer.byteLength(text);
  }

  /** A full disk can leave half a line behind, to which the next entry would be glued. */
  async #cutBack(): Promise<void> {
    try {
      await truncate(this.path, this.#size);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
        throw errorOfSystemCall(cause, `the journal ${this.path} may end with half a line (${messageOf(cause)}); remove that line by hand`);
      }
    }
  }

  #serially(action: () => Promise<void>): Promise<void> {
    const result = this.#last.then(action);
    // The next call goes on whatever became of this one; its own caller hears of the failure.
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** The same array if it is not there. */
function withoutLast(lines: string[], line: string): string[] {
  const index = lines.lastIndexOf(line);
  return index === -1 ? lines : lines.toSpliced(index, 1);
}
