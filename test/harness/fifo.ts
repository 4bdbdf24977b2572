/** Named pipes, made without a process for each. */
import koffi from "koffi";

const mkfifo = koffi.load("libc.so.6").func("int mkfifo(const char *path, uint32_t mode)") as (path: string, mode: number) => number;

/** For its owner alone; `path` must not exist. */
export function makeFifo(path: string): void {
  if (mkfifo(path, 0o600) !== 0) {
    throw new Error(`the FIFO ${path} cannot be made: errno ${koffi.errno()}`);
  }
}
