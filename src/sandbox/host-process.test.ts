import { once } from "node:events";
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Code } from "../errors.ts";
import { Host } from "../host/host.ts";
import { Journal } from "../host/journal.ts";
import { readProcessStat } from "../host/process-stat.ts";
import { HostProcess } from "./host-process.ts";

const libraryDirectory = resolve(import.meta.dirname, "../../build/lib/hadron");
const logged: string[] = [];
const log = { error: (_: object, sentence: string) => void logged.push(sentence), warn() {}, info() {}, debug() {}, trace() {} };

let directory: string;
let host: Host;
let journal: Journal;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "hadron-test-"));
  host = new Host();
  journal = await Journal.open(directory);
  logged.length = 0;
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
  expect(logged).toEqual([]);
});

const start = (pid = process.pid): Promise<HostProcess> =>
  HostProcess.start({ host, journal, libraryDirectory, containerId: "c1", netns: `/proc/${pid}/ns/net`, log });

/** The signals that it passes on, one after the other. */
function signalsOf(hostProcess: HostProcess): () => Promise<number> {
  const events = new EventTarget();
  const queue: number[] = [];
  hostProcess.forward((signal) => {
    queue.push(signal);
    events.dispatchEvent(new Event("signal"));
  });
  return async () => {
    if (queue.length === 0) {
      await once(events, "signal");
    }
    return queue.shift() ?? 0;
  };
}

test("is in the network namespace, in the journal, and says which container it stands for", async () => {
  await using hostProcess = await start();
  const { pid } = hostProcess;
  expect(readlinkSync(`/proc/${pid}/ns/net`)).toBe(readlinkSync("/proc/self/ns/net"));
  expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toBe("hadron\0container\0c1\0");
  expect(readProcessStat(pid)?.parentPid).toBe(process.pid);
  expect(journal.entries).toMatchObject([{ kind: "process", pid, role: "container", name: "c1" }]);
  expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/");
});

test("takes less memory and time than containers are counted in", async () => {
  await using one = await start();
  const rollup = readFileSync(`/proc/${one.pid}/smaps_rollup`, "utf8");
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]);
  expect(kilobytes("Pss")).toBeGreaterThan(0);
  for (const name of ["Pss", "Private_Clean", "Private_Dirty"]) {
    expect(kilobytes(name)).toBeLessThanOrEqual(150);
  }
});

test("passes signals on, and its own death as SIGKILL", async () => {
  await using hostProcess = await start();
  const next = signalsOf(hostProcess);
  for (const signal of [15, 1, 34, 64]) {
    process.kill(hostProcess.pid, signal);
    expect(await next()).toBe(signal);
  }
  process.kill(hostProcess.pid, "SIGKILL");
  expect(await next()).toBe(9);
  await hostProcess.end();
  expect(journal.entries).toEqual([]);
});

test("tells of a death that came before anybody listened", async () => {
  await using hostProcess = await start();
  process.kill(hostProcess.pid, "SIGKILL");
  await expect.poll(() => readProcessStat(hostProcess.pid)).toBeUndefined();
  expect(await signalsOf(hostProcess)()).toBe(9);
});

test("is reaped when it is ended, and its end is no signal then", async () => {
  const hostProcess = await start();
  const signals: number[] = [];
  hostProcess.forward((signal) => signals.push(signal));
  await Promise.all([hostProcess.end(), hostProcess.end()]);
  expect(readProcessStat(hostProcess.pid)).toBeUndefined();
  expect(journal.entries).toEqual([]);
  expect(signals).toEqual([]);
});

test("of a VM that is gone is an error that says so", async () => {
  await expect(start(4_194_305)).rejects.toMatchObject({
    code: Code.UNAVAILABLE,
    message: expect.stringMatching(/container c1 on the host cannot be started: .*\/proc\/4194305\/ns\/net/),
  });
});

test("that cannot enter the namespace leaves nothing", async () => {
  const fake = {
    ...hostCalls(),
    spawnTask: () => host.spawnTask({ program: join(libraryDirectory, "hadron-task"), args: ["x"], netns: "/dev/null" }),
  };
  const failing = HostProcess.start({ host: fake, journal, libraryDirectory, containerId: "c1", netns: "/proc/self/ns/net", log });
  await expect(failing).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: expect.stringContaining("EINVAL") });
  expect(journal.entries).toEqual([]);
});

function hostCalls() {
  return { reapChild: (pid: number) => host.reapChild(pid), killProcess: host.killProcess.bind(host) };
}
