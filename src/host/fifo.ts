/**
 * The FIFOs that containerd makes for a container's standard I/O.
 *
 * How they must be opened was found by experiment: standard input O_RDONLY | O_NONBLOCK, together with a
 * write end that is held until CloseIO, for otherwise the first writer that goes away ends the input;
 * standard output and error O_RDWR | O_NONBLOCK, so that opening never waits for a reader and a reader
 * that went away is not an error. The bytes never pass through here: the descriptors are handed on.
 *
 * A reader may come late, even after a short program's end: containerd's clients open a FIFO on a goroutine that nobody waits for,
 * and `ctr exec` then waits for the end of the output for ever. So an output that nobody read when it was opened is held
 * open after its end until somebody does.
 */
import { constants, fstat, open } from "node:fs";
import { promisify } from "node:util";

import { Code, HadronError } from "../errors.ts";
import { within } from "../time.ts";
import { errorOfSystemCall } from "./error.ts";
import { close } from "./files.ts";

// Node has the number of every flag but this one (open(2); the same on all of our architectures).
const O_PATH = 0o10000000;

/** How long an output that has ended waits for its first reader, and how often it is looked for at least. */
const READER_TIMEOUT_MS = 10_000;
const MOST_PAUSE_MS = 50;

const openFd = promisify(open);
const statFd = promisify(fstat);

/** An open end of a FIFO. `fd` is this object's: it is closed with it, whoever else uses it takes a duplicate. */
export class Fifo implements AsyncDisposable {
  readonly path: string;
  #fd: number | undefined;
  #writeEnd: number | undefined;

  constructor(path: string, fd: number, writeEnd?: number) {
    this.path = path;
    this.#fd = fd;
    this.#writeEnd = writeEnd;
  }

  /** FAILED_PRECONDITION once it is closed. */
  get fd(): number {
    if (this.#fd === undefined) {
      throw new HadronError(Code.FAILED_PRECONDITION, `the FIFO ${this.path} is closed already`);
    }
    return this.#fd;
  }

  /**
   * CloseIO of standard input: readers see the end of file as soon as no other process holds a write end.
   * Idempotent; does nothing to an output.
   */
  async closeWriteEnd(): Promise<void> {
    const fd = this.#writeEnd;
    this.#writeEnd = undefined;
    if (fd !== undefined) {
      await close(fd);
    }
  }

  /** Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      await this.closeWriteEnd();
    } finally {
      if (fd !== undefined) {
        await close(fd);
      }
    }
  }
}

/** An output that nobody has read yet: keeps what was written for whoever comes. */
export class UnreadFifo implements AsyncDisposable {
  readonly #fd: number;
  readonly #closed = Promise.withResolvers<undefined>();
  #looking: Promise<boolean> | undefined;
  #closing: Promise<void> | undefined;

  constructor(writeEnd: number) {
    this.#fd = writeEnd;
  }

  /**
   * For an output that has ended, which nobody has open to read and write any more. Closes it when there is a reader, and after
   * READER_TIMEOUT_MS: the reader may have come and gone. Never rejects: where it cannot be seen, nobody is waited for.
   */
  async release(): Promise<void> {
    // Nothing tells a writer that a reader has come, unless it blocks a thread in open(2).
    for (let waited = 0, pause = 1; waited < READER_TIMEOUT_MS && !(await this.#look()); waited += pause) {
      pause = Math.min(2 * pause, MOST_PAUSE_MS);
      await within(this.#closed.promise, pause);
    }
    await this[Symbol.asyncDispose]();
  }

  /** Without waiting for anybody. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.resolve(undefined);
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Its number may be another file's as soon as it is closed. */
  async #close(): Promise<void> {
    await this.#looking;
    // close(2) gives the descriptor up, whatever it answers.
    await close(this.#fd).catch(() => undefined);
  }

  /** Whether there is nothing to wait for any more. */
  async #look(): Promise<boolean> {
    return this.#closing !== undefined || (await (this.#looking = this.#isRead()));
  }

  async #isRead(): Promise<boolean> {
    try {
      const end = await openIfRead(this.#fd);
      if (end !== undefined) {
        await close(end);
      }
      return end !== undefined;
    } catch {
      return true;
    }
  }
}

/** NOT_FOUND without such a file, INVALID_ARGUMENT if it is anything but a FIFO. */
export async function openStdinFifo(path: string): Promise<Fifo> {
  return await withFifo(path, async (handle) => {
    const fd = await openEnd(handle, constants.O_RDONLY);
    try {
      return new Fifo(path, fd, await openEnd(handle, constants.O_WRONLY));
    } catch (error) {
      await close(fd);
      throw error;
    }
  });
}

/** For standard output and standard error; errors as `openStdinFifo`. `unread` is there if nobody has it open for reading. */
export async function openOutputFifo(path: string): Promise<{ readonly fifo: Fifo; readonly unread: UnreadFifo | undefined }> {
  return await withFifo(path, async (handle) => {
    // A reader that waited in open(2) must not find that the writer is gone again.
    const early = await openIfRead(handle);
    try {
      const fifo = new Fifo(path, await openEnd(handle, constants.O_RDWR));
      try {
        return { fifo, unread: early === undefined ? new UnreadFifo(await openEnd(handle, constants.O_WRONLY)) : undefined };
      } catch (error) {
        await fifo[Symbol.asyncDispose]();
        throw error;
      }
    } finally {
      if (early !== undefined) {
        await close(early);
      }
    }
  });
}

/**
 * The file is looked at before it is opened, through a descriptor that does not open it: opening a device
 * or a regular file by mistake could already do something. The way back through /proc/self/fd opens
 * what was looked at, whatever the path leads to by now.
 */
async function withFifo<T>(path: string, use: (handle: number) => Promise<T>): Promise<T> {
  const handle = await openFd(path, O_PATH).catch((cause: unknown) => {
    throw errorOfSystemCall(cause, `the FIFO ${path} cannot be opened`);
  });
  try {
    if (!(await statFd(handle)).isFIFO()) {
      throw new HadronError(Code.INVALID_ARGUMENT, `${path} is not a FIFO; make one with mkfifo(1), or name another path`);
    }
    return await use(handle);
  } catch (cause) {
    throw cause instanceof HadronError ? cause : errorOfSystemCall(cause, `the FIFO ${path} cannot be opened`);
  } finally {
    await close(handle);
  }
}

async function openEnd(handle: number, mode: number): Promise<number> {
  return await openFd(`/proc/self/fd/${handle}`, mode | constants.O_NONBLOCK);
}

/** A write end, if there is a reader, be it one that waits in open(2). */
async function openIfRead(handle: number): Promise<number | undefined> {
  try {
    return await openEnd(handle, constants.O_WRONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENXIO") {
      return undefined;
    }
    throw error;
  }
}
