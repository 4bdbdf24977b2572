/** ttrpc-ts against containerd's own ttrpc, in both directions. Runs where Go is installed. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Code, connect, Server, TtrpcError, type Client } from "../../src/index.ts";
import { collect, temporaryDirectory } from "../support.ts";
import { Extra, Streaming, type Sum } from "./services.ts";

const run = promisify(execFile);
const goIsThere = spawnSync("go", ["version"]).status === 0;

describe.skipIf(!goIsThere)("interoperability with Go", () => {
  const directory = temporaryDirectory();
  const binary = join(directory.path, "interop");

  beforeAll(async () => {
    await run("go", ["build", "-o", binary, "."], { cwd: import.meta.dirname });
  }, 300_000);

  afterAll(() => rmSync(directory.path, { recursive: true, force: true }));

  describe("a client of a Go server", () => {
    let client: Client;
    let stop: () => void = () => undefined;

    beforeAll(async () => {
      const socket = join(directory.path, "go.sock");
      const child = spawn(binary, ["server", socket], { stdio: ["pipe", "pipe", "inherit"] });
      stop = () => child.stdin.end();
      await once(child.stdout, "data");
      client = await connect({ path: socket });
    });

    afterAll(async () => {
      await client?.close();
      stop();
    });

    it("makes calls of every kind", async () => {
      const go = client.service(Streaming);
      expect(await go.echo({ seq: 41, msg: "x" })).toEqual({ seq: 42, msg: "x" });
      expect(await go.sumStream(Array.from({ length: 31 }, (_, i) => ({ add: i - 10 })))).toEqual({ sum: 155, num: 31 });
      expect(await collect(go.divideStream({ sum: 300, num: 30 }))).toEqual(Array(30).fill({ add: 10 }));
      const payloads = Array.from({ length: 1_000 }, (_, seq) => ({ seq, msg: `m${seq}` }));
      const echoed = await collect(go.echoStream(payloads));
      expect(echoed).toEqual(payloads.map(({ seq, msg }) => ({ seq: seq + 1, msg })));
    });

    it("sends and gets empty messages", async () => {
      const go = client.service(Streaming);
      expect(await go.echoNull([{ seq: 0, msg: "" }])).toEqual({});
      expect(await collect(go.echoNullStream(Array(3).fill({ seq: 0, msg: "" })))).toEqual([{}, {}, {}]);
      expect(await collect(go.emptyPayloadStream({}))).toEqual([0, 1, 2].map((seq) => ({ seq, msg: "" })));
      expect(await collect(go.echoStream([]))).toEqual([]);
    });

    it("500 calls at once", async () => {
      const go = client.service(Streaming);
      const answers = await Promise.all(Array.from({ length: 500 }, (_, seq) => go.echo({ seq, msg: "" })));
      expect(answers.map(({ seq }) => seq)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    });

    it("passes metadata and a deadline", async () => {
      const go = client.service(Extra);
      const metadata = { "containerd-namespace-ttrpc": "k8s.io", many: ["1", "2"] };
      expect(await go.metadata("containerd-namespace-ttrpc", { metadata })).toBe("k8s.io");
      expect(await go.metadata("many", { metadata })).toBe("1|2");
      expect(await go.remaining("")).toBe("none");
      const remaining = Number(await go.remaining("", { timeoutMs: 5_000 }));
      expect(remaining).toBeGreaterThan(3_000);
      expect(remaining).toBeLessThanOrEqual(5_000);
      await expect(go.hang("", { timeoutMs: 50 })).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
    });

    it("gets errors with details, from calls and from the midst of streams", async () => {
      await expect(client.service(Extra).fail("not yet")).rejects.toMatchObject({
        code: Code.FAILED_PRECONDITION,
        message: "not yet",
        // google.protobuf.Duration{seconds: 90}
        details: [{ typeUrl: "type.googleapis.com/google.protobuf.Duration", value: Buffer.from([8, 90]) }],
      });
      const stream = client.service(Streaming).divideStream({ sum: -7, num: 1 });
      expect(await stream.next()).toEqual({ done: false, value: { add: -7 } });
      await expect(stream.next()).rejects.toMatchObject({ code: Code.ABORTED });
      const failing = client.service(Streaming).divideStream({ sum: 1, num: -1 });
      await expect(failing.next()).rejects.toMatchObject({ code: Code.OUT_OF_RANGE });
      const elsewhere = { ...Extra.methods.fail, method: "NoSuch" };
      await expect(client.call(elsewhere, "")).rejects.toMatchObject({ code: Code.UNIMPLEMENTED });
    });

    it("sends and gets messages of almost 4 MiB", async () => {
      const msg = "x".repeat((4 << 20) - 100);
      expect(await client.service(Streaming).echo({ seq: 1, msg })).toEqual({ seq: 2, msg });
    });
  });

  it("a server passes every check of the Go client", async () => {
    await using server = new Server();
    server.addService(Streaming, {
      echo: ({ seq, msg }) => ({ seq: seq + 1, msg }),
      async *echoStream(payloads) {
        for await (const { seq, msg } of payloads) {
          yield { seq: seq + 1, msg };
        }
      },
      async sumStream(parts) {
        const total: Sum = { sum: 0, num: 0 };
        for await (const { add } of parts) {
          total.sum += add;
          total.num++;
        }
        return total;
      },
      *divideStream({ sum, num }) {
        for (let i = 0; i < num; i++) {
          yield { add: sum / num };
        }
        if (sum < 0) {
          throw new TtrpcError(Code.ABORTED, "a negative sum, found late");
        }
      },
      async echoNull(payloads) {
        await collect(payloads);
        return {};
      },
      async *echoNullStream(payloads) {
        for await (const _ of payloads) {
          yield {};
        }
      },
      emptyPayloadStream: () => [0, 1, 2].map((seq) => ({ seq, msg: "" })),
    });
    server.addService(Extra, {
      metadata: (key, { metadata }) => metadata.getAll(key).join("|"),
      remaining: (_request, { deadline }) => (deadline === undefined ? "none" : `${deadline - process.uptime() * 1000}`),
      fail: (message) => {
        const value = Buffer.from([8, 90]);
        const details = [{ typeUrl: "type.googleapis.com/google.protobuf.Duration", value }];
        throw new TtrpcError(Code.FAILED_PRECONDITION, message, { details });
      },
      hang: (_request, { signal }) => new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    });
    const socket = join(directory.path, "node.sock");
    await server.listen({ path: socket });
    const { stdout } = await run(binary, ["client", socket], { timeout: 60_000 });
    expect(stdout.trim().split("\n")).toEqual([
      "unary",
      "concurrent",
      "bidi",
      "client stream",
      "server stream",
      "empty messages",
      "metadata",
      "status details",
      "deadline",
      "unimplemented",
      "large",
      "oversize",
    ]);
  }, 60_000);
});
