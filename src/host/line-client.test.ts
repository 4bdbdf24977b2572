import { Duplex } from "node:stream";

import { expect, test } from "vitest";

import { Code } from "../errors.ts";
import { LineClient, type LineClientOptions, type Message } from "./line-client.ts";

/** A stream whose far end is the test: what is written to it, and what it is made to say. */
class Peer extends Duplex {
  readonly lines: Message[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.lines.push(JSON.parse(chunk.toString("utf8")) as Message);
    done();
  }

  say(message: Message): void {
    this.push(`${JSON.stringify(message)}\n`);
  }
}

function connect(options: Partial<LineClientOptions> = {}): { peer: Peer; client: LineClient; news: Message[] } {
  const peer = new Peer();
  const news: Message[] = [];
  const client = new LineClient(peer, { peer: "The peer", maxLineBytes: 1000, onNews: (message) => news.push(message), ...options });
  return { peer, client, news };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("an answer comes to its request, and what answers none is news", async () => {
  const { peer, client, news } = connect();
  const one = client.request({ op: "one" }, { what: "one" });
  const other = client.request({ op: "other" }, { what: "other" });
  await turn();
  expect(peer.lines).toEqual([
    { id: 1, op: "one" },
    { id: 2, op: "other" },
  ]);
  for (const message of [{ event: "x" }, { id: 2, n: 2 }, { id: 1, n: 1 }, { id: 1, n: 3 }, { id: "1" }]) {
    peer.say(message);
  }
  expect(await one).toEqual({ id: 1, n: 1 });
  expect(await other).toEqual({ id: 2, n: 2 });
  expect(news).toEqual([{ event: "x" }, { id: 1, n: 3 }, { id: "1" }]);
});

test("the answer to what was given up is news; what was given up before its turn is not sent", async () => {
  const writing = Promise.withResolvers<void>();
  const { peer, client, news } = connect({ write: (_line, fds) => (fds.length > 0 ? writing.promise : undefined) });
  const [first, second] = [new AbortController(), new AbortController()];
  const started = client.start({ op: "first" }, { what: "The first", signal: first.signal, fds: [7] });
  const waiting = client.request({ op: "second" }, { what: "The second", signal: second.signal });
  await turn();
  first.abort(new Error("no patience"));
  second.abort(new DOMException("late", "TimeoutError"));
  await expect(started.answer).rejects.toMatchObject({ code: Code.CANCELLED, message: "The first was given up: no patience" });
  await expect(waiting).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED, message: "The second took too long" });
  writing.resolve();
  const third = client.request({ op: "third" }, { what: "The third" });
  await turn();
  expect(peer.lines).toEqual([{ id: 3, op: "third" }]);
  peer.say({ id: started.id, fd: 9 });
  peer.say({ id: 3 });
  await third;
  expect(news).toEqual([{ id: started.id, fd: 9 }]);
});

test("the stream is not destroyed while its descriptor is in use elsewhere", async () => {
  const writing = Promise.withResolvers<void>();
  let ends = 0;
  const { peer, client } = connect({ write: () => writing.promise, onEnd: () => ends++ });
  const request = client.request({}, { what: "It", fds: [7] });
  await turn();
  const closed = client.close("it was stopped");
  await expect(request).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: "The peer is gone: it was stopped" });
  await turn();
  expect(peer.destroyed).toBe(false);
  writing.resolve();
  await closed;
  expect(peer.destroyed).toBe(true);
  await client.close("again");
  expect(ends).toBe(1);
  await expect(client.request({}, { what: "It" })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

test("a write that fails is the failure of its request alone", async () => {
  const { peer, client } = connect({ write: (_line, fds) => (fds.length > 0 ? Promise.reject(new Error("no room")) : undefined) });
  await expect(client.request({}, { what: "It", fds: [7] })).rejects.toThrow("no room");
  const next = client.request({}, { what: "The next" });
  await turn();
  peer.say({ id: 2 });
  expect(await next).toEqual({ id: 2 });
});
