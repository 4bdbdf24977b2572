/**
 * Round trips over a unix socket between two processes, beside those of a bare net.Socket.
 *
 *     node bench.ts            a table on stdout
 *     node bench.ts serve PATH the server half, started by the above
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { connect, defineService, Server, type Codec } from "./src/index.ts";

const bytes: Codec<Uint8Array> = { encode: (value) => value, decode: (value) => value };
const Bench = defineService("bench.Echo", {
  echo: { request: bytes, response: bytes },
  repeat: { kind: "server-streaming", request: bytes, response: bytes },
  sink: { kind: "client-streaming", request: bytes, response: bytes },
});

async function serve(path: string): Promise<void> {
  const server = new Server();
  server.addService(Bench, {
    echo: (request) => request,
    *repeat(request) {
      const count = Buffer.from(request).readUInt32BE(0);
      const message = Buffer.alloc(request.length);
      for (let i = 0; i < count; i++) {
        yield message;
      }
    },
    async sink(requests) {
      let last = Buffer.alloc(0) as Uint8Array;
      for await (const request of requests) {
        last = request;
      }
      return last;
    },
  });
  await server.listen({ path });
  const bare = createServer((socket) => socket.on("data", (chunk) => socket.write(chunk)));
  bare.listen(`${path}.bare`);
  await once(bare, "listening");
  process.send?.("ready");
  process.once("disconnect", () => {
    bare.close();
    void server.close();
  });
}

type Echo = (request: Uint8Array) => Promise<unknown>;

function percentile(sorted: Float64Array, p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN;
}

async function latency(echo: Echo, size: number, calls: number): Promise<string> {
  const message = Buffer.alloc(size);
  for (let i = 0; i < 20_000; i++) {
    await echo(message);
  }
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    await echo(message);
    times[i] = (performance.now() - start) * 1000;
  }
  times.sort();
  return `p50 ${percentile(times, 0.5).toFixed(1)} us, p99 ${percentile(times, 0.99).toFixed(1)} us`;
}

async function throughput(echo: Echo, size: number, calls: number, atOnce: number): Promise<string> {
  const message = Buffer.alloc(size);
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      await echo(message);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  return rate(calls, size, performance.now() - start);
}

function rate(messages: number, size: number, ms: number): string {
  return `${Math.round(messages / (ms / 1000))} messages/s, ${((messages * size) / 1e3 / ms).toFixed(1)} MB/s`;
}

async function run(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "ttrpc-bench-"));
  const path = join(directory, "s");
  const child = fork(import.meta.filename, ["serve", path]);
  try {
    await once(child, "message");
    await using client = await connect({ path });
    const bench = client.service(Bench);
    const print = (name: string, result: string): void => console.log(`${name.padEnd(40)} ${result}`);
    const bare = createConnection(`${path}.bare`);
    let answered: (() => void) | undefined;
    bare.on("data", () => answered?.());
    const bareEcho = (message: Uint8Array): Promise<void> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      answered = resolve;
      bare.write(message);
      return promise;
    };
    print("bare net.Socket, 64 B, one at a time", await latency(bareEcho, 64, 100_000));
    bare.destroy();
    print("unary, 64 B, one at a time", await latency(bench.echo, 64, 100_000));
    print("unary, 64 KiB, one at a time", await latency(bench.echo, 65_536, 5_000));
    print("unary with a deadline, 64 B", await latency((m) => bench.echo(m, { timeoutMs: 5_000 }), 64, 50_000));
    print("unary, 64 B, 64 at once", await throughput(bench.echo, 64, 300_000, 64));
    for (const [size, count] of [
      [64, 500_000],
      [65_536, 10_000],
    ] as const) {
      const message = Buffer.alloc(size);
      message.writeUInt32BE(count);
      let start = performance.now();
      for await (const _ of bench.repeat(message)) {
      }
      print(`server stream, ${size} B`, rate(count, size, performance.now() - start));
      start = performance.now();
      await bench.sink(Array.from({ length: count }, () => message));
      print(`client stream, ${size} B`, rate(count, size, performance.now() - start));
    }
  } finally {
    child.disconnect();
    await rm(directory, { recursive: true, force: true });
  }
}

const [mode, path] = process.argv.slice(2);
await (mode === "serve" && path !== undefined ? serve(path) : run());
