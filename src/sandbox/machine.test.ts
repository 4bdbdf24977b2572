import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Agent } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import type { Vm, VmExit } from "../hypervisor/hypervisor.ts";
import { Machine } from "./machine.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const LOST = new HadronError(Code.UNAVAILABLE, "No answer can come any more");

let exited: PromiseWithResolvers<VmExit>;
let closed: PromiseWithResolvers<void>;
let stops: number;

beforeEach(() => {
  vi.useFakeTimers();
  exited = Promise.withResolvers();
  closed = Promise.withResolvers();
  stops = 0;
});
afterEach(() => vi.useRealTimers());

async function launch(): Promise<Machine> {
  const stop = async (): Promise<void> => {
    stops += 1;
    exited.resolve({ reason: "the VM was stopped", expected: true });
  };
  const vm = { exited: exited.promise, stop, [Symbol.asyncDispose]: stop, vsock: { accept: async () => ({}) } } as unknown as Vm;
  const agent = { closed: closed.promise, createSandbox: async () => ({}), close() {} } as unknown as Agent;
  return await Machine.launch(
    {
      hostname: "h",
      sharedFs: "9p",
      agentLogLevel: "info",
      bootTimeoutMs: 1000,
      launch: async () => vm,
      agentChannel: async () => ({ guestFd: 0, agent, closeGuestFd: async () => undefined }),
      log: quiet,
    },
    new AbortController().signal,
  );
}

describe("a machine", () => {
  it("explains a lost connection by the end of the VM, also when that comes later", async () => {
    const machine = await launch();
    const explained = machine.explain(LOST, "exec e was being started");
    exited.resolve({ reason: "the guest's kernel panicked: sysrq", expected: false });
    const message = "the VM was lost while exec e was being started: the guest's kernel panicked: sysrq";
    expect(await explained).toMatchObject({ code: Code.UNAVAILABLE, message, cause: LOST });
  });

  it("kills a VM that outlives the connection to its agent, and explains with that", async () => {
    const machine = await launch();
    closed.resolve();
    const explained = machine.explain(LOST, "it was being started");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(stops).toBe(1);
    expect(await explained).toMatchObject({ message: "the VM was lost while it was being started: the connection to the guest's agent was lost" });
  });

  it("does not wait for ever for a guest that only claims to be unavailable", async () => {
    const machine = await launch();
    const explained = machine.explain(LOST, "it was being started");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await explained).toBe(LOST);
    expect(stops).toBe(0);
  });

  it("leaves every other error as it is", async () => {
    const machine = await launch();
    exited.resolve({ reason: "gone", expected: false });
    const error = new HadronError(Code.FAILED_PRECONDITION, "it is stopped");
    expect(await machine.explain(error, "it was being started")).toBe(error);
  });
});
