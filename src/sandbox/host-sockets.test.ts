import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { DoorRequest } from "./doors.ts";
import { HostSockets } from "./host-sockets.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

let directory: string;
let server: Server;
let socket: string;
let opened: DoorRequest[];
let closed: string[];
let failing: string | undefined;
let sockets: HostSockets;

beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "sockets-")));
  socket = join(directory, "socket");
  server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o2660);
  [opened, closed, failing] = [[], [], undefined];
  const open = async (request: DoorRequest): Promise<AsyncDisposable> => {
    if (request.at.address === failing) {
      throw new HadronError(Code.UNAVAILABLE, "the guest is gone");
    }
    opened.push(request);
    return {
      [Symbol.asyncDispose]: async () => {
        closed.push(request.at.address);
        throw new HadronError(Code.UNAVAILABLE, "the guest is gone");
      },
    };
  };
  sockets = new HostSockets({ open }, quiet);
});
afterEach(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

it("are doors with the socket's owner and mode, to the place where it is when they are opened", async () => {
  const link = join(directory, "link");
  symlinkSync(socket, link);
  await sockets.open([{ source: link, path: "/guest/1" }]);
  const at = { kind: "unix", address: "/guest/1", owner: { mode: 0o2660, uid: process.getuid?.(), gid: process.getgid?.() } };
  expect(opened).toEqual([{ at, target: { kind: "unix", path: socket }, limit: 128 }]);
});

it("are shut, also those of an opening that fails, and with a guest that is gone", async () => {
  failing = "/guest/3";
  const plans = ["/guest/1", "/guest/2", "/guest/3"].map((path) => ({ source: socket, path }));
  await expect(sockets.open(plans)).rejects.toThrow("the guest is gone");
  await sockets[Symbol.asyncDispose]();
  await sockets[Symbol.asyncDispose]();
  expect(closed).toEqual(["/guest/2", "/guest/1"]);
});
