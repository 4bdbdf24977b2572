import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Storages } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import type { Join, Vm, VmExit } from "../hypervisor/hypervisor.ts";
import { PodDisks } from "./disks.ts";
import { Machine, type MachineAgent } from "./machine.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const LOST = new HadronError(Code.UNAVAILABLE, "no answer can come any more");

let exited: PromiseWithResolvers<VmExit>;
let closed: PromiseWithResolvers<void>;
let stops: number;
let warnings: string[];
let acceptFailure: HadronError | undefined;
/** What of it has gone. */
let gone: string[];
let refuseToGo: Error | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  exited = Promise.withResolvers();
  closed = Promise.withResolvers();
  stops = 0;
  acceptFailure = undefined;
  [gone, refuseToGo] = [[], undefined];
  [asked, warnings, answer] = [[], [], async () => undefined];
});
afterEach(() => vi.useRealTimers());

/** What the agent is asked of its shares. */
let asked: string[];
let answer: () => Promise<void>;

const goes = (what: string) => async (): Promise<void> => {
  gone.push(what);
  if (what === "network" && refuseToGo !== undefined) {
    throw refuseToGo;
  }
};

async function boot(sharedFs: "9p" | "virtiofs" = "9p"): Promise<Machine<MachineAgent>> {
  const stop = async (): Promise<void> => {
    stops += 1;
    gone.push("vm");
    exited.resolve({ reason: "the VM was stopped", expected: true });
  };
  const nothing = async (): Promise<void> => undefined;
  const join: Join = { port: 1024, progress: async () => 0n, ended: new Promise(() => {}), close: nothing, [Symbol.asyncDispose]: nothing };
  const vm: Vm = {
    pid: 1,
    pids: [1],
    exited: exited.promise,
    plug: nothing,
    pause: nothing,
    resume: nothing,
    insertDisk: nothing,
    ejectDisk: nothing,
    stop,
    [Symbol.asyncDispose]: stop,
    vsock: {
      accept: async () => (acceptFailure === undefined ? join : await Promise.reject(acceptFailure)),
      listen: async (port) => ({ port, close: nothing, [Symbol.asyncDispose]: nothing }),
    },
  };
  const ask = (what: string) => async (use: Storages | readonly string[]) => {
    const paths = "paths" in use ? [...use.paths, ...use.inner.map(({ target }) => target)] : use;
    asked.push(`${what} ${paths.join(" ")}`);
    await answer();
  };
  const agent: MachineAgent = {
    closed: closed.promise,
    createSandbox: async () => ({ agentVersion: "0", kernelRelease: "6", initEnteredNs: 0n, requestReadNs: 0n }),
    setClock: async () => 0n,
    setNetwork: async () => [],
    connectLoopback: nothing,
    watchListeners: nothing,
    listen: nothing,
    unlisten: nothing,
    close() {},
    attachDisk: async () => ({ major: 254, minor: 0 }),
    detachDisk: nothing,
    releaseStorages: ask("release"),
    writeBack: ask("write back"),
  };
  return await Machine.boot(
    {
      hostname: "h",
      sysctls: {},
      sharedFs,
      kernel: "tuned",
      agentLogLevel: "info",
      bootTimeoutMs: 1000,
      startVm: async () => vm,
      network: { isHosts: false, mayBeDeserted: true, isDeserted: true, attach: nothing, refresh: nothing, [Symbol.asyncDispose]: goes("network") },
      disks: new PodDisks({ log: quiet }),
      loopback: { attach() {}, [Symbol.asyncDispose]: goes("loopback") },
      place: { leave: goes("left"), [Symbol.asyncDispose]: goes("place") },
      dial: async () => -1,
      clockSet: () => new Promise<void>(() => {}),
      agentChannel: async () => ({ guestFd: 0, agent, closeGuestFd: async () => undefined }),
      log: { ...quiet, warn: (_: object, message: string) => warnings.push(message) },
    },
    new AbortController().signal,
  );
}

describe("a machine", () => {
  it("whose vsock process dies before the guest has a port says how the VM ended", async () => {
    acceptFailure = new HadronError(Code.UNAVAILABLE, "the vsock process is gone: it closed the connection");
    exited.resolve({ reason: "hadron-vsock was killed by SIGKILL", expected: false });
    await expect(boot()).rejects.toMatchObject({ message: "the VM did not start: hadron-vsock was killed by SIGKILL", cause: acceptFailure });
  });

  it("explains a lost connection by the end of the VM, also when that comes later", async () => {
    const machine = await boot();
    const explained = machine.explain(LOST, "exec e was being started");
    exited.resolve({ reason: "the guest's kernel panicked: sysrq", expected: false });
    const message = "the VM was lost while exec e was being started: the guest's kernel panicked: sysrq";
    expect(await explained).toMatchObject({ code: Code.UNAVAILABLE, message, cause: LOST });
  });

  it("kills a VM that outlives the connection to its agent, and explains with that", async () => {
    const machine = await boot();
    closed.resolve();
    const explained = machine.explain(LOST, "it was being started");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(stops).toBe(1);
    expect(await explained).toMatchObject({ message: "the VM was lost while it was being started: the connection to the guest's agent was lost" });
  });

  it("does not wait for ever for a guest that only claims to be unavailable", async () => {
    const machine = await boot();
    const explained = machine.explain(LOST, "it was being started");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await explained).toBe(LOST);
    expect(stops).toBe(0);
  });

  it("leaves every other error as it is", async () => {
    const machine = await boot();
    exited.resolve({ reason: "gone", expected: false });
    const error = new HadronError(Code.FAILED_PRECONDITION, "it is stopped");
    expect(await machine.explain(error, "it was being started")).toBe(error);
  });
});

describe("the end of a machine", () => {
  it("begins with its network, once", async () => {
    const machine = await boot();
    machine.windDown();
    await vi.advanceTimersByTimeAsync(0);
    expect(gone).toEqual(["loopback", "network"]);
    machine.windDown();
    await machine[Symbol.asyncDispose]();
    expect(gone).toEqual(["loopback", "network", "vm", "left", "place"]);
  });

  it("tells what failed when it began, after all the rest has gone", async () => {
    const machine = await boot();
    refuseToGo = new HadronError(Code.INTERNAL, "the qdisc stays");
    machine.windDown();
    await vi.advanceTimersByTimeAsync(0);
    await expect(machine[Symbol.asyncDispose]()).rejects.toBe(refuseToGo);
    expect(gone).toEqual(["loopback", "network", "vm", "left"]);
  });
});

describe("the shares of a machine", () => {
  const paths = ["/run/hadron/rootfs/1", "/run/hadron/volumes/2"];
  const use: Storages = { paths, inner: [], memory: [] };
  const owner = { mode: 0o777, uid: 0, gid: 0 };
  const memory = { target: "/run/hadron/memory/0:9", sizeBytes: 1n, owner, below: "", belowOwner: owner };

  it("are written back as a whole with 9p, and not those that a container has nothing of", async () => {
    const machine = await boot("9p");
    await machine.writeBack(paths, "exit");
    await machine.writeBack(paths.slice(0, 1), "pause");
    expect(machine.storagesToMount(use)).toBe(undefined);
    // Only what the one file system does not have.
    expect(machine.storagesToMount({ ...use, memory: [memory] })).toEqual({ paths: [], inner: [], memory: [memory] });
    expect(asked).toEqual(["write back /run/hadron/rootfs /run/hadron/volumes", "write back /run/hadron/rootfs"]);
  });

  it("are looked at by the guest, and written back at a pause only, with virtio-fs", async () => {
    const machine = await boot("virtiofs");
    expect(machine.storagesToMount(use)).toBe(use);
    await machine.writeBack(paths, "exit");
    await machine.writeBack(paths, "pause");
    expect(asked).toEqual([`write back ${paths.join(" ")}`]);
  });

  it("do not hold up anybody: a guest that is late, or wrong, is logged", async () => {
    const machine = await boot();
    answer = () => Promise.reject(new HadronError(Code.DEADLINE_EXCEEDED, "no answer"));
    await machine.writeBack(paths, "exit");
    await machine.releaseStorages(use);
    expect(warnings).toEqual(["the guest did not write its files back", "the guest did not let go of files that are being removed"]);
    expect(stops).toBe(0);
  });

  it("are nothing to ask a guest for that is gone", async () => {
    const machine = await boot();
    exited.resolve({ reason: "killed", expected: false });
    await exited.promise;
    await machine.writeBack(paths, "exit");
    await machine.releaseStorages(use);
    expect(asked).toEqual([]);
  });
});
