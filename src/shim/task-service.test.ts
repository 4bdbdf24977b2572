import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";

import { Client, type ServedConnection, Server, type ServiceClient } from "ttrpc-ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Metrics } from "../gen/metrics.ts";
import { ProcessDetails } from "../gen/runc-options.ts";
import { Process } from "../sandbox/process.ts";
import type { CreateContainer } from "../sandbox/sandbox.ts";
import { TaskV2, TaskV3 } from "./services.ts";
import { createObserver, createTaskService, type EventSink, type TaskContainer, type TaskSandbox } from "./task-service.ts";

const AT = { seconds: 5n, nanos: 7 };
const AT_NS = 5_000_000_007n;
const STDIO = { stdin: "/in", stdout: "/out", stderr: "/err", terminal: true };
const INIT_PID = 4711;
/** Of the additional process, which is 7 in the guest. */
const EXEC_PID = 2 ** 22 + 7;

/** What the sandbox and its container were asked for, and the events, in one order. */
let told: unknown[];
let init: Process;
let execs: Map<string, Process>;
let status: TaskContainer["status"];
let empty: boolean;
/** Thrown by every call of the container but those that look at it. */
let failure: Error | undefined;
let sandbox: TaskSandbox;
let bundle: string;
let server: Server;
let served: ServedConnection;
/** Fulfilled when the shim has done with a Wait, whatever came of it. */
let waitEnded: PromiseWithResolvers<void>;
let client: Client;
let task: ServiceClient<typeof TaskV2.table>;

const events: EventSink = {
  publish(topic, type, value) {
    told.push([topic, type.decode(type.encode(value))]);
  },
};

beforeEach(async () => {
  bundle = mkdtempSync(join(tmpdir(), "task-service-"));
  writeFileSync(join(bundle, "config.json"), JSON.stringify({ ociVersion: "1.2.0", hostname: "h" }));
  [told, status, empty, failure] = [[], "running", false, undefined];
  waitEnded = Promise.withResolvers();
  init = new Process("c1", "", STDIO);
  init.hostPid = INIT_PID;
  const exec = new Process("c1", "e1", { stdin: "", stdout: "/out", stderr: "", terminal: false });
  exec.guestPid = 7;
  execs = new Map([
    ["", init],
    ["e1", exec],
  ]);
  const container = makeContainer();
  sandbox = {
    get empty() {
      return empty;
    },
    async create(request: CreateContainer) {
      ask("create", request);
      return container;
    },
    find: (id) => (id === "c1" ? container : undefined),
    container(id) {
      if (id !== "c1") {
        throw new HadronError(Code.NOT_FOUND, `there is no container ${id}`);
      }
      return container;
    },
    async delete(id) {
      ask("delete", id);
      return { status: 3, atNs: AT_NS };
    },
  };
  const service = createTaskService({
    sandbox,
    events,
    readOptions: (options) => {
      told.push(["options", options?.typeUrl]);
      return { configuration: { path: "/c.toml" }, pipeOwner: { uid: 1, gid: 2 } };
    },
    shutdown: () => told.push("shutdown"),
    populationChanged: () => told.push("population"),
  });
  server = new Server({ onHandlerEnd: ({ method }) => method === "Wait" && waitEnded.resolve() });
  server.addService(TaskV2, service).addService(TaskV3, service);
  const [near, far] = duplexPair();
  served = server.serve(far);
  client = new Client(near);
  task = client.service(TaskV2);
});
afterEach(async () => {
  await client.close();
  await server.close();
  rmSync(bundle, { recursive: true });
});

function ask(...what: unknown[]): void {
  told.push(what);
  if (failure !== undefined) {
    throw failure;
  }
}

function processOf(execId: string): Process {
  const process = execs.get(execId);
  if (process === undefined) {
    throw new HadronError(Code.NOT_FOUND, `there is no process ${execId}`);
  }
  return process;
}

function makeContainer(): TaskContainer {
  const does =
    (name: string) =>
    async (...parameters: unknown[]): Promise<void> =>
      ask(name, ...parameters);
  return {
    bundle: "/b",
    get status() {
      return status;
    },
    get init() {
      return init;
    },
    process: processOf,
    wait: async (execId) => await processOf(execId).exited,
    async start(execId) {
      ask("start", execId);
      return processOf(execId);
    },
    addExec(execId, spec, stdio) {
      ask("addExec", execId, spec.args, stdio);
      return processOf("e1");
    },
    async deleteExec(execId) {
      ask("deleteExec", execId);
      return processOf(execId);
    },
    kill: does("kill"),
    resize: does("resize"),
    closeStdin: does("closeStdin"),
    pause: does("pause"),
    resume: does("resume"),
    update: does("update"),
    processes: async () => [
      { pid: INIT_PID, execId: "" },
      { pid: EXEC_PID, execId: "e1" },
    ],
    stats: async () =>
      new Map([
        ["pids.current", "2\n"],
        ["pids.max", "9\n"],
      ]),
  };
}

const json = (type: string, value: unknown) => ({
  typeUrl: `types.containerd.io/opencontainers/runtime-spec/1/${type}`,
  value: Buffer.from(JSON.stringify(value)),
});
const PROCESS = json("Process", { args: ["true"], cwd: "/", user: { uid: 0, gid: 0 } });

describe("create", () => {
  const rootfs = [{ type: "bind", source: "/s", target: "", options: ["ro"] }];
  const request = () => ({ id: "c1", bundle, rootfs, ...STDIO, options: { typeUrl: "opts", value: new Uint8Array() } });

  it("passes on what it was asked, and tells of it when it is done", async () => {
    expect(await task.create(request())).toEqual({ pid: INIT_PID });
    const spec = { ociVersion: "1.2.0", hostname: "h" };
    expect(told).toEqual([
      ["options", "opts"],
      [
        "create",
        {
          id: "c1",
          bundle,
          spec: expect.objectContaining(spec) as unknown,
          configuration: { path: "/c.toml" },
          rootfs: [expect.objectContaining(rootfs[0])],
          stdio: STDIO,
          pipeOwner: { uid: 1, gid: 2 },
        },
      ],
      "population",
      ["/tasks/create", expect.objectContaining({ containerId: "c1", bundle, io: STDIO, checkpoint: "", pid: INIT_PID })],
    ]);
  });

  it("that fails says so with its code, tells of nothing, and lets the daemon look whether it is of use still", async () => {
    failure = new HadronError(Code.ALREADY_EXISTS, "it is there");
    await expect(task.create(request())).rejects.toMatchObject({ code: Code.ALREADY_EXISTS, message: "it is there" });
    expect(told.slice(2)).toEqual(["population"]);
  });

  it("refuses a checkpoint, and a bundle without a spec, before anything is made", async () => {
    await expect(task.create({ ...request(), checkpoint: "/c" })).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    expect(told).toEqual([]);
    await expect(task.create({ ...request(), bundle: "/nowhere" })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(told).toEqual([["options", "opts"]]);
  });
});

describe("exec", () => {
  const request = { id: "c1", execId: "e1", spec: PROCESS, ...STDIO };

  it("adds a process, then tells of it", async () => {
    await task.exec(request);
    expect(told).toEqual([
      ["addExec", "e1", ["true"], STDIO],
      ["/tasks/exec-added", { containerId: "c1", execId: "e1" }],
    ]);
  });

  it("tells of nothing when it fails", async () => {
    failure = new HadronError(Code.FAILED_PRECONDITION, "it is stopped");
    await expect(task.exec(request)).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    expect(told).toHaveLength(1);
  });

  it.each([
    ["no id", { execId: "" }],
    ["no spec", { spec: undefined }],
    ["another spec", { spec: json("LinuxResources", {}) }],
  ])("refuses %s", async (_, more) => {
    await expect(task.exec({ ...request, ...more })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(told).toEqual([]);
  });
});

describe("state", () => {
  it("of a container that runs has no exit", async () => {
    const state = await task.state({ id: "c1" });
    expect(state).toEqual({ id: "c1", execId: "", bundle: "/b", pid: INIT_PID, status: 2, exitStatus: 0, exitedAt: undefined, ...STDIO });
  });

  it.each([
    ["created", 1],
    ["running", 2],
    ["stopped", 3],
    ["paused", 4],
    ["pausing", 5],
  ] as const)("%s is %d", async (word, number) => {
    status = word;
    expect((await task.state({ id: "c1" })).status).toBe(number);
  });

  it("of an additional process is its own", async () => {
    const exec = processOf("e1");
    status = "paused";
    const begun = Promise.withResolvers<void>();
    const state = async () => await task.state({ id: "c1", execId: "e1" });
    expect(await state()).toMatchObject({ execId: "e1", pid: EXEC_PID, status: 1, stdin: "", stdout: "/out", terminal: false });
    const starting = exec.start(
      () => begun.promise,
      () => undefined,
    );
    expect((await state()).status).toBe(1);
    begun.resolve();
    await starting;
    expect((await state()).status).toBe(2);
    exec.settle(9, AT_NS);
    expect(await state()).toMatchObject({ status: 3, exitStatus: 9, exitedAt: AT });
  });
});

describe("the end of a process", () => {
  it("is what wait answers, for any number of callers", async () => {
    const waits = [task.wait({ id: "c1" }), task.wait({ id: "c1" })];
    // Calls of a connection begin in their order.
    await task.connect({ id: "c1" });
    init.settle(3, AT_NS);
    expect(await Promise.all(waits)).toEqual([
      { exitStatus: 3, exitedAt: AT },
      { exitStatus: 3, exitedAt: AT },
    ]);
    expect(await task.wait({ id: "c1" })).toEqual({ exitStatus: 3, exitedAt: AT });
  });

  it("is not waited for any longer than the caller does", async () => {
    const refused = expect(task.wait({ id: "c1" })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    // Calls of a connection begin in their order.
    await task.connect({ id: "c1" });
    await served.close();
    await waitEnded.promise;
    await client.close();
    await refused;
    expect(init.exit).toBe(undefined);
  });

  it("is deleted with the container, and told", async () => {
    const answer = { pid: INIT_PID, exitStatus: 3, exitedAt: AT };
    expect(await task.delete({ id: "c1" })).toEqual(answer);
    expect(told).toEqual([["delete", "c1"], ["/tasks/delete", { containerId: "c1", id: "", ...answer }], "population"]);
  });

  it("is deleted of an additional process without an event", async () => {
    processOf("e1").settle(9, AT_NS);
    expect(await task.delete({ id: "c1", execId: "e1" })).toEqual({ pid: EXEC_PID, exitStatus: 9, exitedAt: AT });
    expect(told).toEqual([["deleteExec", "e1"]]);
  });

  it("is not told when the deletion fails", async () => {
    failure = new HadronError(Code.FAILED_PRECONDITION, "it runs");
    await expect(task.delete({ id: "c1" })).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    expect(told).toEqual([["delete", "c1"]]);
  });
});

describe("a call to a container", () => {
  it("is passed on", async () => {
    expect(await task.start({ id: "c1" })).toEqual({ pid: INIT_PID });
    expect(await task.start({ id: "c1", execId: "e1" })).toEqual({ pid: EXEC_PID });
    await task.kill({ id: "c1", execId: "e1", signal: 15, all: true });
    await task.resizePty({ id: "c1", execId: "e1", width: 100, height: 30 });
    await task.closeIO({ id: "c1", execId: "e1" });
    await task.closeIO({ id: "c1", execId: "e1", stdin: true });
    await task.update({ id: "c1", resources: json("LinuxResources", { pids: { limit: 5 } }) });
    expect(told).toEqual([
      ["start", ""],
      ["start", "e1"],
      ["kill", "e1", 15, true],
      ["resize", "e1", { width: 100, height: 30 }],
      ["closeStdin", "e1"],
      ["update", expect.objectContaining({ pids: { limit: 5n } })],
    ]);
  });

  it("pauses and resumes, and tells of it", async () => {
    await task.pause({ id: "c1" });
    await task.resume({ id: "c1" });
    expect(told).toEqual([["pause"], ["/tasks/paused", { containerId: "c1" }], ["resume"], ["/tasks/resumed", { containerId: "c1" }]]);
  });

  it.each(["pause", "resume"] as const)("to %s that fails is not told", async (method) => {
    failure = new HadronError(Code.FAILED_PRECONDITION, "it is stopped");
    await expect(task[method]({ id: "c1" })).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    expect(told).toEqual([[method]]);
  });

  it("lists its processes, those with an id with it", async () => {
    const { processes } = await task.pids({ id: "c1" });
    expect(processes.map(({ pid }) => pid)).toEqual([INIT_PID, EXEC_PID]);
    expect(processes[0]?.info).toBe(undefined);
    expect(processes[1]?.info?.typeUrl).toBe("containerd.runc.v1.ProcessDetails");
    expect(ProcessDetails.decode(processes[1]?.info?.value ?? new Uint8Array())).toEqual({ execId: "e1" });
  });

  it("reads its metrics", async () => {
    const { stats } = await task.stats({ id: "c1" });
    expect(stats?.typeUrl).toBe("io.containerd.cgroups.v2.Metrics");
    expect(Metrics.decode(stats?.value ?? new Uint8Array()).pids).toEqual({ current: 2n, limit: 9n });
  });

  it("is the same under the service's newer name", async () => {
    expect(await client.service(TaskV3).start({ id: "c1" })).toEqual({ pid: INIT_PID });
  });

  it("fails with the code that the container says", async () => {
    failure = new HadronError(Code.RESOURCE_EXHAUSTED, "there is no memory");
    await expect(task.kill({ id: "c1", signal: 9 })).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED, message: "there is no memory" });
  });

  it.each(["state", "start", "delete", "pids", "pause", "resume", "kill", "exec", "resizePty", "update", "wait", "stats"] as const)(
    "that is not there is NOT_FOUND: %s",
    async (method) => {
      const request = { id: "nobody", execId: method === "exec" ? "e1" : "", spec: PROCESS, resources: json("LinuxResources", {}) };
      await expect(task[method](request)).rejects.toMatchObject({ code: Code.NOT_FOUND, message: "there is no container nobody" });
      expect(told).toEqual([]);
    },
  );

  it("with an additional process that is not there is NOT_FOUND", async () => {
    for (const call of [task.state, task.wait]) {
      await expect(call({ id: "c1", execId: "e2" })).rejects.toMatchObject({ code: Code.NOT_FOUND });
    }
  });

  it("for a checkpoint is refused", async () => {
    await expect(task.checkpoint({ id: "c1" })).rejects.toMatchObject({ code: Code.UNIMPLEMENTED });
  });
});

describe("the shim itself", () => {
  it("is connected to, whether or not it has the container", async () => {
    expect(await task.connect({ id: "c1" })).toMatchObject({ shimPid: process.pid, taskPid: INIT_PID });
    expect(await task.connect({ id: "nobody" })).toMatchObject({ shimPid: process.pid, taskPid: 0 });
  });

  it("is shut down when nothing is left in it", async () => {
    await task.shutdown({ id: "c1" });
    expect(told).toEqual([]);
    empty = true;
    await task.shutdown({ id: "c1" });
    expect(told).toEqual(["shutdown"]);
  });
});

it("what happens by itself is told with the ids that containerd knows", () => {
  const observer = createObserver(events);
  const exit = { status: 3, atNs: AT_NS };
  for (const process of [init, processOf("e1")]) {
    observer.started(process);
    observer.exited(process, exit);
  }
  observer.oom("c1");
  expect(told).toEqual([
    ["/tasks/start", { containerId: "c1", pid: INIT_PID }],
    ["/tasks/exit", { containerId: "c1", id: "c1", pid: INIT_PID, exitStatus: 3, exitedAt: AT }],
    ["/tasks/exec-started", { containerId: "c1", execId: "e1", pid: EXEC_PID }],
    ["/tasks/exit", { containerId: "c1", id: "e1", pid: EXEC_PID, exitStatus: 3, exitedAt: AT }],
    ["/tasks/oom", { containerId: "c1" }],
  ]);
});
