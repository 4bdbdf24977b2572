/**
 * The FIFOs that containerd makes for a container's standard I/O.
 *
 * How they must be opened was found by experiment: standard input O_RDONLY | O_NONBLOCK, together with a
 * write end that is held until CloseIO, for otherwise the first writer that goes away ends the input;
 * standard output and error O_RDWR | O_NONBLOCK, so that opening never waits for a reader and a reader
 * that went away is not an error. The bytes never pass through here: the descriptors are handed on.
 */
import { constants, fstat, open } from "node:fs";
import { promisify } from "node:util";

import { Code, HadronError } from "../errors.ts";
import { errorOfSystemCall } from "./error.ts";
import { close } from "./files.ts";

// Node has the number of every flag but this one (open(2); the same on all of our architectures).
const O_PATH = 0o10000000;

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

/** NOT_FOUND without such a file, INVALID_ARGUMENT if it is anything but a FIFO. */
export async function openStdinFifo(path: string): Promise<Fifo> {
  const [fd, writeEnd] = await openEnds(path, constants.O_RDONLY, constants.O_WRONLY);
  return new Fifo(path, fd, writeEnd);
}

/** For standard output and standard error; errors as `openStdinFifo`. */
export async function openOutputFifo(path: string): Promise<Fifo> {
  const [fd] = await openEnds(path, constants.O_RDWR);
  return new Fifo(path, fd);
}

/**
 * The file is looked at before it is opened, through a descriptor that does not open it: opening a device
 * or a regular file by mistake could already do something. The way back through /proc/self/fd opens
 * what was looked at, whatever the path leads to by now.
 */
async function openEnds(path: string, first: number): Promise<[number]>;
async function openEnds(path: string, first: number, second: number): Promise<[number, number]>;
async function openEnds(path: string, ...modes: number[]): Promise<number[]> {
  const handle = await openFd(path, O_PATH).catch((cause: unknown) => {
    throw errorOfSystemCall(cause, `the FIFO ${path} cannot be opened`);
  });
  const ends: number[] = [];
  try {
    if (!(await statFd(handle)).isFIFO()) {
      throw new HadronError(Code.INVALID_ARGUMENT, `${path} is not a FIFO; make one with mkfifo(1), or name another path`);
    }
    for (const mode of modes) {
      ends.push(await openFd(`/proc/self/fd/${handle}`, mode | constants.O_NONBLOCK));
    }
    return ends;
  } catch (cause) {
    await Promise.all(ends.map((fd) => close(fd)));
    throw cause instanceof HadronError ? cause : errorOfSystemCall(cause, `the FIFO ${path} cannot be opened`);
  } finally {
    await close(handle);
  }
}
