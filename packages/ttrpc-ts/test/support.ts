/** What the tests share: socket pairs, codecs, raw frames. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { decodeResponse, encodeTarget, requestFrame, type Response } from "../src/envelope.ts";
import { allocateFrame, FrameDecoder, HEADER_BYTES } from "../src/frame.ts";
import { Client, defineService, Server, type ClientOptions, type Codec, type ServerOptions } from "../src/index.ts";

/** Text as it is; "\0" cannot be decoded and "\x01" cannot be encoded. */
export const text: Codec<string> = {
  encode: (value) => {
    if (value === "\x01") {
      throw new RangeError("this text cannot be encoded");
    }
    return Buffer.from(value);
  },
  decode: (bytes) => {
    if (bytes.length === 1 && bytes[0] === 0) {
      throw new RangeError("these bytes cannot be decoded");
    }
    return Buffer.from(bytes).toString();
  },
};

export const bytes: Codec<Uint8Array> = { encode: (value) => value, decode: (value) => value };

export const Test = defineService("test.Service", {
  unary: { request: text, response: text },
  download: { kind: "server-streaming", request: text, response: text },
  upload: { kind: "client-streaming", request: text, response: text },
  chat: { kind: "bidi", request: text, response: text },
});

export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "ttrpc-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Two connected unix stream sockets; both are destroyed at the end. */
export async function socketPair(): Promise<Disposable & { readonly near: Socket; readonly far: Socket }> {
  using directory = temporaryDirectory();
  const listener = createServer();
  listener.listen(join(directory.path, "s"));
  await once(listener, "listening");
  const near = createConnection(join(directory.path, "s"));
  const [far] = (await once(listener, "connection")) as [Socket];
  if (near.connecting) {
    await once(near, "connect");
  }
  listener.close();
  return {
    near,
    far,
    [Symbol.dispose]: () => {
      near.destroy();
      far.destroy();
    },
  };
}

export interface Rig extends AsyncDisposable {
  readonly client: Client;
  readonly server: Server;
  readonly clientSocket: Socket;
  readonly serverSocket: Socket;
}

/** A client and a server with a socket between them. */
export async function rig(
  register: (server: Server) => void,
  options: { readonly server?: ServerOptions; readonly client?: ClientOptions } = {},
): Promise<Rig> {
  const pair = await socketPair();
  const server = new Server(options.server);
  register(server);
  server.serve(pair.far);
  const client = new Client(pair.near, options.client);
  return {
    client,
    server,
    clientSocket: pair.near,
    serverSocket: pair.far,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
    },
  };
}

export interface RawFrame {
  readonly streamId: number;
  readonly type: number;
  readonly flags: number;
  readonly data: Buffer;
}

/** A peer that writes what it likes and reads frames. */
export class RawPeer {
  readonly socket: Socket;
  readonly frames: RawFrame[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const decoder = new FrameDecoder();
    const sink = {
      onFrame: (streamId: number, type: number, flags: number, data: Buffer) => {
        this.frames.push({ streamId, type, flags, data });
      },
      onOversize: () => {
        throw new Error("The peer sent an oversize frame");
      },
    };
    const wake = (): void => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers<void>();
    };
    socket.on("data", (chunk) => {
      decoder.push(chunk, sink);
      wake();
    });
    socket.on("close", wake);
    socket.on("error", () => undefined);
  }

  /** The next frame that came in, in order. */
  async next(): Promise<RawFrame> {
    for (;;) {
      const frame = this.frames.shift();
      if (frame !== undefined) {
        return frame;
      }
      if (this.socket.destroyed || this.socket.readableEnded) {
        throw new Error("The connection ended before a frame came");
      }
      await this.#changed.promise;
    }
  }

  async nextResponse(): Promise<Response & { readonly streamId: number }> {
    const frame = await this.next();
    if (frame.type !== 2) {
      throw new Error(`Frame of type ${frame.type} instead of a Response`);
    }
    return { ...decodeResponse(frame.data), streamId: frame.streamId };
  }

  write(streamId: number, type: number, flags: number, data: Uint8Array = new Uint8Array(0)): void {
    const frame = allocateFrame(streamId, type, flags, data.length);
    frame.set(data, HEADER_BYTES);
    this.socket.write(frame);
  }

  request(streamId: number, method: string, payload = "", flags = 0, service = "test.Service"): void {
    this.socket.write(requestFrame(streamId, flags, encodeTarget(service, method), Buffer.from(payload), 0, undefined));
  }
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) {
    all.push(one);
  }
  return all;
}

/** Resolves when the condition holds; looks after every turn of the event loop, gives up after `ms`. */
export async function until(condition: () => boolean, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`The condition did not hold within ${ms} ms: ${condition.toString()}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
