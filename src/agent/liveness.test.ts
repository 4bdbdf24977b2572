import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Liveness } from "./liveness.ts";

const TIMEOUT_MS = 30_000;

let pings: PromiseWithResolvers<void>[];
let slow: string[];
let dead: string[];
let liveness: Liveness;

beforeEach(() => {
  vi.useFakeTimers();
  pings = [];
  slow = [];
  dead = [];
  liveness = new Liveness({
    timeoutMs: TIMEOUT_MS,
    ping: () => {
      const ping = Promise.withResolvers<void>();
      pings.push(ping);
      return ping.promise;
    },
    onSlow: (sentence) => slow.push(sentence),
    onUnresponsive: (sentence) => dead.push(sentence),
  });
});
afterEach(() => vi.useRealTimers());

describe("a call to the guest", () => {
  it("that is quick costs no question, whether it succeeds or fails", async () => {
    expect(await liveness.watch("start", Promise.resolve(7))).toBe(7);
    const failure = new HadronError(Code.DEADLINE_EXCEEDED, "could not be frozen");
    await expect(liveness.watch("pause", Promise.reject(failure))).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
    expect(pings).toHaveLength(0);
    expect(dead).toEqual([]);
  });

  it("may take any time while the guest answers, and leaves nothing behind", async () => {
    const call = Promise.withResolvers<string>();
    const result = liveness.watch("start a process", call.promise);
    for (let round = 0; round < 200; round++) {
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
      for (const ping of pings) {
        ping.resolve();
      }
    }
    expect(pings.length).toBeGreaterThan(50);
    call.resolve("late");
    expect(await result).toBe("late");
    expect(slow).toEqual([expect.stringMatching(/^the guest lives, .* more than 30 s to start a process/)]);
    expect(dead).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends with the guest that does not answer in time, once", async () => {
    const result = liveness.watch("start a process", Promise.withResolvers<void>().promise);
    const refused = expect(result).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: /did not start a process within 30 s.*being killed/ });
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(dead).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(dead).toHaveLength(1);
    await refused;
    expect(pings).toHaveLength(1);
  });

  it("shares its question with the calls beside it", async () => {
    const calls = ["start", "stop", "look"].map((what) => liveness.watch(what, Promise.withResolvers<void>().promise));
    const refused = Promise.all(calls.map(async (call) => await expect(call).rejects.toMatchObject({ code: Code.UNAVAILABLE })));
    await vi.advanceTimersByTimeAsync(1_000 + TIMEOUT_MS);
    await refused;
    expect(pings).toHaveLength(1);
  });

  it("that answers while the question is out is answered", async () => {
    const call = Promise.withResolvers<number>();
    const result = liveness.watch("start", call.promise);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(pings).toHaveLength(1);
    call.resolve(1);
    expect(await result).toBe(1);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    expect(dead).toEqual([]);
  });

  it("takes an error for an answer", async () => {
    const call = Promise.withResolvers<void>();
    const result = liveness.watch("start", call.promise);
    await vi.advanceTimersByTimeAsync(1_000);
    pings[0]?.reject(new HadronError(Code.UNIMPLEMENTED, "no such method"));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(dead).toEqual([]);
    call.resolve();
    await result;
  });
});
