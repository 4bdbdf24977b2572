/** Numbers that nobody can guess. */
import { closeSync, openSync, readSync } from "node:fs";

/**
 * Any of 32 bits, from the kernel: loading node:crypto, which has OpenSSL behind it, costs every daemon 7 ms and 0.8 MB. Synchronous, since
 * random(4) does not block after the host's boot, and answers up to 256 bytes whole.
 */
export function randomUint32(): number {
  const bytes = Buffer.alloc(4);
  const fd = openSync("/dev/urandom", "r");
  try {
    readSync(fd, bytes);
  } finally {
    closeSync(fd);
  }
  return bytes.readUInt32LE();
}
