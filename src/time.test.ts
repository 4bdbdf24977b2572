import { expect, it } from "vitest";

import { allDone, untilAborted, within } from "./time.ts";

it("answers what comes in time", async () => {
  expect(await within(Promise.resolve("word"), 60_000)).toBe("word");
});

it("answers nothing when it takes longer", async () => {
  expect(await within(new Promise<string>(() => {}), 1)).toBeUndefined();
});

it("passes a failure on", async () => {
  await expect(within(Promise.reject(new Error("broken")), 60_000)).rejects.toThrow("broken");
});

it("waits until its signal is aborted", async () => {
  const controller = new AbortController();
  const waiting = untilAborted(new Promise<string>(() => {}), controller.signal);
  controller.abort(new Error("no more"));
  await expect(waiting).rejects.toThrow("no more");
  await expect(untilAborted(Promise.resolve("word"), controller.signal)).rejects.toThrow("no more");
  expect(await untilAborted(Promise.resolve("word"), new AbortController().signal)).toBe("word");
});

it("waits for all, also when one of them fails before", async () => {
  const slow = Promise.withResolvers<void>();
  let ended = false;
  const all = allDone([slow.promise, Promise.reject(new Error("one")), Promise.reject(new Error("other"))]);
  const told = all.catch((error: unknown) => error).finally(() => (ended = true));
  await new Promise(setImmediate);
  expect(ended).toBe(false);
  slow.resolve();
  expect(await told).toEqual(new Error("one"));
  await allDone([Promise.resolve()]);
});
