import { mkdtempSync, openSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { HostSockets } from "./host-sockets.ts";
import { SocketDirectories } from "./socket-directories.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

let directory: string;
let servers: Server[];
let done: string[];
/** On which nobody of the host listens. */
let guests: Set<string>;
let directories: SocketDirectories;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "socket-directories-")));
  [servers, done, guests] = [[], [], new Set()];
  const name = (path: string): string => path.slice(directory.length + 1);
  const open = async ({ at, target }: { at: { address: string }; target: { kind: string; path?: string } }): Promise<AsyncDisposable> => {
    done.push(`door ${name(target.path ?? "")} ${at.address}`);
    return { [Symbol.asyncDispose]: async () => void done.push(`shut ${at.address}`) };
  };
  directories = new SocketDirectories({
    containerId: "c1",
    agent: { coverSocket: async (_, source, target) => void done.push(`cover ${source} ${target}`) },
    host: {
      dial: async (target) => {
        const path = target.kind === "unix" ? target.path : "";
        if (guests.has(name(path))) {
          throw new HadronError(Code.UNAVAILABLE, "nobody listens");
        }
        // Any descriptor: it is closed.
        return openSync("/dev/null", "r");
      },
    },
    sockets: new HostSockets({ open }, quiet),
    place: (number) => `/guest/${number}`,
    log: quiet,
  });
});
afterEach(async () => {
  await directories[Symbol.asyncDispose]();
  servers.forEach((server) => server.close());
  rmSync(directory, { recursive: true });
});

async function listen(name: string): Promise<Server> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(join(directory, name), resolve));
  return server;
}
const mounted = (): { source: string; destination: string }[] => [{ source: directory, destination: "/run/d" }];

it("has the guest's sockets in the places of those that somebody of the host listens on", async () => {
  await listen("host");
  await listen("guest");
  guests.add("guest");
  writeFileSync(join(directory, "file"), "");
  symlinkSync("host", join(directory, "link"));
  await directories.open(mounted());
  expect(done).toEqual(["door host /guest/0", "cover /guest/0 /run/d/host"]);
  done = [];
  await directories[Symbol.asyncDispose]();
  expect(done).toEqual(["shut /guest/0"]);
});

it("looks again when something comes or goes, where there was a socket", async () => {
  const first = await listen("first");
  await directories.open(mounted());
  done = [];
  await new Promise((resolve) => first.close(resolve));
  await listen("first");
  await listen("later");
  guests.add("guest");
  await listen("guest");
  await vi.waitFor(
    () => expect(new Set(done)).toEqual(new Set(["cover /guest/0 /run/d/first", "door later /guest/1", "cover /guest/1 /run/d/later"])),
    10_000,
  );
});

it("minds none that is not there", async () => {
  await listen("host");
  await directories.open([{ source: join(directory, "nothing"), destination: "/n" }, ...mounted()]);
  expect(done).toEqual(["door host /guest/0", "cover /guest/0 /run/d/host"]);
});
