/** Numbers that nobody can guess. */
import { closeSync, openSync, readSync } from "node:fs";

const NUMBER_BYTES = 4;
/** random(4) answers so many whole, and does not block after the host's boot. */
const unused = Buffer.alloc(256);
let next = unused.length;

/**
 * Any of 32 bits, from the kernel: loading node:crypto, which has OpenSSL behind it, costs every daemon 7 ms and 0.8 MB. Read 64 at a
 * time: each stream of a container takes one.
 */
export function randomUint32(): number {
  if (next === unused.length) {
    const fd = openSync("/dev/urandom", "r");
    try {
      readSync(fd, unused);
    } finally {
      closeSync(fd);
    }
    next = 0;
  }
  const number = unused.readUInt32LE(next);
  next += NUMBER_BYTES;
  return number;
}
