import { expect, it } from "vitest";

import { within } from "./time.ts";

it("answers what comes in time", async () => {
  expect(await within(Promise.resolve("word"), 60_000)).toBe("word");
});

it("answers nothing when it takes longer", async () => {
  expect(await within(new Promise<string>(() => {}), 1)).toBeUndefined();
});

it("passes a failure on", async () => {
  await expect(within(Promise.reject(new Error("broken")), 60_000)).rejects.toThrow("broken");
});
