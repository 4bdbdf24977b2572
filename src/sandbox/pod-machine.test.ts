import { beforeEach, expect, it } from "vitest";

import { PodMachine } from "./pod-machine.ts";
import { type PodSpec, podSpecOf } from "./pod-spec.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

/** A VM whose boot and end take until the test says so. */
class FakeMachine {
  readonly stopGate = Promise.withResolvers<void>();

  async [Symbol.asyncDispose](): Promise<void> {
    events.push("stopping");
    await this.stopGate.promise;
    events.push("stopped");
  }
}

let events: string[];
let boots: PromiseWithResolvers<FakeMachine>[];
let machines: PodMachine<FakeMachine>;

beforeEach(() => {
  [events, boots] = [[], []];
  machines = new PodMachine({
    podId: "p",
    start: (pod, signal) => {
      events.push(`start for ${pod.hostname}`);
      const boot = Promise.withResolvers<FakeMachine>();
      signal.addEventListener("abort", () => boot.reject(signal.reason), { once: true });
      boots.push(boot);
      return boot.promise;
    },
    log: quiet,
  });
});

const pod = (hostname: string): PodSpec => podSpecOf({ ociVersion: "1.1.0", hostname }, {});

async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

async function booted(index: number): Promise<FakeMachine> {
  await settle();
  const machine = new FakeMachine();
  boots[index]?.resolve(machine);
  return machine;
}

it("starts one VM for all, as the first one wants it, and stops it with the last one", async () => {
  const [first, second] = [machines.lease(pod("a")), machines.lease(pod("b"))];
  const machine = await booted(0);
  expect(await first.machine).toBe(machine);
  expect(await second.machine).toBe(machine);
  expect(second.pod).toBe(first.pod);
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  expect(events).toEqual(["start for a"]);
  const ended = second[Symbol.asyncDispose]();
  await settle();
  machine.stopGate.resolve();
  await ended;
  expect(events).toEqual(["start for a", "stopping", "stopped"]);
});

it("gives nobody a VM that is known to end, and starts the next after that end", async () => {
  const last = machines.lease(pod("a"));
  const machine = await booted(0);
  expect(last.isLast()).toBe(true);
  const next = machines.lease(pod("b"));
  expect(next.pod.hostname).toBe("b");
  const ended = last[Symbol.asyncDispose]();
  await settle();
  expect(events).toEqual(["start for a", "stopping"]);
  machine.stopGate.resolve();
  await ended;
  const other = await booted(1);
  expect(await next.machine).toBe(other);
  expect(events).toEqual(["start for a", "stopping", "stopped", "start for b"]);
});

it("knows nobody as the last while somebody else is on the way in", async () => {
  const first = machines.lease(pod("a"));
  await booted(0);
  const second = machines.lease(pod("b"));
  expect([first.isLast(), second.isLast()]).toEqual([false, false]);
  await first[Symbol.asyncDispose]();
  expect(second.isLast()).toBe(true);
});

it("tells everybody that it did not start, and the next one tries again", async () => {
  const leases = [machines.lease(pod("a")), machines.lease(pod("b"))];
  await settle();
  boots[0]?.reject(new Error("no kernel"));
  for (const lease of leases) {
    await expect(lease.machine).rejects.toThrow("no kernel");
    await lease[Symbol.asyncDispose]();
  }
  const next = machines.lease(pod("c"));
  await booted(1);
  await next.machine;
  expect(events).toEqual(["start for a", "start for c"]);
});

it("breaks off the start that nobody waits for any more", async () => {
  const lease = machines.lease(pod("a"));
  await settle();
  await lease[Symbol.asyncDispose]();
  await expect(lease.machine).rejects.toThrow("pod p has no containers left");
});

it("stops with the pod, whoever has a lease, and a VM that has not begun to start does not", async () => {
  const last = machines.lease(pod("a"));
  const machine = await booted(0);
  last.isLast();
  const next = machines.lease(pod("b"));
  const ended = machines[Symbol.asyncDispose]();
  await settle();
  machine.stopGate.resolve();
  await ended;
  await expect(next.machine).rejects.toThrow("pod p is shutting down");
  expect(events).toEqual(["start for a", "stopping", "stopped"]);
});
