import { openSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { openDescriptors } from "../../test/harness/descriptors.ts";
import { Code, HadronError } from "../errors.ts";
import type { VmExit } from "../hypervisor/hypervisor.ts";
import { type DiskOptions, PodDisks } from "./disks.ts";

const LIMIT = { bytesPerSecond: 1 << 20, operationsPerSecond: 0 } as const;
const ANY: DiskOptions = { emptyDisks: "unseen", spare: 2, queues: 1, limit: LIMIT };
const WRITABLE: DiskOptions = { ...ANY, emptyDisks: "writable", spare: 1 };

let asked: string[];
let warnings: string[];
let failures: Map<string, Error>;
let exited: PromiseWithResolvers<VmExit>;
let descriptors: string[];
let disks: PodDisks;

const plan = (minor: bigint, readOnly = false) => ({ path: `/dev/d${minor}`, major: 7n, minor, readOnly });
const signal = new AbortController().signal;

async function ask(what: string): Promise<void> {
  asked.push(what);
  const failure = failures.get(what);
  if (failure !== undefined) {
    throw failure;
  }
}

beforeEach(() => {
  [asked, warnings, failures, exited] = [[], [], new Map(), Promise.withResolvers()];
  descriptors = openDescriptors();
  const warn = (_: object, sentence: string): number => warnings.push(sentence);
  disks = new PodDisks({
    log: { error() {}, warn, info() {}, debug() {}, trace() {} },
    open: async (what, { minor, readOnly }) => {
      if (minor === 9n) {
        throw new HadronError(Code.NOT_FOUND, `${what} is not there`);
      }
      return { fd: openSync("/dev/null", "r"), readOnly: readOnly || minor === 8n, direct: true };
    },
  });
});

afterEach(async () => {
  await disks[Symbol.asyncDispose]();
  expect(openDescriptors()).toEqual(descriptors);
});

async function boot(options: DiskOptions, ...first: ReturnType<typeof plan>[]): Promise<void> {
  await disks.make(first, options);
  disks.attach(
    {
      exited: exited.promise,
      insertDisk: async (id, { readOnly }) => await ask(`insert ${id}${readOnly ? " ro" : ""}`),
      ejectDisk: async (id) => await ask(`eject ${id}`),
    },
    {
      attachDisk: async (id) => {
        await ask(`attach ${id}`);
        return { major: 254, minor: 16 };
      },
      detachDisk: async (id) => await ask(`detach ${id}`),
    },
  );
}

describe("a pod's disks", () => {
  it("are made with those of its first container, and with empty ones", async () => {
    await boot(ANY, plan(0n), plan(1n, true));
    expect(disks.devices).toMatchObject([
      { id: "disk0", queues: 1, limit: LIMIT, medium: { readOnly: false, direct: true, cache: "writeBack" } },
      { id: "disk1", medium: { readOnly: true } },
      { id: "disk2", medium: undefined },
      { id: "disk3", medium: undefined, limit: LIMIT },
    ]);
    await disks.closeMedia();
    const disk = await disks.acquire(plan(1n, true), signal);
    expect(disk.numbers).toEqual({ major: 254n, minor: 16n });
    expect(asked).toEqual(["attach disk1"]);
  });

  it("are one for all containers that have the same device, and go with the last one", async () => {
    await boot(ANY);
    const [one, other] = await Promise.all([disks.acquire(plan(0n), signal), disks.acquire(plan(0n, true), signal)]);
    expect(asked).toEqual(["insert disk0", "attach disk0"]);
    await one[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    expect(asked).toHaveLength(2);
    await other[Symbol.asyncDispose]();
    expect(asked.slice(2)).toEqual(["detach disk0", "eject disk0"]);
    await disks.acquire(plan(1n, true), signal);
    expect(asked.slice(4)).toEqual(["insert disk0 ro", "attach disk0"]);
  });

  it("cannot be written to by who comes later than a reader, unless they cannot be at all", async () => {
    await boot(ANY);
    await disks.acquire(plan(0n, true), signal);
    await expect(disks.acquire(plan(0n), signal)).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringContaining("for reading only") as string,
    });
    await disks.acquire(plan(8n), signal);
    await disks.acquire(plan(8n), signal);
    expect(asked.filter((what) => what.startsWith("insert"))).toEqual(["insert disk0 ro", "insert disk1 ro"]);
  });

  it("that find no place are refused with what to do", async () => {
    await boot(WRITABLE);
    await expect(disks.acquire(plan(0n, true), signal)).rejects.toThrow(/only read has to be the first container's/);
    await disks.acquire(plan(0n), signal);
    await expect(disks.acquire(plan(1n), signal)).rejects.toThrow(/spare_disks/);
    expect(asked).toEqual(["insert disk0", "attach disk0"]);
  });

  it("that are not there are refused, before the VM and later", async () => {
    await expect(disks.make([plan(0n), plan(9n)], ANY)).rejects.toThrow("the device /dev/d9 (b 7:9) is not there");
    await disks[Symbol.asyncDispose]();
    await boot({ ...ANY, spare: 1 });
    await expect(disks.acquire(plan(9n), signal)).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  it("are given up when the VM or the guest does not take them", async () => {
    await boot({ ...ANY, spare: 1 });
    failures.set("insert disk0", new HadronError(Code.INTERNAL, "no io_uring"));
    await expect(disks.acquire(plan(0n), signal)).rejects.toThrow("no io_uring");
    failures.clear();
    failures.set("attach disk0", new HadronError(Code.NOT_FOUND, "no disk"));
    await expect(disks.acquire(plan(0n), signal)).rejects.toThrow("no disk");
    failures.clear();
    await disks.acquire(plan(1n), signal);
    expect(asked).toEqual(["insert disk0", "insert disk0", "attach disk0", "detach disk0", "eject disk0", "insert disk0", "attach disk0"]);
    expect(warnings).toEqual([]);
  });

  it("whose places the guest does not give up leave them to nobody", async () => {
    await boot(ANY);
    const disk = await disks.acquire(plan(0n), signal);
    failures.set("detach disk0", new HadronError(Code.DEADLINE_EXCEEDED, "late"));
    failures.set("eject disk0", new HadronError(Code.INTERNAL, "no"));
    await disk[Symbol.asyncDispose]();
    expect(warnings).toEqual(["the guest did not let go of a disk, which is taken away from it", "a disk stays in the pod's VM"]);
    await disks.acquire(plan(0n), signal);
    expect(asked.slice(-2)).toEqual(["insert disk1", "attach disk1"]);
    await expect(disks.acquire(plan(1n), signal)).rejects.toThrow("its 2 places for disks are taken");
  });

  it("go with their VM", async () => {
    await boot(ANY);
    const disk = await disks.acquire(plan(0n), signal);
    exited.resolve({ reason: "", expected: true });
    await exited.promise;
    await disk[Symbol.asyncDispose]();
    expect(asked).toEqual(["insert disk0", "attach disk0"]);
  });
});
