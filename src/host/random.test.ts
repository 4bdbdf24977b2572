import { expect, test } from "vitest";

import { randomUint32 } from "./random.ts";

test("a number has 32 bits, each of which is 0 as well as 1", () => {
  const numbers = Array.from({ length: 200 }, randomUint32);
  expect(numbers.reduce((a, b) => (a | b) >>> 0)).toBe(0xffff_ffff);
  expect(numbers.reduce((a, b) => (a & b) >>> 0)).toBe(0);
  expect(new Set(numbers).size).toBeGreaterThan(190);
});
