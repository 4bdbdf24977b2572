import { beforeEach, describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import type { VmExit } from "../hypervisor/hypervisor.ts";
import type { ContainerMachine } from "./container.ts";
import { PodContainer } from "./pod-container.ts";

const HOST_PID = 4711;
const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

let told: string[];
let forwarded: (signal: number) => void;
let vmExited: PromiseWithResolvers<VmExit>;
let container: PodContainer;

beforeEach(() => {
  told = [];
  vmExited = Promise.withResolvers();
  container = new PodContainer({
    id: "pod",
    bundle: "/b",
    // It asks nothing of the guest.
    machine: { exited: vmExited.promise } as unknown as ContainerMachine,
    pids: "shared",
    lease: { isLast: () => true, [Symbol.asyncDispose]: async () => void told.push("lease given up") },
    hostProcess: { pid: HOST_PID, forward: (onSignal) => void (forwarded = onSignal), end: async () => void told.push("host process ended") },
    observer: { started: ({ pid }) => told.push(`started ${pid}`), exited: (_, { status }) => told.push(`exited ${status}`) },
    log: quiet,
  });
});

const codeOf = async (action: Promise<unknown>): Promise<unknown> =>
  await action.then(
    () => "no error",
    (error: unknown) => (error as { code: number }).code,
  );

/** Lets everything that is ready happen. */
const settle = async (): Promise<void> => await new Promise<void>((resolve) => setImmediate(resolve));

describe("a pod's own container", () => {
  it("has a pid on the host and is the agent in the guest", async () => {
    expect([container.init.pid, container.init.guestPid, container.status]).toEqual([HOST_PID, 1, "created"]);
    expect(await container.processes()).toEqual([{ pid: HOST_PID, execId: "" }]);
    await container.start("");
    expect([container.status, told]).toEqual(["running", [`started ${HOST_PID}`]]);
    expect(await codeOf(container.start(""))).toBe(Code.FAILED_PRECONDITION);
  });

  it("has the guest's own namespaces, but for the pid namespace that its containers share", () => {
    const paths = ["net", "ipc", "pid", "pid_for_children"].map((file) => container.namespacePath(file));
    expect(paths).toEqual(["/proc/1/ns/net", "/proc/1/ns/ipc", "/run/hadron/pod-pids", "/run/hadron/pod-pids"]);
  });

  it.each([
    ["SIGKILL", 9, 137],
    ["SIGTERM", 15, 0],
    ["SIGINT", 2, 0],
  ])("ends with %s as pause does", async (_, signal, status) => {
    await container.start("");
    await container.kill("", signal);
    expect(await container.wait("")).toMatchObject({ status });
    await settle();
    expect(told).toContain(`exited ${status}`);
    expect(told.indexOf("host process ended")).toBeLessThan(told.indexOf(`exited ${status}`));
    expect(await container.processes()).toEqual([]);
    // CRI kills once more, and expects this.
    expect(await codeOf(container.kill("", signal))).toBe(Code.NOT_FOUND);
    expect(await container.delete()).toMatchObject({ status });
    expect(told).toContain("lease given up");
  });

  it("does not mind another signal, nor one to its pid on the host", async () => {
    await container.start("");
    await container.kill("", 1);
    forwarded(10);
    expect(container.status).toBe("running");
    forwarded(9);
    expect(await container.wait("")).toMatchObject({ status: 137 });
  });

  it("ends with its VM", async () => {
    await container.start("");
    vmExited.resolve({ expected: false, reason: "gone" });
    expect(await container.wait("")).toMatchObject({ status: 137 });
  });

  it("is deleted when it was never started, and not while it runs", async () => {
    await container.start("");
    expect(await codeOf(container.delete())).toBe(Code.FAILED_PRECONDITION);
    await container.pause();
    expect(await codeOf(container.delete())).toBe(Code.FAILED_PRECONDITION);
    expect(told).not.toContain("lease given up");
  });

  it("that was never started has been killed when it is deleted", async () => {
    expect(await container.delete()).toMatchObject({ status: 137 });
    expect(told).toContain("lease given up");
  });

  it("is paused and resumed", async () => {
    expect(await codeOf(container.pause())).toBe(Code.FAILED_PRECONDITION);
    await container.start("");
    await container.pause();
    expect(container.status).toBe("paused");
    expect(await codeOf(container.pause())).toBe(Code.FAILED_PRECONDITION);
    await container.resume();
    expect(container.status).toBe("running");
    expect(await codeOf(container.resume())).toBe(Code.FAILED_PRECONDITION);
  });

  it("takes no additional process", async () => {
    await container.start("");
    expect(() => container.addExec("e", { cwd: "/", user: { uid: 0, gid: 0 } })).toThrow(
      expect.objectContaining({ code: Code.FAILED_PRECONDITION }) as Error,
    );
    expect(() => container.process("e")).toThrow(expect.objectContaining({ code: Code.NOT_FOUND }) as Error);
    expect(await codeOf(container.deleteExec(""))).toBe(Code.FAILED_PRECONDITION);
  });

  it("uses nothing, and has no figures when it is gone", async () => {
    expect(await container.stats()).toEqual(new Map());
    await container.update({});
    await container.kill("", 9);
    expect(await codeOf(container.stats())).toBe(Code.FAILED_PRECONDITION);
    expect(await codeOf(container.update({}))).toBe(Code.NOT_FOUND);
  });
});
