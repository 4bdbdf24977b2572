/**
 * ttrpc's frames: a header of ten bytes (u32be length, u32be stream id, u8 type, u8 flags) and the
 * data. Source: PROTOCOL.md of github.com/containerd/ttrpc.
 */

export const HEADER_BYTES = 10;
/** The most data that a frame may carry. */
export const MAX_MESSAGE_BYTES = 4 << 20;

export const FrameType = { REQUEST: 1, RESPONSE: 2, DATA: 3 } as const;

export const Flag = {
  /** The sender of the frame sends nothing more on this stream. */
  REMOTE_CLOSED: 1,
  /** Request only: data follows. */
  REMOTE_OPEN: 2,
  /** Data only: there is no message in it, not even an empty one. */
  NO_DATA: 4,
} as const;

export interface FrameSink {
  /** `data` is never written again: views of it may be kept. */
  onFrame(streamId: number, type: number, flags: number, data: Buffer): void;
  /** A frame of more than 4 MiB; its `length` bytes are thrown away as they come in. */
  onOversize(streamId: number, type: number, length: number): void;
}

/**
 * Cuts a byte stream into frames. Every sequence of bytes is a sequence of frames, so there is no
 * error: what makes no sense is for the one who knows the streams. Holds at most one unfinished frame.
 */
export class FrameDecoder {
  readonly #header = Buffer.allocUnsafeSlow(HEADER_BYTES);
  #headerFill = 0;
  #streamId = 0;
  #type = 0;
  #flags = 0;
  /** The data of a frame that is spread over several chunks. */
  #data: Buffer | undefined;
  #dataFill = 0;
  /** What is left of an oversize frame. */
  #discard = 0;

  /** Whether the bytes so far end inside a frame. */
  get midFrame(): boolean {
    return this.#headerFill > 0 || this.#data !== undefined || this.#discard > 0;
  }

  push(chunk: Buffer, sink: FrameSink): void {
    const end = chunk.length;
    let at = 0;
    while (at < end) {
      if (this.#discard > 0) {
        const skipped = Math.min(this.#discard, end - at);
        this.#discard -= skipped;
        at += skipped;
        continue;
      }
      if (this.#data !== undefined) {
        at = this.#fill(this.#data, chunk, at, sink);
        continue;
      }
      let length: number;
      if (this.#headerFill === 0 && end - at >= HEADER_BYTES) {
        length = this.#readHeader(chunk, at);
        at += HEADER_BYTES;
      } else {
        const taken = Math.min(HEADER_BYTES - this.#headerFill, end - at);
        chunk.copy(this.#header, this.#headerFill, at, at + taken);
        this.#headerFill += taken;
        at += taken;
        if (this.#headerFill < HEADER_BYTES) {
          return;
        }
        this.#headerFill = 0;
        length = this.#readHeader(this.#header, 0);
      }
      if (length > MAX_MESSAGE_BYTES) {
        this.#discard = length;
        sink.onOversize(this.#streamId, this.#type, length);
      } else if (end - at >= length) {
        at += length;
        sink.onFrame(this.#streamId, this.#type, this.#flags, chunk.subarray(at - length, at));
      } else {
        this.#data = Buffer.allocUnsafe(length);
        this.#dataFill = 0;
      }
    }
  }

  #readHeader(buffer: Buffer, at: number): number {
    this.#streamId = buffer.readUInt32BE(at + 4);
    this.#type = buffer[at + 8] as number;
    this.#flags = buffer[at + 9] as number;
    return buffer.readUInt32BE(at);
  }

  #fill(data: Buffer, chunk: Buffer, at: number, sink: FrameSink): number {
    const taken = chunk.copy(data, this.#dataFill, at);
    this.#dataFill += taken;
    if (this.#dataFill === data.length) {
      this.#data = undefined;
      sink.onFrame(this.#streamId, this.#type, this.#flags, data);
    }
    return at + taken;
  }
}

/** A buffer with the header written and room for `length` bytes of data after it. */
export function allocateFrame(streamId: number, type: number, flags: number, length: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(streamId, 4);
  frame[8] = type;
  frame[9] = flags;
  return frame;
}

export function dataFrame(streamId: number, flags: number, message: Uint8Array): Buffer {
  const frame = allocateFrame(streamId, FrameType.DATA, flags, message.length);
  frame.set(message, HEADER_BYTES);
  return frame;
}

const NOTHING = new Uint8Array(0);

/** Ends one direction of a stream. */
export function closeFrame(streamId: number): Buffer {
  return dataFrame(streamId, Flag.REMOTE_CLOSED | Flag.NO_DATA, NOTHING);
}
