import { existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Journal } from "../host/journal.ts";
import type { Machine } from "./machine.ts";
import type { Spec } from "./oci.ts";
import { type PodSpec, podSpecOf } from "./pod-spec.ts";
import { type CreateContainer, Sandbox, type SandboxHost } from "./sandbox.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

let directory: string;
let state: string;
let bundle: string;
let hostCalls: string[];
let launches: number;
/** Mounts nothing, and has no processes. */
const host: SandboxHost = {
  makeShares: async (count) => Array.from({ length: count }, () => ({ namespace: openNull(), directory: openNull(), places: openNull() })),
  describeMount: async () => ({ flags: ["rw"], hasOthersBelow: false }),
  mount: async () => void hostCalls.push("mount"),
  makeWritable: async () => hostCalls.push("makeWritable") > 0,
  umountTree: async () => (hostCalls.push("umountTree"), 0),
  spawnTask: async () => await noProcess("spawnTask"),
  reapChild: async () => await noProcess("reapChild"),
  killProcess: async () => await noProcess("killProcess"),
  dial: async () => await noProcess("dial"),
};
const openNull = (): number => openSync("/dev/null", "r");
async function noProcess(call: string): Promise<never> {
  hostCalls.push(call);
  throw new HadronError(Code.UNAVAILABLE, "no processes in this test");
}

let journal: Journal;
let sandbox: Sandbox;

beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "sandbox-")));
  [state, bundle] = [join(directory, "state"), join(directory, "bundle")];
  mkdirSync(state);
  mkdirSync(join(bundle, "rootfs"), { recursive: true });
  [hostCalls, launches] = [[], 0];
  journal = await Journal.open(state);
  sandbox = new Sandbox({
    id: "pod",
    stateDir: state,
    libraryDirectory: directory,
    host,
    journal,
    observer: { started() {}, exited() {}, oom() {} },
    log: quiet,
    machines: {
      make: async (): Promise<Machine> => {
        launches += 1;
        throw new HadronError(Code.UNAVAILABLE, "no VM in this test");
      },
      check: async () => undefined,
      requireNetwork: async () => undefined,
    },
  });
});
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

function request({ spec = {}, ...change }: Partial<Omit<CreateContainer, "spec">> & { readonly spec?: Partial<Spec> } = {}): CreateContainer {
  return {
    id: "c1",
    bundle,
    rootfs: [],
    configuration: {},
    stdio: { stdin: "", stdout: "", stderr: "", terminal: false },
    pipeOwner: { uid: 0, gid: 0 },
    spec: {
      ociVersion: "1.2.0",
      root: { path: "rootfs" },
      process: { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } },
      linux: { namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })) },
      ...spec,
    },
    ...change,
  };
}

const create = async (change: Parameters<typeof request>[0]): Promise<unknown> =>
  await sandbox.create(request(change), new AbortController().signal).catch((error: unknown) => error);

describe("a request that is refused", () => {
  it.each<[string, Parameters<typeof request>[0]]>([
    ["args is empty", { spec: { process: { cwd: "/", args: [], user: { uid: 0, gid: 0 } } } }],
    ['"/nowhere" of the bind mount', { spec: { mounts: [{ destination: "/m", source: "/nowhere", options: ["bind"] }] } }],
    ["no root.path", { spec: { root: { path: "" } } }],
    ["is not a directory", { spec: { root: { path: "elsewhere" } } }],
    ["mount manager", { rootfs: [{ type: "format/erofs", source: "x", target: "", options: [] }] }],
    ['stdout "binary:///x" is not supported', { stdio: { stdin: "", stdout: "binary:///x", stderr: "", terminal: false } }],
    ["process.terminal is false, but", { stdio: { stdin: "", stdout: "", stderr: "", terminal: true } }],
    ["process.terminal is true, but", { spec: { process: { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 }, terminal: true } } }],
    ['stdin "file:///x" is not supported', { stdio: { stdin: "file:///x", stdout: "", stderr: "", terminal: false } }],
  ])("(%s) starts no VM and leaves nothing", async (sentence, change) => {
    expect(await create(change)).toMatchObject({ message: expect.stringContaining(sentence) });
    expect(launches).toBe(0);
    expect(hostCalls).toEqual([]);
    expect(journal.entries).toEqual([]);
    expect(readdirSync(state).filter((name) => name !== "journal")).toEqual([]);
    expect(sandbox.empty).toBe(true);
  });

  it("does not name the pod", async () => {
    const noUts = { namespaces: ["pid", "network", "ipc", "mount"].map((type) => ({ type })) };
    const requests = [
      create({ id: "a", spec: { hostname: "a", linux: noUts, root: { path: "" } } }),
      create({ id: "b", spec: { hostname: "b", linux: noUts } }),
    ];
    expect(await Promise.all(requests)).toMatchObject([
      { message: expect.stringContaining("no root.path") },
      { message: expect.stringContaining("no VM in this test") },
    ]);
    expect(launches).toBe(1);
  });
});

it("a request that is right starts a VM", async () => {
  expect(await create({})).toMatchObject({ message: "no VM in this test" });
  expect(launches).toBe(1);
  expect(hostCalls).toContain("mount");
});

it("a root file system by a symbolic link is refused, also on the way to it; one of a linked bundle is not", async () => {
  symlinkSync("rootfs", join(bundle, "link"));
  symlinkSync(bundle, join(directory, "linked"));
  for (const path of ["link", join(directory, "linked/rootfs")]) {
    expect(await create({ spec: { root: { path } } })).toMatchObject({
      code: Code.INVALID_ARGUMENT,
      message: expect.stringContaining("symbolic link"),
    });
  }
  for (const path of ["rootfs/", "./rootfs/../rootfs", join(bundle, "rootfs")]) {
    expect(await create({ bundle: join(directory, "linked"), spec: { root: { path } } })).toMatchObject({ message: "no VM in this test" });
  }
});

describe("a pod of the sandbox service", () => {
  const NO_SIGNAL = new AbortController().signal;
  const FILES = { hostname: "h", resolvConf: "" };
  const pod = (sysctls: Readonly<Record<string, string>> = {}): PodSpec => ({ ...podSpecOf({ ociVersion: "1.2.0" }, {}), sysctls });

  it("is there without containers, and starts nothing before it is to start", async () => {
    expect(sandbox.empty).toBe(true);
    expect(() => sandbox.podStatus).toThrow(expect.objectContaining({ code: Code.NOT_FOUND }) as Error);
    await sandbox.createPod(pod(), FILES);
    expect([sandbox.empty, sandbox.podStatus.state, launches]).toEqual([false, "created", 0]);
    await expect(sandbox.createPod(pod(), FILES)).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    expect(await create({})).toMatchObject({ code: Code.FAILED_PRECONDITION, message: "cannot create container c1: pod pod is created, not ready" });
    await expect(sandbox.podUsage()).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    await sandbox.stopPod();
    expect(await sandbox.podExited).toMatchObject({ status: 0 });
    expect(await create({})).toMatchObject({ message: "cannot create container c1: pod pod is stopped, not ready" });
    expect(launches).toBe(0);
  });

  it("that does not start leaves nothing, and can be started again", async () => {
    await sandbox.createPod(pod(), FILES);
    for (const attempt of [1, 2]) {
      await expect(sandbox.startPod(NO_SIGNAL)).rejects.toThrow("no VM in this test");
      expect([launches, sandbox.podStatus.state]).toEqual([attempt, "created"]);
      expect(existsSync(join(state, "files"))).toBe(false);
    }
  });

  it("is refused for a sysctl that is no pod's, and can be created otherwise then", async () => {
    await expect(sandbox.createPod(pod({ "vm.swappiness": "1" }), FILES)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(sandbox.empty).toBe(true);
    await sandbox.createPod(pod({ "net.core.somaxconn": "8", "kernel.shm_rmid_forced": "1" }), FILES);
  });
});
