import { type Duplex, duplexPair } from "node:stream";

import { defineService, Server, type ServiceHandlers, TtrpcError } from "ttrpc-ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Agent as AgentService } from "../gen/agent.ts";
import { TtrpcAgent } from "./ttrpc-agent.ts";

type Guest = ServiceHandlers<typeof AgentService.table>;

const TIMEOUT_MS = 30_000;

/** What the guest was asked, in its order: the method, and the request as it was decoded. */
let asked: [string, unknown][];
let slow: string[];
let dead: string[];
let near: Duplex;
let far: Duplex;
let agent: TtrpcAgent;
let server: Server;

beforeEach(() => {
  [asked, slow, dead] = [[], [], []];
  [near, far] = duplexPair();
  // Bytes that nobody reads must not hold up the other side's end, as with a socket that is closed.
  near.once("close", () => far.destroy());
  far.once("close", () => near.destroy());
  server = new Server();
  agent = new TtrpcAgent(near, {
    timeoutMs: TIMEOUT_MS,
    onSlow: (sentence) => slow.push(sentence),
    onUnresponsive: (sentence) => dead.push(sentence),
  });
});
afterEach(async () => {
  vi.useRealTimers();
  agent.close();
  await agent.closed;
  await server.close();
});

/** A guest that answers with what is empty, but for `methods`. */
function boot(methods: Partial<Guest> = {}): void {
  const answer = (name: string) => (request: unknown) => {
    asked.push([name, request]);
    return {};
  };
  const defaults: Guest = {
    createSandbox: answer("createSandbox"),
    createContainer: answer("createContainer"),
    startContainer: answer("startContainer"),
    deleteContainer: answer("deleteContainer"),
    execProcess: answer("execProcess"),
    deleteProcess: answer("deleteProcess"),
    waitProcess: answer("waitProcess"),
    signalProcess: answer("signalProcess"),
    resizeTerminal: answer("resizeTerminal"),
    pauseContainer: answer("pauseContainer"),
    resumeContainer: answer("resumeContainer"),
    listProcesses: answer("listProcesses"),
    containerStats: answer("containerStats"),
    updateContainer: answer("updateContainer"),
    ping: answer("ping"),
    setClock: answer("setClock"),
    async *events() {},
    async *watchListeners() {},
    sync: answer("sync"),
    writeBack: answer("writeBack"),
    releaseStorages: answer("releaseStorages"),
    attachDisk: answer("attachDisk"),
    detachDisk: answer("detachDisk"),
    setNetwork: answer("setNetwork"),
    connectLoopback: answer("connectLoopback"),
    listen: answer("listen"),
    unlisten: answer("unlisten"),
    coverSocket: answer("coverSocket"),
  };
  server.addService(AgentService, { ...defaults, ...methods });
  server.serve(far);
}

/** In steps, between which what is sent arrives. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1_000) {
    await vi.advanceTimersByTimeAsync(1_000);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

const never = async (): Promise<never> => await new Promise(() => {});
const OWNER = { mode: 0o2777, uid: 1, gid: 2 };
const STORAGES = {
  paths: ["/run/hadron/rootfs/1"],
  inner: [{ directory: "/d", below: "b", recursive: true, target: "/t" }],
  memory: [{ target: "/m", sizeBytes: 3n << 32n, owner: OWNER, below: "c", belowOwner: OWNER }],
};
const NETWORK = {
  interfaces: [
    {
      slot: "02:00:00:00:00:01",
      name: "eth0",
      hardwareAddress: "0a:58:0a:01:00:02",
      mtu: 1400,
      flags: 0x1003,
      addresses: [
        {
          address: "10.1.0.2",
          prefixLength: 24,
          peer: "",
          broadcast: "10.1.0.255",
          label: "eth0",
          scope: 0,
          flags: 0x80,
          metric: 0,
          preferredS: 0xffff_ffff,
          validS: 0xffff_ffff,
        },
      ],
      ipv4Settings: new Uint8Array([1, 0, 0, 0]),
      acceptRa: true,
    },
  ],
  routes: [
    {
      destination: "0.0.0.0/0",
      nextHops: [{ interface: "eth0", gateway: "10.1.0.1", onlink: true, weight: 1 }],
      source: "10.1.0.2",
      type: 1,
      scope: 0,
      protocol: 3,
      metric: 100,
      metrics: [{ kind: 2, value: 1300 }],
      preference: 0,
      tos: 0,
      table: 1000,
    },
  ],
  rules: [new Uint8Array([2, 0])],
  neighbours: [{ interface: "eth0", address: "10.1.0.1", hardwareAddress: "0a:58:0a:01:00:01", proxy: false, router: true }],
};
const ids = { containerId: "c1", execId: "e1" };

describe("a message to the guest", () => {
  it("has all that the sandbox is made of, and may be sent before the guest has booted", async () => {
    const request = {
      realtimeNs: 2n ** 62n,
      hostname: "h",
      logLevel: "info",
      sysctls: new Map([["vm.swappiness", "1"]]),
      shares: [{ fsType: "9p", tag: "rootfs", mountPoint: "/m", options: ["cache=mmap"] }],
    };
    const info = { agentVersion: "1", kernelRelease: "6.12", initEnteredNs: 5n, requestReadNs: 2n ** 63n };
    const created = agent.createSandbox(request, new AbortController().signal);
    boot({
      createSandbox(decoded) {
        asked.push(["createSandbox", decoded]);
        return info;
      },
    });
    expect(await created).toEqual(info);
    expect(asked).toEqual([["createSandbox", request]]);
  });

  it("makes containers and processes of JSON, ports, a terminal's size and the owner of the streams", async () => {
    boot({
      createContainer(request) {
        asked.push(["createContainer", request]);
        return { pid: 3 };
      },
      execProcess(request) {
        asked.push(["execProcess", request]);
        return { pid: 7 };
      },
    });
    const ports = { stdin: 2001, stdout: 2002, stderr: 2003 };
    const message = { stdinPort: 2001, stdoutPort: 2002, stderrPort: 2003, terminalWidth: 0, terminalHeight: 0, pipeUid: 0, pipeGid: 0 };
    const full = { ...ports, size: { width: 100, height: 30 }, owner: { uid: 5, gid: 6 } };
    expect(await agent.createContainer("c1", '{"é":1}', STORAGES, ports)).toBe(3);
    await agent.createContainer("c1", "{}", undefined, ports);
    expect(await agent.execProcess("c1", "e1", "{}", full)).toBe(7);
    expect(asked).toEqual([
      ["createContainer", { containerId: "c1", specJson: bytes('{"é":1}'), stdio: message, storages: STORAGES }],
      ["createContainer", { containerId: "c1", specJson: bytes("{}"), stdio: message, storages: undefined }],
      ["execProcess", { ...ids, processJson: bytes("{}"), stdio: { ...message, terminalWidth: 100, terminalHeight: 30, pipeUid: 5, pipeGid: 6 } }],
    ]);
  });

  it("has for every other call what the .proto says", async () => {
    boot();
    await agent.startContainer("c1");
    await agent.deleteContainer("c1");
    await agent.deleteProcess("c1", "e1");
    await agent.signalProcess("c1", "e1", 9, true);
    await agent.resizeTerminal("c1", "e1", { width: 100, height: 30 });
    await agent.pauseContainer("c1");
    await agent.resumeContainer("c1");
    await agent.updateContainer("c1", "{}");
    await agent.sync();
    await agent.writeBack(["/a", "/b"], 1_000);
    await agent.releaseStorages(STORAGES, 1_000);
    await agent.setNetwork(NETWORK);
    await agent.connectLoopback({ port: 8080, ipv6First: true }, 1030);
    await agent.listen({ kind: "udp", address: "127.0.0.11:53" }, 1031, 64);
    await agent.listen({ kind: "unix", address: "/s", owner: OWNER }, 1032, 64);
    await agent.unlisten(1031);
    await agent.coverSocket("c1", "/s", "/t");
    const container = { containerId: "c1" };
    expect(asked).toEqual([
      ["startContainer", container],
      ["deleteContainer", container],
      ["deleteProcess", ids],
      ["signalProcess", { ...ids, signal: 9, all: true }],
      ["resizeTerminal", { ...ids, width: 100, height: 30 }],
      ["pauseContainer", container],
      ["resumeContainer", container],
      ["updateContainer", { ...container, resourcesJson: bytes("{}") }],
      ["sync", {}],
      ["writeBack", { paths: ["/a", "/b"] }],
      ["releaseStorages", STORAGES],
      ["setNetwork", NETWORK],
      ["connectLoopback", { tcpPort: 8080, hostPort: 1030, ipv6First: true, address: "" }],
      ["listen", { kind: "udp", address: "127.0.0.11:53", hostPort: 1031, limit: 64, owner: undefined }],
      ["listen", { kind: "unix", address: "/s", hostPort: 1032, limit: 64, owner: OWNER }],
      ["unlisten", { hostPort: 1031 }],
      ["coverSocket", { ...container, source: "/s", target: "/t" }],
    ]);
  });

  it("is answered in the host's terms", async () => {
    const processes = [
      { pid: 3, execId: "" },
      { pid: 7, execId: "e1" },
    ];
    const files = new Map([["cpu.stat", "usage_usec 1\n"]]);
    boot({
      waitProcess: () => ({ exitStatus: 143, exitedAtNs: 1n }),
      listProcesses: () => ({ processes }),
      containerStats: () => ({ files }),
      setClock: ({ realtimeNs, backwards }) => ({ aheadNs: backwards ? -realtimeNs : 0n }),
      setNetwork: () => ({ problems: Array.from({ length: 100 }, (_, index) => `problem ${index}`) }),
    });
    expect(await agent.waitProcess("c1", "e1")).toBe(143);
    expect(await agent.listProcesses("c1")).toEqual(processes);
    expect(await agent.containerStats("c1")).toEqual(files);
    expect(await agent.setClock(2n ** 62n, true)).toBe(-(2n ** 62n));
    const problems = await agent.setNetwork(NETWORK);
    expect([problems.length, problems[0]]).toEqual([64, "problem 0"]);
  });
});

describe("a guest that refuses", () => {
  it.each([
    [Code.NOT_FOUND, Code.NOT_FOUND],
    [Code.FAILED_PRECONDITION, Code.FAILED_PRECONDITION],
    [Code.UNKNOWN, Code.INTERNAL],
  ])("with %d is an error with %d and its sentence", async (said, code) => {
    const refuse = (): never => {
      throw new TtrpcError(said, "so it is");
    };
    boot({ signalProcess: refuse, waitProcess: refuse });
    for (const call of [agent.signalProcess("c1", "", 9, false), agent.waitProcess("c1", "")]) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(HadronError);
      expect(error).toMatchObject({ code, message: "so it is" });
    }
  });

  it("with a method that it does not have is UNIMPLEMENTED", async () => {
    server.serve(far);
    await expect(agent.sync()).rejects.toMatchObject({ name: "HadronError", code: Code.UNIMPLEMENTED });
  });
});

describe("a guest that takes long", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

  it("is asked whether it lives, and may take any time if it does", async () => {
    const started = Promise.withResolvers<object>();
    boot({ startContainer: async () => await started.promise });
    const starting = agent.startContainer("c1");
    await pass(10 * TIMEOUT_MS);
    expect(asked.length).toBeGreaterThan(5);
    expect(new Set(asked.map(([method]) => method))).toEqual(new Set(["ping"]));
    expect([slow.length, dead]).toEqual([1, []]);
    started.resolve({});
    await starting;
  });

  it("lives also if it answers with an error", async () => {
    const started = Promise.withResolvers<object>();
    boot({
      startContainer: async () => await started.promise,
      ping() {
        throw new TtrpcError(Code.UNIMPLEMENTED, "what?");
      },
    });
    const starting = agent.startContainer("c1");
    await pass(3 * TIMEOUT_MS);
    expect(dead).toEqual([]);
    started.resolve({});
    await starting;
  });

  it("is dead if it does not answer", async () => {
    boot({ execProcess: never, ping: never });
    const failed = expect(agent.execProcess("c1", "e1", "{}", { stdin: 0, stdout: 0, stderr: 0 })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await pass(TIMEOUT_MS + 2_000);
    await failed;
    expect(dead).toEqual(["the guest did not start a process within 30 s, nor answer whether it lives"]);
  });

  it("is asked nothing while only the end of a process, or of the boot, is waited for", async () => {
    boot({ waitProcess: never, createSandbox: never, ping: never });
    const request = { realtimeNs: 0n, hostname: "", logLevel: "", sysctls: new Map<string, string>(), shares: [] };
    const gone = [agent.waitProcess("c1", ""), agent.createSandbox(request, new AbortController().signal)].map(async (call) => {
      await expect(call).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    });
    await pass(5 * TIMEOUT_MS);
    expect([asked, slow, dead]).toEqual([[], [], []]);
    agent.close();
    await Promise.all(gone);
  });

  it("to write back or to let go is left alive, and late after what its caller allows", async () => {
    boot({ writeBack: never, releaseStorages: never, ping: never });
    const late = [agent.writeBack([], 5_000), agent.releaseStorages(STORAGES, 5_000)].map(async (call) => {
      await expect(call).rejects.toMatchObject({ name: "HadronError", code: Code.DEADLINE_EXCEEDED });
    });
    await pass(6_000);
    await Promise.all(late);
    expect(dead).toEqual([]);
  });
});

describe("a connection that is gone", () => {
  it("ends every call with UNAVAILABLE, those to come as well, and says so", async () => {
    boot({ waitProcess: never, startContainer: never });
    const calls = [agent.waitProcess("c1", ""), agent.startContainer("c1")];
    const gone = calls.map(async (call) => {
      await expect(call).rejects.toMatchObject({ name: "HadronError", code: Code.UNAVAILABLE });
    });
    await server.close();
    await Promise.all([...gone, agent.closed]);
    await expect(agent.sync()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    expect(dead).toEqual([]);
  });

  it("is closed by its owner", async () => {
    boot();
    await agent.sync();
    agent.close();
    agent.close();
    await agent.closed;
    await expect(agent.sync()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("is given up by its caller alone", async () => {
    boot({ createSandbox: never });
    const giveUp = new AbortController();
    const created = agent.createSandbox({ realtimeNs: 0n, hostname: "", logLevel: "", sysctls: new Map(), shares: [] }, giveUp.signal);
    const refused = expect(created).rejects.toMatchObject({ name: "HadronError", code: Code.CANCELLED });
    giveUp.abort();
    await refused;
    await agent.sync();
  });
});

describe("the guest's events", () => {
  it("tell who listens, as far as anybody wants to know", async () => {
    const many = Array.from({ length: 1001 }, (_, index) => ({ address: "::", port: index }));
    boot({
      async *watchListeners() {
        yield { listeners: [{ address: "0.0.0.0", port: 80 }] };
        yield { listeners: many };
      },
    });
    const told: number[] = [];
    await agent.watchListeners((listeners) => told.push(listeners.length));
    expect(told).toEqual([1, 1000]);
    expect(dead).toEqual([]);
  });

  it("are told until the connection ends, which is no fault; what is none is left out", async () => {
    boot({
      async *events(_request, { signal }) {
        yield { oom: { containerId: "c1" } };
        yield {};
        yield { oom: { containerId: "c2" } };
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
    });
    const killed: string[] = [];
    const watching = agent.watchOom((id) => killed.push(id));
    await expect.poll(() => killed).toEqual(["c1", "c2"]);
    agent.close();
    await watching;
    expect(dead).toEqual([]);
  });

  it("that are refused are a broken guest", async () => {
    boot({
      // oxlint-disable-next-line require-yield
      async *events() {
        throw new TtrpcError(Code.INTERNAL, "no events today");
      },
    });
    await agent.watchOom(() => undefined);
    expect(dead).toEqual([expect.stringContaining("no events today")]);
  });
});

describe("a guest that answers nonsense", () => {
  /** The head of a message of 2 GiB, and its beginning. */
  const ENDLESS = Buffer.alloc(4_096, 0xff);
  ENDLESS[0] = 0x7f;

  it("that never ends is dead", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const failed = expect(agent.sync()).rejects.toMatchObject({ name: "HadronError", code: Code.UNAVAILABLE });
    far.write(ENDLESS);
    await pass(TIMEOUT_MS + 2_000);
    await failed;
    expect(dead).toEqual([expect.stringContaining("nor answer whether it lives")]);
  });

  it("that is longer than any message has lost its connection", async () => {
    const failed = expect(agent.sync()).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: expect.stringContaining("4294967295 bytes") });
    far.write(Buffer.alloc(4_096, 0xff));
    await failed;
    await agent.closed;
    expect(dead).toEqual([]);
  });

  it("and goes away ends its calls", async () => {
    const failed = expect(agent.sync()).rejects.toMatchObject({ name: "HadronError", code: Code.UNAVAILABLE });
    far.end(ENDLESS);
    await Promise.all([failed, agent.closed]);
  });

  it("in place of a message fails that call, and is a broken guest in place of an event", async () => {
    const { pauseContainer, events, sync } = AgentService.table;
    // A field of 127 bytes of which none comes.
    const nonsense = { encode: () => Uint8Array.of(0x0a, 0x7f), decode: () => ({}) };
    const table = { pauseContainer: { ...pauseContainer, response: nonsense }, events: { ...events, response: nonsense }, sync };
    server.addService(defineService(AgentService.name, table), { pauseContainer: () => ({}), events: () => [{}], sync: () => ({}) });
    server.serve(far);
    await expect(agent.pauseContainer("c1")).rejects.toMatchObject({ name: "HadronError", code: Code.INTERNAL });
    expect(dead).toEqual([]);
    await agent.watchOom(() => undefined);
    expect(dead).toEqual([expect.stringContaining("does not deliver its events")]);
    await agent.sync();
  });

  it("about more processes than there can be is cut short", async () => {
    boot({ listProcesses: () => ({ processes: Array.from({ length: 40_000 }, (_, pid) => ({ pid, execId: "" })) }) });
    expect(await agent.listProcesses("c1")).toHaveLength(32_768);
  });
});

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
