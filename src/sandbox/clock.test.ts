import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { GuestClock } from "./clock.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const MS = 1_000_000n;

/** A guest whose clock is `offsetMs` ahead of the host's, behind a connection that takes `delayMs` each way. */
class FakeGuest {
  offsetMs = 0;
  delayMs = 0;
  calls = 0;
  steps: number[] = [];

  async setClock(hostNs: bigint, backwards: boolean): Promise<bigint> {
    this.calls += 1;
    vi.advanceTimersByTime(this.delayMs);
    const aheadMs = Date.now() + this.offsetMs - Number(hostNs / MS);
    if (aheadMs < 0 || (backwards && aheadMs > 0)) {
      this.steps.push(-aheadMs);
      this.offsetMs -= aheadMs;
    }
    vi.advanceTimersByTime(this.delayMs);
    return BigInt(aheadMs) * MS;
  }
}

let guest: FakeGuest;
let hostSet: PromiseWithResolvers<void>;
let clock: GuestClock;

async function start(): Promise<void> {
  clock = new GuestClock({
    agent: guest,
    clockSet: async (signal) => {
      hostSet = Promise.withResolvers();
      signal.addEventListener("abort", () => hostSet.reject(signal.reason as Error));
      await hostSet.promise;
    },
    log: quiet,
  });
  await settle();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await Promise.resolve();
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  guest = new FakeGuest();
});
afterEach(() => {
  clock[Symbol.dispose]();
  vi.useRealTimers();
});

describe("a guest's clock", () => {
  it("that is behind is set at once", async () => {
    guest.offsetMs = -3_000;
    await start();
    expect(guest.offsetMs).toBe(0);
    expect(guest.calls).toBe(1);
  });

  it.each([1, 10, 40])("is right by the time of a message (%d ms) wherever it was", async (delayMs) => {
    for (const offsetMs of [-86_400_000, -30, 0, 60, 200, 7_200_000]) {
      guest = new FakeGuest();
      Object.assign(guest, { offsetMs, delayMs });
      await start();
      expect(Math.abs(guest.offsetMs)).toBeLessThanOrEqual(2 * delayMs + 5);
      clock[Symbol.dispose]();
    }
  });

  it("that is right is not set back because a message was late", async () => {
    guest.delayMs = 300;
    await start();
    expect(guest.steps).toEqual([]);
  });

  it("follows when the host's is set, forwards and backwards", async () => {
    await start();
    for (const jump of [3_600_000, -3_600_000]) {
      guest.offsetMs -= jump;
      hostSet.resolve();
      await settle();
      expect(guest.offsetMs).toBe(0);
    }
  });

  it("is looked at now and then, and no more when the machine is gone", async () => {
    await start();
    guest.offsetMs = -20;
    await vi.advanceTimersByTimeAsync(200_000);
    expect(guest.offsetMs).toBe(0);
    clock[Symbol.dispose]();
    const { calls } = guest;
    await vi.advanceTimersByTimeAsync(2_000_000);
    expect(guest.calls).toBe(calls);
    expect(vi.getTimerCount()).toBe(0);
  });
});
