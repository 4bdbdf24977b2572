/** Peers that do not keep to the protocol, on either side. */
import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { encodeTarget, resultFrame, statusFrame } from "../src/envelope.ts";
import { allocateFrame, Flag, FrameType, MAX_MESSAGE_BYTES } from "../src/frame.ts";
import { Client, Code, Server, TtrpcError, type ServerOptions } from "../src/index.ts";
import { collect, RawPeer, socketPair, Test, until } from "./support.ts";

const { REQUEST, RESPONSE, DATA } = FrameType;
const { REMOTE_OPEN, REMOTE_CLOSED, NO_DATA } = Flag;

async function served(options?: ServerOptions): Promise<AsyncDisposable & { peer: RawPeer; signals: AbortSignal[] }> {
  const pair = await socketPair();
  const server = new Server(options);
  const signals: AbortSignal[] = [];
  server.addService(Test, {
    unary: async (request, context) => {
      signals.push(context.signal);
      if (request === "hang") {
        await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      }
      return request;
    },
    download: () => ["a", "b"],
    upload: async (requests) => (await collect(requests)).join(","),
    chat: (requests) => requests,
  });
  server.serve(pair.far);
  return {
    peer: new RawPeer(pair.near),
    signals,
    async [Symbol.asyncDispose]() {
      await server.close();
      pair.near.destroy();
    },
  };
}

/** Of a frame whose data is yet to come. */
function header(streamId: number, type: number, length: number): Buffer {
  const frame = allocateFrame(streamId, type, 0, 0);
  frame.writeUInt32BE(length);
  return frame;
}

/** V8's collector, so that what is measured is what is held. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

describe("a server whose client", () => {
  it("uses even, used or decreasing stream ids: INVALID_ARGUMENT on that stream, and the connection stays", async () => {
    await using rig = await served();
    const { peer } = rig;
    for (const [streamId, valid] of [
      [2, false],
      [5, true],
      [5, false],
      [3, false],
      [0, false],
      [7, true],
    ] as const) {
      peer.request(streamId, "Unary", "x");
      const response = await peer.nextResponse();
      expect(response.streamId).toBe(streamId);
      expect(response.error?.code).toBe(valid ? undefined : Code.INVALID_ARGUMENT);
    }
  });

  it("sends data on a stream that is not there, or is unary: INVALID_ARGUMENT", async () => {
    await using rig = await served();
    const { peer } = rig;
    peer.write(9, DATA, 0, Buffer.from("x"));
    expect((await peer.nextResponse()).error?.code).toBe(Code.INVALID_ARGUMENT);
    peer.request(11, "Unary", "hang");
    peer.write(11, DATA, 0, Buffer.from("x"));
    expect(await peer.nextResponse()).toMatchObject({ streamId: 11, error: { code: Code.INVALID_ARGUMENT } });
    expect(rig.signals[0]?.aborted).toBe(true);
    peer.request(13, "Unary", "x");
    expect(await peer.nextResponse()).toMatchObject({ streamId: 13, error: undefined });
  });

  it("sends data after it closed its side: INVALID_ARGUMENT", async () => {
    await using rig = await served();
    rig.peer.request(1, "Chat", "", REMOTE_OPEN);
    rig.peer.write(1, DATA, REMOTE_CLOSED | NO_DATA);
    rig.peer.write(1, DATA, 0, Buffer.from("late"));
    expect((await rig.peer.nextResponse()).error?.code).toBe(Code.INVALID_ARGUMENT);
  });

  it("puts its last message and the close flag into one frame, or its first into the request", async () => {
    await using rig = await served();
    rig.peer.request(1, "Upload", "first", REMOTE_OPEN);
    rig.peer.write(1, DATA, REMOTE_CLOSED, Buffer.from("last"));
    expect((await rig.peer.nextResponse()).payload.toString()).toBe("first,last");
    rig.peer.request(3, "Upload", "only", REMOTE_CLOSED);
    expect((await rig.peer.nextResponse()).payload.toString()).toBe("only");
  });

  it("sends a Request that is not protobuf: INVALID_ARGUMENT", async () => {
    await using rig = await served();
    rig.peer.write(1, REQUEST, 0, Buffer.from([0x0a, 200]));
    expect((await rig.peer.nextResponse()).error?.code).toBe(Code.INVALID_ARGUMENT);
  });

  it("sends frames of unknown types, or Responses: ignored, whatever their ids and sizes", async () => {
    await using rig = await served();
    for (const type of [0, RESPONSE, 4, 255]) {
      rig.peer.write(2, type, 255, Buffer.from("x"));
    }
    const oversize = allocateFrame(2, 77, 0, MAX_MESSAGE_BYTES + 1);
    oversize.fill(0, 10);
    rig.peer.socket.write(oversize);
    rig.peer.request(1, "Unary", "x");
    expect(await rig.peer.nextResponse()).toMatchObject({ streamId: 1, error: undefined });
    expect(rig.peer.frames).toEqual([]);
  });

  it("sends 64 MiB in one message: answered with RESOURCE_EXHAUSTED, never held in memory", async () => {
    await using rig = await served();
    const { peer } = rig;
    const length = 64 << 20;
    peer.socket.write(header(1, REQUEST, length));
    expect(await peer.nextResponse()).toMatchObject({ streamId: 1, error: { code: Code.RESOURCE_EXHAUSTED } });
    const piece = Buffer.alloc(1 << 20);
    const collectGarbage = garbageCollector();
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    for (let sent = 0; sent < length; sent += piece.length) {
      await new Promise<void>((resolve, reject) => peer.socket.write(piece, (error) => (error ? reject(error) : resolve())));
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(most).toBeLessThan(4 << 20);
    peer.request(3, "Unary", "x");
    expect(await peer.nextResponse()).toMatchObject({ streamId: 3, error: undefined });
  });

  it("sends an oversize message on a running stream: that call ends, the others do not", async () => {
    await using rig = await served();
    rig.peer.request(1, "Chat", "", REMOTE_OPEN);
    const oversize = allocateFrame(1, DATA, 0, MAX_MESSAGE_BYTES + 1);
    oversize.fill(0, 10);
    rig.peer.socket.write(oversize);
    expect(await rig.peer.nextResponse()).toMatchObject({ streamId: 1, error: { code: Code.RESOURCE_EXHAUSTED } });
    rig.peer.request(3, "Unary", "x");
    expect((await rig.peer.nextResponse()).streamId).toBe(3);
  });

  it.each([0x80000000, 0xffffffff])("announces a message of %i bytes, as none has: the connection ends at once", async (length) => {
    await using rig = await served();
    rig.peer.request(1, "Unary", "hang");
    await until(() => rig.signals.length === 1);
    rig.peer.socket.write(header(3, REQUEST, length));
    await once(rig.peer.socket, "close");
    expect(rig.signals[0]?.aborted).toBe(true);
    expect(rig.peer.frames).toEqual([]);
  });

  it("announces the most that protobuf has: refused, and thrown away", async () => {
    await using rig = await served();
    rig.peer.socket.write(header(1, REQUEST, 0x7fffffff));
    expect(await rig.peer.nextResponse()).toMatchObject({ streamId: 1, error: { code: Code.RESOURCE_EXHAUSTED } });
    expect(rig.peer.socket.destroyed).toBe(false);
  });

  it("sends a timeout that is over: DEADLINE_EXCEEDED, the handler is not called", async () => {
    await using rig = await served();
    const request = Buffer.concat([encodeTarget("test.Service", "Unary"), Buffer.from("20ffffffffffffffffff01", "hex")]);
    rig.peer.write(1, REQUEST, 0, request);
    expect((await rig.peer.nextResponse()).error?.code).toBe(Code.DEADLINE_EXCEEDED);
    expect(rig.signals).toEqual([]);
  });

  it("sends anything at all: still serves the next connection, and this one unless it closes it", async () => {
    const flags = fc.integer({ min: 0, max: 7 });
    const frame = fc.tuple(
      fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 0xffffffff })),
      fc.integer({ min: 0, max: 4 }),
      flags,
      fc.oneof(
        fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
        fc.constantFrom("Unary", "Download", "Upload", "Chat").map((method) => encodeTarget("test.Service", method)),
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 30 }), async (all) => {
        await using rig = await served();
        for (const [streamId, type, flag, data] of all) {
          rig.peer.write(streamId, type, flag, data);
        }
        // The one valid id that is certainly higher than those before, unless one of them was the highest.
        rig.peer.request(0xffffffff, "Unary", "alive");
        for (;;) {
          const answer = await rig.peer.next();
          if (answer.streamId === 0xffffffff && answer.type === RESPONSE) {
            break;
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe("a client whose server", () => {
  async function calling(): Promise<AsyncDisposable & { peer: RawPeer; client: Client }> {
    const pair = await socketPair();
    const client = new Client(pair.near);
    return {
      peer: new RawPeer(pair.far),
      client,
      async [Symbol.asyncDispose]() {
        await client.close();
        pair.far.destroy();
      },
    };
  }

  it("writes nothing for a while: requests leave all the same, with the flags of their kind", async () => {
    await using rig = await calling();
    const { client, peer } = rig;
    const unary = client.call(Test.methods.unary, "a");
    const download = collect(client.call(Test.methods.download, "b"));
    const upload = client.call(Test.methods.upload, ["c"]);
    const all = Promise.all([unary, download, upload]);
    const frames = [];
    for (let i = 0; i < 5; i++) {
      const { streamId, type, flags } = await peer.next();
      frames.push([streamId, type, flags]);
    }
    expect(frames).toEqual([
      [1, REQUEST, 0],
      [3, REQUEST, REMOTE_CLOSED],
      [5, REQUEST, REMOTE_OPEN],
      [5, DATA, 0],
      [5, DATA, REMOTE_CLOSED | NO_DATA],
    ]);
    // Every legal end of a stream: the last message with the flag, and a Response.
    peer.write(3, DATA, 0, Buffer.from("x"));
    peer.write(3, DATA, REMOTE_CLOSED, Buffer.from("y"));
    peer.socket.write(resultFrame(5, Buffer.from("z")));
    peer.socket.write(resultFrame(1, Buffer.from("w")));
    expect(await all).toEqual(["w", ["x", "y"], "z"]);
  });

  it("ends a stream with an empty Response, or one with a last message", async () => {
    await using rig = await calling();
    const first = collect(rig.client.call(Test.methods.download, ""));
    const second = collect(rig.client.call(Test.methods.download, ""));
    rig.peer.write(1, DATA, 0, Buffer.from("x"));
    rig.peer.write(1, RESPONSE, 0);
    rig.peer.socket.write(resultFrame(3, Buffer.from("last")));
    expect(await first).toEqual(["x"]);
    expect(await second).toEqual(["last"]);
  });

  it("answers on streams that nobody asked for, or with unknown types: ignored", async () => {
    await using rig = await calling();
    const answer = rig.client.call(Test.methods.unary, "");
    rig.peer.socket.write(resultFrame(99, Buffer.from("x")));
    rig.peer.socket.write(resultFrame(2, Buffer.from("x")));
    rig.peer.write(1, 9, 255, Buffer.from("x"));
    rig.peer.socket.write(resultFrame(1, Buffer.from("right")));
    expect(await answer).toBe("right");
  });

  it.each<[string, Code, (peer: RawPeer) => void]>([
    ["a Response that is not protobuf", Code.INTERNAL, (peer) => peer.write(1, RESPONSE, 0, Buffer.from([0x0a, 9]))],
    ["data for a unary call", Code.INTERNAL, (peer) => peer.write(1, DATA, 0, Buffer.from("x"))],
    ["a payload that cannot be decoded", Code.INTERNAL, (peer) => peer.socket.write(resultFrame(1, Buffer.from("\0")))],
    ["an oversize answer", Code.RESOURCE_EXHAUSTED, (peer) => peer.socket.write(allocateFrame(1, RESPONSE, 0, MAX_MESSAGE_BYTES + 1).fill(0, 10))],
  ])("sends %s: that call fails, the next works", async (_what, code, misbehave) => {
    await using rig = await calling();
    const call = rig.client.call(Test.methods.unary, "");
    misbehave(rig.peer);
    await expect(call).rejects.toMatchObject({ code });
    const next = rig.client.call(Test.methods.unary, "");
    rig.peer.socket.write(resultFrame(3, Buffer.from("fine")));
    expect(await next).toBe("fine");
  });

  it("announces an answer as long as none is: every call fails at once, and says why", async () => {
    await using rig = await calling();
    const calls = [rig.client.call(Test.methods.unary, ""), rig.client.call(Test.methods.unary, "")];
    rig.peer.socket.write(header(1, RESPONSE, 0xffffffff));
    for (const call of calls) {
      await expect(call).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: expect.stringContaining("4294967295 bytes") });
    }
    expect(await rig.client.closed).toMatchObject({ by: "error" });
  });

  it("sends anything at all: every call ends, with an answer or an error", async () => {
    const frame = fc.tuple(
      fc.constantFrom(0, 1, 2, 3, 5, 7, 9),
      fc.integer({ min: 0, max: 4 }),
      fc.integer({ min: 0, max: 7 }),
      fc.uint8Array({ maxLength: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 30 }), async (all) => {
        await using rig = await calling();
        const test = rig.client.service(Test);
        const calls = Promise.allSettled([test.unary(""), collect(test.download("")), test.upload(["a"]), collect(test.chat(["b"]))]);
        for (const [streamId, type, flags, data] of all) {
          rig.peer.write(streamId, type, flags, data);
        }
        for (const streamId of [1, 3, 5, 7]) {
          rig.peer.socket.write(statusFrame(streamId, new TtrpcError(Code.ABORTED, "end")));
        }
        for (const result of await calls) {
          if (result.status === "rejected") {
            expect(result.reason).toBeInstanceOf(TtrpcError);
          }
        }
        await until(() => rig.client.pendingCalls === 0);
      }),
      { numRuns: 150 },
    );
  });
});
