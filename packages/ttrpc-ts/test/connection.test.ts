/** How connections end, and what happens while a peer does not read. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Duplex, duplexPair } from "node:stream";

import { describe, expect, it } from "vitest";

import { Client, Code, connect, Server, type CallContext } from "../src/index.ts";
import { collect, RawPeer, rig, socketPair, temporaryDirectory, Test, until } from "./support.ts";

const hang = (_input: unknown, { signal }: CallContext): Promise<string> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));

describe("the end of a connection", () => {
  it("fails the calls of every kind and phase with UNAVAILABLE, and new ones too", async () => {
    const pair = await socketPair();
    using _ = pair;
    const client = new Client(pair.near);
    const peer = new RawPeer(pair.far);
    const test = client.service(Test);
    const waiting = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<string> {
      yield "one";
      await waiting.promise;
    }
    const midway = test.download("");
    const calls = [test.unary(""), collect(test.download("")), test.upload(slow()), test.upload([]), collect(test.chat(slow()))];
    const results = Promise.allSettled(calls);
    while ((await peer.next()).streamId < 11) {}
    peer.write(1, 3, 0, Buffer.from("got"));
    // And a message that is cut in the middle.
    peer.socket.end(Buffer.from([0, 0, 0, 9, 0, 0, 0, 3, 2]));
    for (const result of await results) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: Code.UNAVAILABLE } });
    }
    await expect(midway.next()).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    const closed = await client.closed;
    expect(closed).toMatchObject({ by: "peer", reason: expect.stringContaining("in the middle of a message") as string });
    expect(client.pendingCalls).toBe(0);
    await expect(test.unary("")).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringContaining("the peer closed the connection") as string,
    });
    await expect(collect(test.chat(["x"]))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    waiting.resolve();
  });

  it("by close() here", async () => {
    await using pair = await rig((server) => server.addMethod(Test.methods.unary, hang));
    const call = pair.client.call(Test.methods.unary, "");
    const failed = expect(call).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await pair.client.close();
    await failed;
    expect(await pair.client.closed).toMatchObject({ by: "local" });
    await until(() => pair.server.connections === 0);
  });

  it("by an error of the socket keeps the error as cause", async () => {
    const broken = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, callback) => callback(new Error("the wire is cut")),
    });
    const client = new Client(broken);
    await expect(client.call(Test.methods.unary, "")).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringContaining("the wire is cut") as string,
      cause: { message: "the wire is cut" },
    });
    expect(await client.closed).toMatchObject({ by: "error" });
  });

  it("that had ended before", async () => {
    const socket = new Duplex({ read: () => undefined });
    socket.destroy();
    const client = new Client(socket);
    expect(await client.closed).toMatchObject({ by: "peer" });
    await expect(client.call(Test.methods.unary, "")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("fires the signals of the handlers, whatever they do: wait, read, write", async () => {
    const seen: string[] = [];
    const note = (what: string, error: unknown): void => {
      seen.push(`${what} ${(error as { code: number }).code}`);
    };
    const pair = await rig((server) => {
      server.addService(Test, {
        unary: async (request, context) => {
          seen.push("begun");
          return await hang(request, context).catch((error: unknown) => {
            note("unary", error);
            return "";
          });
        },
        upload: async (requests) => {
          seen.push("begun");
          await collect(requests).catch((error: unknown) => note("upload", error));
          return "";
        },
        download: async function* (_request, context) {
          try {
            yield "begun";
            await hang("", context);
          } catch (error) {
            note("download", error);
          }
        },
        chat: (requests) => requests,
      });
    });
    const test = pair.client.service(Test);
    const source = Promise.withResolvers<never>();
    const ends = Promise.allSettled([
      test.unary(""),
      test.upload(
        (async function* () {
          yield "x";
          await source.promise;
        })(),
      ),
    ]);
    const download = test.download("");
    expect((await download.next()).value).toBe("begun");
    await until(() => seen.length === 2);
    seen.length = 0;
    await pair.client.close();
    await ends;
    await until(() => seen.length === 3);
    expect(seen.sort()).toEqual([`download ${Code.CANCELLED}`, `unary ${Code.CANCELLED}`, `upload ${Code.CANCELLED}`]);
    await pair.server.close();
  });
});

describe("listening and connecting", () => {
  it("serves a path, a port and a listener that exists", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "a");
    const existing = createServer();
    existing.listen(join(directory.path, "b"));
    await once(existing, "listening");
    await using server = new Server();
    server.addMethod(Test.methods.unary, (request) => request);
    await server.listen({ path });
    await server.listen(existing);
    await server.listen({ port: 0, host: "127.0.0.1" });
    for (const name of ["a", "b"]) {
      await using client = await connect({ path: join(directory.path, name) });
      expect(await client.call(Test.methods.unary, name)).toBe(name);
    }
  });

  it("serves an inherited descriptor, and calls that were made before it was up", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "s");
    const holder = createServer();
    holder.listen(`${path}.made`);
    await once(holder, "listening");
    const { fd } = (holder as unknown as { _handle: { fd: number } })._handle;
    const script = join(import.meta.dirname, "fd-server.ts");
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "inherit", "inherit", fd] });
    try {
      // The parent's copy of the listener accepts nothing from here on; closing it removes its path.
      renameSync(`${path}.made`, path);
      (holder as unknown as { _handle: { close(): void } })._handle.close();
      await using client = await connect({ path });
      expect(await client.call(Test.methods.unary, "x")).toBe(`${child.pid} x`);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("says what cannot be listened on or connected to", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "nobody");
    await expect(connect({ path })).rejects.toMatchObject({
      code: Code.UNAVAILABLE,
      message: expect.stringContaining(path) as string,
      cause: { code: "ENOENT" },
    });
    await expect(connect({ path }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: Code.CANCELLED });
    await using server = new Server();
    await expect(server.listen({ path: join(path, "below") })).rejects.toThrow(path);
  });

  it("works over any Duplex", async () => {
    const [near, far] = duplexPair();
    const server = new Server();
    server.addMethod(Test.methods.unary, (request) => request);
    server.serve(far);
    await using client = new Client(near);
    expect(await client.call(Test.methods.unary, "x".repeat(100_000))).toHaveLength(100_000);
    await server.close();
  });

  it("refuses two handlers for one method, and a service with one missing", () => {
    const server = new Server().addMethod(Test.methods.unary, (request) => request);
    expect(() => server.addMethod(Test.methods.unary, (request) => request)).toThrow("has a handler already");
    const partial = { upload: () => "", download: () => [], chat: () => [] };
    expect(() => new Server().addService(Test, partial as never)).toThrow("unary");
  });
});

describe("shutdown", () => {
  it("lets running calls finish, refuses new ones and new connections, then closes", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "s");
    const finish = Promise.withResolvers<string>();
    const begun = Promise.withResolvers<void>();
    const server = new Server();
    server.addMethod(Test.methods.unary, () => {
      begun.resolve();
      return finish.promise;
    });
    await server.listen({ path });
    await using busy = await connect({ path });
    await using idle = await connect({ path });
    const running = busy.call(Test.methods.unary, "");
    await begun.promise;
    const done = server.shutdown(AbortSignal.timeout(5_000));
    expect(await idle.closed).toMatchObject({ by: "peer" });
    await expect(busy.call(Test.methods.unary, "")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await expect(connect({ path })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    const large = "x".repeat(3_000_000);
    finish.resolve(large);
    expect(await running).toBe(large);
    expect(await done).toBe(true);
    expect(server.connections).toBe(0);
    await expect(server.listen({ path })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  it("is cut short by its signal", async () => {
    let context: CallContext | undefined;
    const pair = await rig((server) =>
      server.addMethod(Test.methods.unary, async (request, its) => {
        context = its;
        return await hang(request, its);
      }),
    );
    const call = pair.client.call(Test.methods.unary, "");
    const failed = expect(call).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    await until(() => context !== undefined);
    const controller = new AbortController();
    const done = pair.server.shutdown(controller.signal);
    controller.abort();
    expect(await done).toBe(false);
    expect(context?.signal.aborted).toBe(true);
    await failed;
  });

  it("works when the signal has fired already, and close() at once", async () => {
    const pair = await rig((server) => server.addMethod(Test.methods.unary, hang));
    const call = expect(pair.client.call(Test.methods.unary, "")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
    expect(await pair.server.shutdown(AbortSignal.abort())).toBe(false);
    await call;
    await pair.server.close();
  });
});

describe("back-pressure", { timeout: 30_000 }, () => {
  const kilobyte = "x".repeat(1024);

  it("a server stream waits for a client that does not read", async () => {
    using pair = await socketPair();
    const server = new Server();
    let made = 0;
    server.addMethod(Test.methods.download, async function* () {
      for (; made < 20_000; made++) {
        yield kilobyte;
      }
    });
    server.serve(pair.far);
    const client = new Client(pair.near, { streamStallMs: 60_000 });
    const stream = client.call(Test.methods.download, "");
    let before = -1;
    // Until nothing moves: everything in between is full.
    for (let still = 0; still < 20; still = made === before ? still + 1 : 0) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(pair.far.writableLength + pair.near.readableLength).toBeLessThan(512 << 10);
    }
    expect(made).toBeGreaterThan(64);
    expect(made).toBeLessThan(4_000);
    let read = 0;
    for await (const message of stream) {
      expect(message).toHaveLength(1024);
      read++;
    }
    expect(read).toBe(20_000);
    await client.close();
    await server.close();
  });

  it("a client stream waits for a handler that does not read", async () => {
    const go = Promise.withResolvers<void>();
    await using pair = await rig(
      (server) =>
        server.addMethod(Test.methods.upload, async (requests) => {
          await go.promise;
          return `${(await collect(requests)).length}`;
        }),
      { server: { streamStallMs: 60_000 } },
    );
    let made = 0;
    function* source(): Generator<string> {
      for (; made < 20_000; made++) {
        yield kilobyte;
      }
    }
    const call = pair.client.call(Test.methods.upload, source());
    let before = -1;
    for (let still = 0; still < 20; still = made === before ? still + 1 : 0) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(pair.clientSocket.writableLength + pair.serverSocket.readableLength).toBeLessThan(512 << 10);
    }
    expect(made).toBeLessThan(4_000);
    go.resolve();
    expect(await call).toBe("20000");
  });

  it("a server stops reading requests of a client that does not read answers", async () => {
    using pair = await socketPair();
    const server = new Server();
    let handled = 0;
    const large = "x".repeat(16 << 10);
    server.addMethod(Test.methods.unary, () => {
      handled++;
      return large;
    });
    server.serve(pair.far);
    // RawPeer reads; until it is made nobody does.
    const count = 2_000;
    const writer = new RawPeer(pair.near);
    pair.near.pause();
    for (let i = 0; i < count; i++) {
      writer.request(2 * i + 1, "Unary", kilobyte);
    }
    let before = -1;
    for (let still = 0; still < 20; still = handled === before && handled > 0 ? still + 1 : 0) {
      before = handled;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(handled).toBeLessThan(count / 4);
    expect(pair.far.writableLength).toBeLessThan(8 << 20);
    pair.near.resume();
    for (let i = 0; i < count; i++) {
      await writer.next();
    }
    expect(handled).toBe(count);
    await server.close();
  });

  it("a client refuses calls when too much waits for a server that does not read", async () => {
    using pair = await socketPair();
    pair.far.pause();
    const client = new Client(pair.near, { maxQueuedBytes: 1 << 20 });
    const megabyte = "x".repeat(300 << 10);
    const results = Promise.allSettled(Array.from({ length: 10 }, () => client.call(Test.methods.unary, megabyte)));
    const refused = expect(client.call(Test.methods.unary, megabyte)).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    await refused;
    expect(pair.near.writableLength).toBeLessThanOrEqual(1 << 20);
    await client.close();
    const codes = (await results).map((result) => (result.status === "rejected" ? (result.reason as { code: Code }).code : 0));
    expect(codes.filter((code) => code === Code.RESOURCE_EXHAUSTED).length).toBeGreaterThan(0);
    expect(codes.filter((code) => code === Code.UNAVAILABLE).length).toBeGreaterThan(0);
  });

  it("a stream that nobody reads fails in the end, so that other calls go on", async () => {
    await using pair = await rig(
      (server) => {
        server.addMethod(Test.methods.unary, (request) => request);
        server.addMethod(Test.methods.download, function* () {
          for (let i = 0; i < 5_000; i++) {
            yield kilobyte;
          }
        });
        server.addMethod(Test.methods.upload, (_requests, context) => hang("", context));
      },
      { client: { streamStallMs: 30 }, server: { streamStallMs: 30 } },
    );
    const stream = pair.client.call(Test.methods.download, "");
    await until(() => pair.clientSocket.isPaused());
    expect(await pair.client.call(Test.methods.unary, "through")).toBe("through");
    await expect(stream.next()).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    const many = Array.from({ length: 5_000 }, () => kilobyte);
    await expect(pair.client.call(Test.methods.upload, many)).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
    expect(await pair.client.call(Test.methods.unary, "again")).toBe("again");
    expect(pair.client.pendingCalls).toBe(0);
  });

  it("an endless stream to a fast reader leaves the event loop to others", async () => {
    await using pair = await rig((server) => {
      server.addMethod(Test.methods.unary, (request) => request);
      server.addMethod(Test.methods.download, function* () {
        for (;;) {
          yield kilobyte;
        }
      });
    });
    const stream = pair.client.call(Test.methods.download, "");
    const reading = (async () => {
      for await (const _ of stream) {
      }
    })();
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(await pair.client.call(Test.methods.unary, "x", { timeoutMs: 5_000 })).toBe("x");
    }
    await stream.return();
    await reading;
  });
});
