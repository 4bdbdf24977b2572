import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Code, HadronError } from "../../errors.ts";
import { QmpClient, type QmpEvent } from "./qmp.ts";

const GREETING = `{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}\r\n`;

interface Command {
  readonly execute: string;
  readonly arguments: unknown;
  readonly id: number;
}

let directory: string;
/** QEMU's side of the connection, played by the test. */
let qemu: Socket;
let client: QmpClient;
let events: QmpEvent[];
let commands: AsyncIterator<string>;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "qmp-"));
  const server = createServer();
  server.listen(join(directory, "socket"));
  await once(server, "listening");
  const stream = connect(join(directory, "socket"));
  [qemu] = (await once(server, "connection")) as [Socket];
  server.close();
  qemu.on("error", () => undefined);
  commands = createInterface({ input: qemu })[Symbol.asyncIterator]();
  events = [];
  client = new QmpClient(stream, (event) => events.push(event));
});
afterEach(async () => {
  qemu.destroy();
  await rm(directory, { recursive: true });
});

async function nextCommand(): Promise<Command> {
  const { value } = (await commands.next()) as { value: string };
  return JSON.parse(value) as Command;
}

function send(message: unknown): void {
  qemu.write(`${JSON.stringify(message)}\r\n`);
}

const signal = (): AbortSignal => AbortSignal.timeout(5000);

test("negotiates, then matches answers that come out of order", async () => {
  const negotiated = client.negotiate(signal());
  qemu.write(GREETING);
  const hello = await nextCommand();
  expect(hello.execute).toBe("qmp_capabilities");
  send({ return: {}, id: hello.id });
  expect(await negotiated).toBe("7.2.22");

  const first = client.execute("query-status", {}, signal());
  const second = client.execute("device_add", { driver: "x" }, signal());
  const one = await nextCommand();
  const two = await nextCommand();
  expect(two).toMatchObject({ execute: "device_add", arguments: { driver: "x" } });
  send({ error: { class: "GenericError", desc: "no such driver" }, id: two.id });
  send({ return: { running: true }, id: one.id });
  await expect(second).rejects.toMatchObject({ code: Code.INTERNAL, message: expect.stringMatching(/device_add: no such driver/) as string });
  expect(await first).toEqual({ running: true });
});

test("events, in whatever pieces they come", async () => {
  const text = JSON.stringify({ timestamp: { seconds: 1, microseconds: 2 }, event: "SHUTDOWN", data: { guest: true, reason: "guest-reset" } });
  const answered = client.execute("query-status", {}, signal());
  for (const character of text) {
    qemu.write(character);
  }
  qemu.write('\r\n{"event": "STOP"}\r\n');
  send({ return: 1, id: (await nextCommand()).id });
  await answered;
  expect(events).toEqual([
    { name: "SHUTDOWN", data: { guest: true, reason: "guest-reset" } },
    { name: "STOP", data: {} },
  ]);
});

test("a command that is given up does not disturb the next one", async () => {
  const controller = new AbortController();
  const given = client.execute("stop", {}, controller.signal);
  const { id } = await nextCommand();
  controller.abort(new Error("no patience"));
  await expect(given).rejects.toMatchObject({ code: Code.CANCELLED, message: expect.stringContaining("no patience") as string });
  const next = client.execute("cont", {}, signal());
  const command = await nextCommand();
  send({ return: "late", id });
  send({ return: "mine", id: command.id });
  expect(await next).toBe("mine");
  await expect(client.execute("stop", {}, AbortSignal.timeout(1))).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
  await expect(client.execute("stop", {}, AbortSignal.abort(new HadronError(Code.ABORTED, "mine")))).rejects.toMatchObject({ code: Code.ABORTED });
});

test("the connection's end ends everything that is under way, and what comes later", async () => {
  const negotiated = client.negotiate(signal());
  const command = client.execute("stop", {}, signal());
  await nextCommand();
  qemu.destroy();
  await expect(command).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  await expect(negotiated).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  await expect(client.execute("stop", {}, signal())).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

test.each([
  ["no JSON", "{]\r\n", /not JSON/],
  ["no object", "[1]\r\n", /not an object/],
  ["a line without an end", "x".repeat((1 << 20) + 1), /more than 1048576 bytes/],
])("%s closes the connection", async (_, text, message) => {
  const command = client.execute("stop", {}, signal());
  await nextCommand();
  qemu.write(text);
  await expect(command).rejects.toMatchObject({ code: Code.UNAVAILABLE, message: expect.stringMatching(message) as string });
  if (!qemu.closed) {
    await once(qemu, "close");
  }
});
