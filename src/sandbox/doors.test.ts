import { openSync } from "node:fs";
import { readlink } from "node:fs/promises";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { DialTarget } from "../host/host.ts";
import type { Knock } from "../hypervisor/hypervisor.ts";
import { Doors } from "./doors.ts";

const TARGET: DialTarget = { kind: "tcp", netns: "/proc/7/ns/net", address: "127.0.0.11", port: 53 };
const AT = { kind: "tcp", address: "127.0.0.11:53" } as const;

let done: string[];
let opened: number[];
let onKnock: ((knock: Knock) => void) | undefined;
let dialled: PromiseWithResolvers<void> | undefined;
let dialFails: HadronError | undefined;
let joinFails: HadronError | undefined;
let listenFails: HadronError | undefined;
let doors: Doors;

beforeEach(() => {
  [done, opened] = [[], []];
  [onKnock, dialled, dialFails, joinFails, listenFails] = [undefined, undefined, undefined, undefined, undefined];
  let port = 1024;
  const nothing = (): void => {};
  doors = new Doors({
    vsock: {
      listen: async (at, limit, told) => {
        done.push(`door ${at} ${limit}`);
        onKnock = told;
        const close = async (): Promise<void> => void done.push(`shut ${at}`);
        return { port: at, close, [Symbol.asyncDispose]: close };
      },
    },
    agent: {
      listen: async ({ kind, address }, hostPort, limit) => {
        if (listenFails !== undefined) {
          throw listenFails;
        }
        done.push(`listen ${kind} ${address} ${hostPort} ${limit}`);
      },
      unlisten: async (hostPort) => void done.push(`unlisten ${hostPort}`),
    },
    dial: async (target) => {
      done.push(`dial ${target.kind}`);
      await dialled?.promise;
      if (dialFails !== undefined) {
        throw dialFails;
      }
      const fd = openSync("/dev/null", "r");
      opened.push(fd);
      return fd;
    },
    nextPort: () => ++port,
    log: { error: nothing, info: nothing, debug: nothing, trace: nothing, warn: nothing },
  });
});
afterEach(async () => {
  // Each is closed after its join was made.
  for (const fd of opened) {
    await vi.waitFor(() => expect(readlink(`/proc/self/fd/${fd}`)).rejects.toThrow("ENOENT"));
  }
});

function knock(): void {
  onKnock?.({
    join: async (port, _, direction) => {
      done.push(`join ${port} ${direction}`);
      if (joinFails !== undefined) {
        throw joinFails;
      }
      const close = async (): Promise<void> => {};
      return { port, progress: async () => 0n, ended: new Promise(() => {}), close, [Symbol.asyncDispose]: close };
    },
    refuse: async () => void done.push("refuse"),
  });
}

it("joins each connection with one of its own, until it is shut", async () => {
  const door = await doors.open({ at: AT, target: TARGET, limit: 9 });
  expect(done).toEqual(["door 1025 9", "listen tcp 127.0.0.11:53 1025 9"]);
  knock();
  await vi.waitFor(() => expect(done.slice(2)).toEqual(["dial tcp", "join 1026 both"]));
  knock();
  await vi.waitFor(() => expect(done.slice(4)).toEqual(["dial tcp", "join 1027 both"]));
  await door[Symbol.asyncDispose]();
  expect(done.slice(6)).toEqual(["unlisten 1025", "shut 1025"]);
});

it("joins flows of datagrams as such, and sockets of the host as streams", async () => {
  await doors.open({ at: { kind: "udp", address: "127.0.0.11:53" }, target: { ...TARGET, kind: "udp" }, limit: 1 });
  knock();
  await vi.waitFor(() => expect(done.slice(2)).toEqual(["dial udp", "join 1026 datagrams"]));
  await doors.open({ at: { kind: "unix", address: "/run/x" }, target: { kind: "unix", path: "/run/host" }, limit: 1 });
  knock();
  await vi.waitFor(() => expect(done.slice(6)).toEqual(["dial unix", "join 1028 both"]));
});

it("refuses what finds nobody, and what cannot be joined", async () => {
  await doors.open({ at: AT, target: TARGET, limit: 9 });
  dialFails = new HadronError(Code.UNAVAILABLE, "nobody");
  knock();
  await vi.waitFor(() => expect(done.slice(2)).toEqual(["dial tcp", "refuse"]));
  dialFails = undefined;
  joinFails = new HadronError(Code.INTERNAL, "no stream waits with the number 2 any more");
  knock();
  await vi.waitFor(() => expect(done.slice(4)).toEqual(["dial tcp", "join 1026 both", "refuse"]));
});

it("does not dial for all of them at once", async () => {
  await doors.open({ at: AT, target: TARGET, limit: 9 });
  dialled = Promise.withResolvers();
  for (let count = 0; count < 5; count++) {
    knock();
  }
  await vi.waitFor(() => expect(done.slice(2)).toEqual(["dial tcp", "dial tcp"]));
  dialled.resolve();
  await vi.waitFor(() => expect(done.filter((what) => what.startsWith("join"))).toHaveLength(5));
});

it("is not there when the guest cannot listen", async () => {
  listenFails = new HadronError(Code.ALREADY_EXISTS, "cannot listen on tcp 127.0.0.11:53: Address in use");
  await expect(doors.open({ at: AT, target: TARGET, limit: 9 })).rejects.toBe(listenFails);
  expect(done).toEqual(["door 1025 9", "shut 1025"]);
});
