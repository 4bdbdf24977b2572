/** Named pipes: made without a process for each, and read without waiting. */
import { readSync } from "node:fs";

import koffi from "koffi";
import { expect } from "vitest";

const mkfifo = koffi.load("libc.so.6").func("int mkfifo(const char *path, uint32_t mode)") as (path: string, mode: number) => number;

/** For its owner alone; `path` must not exist. */
export function makeFifo(path: string): void {
  if (mkfifo(path, 0o600) !== 0) {
    throw new Error(`the FIFO ${path} cannot be made: errno ${koffi.errno()}`);
  }
}

/** The bytes that are there now, "" at the end of file; undefined if there is nothing, and more may come. `fd` does not block. */
export function readNow(fd: number): string | undefined {
  const buffer = Buffer.alloc(100);
  try {
    return buffer.toString("utf8", 0, readSync(fd, buffer));
  } catch (error) {
    expect(error).toMatchObject({ code: "EAGAIN" });
    return undefined;
  }
}
