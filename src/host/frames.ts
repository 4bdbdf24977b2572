/** The framing of libhadron's answers: `u32le length`, then as many bytes. */
import { Code, HadronError } from "../errors.ts";

/** No answer comes near it; a longer one means that the stream is no longer understood. */
const MAX_FRAME_BYTES = 1 << 20;
const HEADER_BYTES = 4;

/** Cuts a stream, which comes in pieces of any size, into frames. */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void;
  /** Bytes of a frame that is not whole yet. */
  #rest: Buffer = Buffer.alloc(0);

  /** `onFrame` may keep its buffer only for the time of the call. */
  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** The bytes are copied when they must be kept. DATA_LOSS for a length that no frame has. */
  push(bytes: Buffer): void {
    let input = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (input.length >= HEADER_BYTES) {
      const length = input.readUInt32LE(0);
      if (length > MAX_FRAME_BYTES) {
        throw new HadronError(Code.DATA_LOSS, `libhadron announced an answer of ${length} bytes; at most ${MAX_FRAME_BYTES} are allowed.`);
      }
      const end = HEADER_BYTES + length;
      if (input.length < end) {
        break;
      }
      this.#onFrame(input.subarray(HEADER_BYTES, end));
      input = input.subarray(end);
    }
    // `bytes` is the reader's own buffer, which the next read overwrites.
    this.#rest = Buffer.from(input);
  }
}
