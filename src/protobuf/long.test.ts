import fc from "fast-check";
import { expect, test } from "vitest";

import { PidsStat } from "../gen/metrics.ts";
import { Timestamp } from "../gen/protobuf.ts";
import { Long } from "./long.ts";
// All of protobufjs, which other tests import, would have brought its own.
import protobuf from "./protobufjs.ts";

test("protobufjs has taken this one", () => {
  expect(protobuf.util.Long).toBe(Long);
});

const edges = [0n, 1n, -1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 31n) - 1n, -(2n ** 32n), 2n ** 53n + 1n];

test("int64 is exact", () => {
  const seconds = fc.oneof(fc.constantFrom(...edges, 2n ** 63n - 1n, -(2n ** 63n)), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
  fc.assert(
    fc.property(seconds, (value) => {
      expect(Timestamp.decode(Timestamp.encode({ seconds: value })).seconds).toBe(value);
    }),
  );
});

test("uint64 is exact", () => {
  const limits = fc.oneof(fc.constantFrom(2n ** 63n, 2n ** 64n - 1n), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  fc.assert(
    fc.property(limits, (value) => {
      expect(PidsStat.decode(PidsStat.encode({ limit: value })).limit).toBe(value);
    }),
  );
});

test("an integer that did not come is zero", () => {
  expect(Timestamp.decode(new Uint8Array(0))).toEqual({ seconds: 0n, nanos: 0 });
});
