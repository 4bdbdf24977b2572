import fc from "fast-check";
import { expect, test } from "vitest";
import { Code } from "../errors.ts";
import { FrameReader } from "./frames.ts";

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(4);
  header.writeUInt32LE(body.length);
  return Buffer.concat([header, body]);
}

test("frames come out whole, however the stream was cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (texts, sizes) => {
      const stream = Buffer.concat(texts.map(frame));
      const received: string[] = [];
      const reader = new FrameReader((bytes) => received.push(bytes.toString("utf8")));
      // One buffer for all reads, as the socket has it.
      const buffer = Buffer.alloc(9);
      for (let offset = 0, turn = 0; offset < stream.length; turn++) {
        const size = Math.min(sizes[turn % sizes.length] ?? 1, stream.length - offset);
        stream.copy(buffer, 0, offset, offset + size);
        reader.push(buffer.subarray(0, size));
        offset += size;
      }
      expect(received).toEqual(texts);
    }),
  );
});

test("a length that no answer has is an error", () => {
  const reader = new FrameReader(() => undefined);
  expect(() => {
    reader.push(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  }).toThrow(expect.objectContaining({ code: Code.DATA_LOSS }) as Error);
});
