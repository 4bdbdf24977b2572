/** What comes over the shim's socket may be anything: the answer is an error at most, and the daemon goes on serving. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { TaskV2, TaskV3 } from "../../src/shim/services.ts";
import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { type RunningContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { parts } from "./parts.ts";
import { refusal, TaskClient } from "./task-client.ts";

const HEADER_BYTES = 10;
const REQUEST = 1;
const RESPONSE = 2;
const MAX_MESSAGE_BYTES = 4 << 20;
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;

function header(length: number, streamId: number, type = REQUEST, flags = 0): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32BE(length, 0);
  bytes.writeUInt32BE(streamId, 4);
  bytes[8] = type;
  bytes[9] = flags;
  return bytes;
}

async function open(containerd: Containerd, id: string): Promise<Socket> {
  const address = await readFile(join(containerd.bundle(id), "address"), "utf8");
  const socket = connect(address.replace(/^unix:\/\//, ""));
  await once(socket, "connect", { signal: AbortSignal.timeout(patient(5_000)) });
  // A daemon that hangs up on nonsense resets the connection.
  socket.on("error", () => undefined);
  return socket;
}

/** The next frame; of a response also the code of its status. */
async function nextFrame(socket: Socket): Promise<{ streamId: number; type: number; code: number | undefined }> {
  let bytes = Buffer.alloc(0);
  const signal = AbortSignal.timeout(patient(10_000));
  while (bytes.length < HEADER_BYTES || bytes.length < HEADER_BYTES + bytes.readUInt32BE(0)) {
    const [chunk] = (await once(socket, "data", { signal })) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  // Response{status=1 Status{code=1}}: 0a LENGTH 08 CODE
  const body = bytes.subarray(HEADER_BYTES);
  const length = body[1] ?? 0;
  const at = length < 0x80 ? 2 : 3;
  return { streamId: bytes.readUInt32BE(4), type: bytes[8] ?? 0, code: body[0] === 0x0a && body[at] === 0x08 ? body[at + 1] : undefined };
}

const NONSENSE: readonly (readonly [string, Buffer])[] = [
  ["random bytes", randomBytes(4096)],
  ["a body that is not protobuf", Buffer.concat([header(8, 1), Buffer.alloc(8, 0xff)])],
  ["an even stream id", Buffer.concat([header(0, 2)])],
  ["stream id 0", Buffer.concat([header(0, 0)])],
  ["a response nobody asked for", header(0, 1, RESPONSE)],
  ["data without a stream", Buffer.concat([header(4, 7, 3), Buffer.alloc(4)])],
  ["an unknown type", header(0, 1, 99, 0xff)],
  ["half a header", Buffer.alloc(5)],
  ["a header that promises a body which does not come", header(1000, 1)],
  ["the largest length there is", header(0xffff_ffff, 1)],
  ["a hundred requests without bodies", Buffer.concat(Array.from({ length: 100 }, (_, i) => header(0, 2 * i + 1)))],
];

describe.each(containerdVersions)("containerd %s: a shim daemon that is sent", (version) => {
  const daemon = useContainerd(version);
  let container: RunningContainer;

  beforeAll(async () => {
    container = await startContainer(daemon(), ["sleep", "600"]);
  });
  afterAll(async () => await container[Symbol.asyncDispose]());

  async function expectServes(): Promise<void> {
    expect((await container.exec(["echo", "alive"])).stdout).toBe("alive\n");
  }

  test.each(NONSENSE)("%s goes on serving", async (_, bytes) => {
    const socket = await open(daemon(), container.id);
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    await expectServes();
    socket.destroy();
    await expectServes();
  });

  test("a message that is too large answers so, and takes the next one", async () => {
    const socket = await open(daemon(), container.id);
    socket.write(header(MAX_MESSAGE_BYTES + 1, 1));
    socket.write(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
    expect(await nextFrame(socket)).toEqual({ streamId: 1, type: RESPONSE, code: RESOURCE_EXHAUSTED });
    socket.write(Buffer.concat([header(8, 3), Buffer.alloc(8, 0xff)]));
    expect(await nextFrame(socket)).toMatchObject({ streamId: 3, type: RESPONSE });
    socket.destroy();
    await expectServes();
  });

  test("gigabytes in one message does not keep them", async () => {
    const socket = await open(daemon(), container.id);
    const [before] = await memory(daemon());
    socket.write(header(0x7fff_ffff, 1));
    const piece = Buffer.alloc(1 << 20);
    for (let n = 0; n < 1024; n += 1) {
      await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
    }
    const [after] = await memory(daemon());
    socket.destroy();
    // What the collector has not seen yet may stay for a while; a gigabyte may not.
    expect(after).toBeLessThan((before ?? 0) + (256 << 20));
    await expectServes();
  });

  test("hundreds of connections that say nothing serves the next one", async () => {
    const sockets = await Promise.all(Array.from({ length: 200 }, async () => await open(daemon(), container.id)));
    await expectServes();
    for (const socket of sockets) {
      socket.destroy();
    }
    await expectServes();
  });

  test("a method or a service that it does not have says so", async () => {
    await using shim = await TaskClient.connect(daemon(), container.id);
    const service = daemon().version.startsWith("1.") ? TaskV2 : TaskV3;
    for (const changed of [{ method: "NoSuch" }, { service: "no.such.Service" }]) {
      const method = { ...service.methods.state, ...changed };
      expect(await refusal(shim.client.call(method, { id: container.id }))).toMatchObject({ code: 12 });
    }
  });

  test.each([
    ["cut short", '{"ociVersion":"1.1.0","process":{"args":["tr', /config\.json is not valid JSON/],
    ["empty", "", /config\.json is not valid JSON/],
    ["a list", "[]", /config\.json has to be an object, and is a list/],
    ["of something else", '{"hello":1}', /there is no root file system/],
    ["missing", undefined, /cannot read the container's spec .*config\.json/],
  ])("the bundle of a spec that is %s refuses it by name", async (_, config, sentence) => {
    const bundle = await mkdtemp(join(daemon().directory, "bundle-"));
    if (config !== undefined) {
      await writeFile(join(bundle, "config.json"), config);
    }
    await using shim = await TaskClient.connect(daemon(), container.id);
    const refused = await refusal(shim.task.create({ id: "broken", bundle }));
    expect(refused).toMatchObject({ code: INVALID_ARGUMENT, message: expect.stringMatching(sentence) });
    await expectServes();
    await rm(bundle, { recursive: true });
  });

  async function memory(containerd: Containerd): Promise<number[]> {
    const daemons = await parts(containerd, "daemon");
    return await Promise.all(
      daemons.map(async ({ pid }) => Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024),
    );
  }
});
