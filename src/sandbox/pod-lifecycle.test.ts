import { beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { VmExit } from "../hypervisor/hypervisor.ts";
import type { ContainerMachine, PodMember } from "./container.ts";
import { PodContainer } from "./pod-container.ts";
import { PodLifecycle } from "./pod-lifecycle.ts";
import { podSpecOf } from "./pod-spec.ts";

const HOST_PID = 4711;
const VM_PIDS = [1, 2];
const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const never = new AbortController().signal;

let told: string[];
let open: (signal: AbortSignal) => Promise<PodMember>;
let vmExited: PromiseWithResolvers<VmExit>;
let pod: PodLifecycle;

beforeEach(() => {
  told = [];
  vmExited = Promise.withResolvers();
  open = async () => opened();
  pod = new PodLifecycle("p", podSpecOf({ ociVersion: "1.2.0" }, {}), {
    open: async (_, signal) => await open(signal),
    end: async () => {
      told.push("VM ended");
      vmExited.resolve({ expected: true, reason: "asked for" });
    },
  });
});

function opened(): PodContainer {
  return new PodContainer({
    id: "p",
    bundle: "",
    machine: { exited: vmExited.promise, vm: { pids: VM_PIDS } } as unknown as ContainerMachine,
    pids: "guest",
    lease: { isLast: () => true, [Symbol.asyncDispose]: async () => void told.push("lease given up") },
    hostProcess: { pid: HOST_PID, forward() {}, end: async () => void told.push("host process ended") },
    observer: { started() {}, exited() {} },
    log: quiet,
  });
}

const codeOf = (error: unknown): Code => (error as HadronError).code;

describe("a pod of the sandbox service", () => {
  it("is created, ready, stopped", async () => {
    expect(pod.status).toEqual({ state: "created", pid: 0, createdAtNs: 0n, exit: undefined });
    expect(() => pod.requireReady("do it")).toThrow("cannot do it: pod p is created, not ready");
    const { createdAtNs } = await pod.start(never);
    expect(createdAtNs).toBeGreaterThan(0n);
    expect(pod.status).toEqual({ state: "ready", pid: HOST_PID, createdAtNs, exit: undefined });
    expect(pod.itself?.machine.vm.pids).toEqual(VM_PIDS);
    pod.requireReady("do it");
    await pod.stop();
    expect(await pod.exited).toMatchObject({ status: 0 });
    expect(pod.status).toMatchObject({ state: "stopped", pid: 0, createdAtNs, exit: { status: 0 } });
    expect(told).toEqual(expect.arrayContaining(["VM ended", "host process ended", "lease given up"]));
    expect(() => pod.requireReady("do it")).toThrow("pod p is stopped");
  });

  it("is started once, and not after its stop", async () => {
    await pod.start(never);
    expect(codeOf(await pod.start(never).catch((error: unknown) => error))).toBe(Code.FAILED_PRECONDITION);
    await pod.stop();
    await pod.stop();
    expect(codeOf(await pod.start(never).catch((error: unknown) => error))).toBe(Code.FAILED_PRECONDITION);
  });

  it("that was not started can be stopped", async () => {
    await pod.stop();
    expect(await pod.exited).toMatchObject({ status: 0 });
    expect(pod.status).toMatchObject({ state: "stopped", createdAtNs: 0n });
  });

  it("that did not start can be started again", async () => {
    open = async () => {
      throw new HadronError(Code.UNAVAILABLE, "no VM");
    };
    expect(codeOf(await pod.start(never).catch((error: unknown) => error))).toBe(Code.UNAVAILABLE);
    expect(pod.status.state).toBe("created");
    open = async () => opened();
    await pod.start(never);
    expect(pod.status.state).toBe("ready");
  });

  it("that is being started is not started any more when it is to stop", async () => {
    open = async (signal) =>
      await new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    const started = pod.start(never).catch((error: unknown) => error);
    expect(pod.status.state).toBe("starting");
    await pod.stop();
    expect(await started).toMatchObject({ code: Code.UNAVAILABLE, message: "pod p is being stopped" });
    expect(pod.status.state).toBe("stopped");
  });

  it("ends with its VM", async () => {
    await pod.start(never);
    vmExited.resolve({ expected: false, reason: "gone" });
    expect(await pod.exited).toMatchObject({ status: 137 });
    expect(pod.status).toMatchObject({ state: "stopped", pid: 0 });
    expect(pod.itself).toBeUndefined();
    await pod.stop();
    expect(pod.status.exit).toMatchObject({ status: 137 });
    expect(told).toContain("lease given up");
  });
});
