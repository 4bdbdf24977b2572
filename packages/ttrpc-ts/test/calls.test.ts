/** Client and server against each other: what a user of the package sees. */
import { describe, expect, it } from "vitest";

import { Client, Code, type Metadata, TtrpcError, type CallContext, type MessageStream, type Server } from "../src/index.ts";
import { collect, rig, socketPair, Test, until } from "./support.ts";

/** A service that does something sensible with every kind. */
function register(server: Server): void {
  server.addService(Test, {
    unary: (request) => `you said ${request}`,
    async *download(request) {
      for (let i = 0; i < Number(request); i++) {
        yield `${i}`;
      }
    },
    async upload(requests) {
      return (await collect(requests)).join(",");
    },
    async *chat(requests) {
      for await (const request of requests) {
        yield request.toUpperCase();
      }
      yield "bye";
    },
  });
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

function never(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

describe("the four kinds of calls", () => {
  it("unary", async () => {
    await using pair = await rig(register);
    const test = pair.client.service(Test);
    expect(await test.unary("hello")).toBe("you said hello");
    expect(await test.unary("")).toBe("you said ");
    expect(pair.client.pendingCalls).toBe(0);
  });

  it.each([0, 1, 5_000])("a server stream of %i messages", async (count) => {
    await using pair = await rig(register);
    expect(await collect(pair.client.service(Test).download(`${count}`))).toEqual(numbers(count));
    expect(pair.client.pendingCalls).toBe(0);
  });

  it.each([0, 1, 5_000])("a client stream of %i messages", async (count) => {
    await using pair = await rig(register);
    expect(await pair.client.service(Test).upload(numbers(count))).toBe(numbers(count).join(","));
    expect(pair.client.pendingCalls).toBe(0);
  });

  it("a conversation in which every message waits for the answer to the one before", async () => {
    await using pair = await rig(register);
    let answered: PromiseWithResolvers<void> = Promise.withResolvers();
    const heard: string[] = [];
    async function* say(): AsyncGenerator<string> {
      for (const word of ["a", "", "c"]) {
        yield word;
        await answered.promise;
        answered = Promise.withResolvers();
      }
    }
    for await (const word of pair.client.service(Test).chat(say())) {
      heard.push(word);
      answered.resolve();
    }
    expect(heard).toEqual(["A", "", "C", "bye"]);
  });

  it("empty messages in a stream are messages", async () => {
    await using pair = await rig(register);
    expect(await pair.client.service(Test).upload(["", "", ""])).toBe(",,");
  });
});

describe("many calls at once", () => {
  it("1000 concurrent calls, answered in reverse order", async () => {
    const count = 1_000;
    const waiting: PromiseWithResolvers<void>[] = [];
    await using pair = await rig((server) =>
      server.addMethod(Test.methods.unary, async (request) => {
        const turn = Promise.withResolvers<void>();
        waiting.push(turn);
        await turn.promise;
        return request;
      }),
    );
    const order: string[] = [];
    const calls = numbers(count).map(async (name) => {
      const answer = await pair.client.call(Test.methods.unary, name);
      order.push(answer);
      return answer;
    });
    await until(() => waiting.length === count);
    for (const turn of waiting.reverse()) {
      turn.resolve();
    }
    expect(await Promise.all(calls)).toEqual(numbers(count));
    expect(order).toEqual(numbers(count).reverse());
  });

  it("refuses the call over the limit, and takes calls again when one is answered", async () => {
    const release = Promise.withResolvers<string>();
    await using pair = await rig((server) => server.addMethod(Test.methods.unary, () => release.promise), {
      server: { maxConcurrentRequests: 3 },
    });
    const running = [1, 2, 3].map(() => pair.client.call(Test.methods.unary, "x"));
    await expect(pair.client.call(Test.methods.unary, "x")).rejects.toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
      message: expect.stringContaining("3 calls") as string,
    });
    release.resolve("done");
    expect(await Promise.all(running)).toEqual(["done", "done", "done"]);
    expect(await pair.client.call(Test.methods.unary, "x")).toBe("done");
  });
});

describe("errors", () => {
  it("carry code, message and details to the caller", async () => {
    const details = [{ typeUrl: "type.googleapis.com/x.Y", value: Buffer.from([0, 1, 2]) }];
    await using pair = await rig((server) =>
      server.addMethod(Test.methods.unary, () => {
        throw new TtrpcError(Code.ALREADY_EXISTS, "There is one \u{1f600}", { details });
      }),
    );
    await expect(pair.client.call(Test.methods.unary, "")).rejects.toMatchObject({
      name: "TtrpcError",
      code: Code.ALREADY_EXISTS,
      message: "There is one \u{1f600}",
      details,
    });
  });

  it("of a program's own class keep their code; others are INTERNAL and reported", async () => {
    const reported: unknown[] = [];
    const bug = new TypeError("a bug");
    await using pair = await rig(
      (server) =>
        server.addMethod(Test.methods.unary, (request) => {
          throw request === "own" ? Object.assign(new Error("own"), { code: 9 }) : bug;
        }),
      {
        server: {
          onHandlerError: (error, { method }) => reported.push(error, method),
          onHandlerEnd: ({ method }) => reported.push(`end of ${method}`),
        },
      },
    );
    const call = (request: string): Promise<string> => pair.client.call(Test.methods.unary, request);
    await expect(call("own")).rejects.toMatchObject({ code: 9, message: "own" });
    await expect(call("bug")).rejects.toMatchObject({ code: Code.INTERNAL, message: "a bug" });
    expect(reported).toEqual(["end of Unary", bug, "Unary", "end of Unary"]);
  });

  it("in the midst of a stream come after the messages before them", async () => {
    await using pair = await rig((server) =>
      server.addMethod(Test.methods.download, async function* () {
        yield "one";
        yield "two";
        throw new TtrpcError(Code.DATA_LOSS, "the rest is gone");
      }),
    );
    const stream = pair.client.call(Test.methods.download, "");
    expect(await stream.next()).toEqual({ done: false, value: "one" });
    expect(await stream.next()).toEqual({ done: false, value: "two" });
    await expect(stream.next()).rejects.toMatchObject({ code: Code.DATA_LOSS, message: "the rest is gone" });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it("name the service or the method that is not there", async () => {
    await using pair = await rig((server) => server.addMethod(Test.methods.unary, (request) => request));
    await expect(pair.client.call(Test.methods.upload, [])).rejects.toMatchObject({
      code: Code.UNIMPLEMENTED,
      message: expect.stringContaining('"Upload"') as string,
    });
    const elsewhere = { ...Test.methods.unary, service: "no.Such" };
    await expect(pair.client.call(elsewhere, "")).rejects.toMatchObject({
      code: Code.UNIMPLEMENTED,
      message: expect.stringContaining('"no.Such"') as string,
    });
  });

  it("of codecs: request INVALID_ARGUMENT by the server, response INTERNAL, and the connection stays", async () => {
    await using pair = await rig((server) => {
      server.addMethod(Test.methods.unary, () => "\0");
      server.addMethod(Test.methods.download, () => ["fine", "\x01"]);
      server.addMethod(Test.methods.upload, async (requests) => (await collect(requests)).join());
    });
    const { unary, upload, download } = Test.methods;
    const { client } = pair;
    await expect(client.call(unary, "\0")).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(client.call(unary, "")).rejects.toMatchObject({ code: Code.INTERNAL });
    await expect(client.call(unary, "\x01")).rejects.toMatchObject({ message: "this text cannot be encoded" });
    await expect(client.call(upload, ["\0"])).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    await expect(client.call(upload, ["a", "\x01"])).rejects.toMatchObject({ message: "this text cannot be encoded" });
    await expect(collect(client.call(download, ""))).rejects.toMatchObject({ code: Code.INTERNAL });
    expect(client.pendingCalls).toBe(0);
    expect(await client.call(upload, ["still", "there"])).toBe("still,there");
  });

  it("of a source of messages fail the call here", async () => {
    await using pair = await rig(register);
    async function* source(): AsyncGenerator<string> {
      yield "a";
      throw new Error("the disk is gone");
    }
    await expect(pair.client.service(Test).upload(source())).rejects.toMatchObject({ message: "the disk is gone" });
  });
});

describe("messages over 4 MiB", () => {
  const large = "x".repeat(4 << 20);
  it("are refused before they are sent, one way and the other, and the connection stays", async () => {
    await using pair = await rig((server) => {
      server.addMethod(Test.methods.unary, (request) => (request === "large" ? large : request));
      server.addMethod(Test.methods.download, () => ["small", `${large}x`]);
      server.addMethod(Test.methods.upload, async (requests) => `${(await collect(requests)).length}`);
    });
    const { client } = pair;
    const exhausted = { code: Code.RESOURCE_EXHAUSTED, message: expect.stringContaining("4194304") as string };
    await expect(client.call(Test.methods.unary, large)).rejects.toMatchObject(exhausted);
    await expect(client.call(Test.methods.unary, "large")).rejects.toMatchObject(exhausted);
    await expect(client.call(Test.methods.upload, [`${large}x`])).rejects.toMatchObject(exhausted);
    const stream = client.call(Test.methods.download, "");
    expect(await stream.next()).toEqual({ done: false, value: "small" });
    await expect(stream.next()).rejects.toMatchObject(exhausted);
    const most = large.slice(0, -100);
    expect(await client.call(Test.methods.unary, most)).toBe(most);
  });
});

describe("metadata, deadlines and signals", () => {
  it("metadata arrives", async () => {
    const seen: Metadata[] = [];
    await using pair = await rig((server) =>
      server.addMethod(Test.methods.unary, (_request, context) => {
        seen.push(context.metadata);
        return "";
      }),
    );
    await pair.client.call(Test.methods.unary, "", { metadata: { "containerd-namespace-ttrpc": "k8s.io", many: ["1", "2"] } });
    await pair.client.call(Test.methods.unary, "");
    expect([...(seen[0] as Metadata)]).toEqual([
      ["containerd-namespace-ttrpc", "k8s.io"],
      ["many", "1"],
      ["many", "2"],
    ]);
    expect([...(seen[1] as Metadata)]).toEqual([]);
  });

  it("the deadline arrives, is answered with DEADLINE_EXCEEDED and fires the handler's signal", async () => {
    let context: CallContext | undefined;
    await using pair = await rig((server) =>
      server.addMethod(Test.methods.unary, async (_request, its) => {
        context = its;
        return await never(its.signal);
      }),
    );
    const start = performance.now();
    await expect(pair.client.call(Test.methods.unary, "", { timeoutMs: 50 })).rejects.toMatchObject({
      code: Code.DEADLINE_EXCEEDED,
    });
    expect(performance.now() - start).toBeGreaterThanOrEqual(49);
    expect(context?.deadline).toBeGreaterThan(start);
    await until(() => context?.signal.aborted === true);
    expect(context?.signal.reason).toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  });

  it("the client does not wait for a peer that ignores the deadline; the late answer harms nobody", async () => {
    using pair = await socketPair();
    await using client = new Client(pair.near);
    await expect(client.call(Test.methods.unary, "", { timeoutMs: 20 })).rejects.toMatchObject({
      code: Code.DEADLINE_EXCEEDED,
    });
    await expect(collect(client.call(Test.methods.download, "", { timeoutMs: 20 }))).rejects.toMatchObject({
      code: Code.DEADLINE_EXCEEDED,
    });
    expect(client.pendingCalls).toBe(0);
  });

  it("a deadline that has passed, and a signal that has fired, send nothing", async () => {
    using pair = await socketPair();
    await using client = new Client(pair.near);
    const call = (options: object): Promise<string> => client.call(Test.methods.unary, "", options);
    await expect(call({ timeoutMs: 0 })).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
    await expect(call({ deadline: process.uptime() * 1000 - 1 })).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
    await expect(call({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: Code.CANCELLED });
    await new Promise((resolve) => setImmediate(resolve));
    expect(pair.near.bytesWritten).toBe(0);
  });

  it("a far deadline does not fire early", async () => {
    await using pair = await rig(register);
    const answer = pair.client.call(Test.methods.unary, "x", { timeoutMs: 2 ** 33, deadline: Infinity });
    expect(await answer).toBe("you said x");
  });

  it("a signal ends a call of each kind", async () => {
    await using pair = await rig((server) => {
      const hang = (_input: unknown, context: CallContext): Promise<string> => never(context.signal);
      async function* stream(_input: unknown, context: CallContext): AsyncGenerator<string> {
        yield "first";
        await never(context.signal);
      }
      server.addService(Test, { unary: hang, upload: hang, download: stream, chat: stream });
    });
    const controller = new AbortController();
    const { signal } = controller;
    const test = pair.client.service(Test);
    let sourceReturned = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) {
          yield "x";
          await new Promise((resolve) => setImmediate(resolve));
        }
      } finally {
        sourceReturned = true;
      }
    }
    const results = Promise.allSettled([
      test.unary("", { signal }),
      test.upload(endless(), { signal }),
      collect(test.download("", { signal })),
      collect(test.chat([], { signal })),
    ]);
    expect((await test.download("").next()).value).toBe("first");
    controller.abort();
    for (const result of await results) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: Code.CANCELLED } });
    }
    await until(() => sourceReturned);
    expect(pair.client.pendingCalls).toBe(1);
  });

  it("a stream given up early leaves nothing behind at the client", async () => {
    await using pair = await rig(register);
    for await (const message of pair.client.call(Test.methods.download, "100000")) {
      if (message === "10") {
        break;
      }
    }
    expect(pair.client.pendingCalls).toBe(0);
    {
      await using stream: MessageStream<string> = pair.client.call(Test.methods.download, "1000");
      await stream.next();
    }
    expect(pair.client.pendingCalls).toBe(0);
    expect(await pair.client.call(Test.methods.unary, "x")).toBe("you said x");
  });

  it("a handler may stop reading its requests and still answer", async () => {
    await using pair = await rig((server) => {
      server.addMethod(Test.methods.upload, async (requests) => {
        for await (const request of requests) {
          if (request === "5") {
            break;
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
        return "enough";
      });
    });
    expect(await pair.client.call(Test.methods.upload, numbers(1_000))).toBe("enough");
  });
});
