import { openSync } from "node:fs";
import { readlink } from "node:fs/promises";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Code, HadronError } from "../../errors.ts";
import type { HostConnection } from "../../host/host.ts";
import { PublishedPorts } from "./published-ports.ts";

let done: string[];
let warnings: string[];
/** What was opened for the test; all of it is to be closed. */
let opened: number[];
let taken: Set<number>;
/** Of the listener that was made for a port. */
let waiting: Map<number, PromiseWithResolvers<HostConnection>>;
let told: (listeners: readonly { readonly address: string; readonly port: number }[]) => void;
let ports: PublishedPorts;

function spareFd(): number {
  const fd = openSync("/dev/null", "r");
  opened.push(fd);
  return fd;
}

beforeEach(() => {
  [done, warnings, opened, taken, waiting] = [[], [], [], new Set(), new Map()];
  const listeners = new Map<number, number>();
  const nothing = (): void => {};
  ports = new PublishedPorts({
    host: {
      listenTcp: async (address, port, ipv6Only) => {
        if (taken.has(port)) {
          throw new HadronError(Code.ALREADY_EXISTS, `${address}:${port} cannot be listened on: Address in use`);
        }
        done.push(`listen ${address} ${port}${address === "::" && ipv6Only ? " alone" : ""}`);
        const fd = spareFd();
        listeners.set(fd, port);
        return fd;
      },
      acceptConnection: (listener, signal) => {
        const next = Promise.withResolvers<HostConnection>();
        waiting.set(listeners.get(listener) ?? -1, next);
        signal.addEventListener("abort", () => next.reject(new HadronError(Code.CANCELLED, "given up")), { once: true });
        return next.promise;
      },
      refuseConnection: async () => void done.push("refuse"),
    },
    addresses: new Set(["10.1.0.2"]),
    log: { error: nothing, info: nothing, debug: nothing, trace: nothing, warn: (_: object, sentence: string) => warnings.push(sentence) },
  });
  ports.attach({
    agent: {
      connectLoopback: async ({ port, address = "-", ipv6First }) => void done.push(`connect ${port} ${address}${ipv6First ? " by IPv6" : ""}`),
      watchListeners: (onListeners) => {
        told = onListeners;
        return new Promise(() => {});
      },
    },
    join: async () => ({ port: 1030, close: async () => {} }),
  });
});
afterEach(async () => {
  await ports[Symbol.asyncDispose]();
  for (const fd of opened) {
    await expect(readlink(`/proc/self/fd/${fd}`)).rejects.toThrow("ENOENT");
  }
});

const listening = (...text: string[]): void =>
  told(text.map((each) => ({ address: each.slice(0, each.lastIndexOf(" ")), port: Number(each.slice(each.lastIndexOf(" "))) })));

it("follows who listens in the guest, where the host has that address", async () => {
  listening("0.0.0.0 80", ":: 80", "127.0.0.1 81", "127.0.0.53 53", "10.1.0.2 82", "10.9.9.9 83");
  await vi.waitFor(() => expect(done).toEqual(["listen 0.0.0.0 80", "listen :: 80 alone", "listen 127.0.0.1 81", "listen 10.1.0.2 82"]));
  listening(":: 80", "127.0.0.1 84");
  await vi.waitFor(() => expect(done.slice(4)).toEqual(["listen :: 80", "listen 127.0.0.1 84"]));
  // It may come again.
  listening("0.0.0.0 80");
  await vi.waitFor(() => expect(done.slice(6)).toEqual(["listen 0.0.0.0 80"]));
  expect(warnings).toEqual([]);
});

it("joins connections with the server that they are for", async () => {
  listening("0.0.0.0 80", ":: 81", "10.1.0.2 82");
  for (const [port, expected] of [
    [80, "connect 80 -"],
    [81, "connect 81 - by IPv6"],
    [82, "connect 82 10.1.0.2"],
  ] as const) {
    await vi.waitFor(() => expect(waiting.has(port)).toBe(true));
    waiting.get(port)?.resolve({ fd: spareFd(), address: "10.1.0.2", port });
    await vi.waitFor(() => expect(done.at(-1)).toBe(expected));
  }
});

it("warns once of what the host has itself, and tries again when it may be free", async () => {
  taken.add(80);
  listening("0.0.0.0 80");
  await vi.waitFor(() => expect(warnings).toEqual([expect.stringMatching(/server of the pod at port 80 \(0\.0\.0\.0\) cannot be reached/)]));
  listening("0.0.0.0 80", "0.0.0.0 81");
  await vi.waitFor(() => expect(done).toEqual(["listen 0.0.0.0 81"]));
  expect(warnings).toHaveLength(1);
  taken.clear();
  listening("0.0.0.0 80", "0.0.0.0 81", "0.0.0.0 82");
  await vi.waitFor(() => expect(done.slice(1)).toEqual(["listen 0.0.0.0 80", "listen 0.0.0.0 82"]));
});

it("leaves the host its ports, however many a guest takes", async () => {
  listening(...Array.from({ length: 1000 }, (_, index) => `0.0.0.0 ${1000 + index}`));
  await vi.waitFor(() => expect(warnings).toHaveLength(872));
  expect(done).toHaveLength(128);
});
