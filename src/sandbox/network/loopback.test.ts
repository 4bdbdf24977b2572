import { openSync } from "node:fs";
import { readlink } from "node:fs/promises";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Code, HadronError } from "../../errors.ts";
import type { HostConnection } from "../../host/host.ts";
import type { ConnectionGuest } from "./connections.ts";
import { PodLoopback } from "./loopback.ts";

let done: string[];
let warnings: string[];
/** What was opened for the test; all of it is to be closed. */
let opened: number[];
let waiting: PromiseWithResolvers<HostConnection>;
let openFails: HadronError | undefined;
let connectFails: HadronError | undefined;
let pod: PodLoopback;

function spareFd(): number {
  const fd = openSync("/dev/null", "r");
  opened.push(fd);
  return fd;
}

const host = {
  openLoopback: async () => {
    if (openFails !== undefined) {
      throw openFails;
    }
    return { listener: spareFd(), program: spareFd() };
  },
  acceptConnection: (_: unknown, signal: AbortSignal) => {
    waiting = Promise.withResolvers();
    signal.addEventListener("abort", () => waiting.reject(new HadronError(Code.CANCELLED, "given up")), { once: true });
    return waiting.promise;
  },
  refuseConnection: async () => void done.push("refuse"),
};
const guest: ConnectionGuest = {
  agent: {
    connectLoopback: async ({ port, ipv6First }, hostPort) => {
      done.push(`connect ${port} ${hostPort}${ipv6First ? " by IPv6" : ""}`);
      if (connectFails !== undefined) {
        throw connectFails;
      }
    },
  },
  join: async (_, direction) => {
    done.push(`join ${direction}`);
    return { port: 1030, close: async () => void done.push("close the join") };
  },
};

beforeEach(() => {
  [done, warnings, opened] = [[], [], []];
  [openFails, connectFails] = [undefined, undefined];
  const nothing = (): void => {};
  const log = { error: nothing, info: nothing, debug: nothing, trace: nothing, warn: (_: object, sentence: string) => warnings.push(sentence) };
  pod = new PodLoopback({ host, netns: "/run/netns/pod", log });
});
afterEach(async () => {
  await pod[Symbol.asyncDispose]();
  for (const fd of opened) {
    await expect(readlink(`/proc/self/fd/${fd}`)).rejects.toThrow("ENOENT");
  }
});

async function come(port: number, address = "127.0.0.1"): Promise<void> {
  await vi.waitFor(() => expect(waiting).toBeDefined());
  const { resolve } = waiting;
  resolve({ fd: spareFd(), port, address });
}

it("joins each connection with the guest's server of its port", async () => {
  pod.attach(guest);
  await come(8080);
  await vi.waitFor(() => expect(done).toEqual(["join both", "connect 8080 1030"]));
  await vi.waitFor(() => expect(readlink(`/proc/self/fd/${opened[2]}`)).rejects.toThrow("ENOENT"));
  await come(9090, "::1");
  await vi.waitFor(() => expect(done.slice(2)).toEqual(["join both", "connect 9090 1030 by IPv6"]));
  expect(warnings).toEqual([]);
});

it("refuses what no server listens for, and goes on", async () => {
  pod.attach(guest);
  connectFails = new HadronError(Code.FAILED_PRECONDITION, "no server");
  await come(1);
  await vi.waitFor(() => expect(done).toEqual(["join both", "connect 1 1030", "refuse", "close the join"]));
  connectFails = undefined;
  await come(2);
  await vi.waitFor(() => expect(done.slice(4)).toEqual(["join both", "connect 2 1030"]));
  expect(warnings).toEqual([]);
});

it("refuses what came to the listener's own port from elsewhere", async () => {
  pod.attach(guest);
  await come(40_000, "10.0.0.2");
  await vi.waitFor(() => expect(done).toEqual(["refuse"]));
});

it("does without where the kernel cannot do it, and says so", async () => {
  openFails = new HadronError(Code.UNIMPLEMENTED, "no such program");
  pod.attach(guest);
  await vi.waitFor(() => expect(warnings).toEqual([expect.stringMatching(/port-forward/)]));
});
