import { beforeEach, describe, expect, it } from "vitest";

import type { GuestProcess } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import type { VmExit } from "../hypervisor/hypervisor.ts";
import { Container, type ContainerAgent, type ContainerHostProcess } from "./container.ts";
import type { ProcessSpec } from "./oci.ts";
import { type Exit, KILLED_STATUS, Process } from "./process.ts";

const NO_STDIO = { stdin: "", stdout: "", stderr: "", terminal: false };
const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

/** An agent whose processes exit when the test says so. */
class FakeAgent implements ContainerAgent {
  readonly exits = new Map<string, PromiseWithResolvers<number>>();
  readonly calls: string[] = [];
  startGate: Promise<void> = Promise.resolve();
  signalGate: Promise<void> = Promise.resolve();
  execError: Error | undefined;
  syncError: Error | undefined;
  listed: GuestProcess[] = [];
  listGate: Promise<void> = Promise.resolve();

  exitOf(execId: string): PromiseWithResolvers<number> {
    let exit = this.exits.get(execId);
    if (exit === undefined) {
      this.exits.set(execId, (exit = Promise.withResolvers<number>()));
    }
    return exit;
  }

  waitProcess(_id: string, execId: string): Promise<number> {
    return this.exitOf(execId).promise;
  }

  async startContainer(): Promise<void> {
    this.calls.push("start");
    await this.startGate;
  }

  async execProcess(_id: string, execId: string): Promise<number> {
    this.calls.push(`exec ${execId}`);
    if (this.execError !== undefined) {
      throw this.execError;
    }
    return 7;
  }

  async signalProcess(_id: string, execId: string, signal: number, all: boolean): Promise<void> {
    this.calls.push(`signal ${execId} ${signal} ${all}`);
    if (signal === 9 && all) {
      this.exitOf("").resolve(137);
    }
    await this.signalGate;
  }

  async resizeTerminal(_id: string, execId: string): Promise<void> {
    this.calls.push(`resize ${execId}`);
  }

  async deleteContainer(): Promise<void> {
    this.calls.push("delete");
  }

  async deleteProcess(_id: string, execId: string): Promise<void> {
    this.calls.push(`delete ${execId}`);
  }

  async pauseContainer(): Promise<void> {
    this.calls.push("pause");
  }

  async resumeContainer(): Promise<void> {
    this.calls.push("resume");
  }

  async listProcesses(): Promise<GuestProcess[]> {
    this.calls.push("list");
    await this.listGate;
    return this.listed;
  }

  async containerStats(): Promise<ReadonlyMap<string, string>> {
    this.calls.push("stats");
    return new Map();
  }

  async updateContainer(_id: string, resources: string): Promise<void> {
    this.calls.push(`update ${resources}`);
  }

  async sync(): Promise<void> {
    this.calls.push("sync");
    if (this.syncError !== undefined) {
      throw this.syncError;
    }
  }
}

/** A process of the host that ends when it is told to, and whose pid is free when the test says so. */
class FakeHostProcess implements ContainerHostProcess {
  readonly pid = 4711;
  reaped = Promise.withResolvers<void>();
  ended = false;
  signal: (signal: number) => void = () => {};

  forward(onSignal: (signal: number) => void): void {
    this.signal = onSignal;
  }

  async end(): Promise<void> {
    this.ended = true;
    await this.reaped.promise;
  }
}

let agent: FakeAgent;
let hostProcess: FakeHostProcess;
let hookFailure: Error | undefined;
let hooksRan: string[];
let told: string[];
let container: Container;
let vmExit: PromiseWithResolvers<VmExit>;
let isLast: boolean;
let storageReleased: boolean;
let written: Promise<void>;

async function writeBack(paths: readonly string[], reason: string): Promise<void> {
  agent.calls.push(`write back ${paths.join(" ")} (${reason})`);
  await written;
}

beforeEach(() => {
  agent = new FakeAgent();
  told = [];
  storageReleased = false;
  isLast = false;
  vmExit = Promise.withResolvers();
  written = Promise.resolve();
  hostProcess = new FakeHostProcess();
  [hookFailure, hooksRan] = [undefined, []];
  hostProcess.reaped.resolve();
  container = makeContainer({});
});

async function loseVm(): Promise<void> {
  vmExit.resolve({ reason: "gone", expected: false });
  await settle();
}

/** `pidNamespace`: as the spec names it. */
function makeContainer(pidNamespace: { path?: string } | undefined): Container {
  const name = (process: Process): string => (process.execId === "" ? "init" : process.execId);
  const init = new Process("c1", "", NO_STDIO);
  init.guestPid = 3;
  init.hostPid = hostProcess.pid;
  let exit: VmExit | undefined;
  void vmExit.promise.then((reason) => (exit = reason));
  return new Container({
    spec: { ociVersion: "1.1.0", process: EXEC, linux: { namespaces: pidNamespace === undefined ? [] : [{ type: "pid", ...pidNamespace }] } },
    id: "c1",
    bundle: "/b",
    pipeOwner: { uid: 0, gid: 0 },
    init,
    hostProcess,
    machine: {
      agent,
      vm: { pids: [] },
      get exit() {
        return exit;
      },
      exited: vmExit.promise,
      writeBack,
      clock: { correct() {} },
      fail: (reason) => told.push(`fail ${reason}`),
      join: () => Promise.reject(new Error("no stdio here")),
      explain: (error) => Promise.resolve(error),
      refreshNetwork: () => Promise.resolve(),
      windDown: () => void agent.calls.push("wind down"),
    },
    lease: {
      isLast: () => isLast,
      async [Symbol.asyncDispose]() {
        agent.calls.push("lease ended");
      },
    },
    storage: {
      guestPaths: ["/run/hadron/rootfs/1"],
      disks: new Map([["7:0", { major: 254n, minor: 16n }]]),
      async [Symbol.asyncDispose]() {
        storageReleased = true;
      },
    },
    hooks: {
      async afterStart(pid) {
        hooksRan.push(`after start of ${pid}`);
        if (hookFailure !== undefined) {
          throw hookFailure;
        }
      },
      async afterDelete() {
        hooksRan.push("after delete");
      },
    },
    observer: {
      started: (process) => told.push(`started ${name(process)}`),
      exited: (process: Process, exit: Exit) => told.push(`exited ${name(process)} ${exit.status}`),
      oom: (id) => told.push(`oom ${id}`),
    },
    log: quiet,
  });
}

async function codeOf(action: Promise<unknown>): Promise<number | undefined> {
  return await action.then(
    () => undefined,
    (error: unknown) => (error instanceof HadronError ? error.code : -1),
  );
}

/** Lets everything that is ready happen. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

const EXEC: ProcessSpec = { args: ["true"], cwd: "/", user: { uid: 0, gid: 0 } };

describe("the init process", () => {
  it("that goes with its VM while it is being killed has exited, as any other", async () => {
    await container.start("");
    agent.signalGate = Promise.reject(new HadronError(Code.UNAVAILABLE, "the connection is gone"));
    const killed = codeOf(container.kill("", 9, true));
    await loseVm();
    expect(await killed).toBe(Code.NOT_FOUND);
  });

  it("goes from created to running to stopped", async () => {
    expect(container.status).toBe("created");
    await container.start("");
    expect(container.status).toBe("running");
    agent.exitOf("").resolve(42);
    expect((await container.init.exited).status).toBe(42);
    await settle();
    expect(container.status).toBe("stopped");
    expect(told).toEqual(["started init", "exited init 42"]);
  });

  it("is told to have started before it is told to have exited, however early it exits", async () => {
    const gate = Promise.withResolvers<void>();
    agent.startGate = gate.promise;
    const starting = container.start("");
    agent.exitOf("").resolve(0);
    await settle();
    expect(told).toEqual([]);
    gate.resolve();
    await starting;
    await settle();
    expect(told).toEqual(["started init", "exited init 0"]);
  });

  it("starts once", async () => {
    await container.start("");
    expect(await codeOf(container.start(""))).toBe(Code.FAILED_PRECONDITION);
  });

  it.each([undefined, { path: "/proc/7/ns/pid" }])(
    "takes with it what it leaves in a shared pid namespace (%o), before its exit is known",
    async (shared) => {
      container = makeContainer(shared);
      const killing = Promise.withResolvers<void>();
      agent.signalGate = killing.promise;
      await container.start("");
      agent.exitOf("").resolve(3);
      await settle();
      expect(agent.calls).toEqual(["start", "signal  9 true"]);
      expect(container.status).toBe("running");
      killing.resolve();
      expect((await container.init.exited).status).toBe(3);
    },
  );

  it("leaves its own pid namespace to the kernel", async () => {
    await container.start("");
    agent.exitOf("").resolve(0);
    await container.init.exited;
    expect(agent.calls).not.toContain("signal  9 true");
  });

  it("has an exit status of 0 to 255 whatever the guest says", async () => {
    agent.exitOf("").resolve(70_000);
    expect((await container.init.exited).status).toBe(KILLED_STATUS);
  });

  it("cannot be killed when it has exited", async () => {
    agent.exitOf("").resolve(0);
    await container.init.exited;
    expect(await codeOf(container.kill("", 15, false))).toBe(Code.NOT_FOUND);
  });
});

describe("the process on the host", () => {
  beforeEach(async () => {
    await container.start("");
    agent.calls.length = 0;
  });

  it("passes signals on to the init process, and to nobody after its exit", async () => {
    hostProcess.signal(15);
    expect(agent.calls).toEqual(["signal  15 false"]);
    agent.exitOf("").resolve(0);
    await container.wait("");
    hostProcess.signal(9);
    expect(agent.calls.filter((call) => call.startsWith("signal"))).toEqual(["signal  15 false"]);
  });

  it("is gone before the exit of the init process is told, and before it is deleted", async () => {
    hostProcess.reaped = Promise.withResolvers<void>();
    agent.exitOf("").resolve(0);
    await container.init.exited;
    let answered = 0;
    const waits = [container.wait(""), container.delete()].map(async (answer) => {
      await answer;
      answered++;
    });
    await settle();
    expect(hostProcess.ended).toBe(true);
    expect([answered, told, storageReleased]).toEqual([0, ["started init"], false]);
    hostProcess.reaped.resolve();
    await Promise.all(waits);
    expect(told).toEqual(["started init", "exited init 0"]);
  });

  it("ends with the VM", async () => {
    await loseVm();
    await container.wait("");
    expect(hostProcess.ended).toBe(true);
  });

  it("has the pid that the host is told first, and no process of the host has the others", async () => {
    agent.listed = [
      { pid: 3, execId: "" },
      { pid: 8, execId: "" },
      { pid: 9, execId: "e1" },
    ];
    expect(await container.processes()).toEqual([
      { pid: 4711, execId: "" },
      { pid: 4194304 + 8, execId: "" },
      { pid: 4194304 + 9, execId: "e1" },
    ]);
    // Whatever the guest says: as long as it runs, containerd must not take it for gone.
    agent.listed = [];
    expect(await container.processes()).toEqual([{ pid: 4711, execId: "" }]);
    const answered = Promise.withResolvers<void>();
    agent.listGate = answered.promise;
    const list = container.processes();
    await loseVm();
    answered.resolve();
    expect(await list).toEqual([]);
    expect(await container.processes()).toEqual([]);
  });
});

describe("additional processes", () => {
  beforeEach(async () => {
    await container.start("");
  });

  it("have ids of their own", async () => {
    container.addExec("e1", EXEC, NO_STDIO);
    expect(() => container.addExec("e1", EXEC, NO_STDIO)).toThrow(HadronError);
    expect(container.process("e1").pid).toBe(0);
    await container.start("e1");
    expect(container.process("e1").pid).toBe(4194304 + 7);
    agent.exitOf("e1").resolve(3);
    await container.process("e1").exited;
    await container.deleteExec("e1");
    container.addExec("e1", EXEC, NO_STDIO);
  });

  it("exit before the init process does", async () => {
    container.addExec("e1", EXEC, NO_STDIO);
    await container.start("e1");
    agent.exitOf("").resolve(0);
    await settle();
    expect(told).toEqual(["started init", "started e1"]);
    agent.exitOf("e1").resolve(137);
    await container.process("e1").exited;
    await settle();
    expect(told.slice(2)).toEqual(["exited e1 137", "exited init 0"]);
  });

  it("that cannot be executed leave no exit event", async () => {
    agent.execError = new HadronError(Code.INVALID_ARGUMENT, "exec: nosuch: not found");
    container.addExec("e1", EXEC, NO_STDIO);
    expect(await codeOf(container.start("e1"))).toBe(Code.INVALID_ARGUMENT);
    expect(told).toEqual(["started init"]);
    await container.deleteExec("e1");
  });

  it("run in a container that was not started yet", async () => {
    const created = makeContainer({});
    created.addExec("e1", EXEC, NO_STDIO);
    await created.start("e1");
    expect(created.status).toBe("created");
  });

  it("are refused in a stopped container", async () => {
    agent.exitOf("").resolve(0);
    await container.init.exited;
    expect(() => container.addExec("e1", EXEC, NO_STDIO)).toThrow(/is stopped, not running/);
  });

  it("cannot be killed before they are started, and can be started afterwards", async () => {
    container.addExec("e1", EXEC, NO_STDIO);
    expect(await codeOf(container.kill("e1", 9, false))).toBe(Code.FAILED_PRECONDITION);
    await container.start("e1");
    expect(container.process("e1").state).toBe("running");
  });

  it("are resized without effect when they have no terminal, or have ended", async () => {
    const size = { width: 80, height: 24 };
    container.addExec("e1", EXEC, NO_STDIO);
    container.addExec("e2", EXEC, { ...NO_STDIO, terminal: true });
    await container.start("e2");
    agent.exitOf("e2").resolve(0);
    await container.process("e2").exited;
    await container.resize("e1", size);
    await container.resize("e2", size);
    expect(agent.calls.filter((call) => call.startsWith("resize"))).toEqual([]);
  });

  it("are not deleted while they run", async () => {
    container.addExec("e1", EXEC, NO_STDIO);
    await container.start("e1");
    expect(await codeOf(container.deleteExec("e1"))).toBe(Code.FAILED_PRECONDITION);
  });
});

describe("what the host may look at", () => {
  it("is written back before the exit is known", async () => {
    const done = Promise.withResolvers<void>();
    written = done.promise;
    await container.start("");
    const before = BigInt(Date.now()) * 1_000_000n;
    agent.exitOf("").resolve(3);
    await settle();
    expect(agent.calls.at(-1)).toBe("write back /run/hadron/rootfs/1 (exit)");
    expect([container.status, told]).toEqual(["running", ["started init"]]);
    const after = BigInt(Date.now()) * 1_000_000n;
    await new Promise((resolve) => setTimeout(resolve, 20));
    done.resolve();
    // The time of the exit is that of the process's end.
    const { atNs } = await container.init.exited;
    expect(atNs >= before && atNs <= after).toBe(true);
    await settle();
    expect(told).toEqual(["started init", "exited init 3"]);
  });

  it("is written back when the container is paused, and then it is", async () => {
    const done = Promise.withResolvers<void>();
    written = done.promise;
    await container.start("");
    const paused = container.pause();
    await settle();
    expect(agent.calls.slice(-2)).toEqual(["pause", "write back /run/hadron/rootfs/1 (pause)"]);
    expect(container.status).toBe("pausing");
    done.resolve();
    await paused;
    expect(container.status).toBe("paused");
  });
});

describe("update", () => {
  it("of what is said of a disk is for the guest's numbers", async () => {
    const container = makeContainer({});
    await container.update({ blockIO: { throttleReadBpsDevice: [7n, 8n].map((major) => ({ major, minor: 0n, rate: 5n })) } });
    expect(agent.calls).toEqual([`update {"blockIO":{"throttleReadBpsDevice":[{"major":254,"minor":16,"rate":5}]}}`]);
  });
});

describe("pause", () => {
  it("needs a running container, resume a paused one", async () => {
    expect(await codeOf(container.pause())).toBe(Code.FAILED_PRECONDITION);
    await container.start("");
    expect(await codeOf(container.resume())).toBe(Code.FAILED_PRECONDITION);
    await container.pause();
    expect(container.status).toBe("paused");
    await container.resume();
    expect(container.status).toBe("running");
  });
});

describe("delete", () => {
  it("refuses a running container", async () => {
    await container.start("");
    expect(await codeOf(container.delete())).toBe(Code.FAILED_PRECONDITION);
    expect(storageReleased).toBe(false);
  });

  it("kills a container that was never started", async () => {
    const exit = await container.delete();
    expect(exit.status).toBe(137);
    expect(agent.calls).toEqual(["signal  9 true", "delete", "lease ended"]);
    expect(storageReleased).toBe(true);
  });

  it("lets the last container's guest only write back", async () => {
    await container.start("");
    agent.exitOf("").resolve(0);
    await container.init.exited;
    isLast = true;
    await container.delete();
    expect(agent.calls.slice(0, 5)).toEqual(["start", "write back /run/hadron/rootfs/1 (exit)", "wind down", "sync", "lease ended"]);
  });

  it("ends the VM also when its guest cannot write back: who comes next must not wait for that one", async () => {
    agent.syncError = new HadronError(Code.INTERNAL, "input/output error");
    await container.start("");
    agent.exitOf("").resolve(0);
    await container.init.exited;
    isLast = true;
    expect(await codeOf(container.delete())).toBe(Code.INTERNAL);
    expect(agent.calls.at(-1)).toBe("lease ended");
  });

  it("is not held up by a guest that does not answer", async () => {
    agent.syncError = new HadronError(Code.UNAVAILABLE, "the guest did not write its file systems back within 30 s");
    await container.start("");
    agent.exitOf("").resolve(3);
    await container.init.exited;
    isLast = true;
    expect(await container.delete()).toMatchObject({ status: 3 });
    expect(storageReleased).toBe(true);
  });
});

it("gives every process 137 when the VM is gone, and asks the guest nothing any more", async () => {
  await container.start("");
  container.addExec("e1", EXEC, NO_STDIO);
  await container.start("e1");
  await loseVm();
  await settle();
  expect(told.slice(2)).toEqual([`exited e1 137`, `exited init 137`]);
  const asked = [...agent.calls];
  await container.delete();
  expect(agent.calls).toEqual([...asked, "lease ended"]);
});

describe("hooks", () => {
  it("run after the start of the init process, which is told then, and after the delete", async () => {
    const container = makeContainer({});
    await container.start("");
    expect(hooksRan).toEqual([`after start of ${hostProcess.pid}`]);
    expect(container.status).toBe("running");
    agent.exitOf("").resolve(0);
    await container.wait("");
    await container.delete();
    expect(hooksRan.at(-1)).toBe("after delete");
  });

  it("that fail after the start have the container killed", async () => {
    const container = makeContainer({});
    hookFailure = new HadronError(Code.FAILED_PRECONDITION, "hook poststart #0: no");
    await expect(container.start("")).rejects.toThrow("hook poststart #0: no");
    expect(agent.calls).toEqual(["start", "signal  9 true"]);
  });
});
