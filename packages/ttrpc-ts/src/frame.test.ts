import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { allocateFrame, FrameDecoder, HEADER_BYTES, MAX_MESSAGE_BYTES } from "./frame.ts";

type Seen = { streamId: number; type: number; flags: number; data: string } | { streamId: number; type: number; oversize: number };

function decode(chunks: Iterable<Buffer>): { seen: Seen[]; midFrame: boolean } {
  const seen: Seen[] = [];
  const decoder = new FrameDecoder();
  for (const chunk of chunks) {
    decoder.push(chunk, {
      onFrame: (streamId, type, flags, data) => seen.push({ streamId, type, flags, data: data.toString("hex") }),
      onOversize: (streamId, type, length) => seen.push({ streamId, type, oversize: length }),
    });
  }
  return { seen, midFrame: decoder.midFrame };
}

/** Cuts at the given points, in any order, as fractions of the whole. */
function cut(whole: Buffer, points: readonly number[]): Buffer[] {
  const at = [0, ...points.map((point) => Math.floor(point * whole.length)).sort((a, b) => a - b), whole.length];
  return at.slice(1).map((end, i) => whole.subarray(at[i], end));
}

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u8 = fc.integer({ min: 0, max: 255 });
const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const frames = fc.array(fc.record({ streamId: u32, type: u8, flags: u8, data: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 20 });

describe("FrameDecoder", () => {
  it("gives back the frames that were written, wherever the stream is cut", () => {
    fc.assert(
      fc.property(frames, fractions, (written, points) => {
        const whole = Buffer.concat(
          written.map(({ streamId, type, flags, data }) => {
            const frame = allocateFrame(streamId, type, flags, data.length);
            frame.set(data, HEADER_BYTES);
            return frame;
          }),
        );
        const { seen, midFrame } = decode(cut(whole, points));
        expect(seen).toEqual(written.map((frame) => ({ ...frame, data: Buffer.from(frame.data).toString("hex") })));
        expect(midFrame).toBe(false);
      }),
    );
  });

  it("takes any bytes in any chunking, and the chunking makes no difference", () => {
    // Lengths that occur: small ones, whole ones, oversize ones.
    const length = fc.oneof(fc.integer({ min: 0, max: 40 }), u32);
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(length, u32, u8, u8).map(([size, streamId, type, flags]) => {
        const header = allocateFrame(streamId, type, flags, 0);
        header.writeUInt32BE(size);
        return header;
      }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fractions, (pieces, points) => {
        const whole = Buffer.concat(pieces);
        const together = decode([whole]);
        expect(decode(cut(whole, points))).toEqual(together);
        expect(decode([...whole].map((byte) => Buffer.from([byte])))).toEqual(together);
        for (const frame of together.seen) {
          if ("data" in frame) {
            expect(frame.data.length / 2).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
          } else {
            expect(frame.oversize).toBeGreaterThan(MAX_MESSAGE_BYTES);
          }
        }
      }),
    );
  });

  it("takes a message of exactly 4 MiB and throws away one of a byte more, keeping its place", () => {
    const most = allocateFrame(1, 1, 0, MAX_MESSAGE_BYTES);
    const tooMuch = allocateFrame(3, 1, 0, MAX_MESSAGE_BYTES + 1);
    const after = allocateFrame(5, 3, 4, 0);
    const { seen } = decode(cut(Buffer.concat([most, tooMuch, after]), [0.1, 0.3, 0.5, 0.500001, 0.9]));
    expect(seen.map((frame) => ("data" in frame ? frame.data.length / 2 : { oversize: frame.oversize }))).toEqual([
      MAX_MESSAGE_BYTES,
      { oversize: MAX_MESSAGE_BYTES + 1 },
      0,
    ]);
  });

  it("does not copy a frame that came in one piece", () => {
    const frame = allocateFrame(1, 1, 0, 100);
    let same = false;
    new FrameDecoder().push(frame, {
      onFrame: (_streamId, _type, _flags, data) => (same = data.buffer === frame.buffer),
      onOversize: () => undefined,
    });
    expect(same).toBe(true);
  });
});
