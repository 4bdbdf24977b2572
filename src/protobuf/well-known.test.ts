import { expect, test } from "vitest";

import { nanosecondsOf, timestampOf } from "./well-known.ts";

test.each([
  [0n, 0n, 0],
  [1_795_333_801_123_456_789n, 1_795_333_801n, 123_456_789],
  [-1n, -1n, 999_999_999],
  [-1_000_000_000n, -1n, 0],
])("%s ns", (ns, seconds, nanos) => {
  expect(timestampOf(ns)).toEqual({ seconds, nanos });
  expect(nanosecondsOf({ seconds, nanos })).toBe(ns);
});
