import { closeSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { createInterface } from "node:readline";

import koffi from "koffi";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Code } from "../errors.ts";
import type { Door, Knock } from "./hypervisor.ts";
import { VsockControl, type DescriptorSender } from "./vsock-control.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const socketpair = koffi.load("libc.so.6").func("int socketpair(int domain, int type, int protocol, _Out_ int *fds)") as (
  domain: number,
  type: number,
  protocol: number,
  fds: number[],
) => number;

interface Request {
  readonly id: number;
  readonly op: string;
  readonly port: number;
  readonly direction?: string;
}

/** Descriptors that were sent, in order. The process's side of the connection is played by the test. */
let sent: number[];
let peer: Socket;
let requests: AsyncIterator<string>;
let vsock: VsockControl;

beforeEach(() => {
  const fds = [0, 0];
  expect(socketpair(AF_UNIX, SOCK_STREAM, 0, fds)).toBe(0);
  const [ours = -1, theirs = -1] = fds;
  sent = [];
  const host: DescriptorSender = {
    sendFds: ({ socket, data, fds }) => {
      expect(socket).toBe(ours);
      sent.push(...fds);
      writeSync(socket, data);
      return Promise.resolve();
    },
  };
  vsock = new VsockControl(host, ours, () => undefined);
  peer = new Socket({ fd: theirs, readable: true, writable: true });
  peer.on("error", () => undefined);
  requests = createInterface({ input: peer })[Symbol.asyncIterator]();
});
afterEach(async () => {
  await vsock.close();
  await vsock.close();
  peer.destroy();
});

async function nextRequest(): Promise<Request> {
  const { value } = (await requests.next()) as { value: string };
  return JSON.parse(value) as Request;
}

function say(message: unknown): void {
  peer.write(`${JSON.stringify(message)}\n`);
}

async function accepted(port: number): ReturnType<VsockControl["accept"]> {
  const join = vsock.accept(port, 77, "both");
  say({ id: (await nextRequest()).id, ok: true, bytes: 0, port });
  return await join;
}

test("a join: accepted, asked after, ended", async () => {
  const accepting = vsock.accept(1025, 42, "out");
  const request = await nextRequest();
  expect(request).toEqual({ id: request.id, op: "accept", port: 1025, direction: "out" });
  expect(sent).toEqual([42]);
  say({ id: request.id, ok: true, bytes: 0, port: 1025 });
  const join = await accepting;
  expect(join.port).toBe(1025);

  const progress = join.progress();
  const question = await nextRequest();
  expect(question).toMatchObject({ op: "progress", port: 1025 });
  say({ id: question.id, ok: true, bytes: 9_000_000_000, port: 1025 });
  expect(await progress).toBe(9_000_000_000n);

  say({ event: "ended", port: 1025, bytes: 9_000_000_001, error: null });
  expect(await join.ended).toEqual({ bytes: 9_000_000_001n });
  expect(await join.progress()).toBe(9_000_000_001n);
  await join.close();
});

test("the end may come right behind the answer", async () => {
  const accepting = vsock.accept(7, 1, "in");
  const { id } = await nextRequest();
  peer.write(`{"id":${id},"ok":true,"bytes":0,"port":7}\n{"event":"ended","port":7,"bytes":3,"error":"the guest broke the stream"}\n`);
  expect(await (await accepting).ended).toEqual({ bytes: 3n, error: "the guest broke the stream" });
});

test("closing waits for the end, and frees the port", async () => {
  const join = await accepted(9);
  await expect(vsock.accept(9, 1, "in")).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
  const closed = join.close();
  const request = await nextRequest();
  expect(request.op).toBe("close");
  say({ event: "ended", port: 9, bytes: 5, error: "the join was closed by the host" });
  say({ id: request.id, ok: true, bytes: 5, port: 9 });
  await closed;
  expect(await join.ended).toMatchObject({ bytes: 5n });
  await accepted(9);
});

test("a refusal is told, and leaves the port free", async () => {
  const accepting = vsock.accept(9, 1, "in");
  say({ id: (await nextRequest()).id, error: "there are 4096 joins already" });
  await expect(accepting).rejects.toMatchObject({ code: Code.INTERNAL, message: expect.stringContaining("4096 joins") as string });
  await accepted(9);
});

test("the process's death ends everything", async () => {
  const join = await accepted(9);
  const accepting = vsock.accept(10, 1, "in");
  const progress = join.progress();
  await nextRequest();
  await nextRequest();
  peer.destroy();
  await expect(accepting).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  expect(await progress).toBe(0n);
  expect((await join.ended).error).toMatch(/vsock process is gone/);
  await join.close();
  await expect(vsock.accept(11, 1, "in")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

test.each(["no JSON\n", "null\n", "x".repeat(70_000)])("what makes no sense is the end as well: %#", async (text) => {
  const join = await accepted(9);
  peer.write(text);
  expect((await join.ended).error).toMatch(/it sent/);
});

test.each([0, -1, 1.5, 2 ** 32 - 1, Number.NaN])("port %d is refused", async (port) => {
  await expect(vsock.accept(port, 1, "in")).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  expect(sent).toEqual([]);
});

describe("a door", () => {
  const knocks: Knock[] = [];

  async function listened(): Promise<Door> {
    knocks.length = 0;
    const listening = vsock.listen(9, 2, (knock) => knocks.push(knock));
    const request = await nextRequest();
    expect(request).toEqual({ id: request.id, op: "listen", port: 9, limit: 2 });
    say({ id: request.id, ok: true, bytes: 0, port: 9 });
    return await listening;
  }

  test("tells of its streams, which are joined or refused", async () => {
    await listened();
    for (const knock of [1, 2]) {
      say({ event: "knock", port: 9, knock });
    }
    await vi.waitFor(() => expect(knocks).toHaveLength(2));
    const joining = knocks[0]?.join(1030, 42, "datagrams");
    const request = await nextRequest();
    expect(request).toEqual({ id: request.id, op: "answer", knock: 1, port: 1030, direction: "datagrams" });
    expect(sent).toEqual([42]);
    say({ id: request.id, ok: true, bytes: 0, port: 1030 });
    const join = await joining;
    say({ event: "ended", port: 1030, bytes: 5, error: null });
    expect(await join?.ended).toEqual({ bytes: 5n });

    const refusing = knocks[1]?.refuse();
    const refusal = await nextRequest();
    expect(refusal).toEqual({ id: refusal.id, op: "refuse", knock: 2 });
    say({ id: refusal.id, ok: true, bytes: 0, port: 0 });
    await refusing;
  });

  test("that cannot be made is none, and takes its port from nobody", async () => {
    const listening = vsock.listen(9, 2, () => undefined);
    say({ id: (await nextRequest()).id, error: "host port 9 has a join already" });
    await expect(listening).rejects.toMatchObject({ code: Code.INTERNAL });
    await listened();
    await expect(vsock.listen(9, 2, () => undefined)).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await expect(vsock.accept(9, 1, "in")).rejects.toMatchObject({ code: Code.ALREADY_EXISTS });
    await expect(vsock.listen(0, 2, () => undefined)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
  });

  test("that is shut refuses who knocked before", async () => {
    const door = await listened();
    const closing = door.close();
    const request = await nextRequest();
    expect(request).toEqual({ id: request.id, op: "close", port: 9 });
    say({ event: "knock", port: 9, knock: 3 });
    say({ id: request.id, ok: true, bytes: 0, port: 9 });
    await closing;
    expect(await nextRequest()).toMatchObject({ op: "refuse", knock: 3 });
    expect(knocks).toEqual([]);
    await door.close();
  });
});

test("who serves it and does not answer is told of, and waited for no longer", async () => {
  const fds = [0, 0];
  socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
  const [ours = -1, theirs = -1] = fds;
  const onHung = vi.fn();
  const hung = new VsockControl({ sendFds: () => Promise.resolve() }, ours, onHung, 20);
  await expect(hung.accept(7, 0, "both")).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  expect(onHung.mock.calls).toEqual([[expect.stringMatching(/^the vsock process's answer to "accept" .* took too long$/)]]);
  await hung.close();
  closeSync(theirs);
});

test("closing closes the descriptor", async () => {
  const fds = [0, 0];
  socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
  const [ours = -1, theirs = -1] = fds;
  const unused = (): Promise<never> => Promise.reject(new Error("not asked for"));
  const other = new VsockControl({ sendFds: unused }, ours, () => undefined);
  await other.close();
  const end = new Socket({ fd: theirs });
  await new Promise((resolve) => end.on("end", resolve).resume());
  end.destroy();
  expect(() => {
    closeSync(ours);
  }).toThrow(/EBADF/);
});
