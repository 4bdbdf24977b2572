import { duplexPair } from "node:stream";

import { Client, Server, type ServiceClient } from "ttrpc-ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Metrics } from "../gen/metrics.ts";
import type { PodStatus } from "../sandbox/pod-lifecycle.ts";
import type { Exit } from "../sandbox/process.ts";
import { createSandboxService, type SandboxServiceOptions } from "./sandbox-service.ts";
import { SandboxV1 } from "./services.ts";

const AT = { seconds: 5n, nanos: 7 };
const AT_NS = 5_000_000_007n;
const READY: PodStatus = { state: "ready", pid: 4711, createdAtNs: AT_NS, exit: undefined };

let told: unknown[];
let status: PodStatus;
let exited: PromiseWithResolvers<Exit>;
let failure: Error | undefined;
let server: Server;
let client: Client;
let service: ServiceClient<typeof SandboxV1.table>;

function ask(...what: unknown[]): void {
  told.push(what);
  if (failure !== undefined) {
    throw failure;
  }
}

beforeEach(() => {
  [told, status, exited, failure] = [[], READY, Promise.withResolvers(), undefined];
  const sandbox: SandboxServiceOptions["sandbox"] = {
    id: "s1",
    async createPod(spec, files) {
      ask("create", spec.hostname, spec.configuration, files.hostname);
    },
    async startPod() {
      ask("start");
      return status;
    },
    async stopPod() {
      ask("stop");
    },
    get podStatus() {
      ask("status");
      return status;
    },
    get podExited() {
      return exited.promise;
    },
    async podUsage() {
      ask("usage");
      const memory = { memoryBytes: 4096n, anonBytes: 1024n, sharedBytes: 2048n, swapBytes: 0n, faults: 7n, majorFaults: 1n };
      return { userUsec: 1n, systemUsec: 2n, ...memory, processes: 3n };
    },
  };
  const handlers = createSandboxService({
    sandbox,
    readOptions: () => ({ configuration: { path: "/c.json" } }),
    warn: (sentence) => told.push(sentence),
    shutdown: () => told.push("shutdown"),
    populationChanged: () => told.push("population"),
  });
  server = new Server();
  server.addService(SandboxV1, handlers);
  const [near, far] = duplexPair();
  server.serve(far);
  client = new Client(near);
  service = client.service(SandboxV1);
});
afterEach(async () => {
  await client.close();
  await server.close();
});

describe("the sandbox service", () => {
  it("creates and starts a pod with the configuration of the shim's start", async () => {
    await service.createSandbox({ sandboxId: "s1" });
    expect(told).toEqual([["create", "", { path: "/c.json" }, expect.any(String)], "population"]);
    expect(await service.startSandbox({ sandboxId: "s1" })).toEqual({ pid: 4711, createdAt: AT });
  });

  it("is for one sandbox", async () => {
    await expect(service.createSandbox({ sandboxId: "s2" })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    const others = [
      "startSandbox",
      "platform",
      "stopSandbox",
      "waitSandbox",
      "sandboxStatus",
      "pingSandbox",
      "shutdownSandbox",
      "sandboxMetrics",
    ] as const;
    for (const method of others) {
      await expect(service[method]({ sandboxId: "s2" })).rejects.toMatchObject({ code: Code.NOT_FOUND });
    }
    expect(told).toEqual([]);
  });

  it("passes on what is wrong", async () => {
    failure = new HadronError(Code.FAILED_PRECONDITION, "not now");
    await expect(service.startSandbox({ sandboxId: "s1" })).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: "not now" });
    await expect(service.createSandbox({ sandboxId: "s1" })).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    expect(told).not.toContain("population");
  });

  it("says in CRI's words how the pod is", async () => {
    expect(await service.sandboxStatus({ sandboxId: "s1", verbose: true })).toEqual({
      sandboxId: "s1",
      pid: 4711,
      state: "SANDBOX_READY",
      info: new Map([["info", '{"pid":4711,"processStatus":"running"}']]),
      createdAt: AT,
    });
    status = { state: "stopped", pid: 0, createdAtNs: AT_NS, exit: { status: 0, atNs: AT_NS } };
    expect(await service.sandboxStatus({ sandboxId: "s1" })).toEqual({
      sandboxId: "s1",
      pid: 0,
      state: "SANDBOX_NOTREADY",
      info: new Map(),
      createdAt: AT,
      exitedAt: AT,
    });
    status = { state: "created", pid: 0, createdAtNs: 0n, exit: undefined };
    expect(await service.sandboxStatus({ sandboxId: "s1" })).toMatchObject({ state: "SANDBOX_NOTREADY" });
  });

  it("answers a Wait at the pod's end", async () => {
    const waited = service.waitSandbox({ sandboxId: "s1" });
    exited.resolve({ status: 137, atNs: AT_NS });
    expect(await waited).toEqual({ exitStatus: 137, exitedAt: AT });
  });

  it("names the platform as Go does", async () => {
    expect(await service.platform({ sandboxId: "s1" })).toEqual({ platform: { os: "linux", architecture: "amd64" } });
  });

  it("answers a ping while the pod is not stopped", async () => {
    expect(await service.pingSandbox({ sandboxId: "s1" })).toEqual({});
    status = { ...READY, state: "stopped" };
    await expect(service.pingSandbox({ sandboxId: "s1" })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("ends the shim whatever is in it", async () => {
    await service.stopSandbox({ sandboxId: "s1" });
    failure = new HadronError(Code.NOT_FOUND, "nothing was created");
    expect(await service.shutdownSandbox({ sandboxId: "s1" })).toEqual({});
    expect(told).toEqual([["stop"], "shutdown"]);
  });

  it("has metrics of the type that CRI takes", async () => {
    const { metrics } = await service.sandboxMetrics({ sandboxId: "s1" });
    expect(metrics).toMatchObject({ id: "s1", data: { typeUrl: "io.containerd.cgroups.v2.Metrics" } });
    expect(Metrics.decode(metrics?.data?.value ?? new Uint8Array()).memory?.usage).toBe(4096n);
    expect(metrics?.timestamp?.seconds).toBeGreaterThan(1_700_000_000n);
  });

  it("does without updates, as containerd allows", async () => {
    await expect(service.updateSandbox({ sandboxId: "s1" })).rejects.toMatchObject({ code: Code.UNIMPLEMENTED });
  });
});
