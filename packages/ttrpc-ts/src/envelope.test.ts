import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Code } from "./code.ts";
import { decodeRequest, decodeResponse, encodeTarget, requestFrame, resultFrame, statusFrame } from "./envelope.ts";
import { TtrpcError, type Any } from "./errors.ts";
import { HEADER_BYTES, MAX_MESSAGE_BYTES } from "./frame.ts";
import { Metadata } from "./metadata.ts";

const code = fc.integer({ min: 1, max: 16 }).map((value) => value as Code);
const any: fc.Arbitrary<Any> = fc.record({
  typeUrl: fc.string({ unit: "grapheme" }),
  value: fc.uint8Array().map((value) => Buffer.from(value)),
});

describe("Request", () => {
  it("survives the way through a frame", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.string(),
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.array(fc.tuple(fc.string(), fc.string({ unit: "grapheme" }))),
        (service, method, payload, timeoutNs, pairs) => {
          const metadata = new Metadata(pairs);
          const frame = requestFrame(7, 2, encodeTarget(service, method), payload, timeoutNs, metadata);
          expect(frame.readUInt32BE(0)).toBe(frame.length - HEADER_BYTES);
          const request = decodeRequest(frame.subarray(HEADER_BYTES));
          expect(request).toMatchObject({ service, method, timeoutNs });
          expect(Buffer.from(request.payload ?? [])).toEqual(Buffer.from(payload));
          expect([...(request.metadata ?? [])]).toEqual([...metadata]);
        },
      ),
    );
  });

  it("writes the bytes that protobuf prescribes", () => {
    const frame = requestFrame(1, 0, encodeTarget("s", "m"), Buffer.from("p"), 300, new Metadata({ k: "v" }));
    expect(frame.toString("hex")).toBe("00000014" + "00000001" + "01" + "00" + "0a0173" + "12016d" + "1a0170" + "20ac02" + "2a060a016b120176");
  });

  it("knows a time that was over before it was sent", () => {
    // int64 -5 as a varint of ten bytes.
    expect(decodeRequest(Buffer.from("20fbffffffffffffffff01", "hex")).timeoutNs).toBe(-5);
    expect(decodeRequest(Buffer.from("20ffffffffffffffffff01", "hex")).timeoutNs).toBe(-1);
    // The smallest and the largest int64.
    expect(decodeRequest(Buffer.from("2080808080808080808001", "hex")).timeoutNs).toBe(-(2 ** 63));
    expect(decodeRequest(Buffer.from("20ffffffffffffffff7f", "hex")).timeoutNs).toBe(2 ** 63);
  });

  it("steps over fields that it does not know, of every wire type", () => {
    const unknown = "7801" + "7d01020304" + "79" + "0102030405060708" + "7a0161";
    expect(decodeRequest(Buffer.from(`${unknown}0a0173${unknown}`, "hex")).service).toBe("s");
  });

  it.each([
    ["a field that ends early", "0a05616263"],
    ["a number that ends early", "20ff"],
    ["a number of more than 64 bits", "20ffffffffffffffffff02"],
    ["field number 0", "0201"],
    ["a group", "0b"],
    ["a metadata pair that ends early", "2a020a05"],
  ])("refuses %s", (_what, hex) => {
    expect(() => decodeRequest(Buffer.from(hex, "hex"))).toThrow(RangeError);
  });

  it("is a Request or a RangeError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const decode of [decodeRequest, decodeResponse]) {
          try {
            decode(Buffer.from(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses to be larger than a frame", () => {
    expect(() => requestFrame(1, 0, encodeTarget("s", "m"), Buffer.alloc(MAX_MESSAGE_BYTES), 0, undefined)).toThrow(
      expect.objectContaining({ code: Code.RESOURCE_EXHAUSTED }),
    );
  });
});

describe("Response", () => {
  it("carries code, message and details", () => {
    fc.assert(
      fc.property(code, fc.string({ unit: "grapheme" }), fc.array(any), (status, message, details) => {
        const frame = statusFrame(9, new TtrpcError(status, message, { details }));
        const { error } = decodeResponse(frame.subarray(HEADER_BYTES));
        expect(error).toMatchObject({ code: status, message, details });
      }),
    );
  });

  it("turns a result that is too large into RESOURCE_EXHAUSTED", () => {
    const { error } = decodeResponse(resultFrame(1, Buffer.alloc(MAX_MESSAGE_BYTES)).subarray(HEADER_BYTES));
    expect(error?.code).toBe(Code.RESOURCE_EXHAUSTED);
    const fits = resultFrame(1, Buffer.alloc(MAX_MESSAGE_BYTES - 10)).subarray(HEADER_BYTES);
    expect(decodeResponse(fits).payload.length).toBe(MAX_MESSAGE_BYTES - 10);
  });

  it("leaves out details that do not fit, and keeps the code", () => {
    const details = [{ typeUrl: "x", value: Buffer.alloc(MAX_MESSAGE_BYTES) }];
    const frame = statusFrame(1, new TtrpcError(Code.ABORTED, "\u00e9".repeat(3_000_000), { details }));
    const { error } = decodeResponse(frame.subarray(HEADER_BYTES));
    expect(error).toMatchObject({ code: Code.ABORTED, details: [] });
    expect(error?.message).toMatch(/^\u00e9+$/);
  });

  it("names a status that google.rpc.Code does not have", () => {
    // Status{code: 99, message: "m"}
    const { error } = decodeResponse(Buffer.from("0a050863" + "12016d", "hex"));
    expect(error).toMatchObject({ code: Code.UNKNOWN });
    expect(error?.message).toContain("99");
  });
});
