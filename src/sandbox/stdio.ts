/**
 * Standard I/O of one process on the host: FIFOs or files, each joined to a stream of the guest. Once joined,
 * the bytes flow without us; what is left to do is to close stdin and to wait for the end of the output.
 */

import type { FileHandle } from "node:fs/promises";

import type { StdioPorts } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import { type Fifo, openOutputFifo, openStdinFifo, type UnreadFifo } from "../host/fifo.ts";
import { open } from "../host/files.ts";
import type { Join, JoinDirection } from "../hypervisor/hypervisor.ts";
import { within } from "../time.ts";
import { unsupported } from "./refusal.ts";

/** As containerd names them: a path or `file://` URI each, "" for none. */
export interface StdioRequest {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

/** What joins a descriptor with a guest stream: a Machine. */
export interface Joiner {
  join(fd: number, direction: JoinDirection): Promise<Join>;
}

/** How long an exited process' output is waited for in any case, as by runc's shim in Delete: a process that outlived it may hold the pipe. */
const DRAIN_LEAST_MS = 10_000;

/** Output that flows then is waited for until it stands still for this long: it is under way, to a reader that takes its time. */
const DRAIN_STALL_MS = 2_000;

/**
 * Of an init process. `wanted`: its process.terminal, which has to say what the request says, as with runc (utils_linux.go,
 * setupIO). FAILED_PRECONDITION for what is no kind of stdio; whether it is there is seen when it is opened.
 */
export function checkStdio({ stdin, stdout, stderr, terminal }: StdioRequest, wanted = false): void {
  if (wanted !== terminal) {
    throw new HadronError(
      Code.INVALID_ARGUMENT,
      `process.terminal is ${wanted}, but the stdio of the request is ${terminal ? "" : "not "}that of a terminal; both have to say the same`,
    );
  }
  for (const [name, uri] of Object.entries({ stdin, stdout, stderr })) {
    if (uri !== "" && (name === "stdin" || !uri.startsWith("file://"))) {
      fifoPath(uri, name);
    }
  }
}

/** Opens all that `request` names and joins it. Nothing is left open when it throws. */
export async function openProcessIo(joiner: Joiner, request: StdioRequest): Promise<ProcessIo> {
  await using undo = new AsyncDisposableStack();
  let stdin: Fifo | undefined;
  const outputs: Join[] = [];
  const unread: UnreadFifo[] = [];
  const ports = { stdin: 0, stdout: 0, stderr: 0 };
  let input: Join | undefined;

  if (request.stdin !== "") {
    stdin = undo.use(await openStdinFifo(fifoPath(request.stdin, "stdin")));
    input = undo.use(await joiner.join(stdin.fd, "in"));
    ports.stdin = input.port;
  }
  for (const name of ["stdout", "stderr"] as const) {
    // A terminal has one output; containerd sends a stderr path with it all the same.
    if (request[name] === "" || (name === "stderr" && request.terminal)) {
      continue;
    }
    // The join keeps a duplicate, so ours is closed at once: the reader sees the end when the join has.
    await using output = await openOutput(request[name], name);
    const first = output.unread === undefined ? undefined : undo.use(output.unread);
    const join = undo.use(await joiner.join(output.fd, "out"));
    outputs.push(join);
    if (first !== undefined) {
      unread.push(first);
      void join.ended.then(() => first.release());
    }
    ports[name] = join.port;
  }
  undo.move();
  return new ProcessIo(ports, { stdin, input, outputs, unread });
}

interface Ends {
  readonly stdin: Fifo | undefined;
  readonly input: Join | undefined;
  readonly outputs: readonly Join[];
  /** Outputs that had no reader when they were opened. */
  readonly unread: readonly UnreadFifo[];
}

export class ProcessIo {
  readonly ports: StdioPorts;
  readonly #stdin: Fifo | undefined;
  readonly #input: Join | undefined;
  readonly #outputs: readonly Join[];
  readonly #unread: readonly UnreadFifo[];

  constructor(ports: StdioPorts, { stdin, input, outputs, unread }: Ends) {
    this.ports = ports;
    this.#stdin = stdin;
    this.#input = input;
    this.#outputs = outputs;
    this.#unread = unread;
  }

  /** The process reads the end of its stdin after everything that was written before. Idempotent. */
  async closeStdin(): Promise<void> {
    await this.#stdin?.closeWriteEnd();
  }

  /**
   * For an exited process: answers when its output has arrived, or stands still (DRAIN_LEAST_MS, DRAIN_STALL_MS). Releases
   * everything, also when nobody can say how the output stands. Idempotent.
   */
  async drain(): Promise<void> {
    try {
      await Promise.all(this.#outputs.map((join) => drained(join)));
    } finally {
      await this.close();
    }
  }

  /** Without waiting for anything that is under way. Idempotent. */
  async close(): Promise<void> {
    try {
      await Promise.all([...this.#outputs.map((join) => join.close()), this.#input?.close()]);
    } finally {
      await Promise.all([this.#stdin?.[Symbol.asyncDispose](), ...this.#unread.map((output) => output[Symbol.asyncDispose]())]);
    }
  }
}

async function drained(join: Join): Promise<void> {
  let bytes = await join.progress();
  for (let waited = DRAIN_STALL_MS; ; waited += DRAIN_STALL_MS) {
    if ((await within(join.ended, DRAIN_STALL_MS)) !== undefined) {
      return;
    }
    const now = await join.progress();
    if (now === bytes && waited >= DRAIN_LEAST_MS) {
      return;
    }
    bytes = now;
  }
}

type Output = AsyncDisposable & { readonly fd: number; readonly unread?: UnreadFifo | undefined };

async function openOutput(uri: string, name: string): Promise<Output> {
  if (!uri.startsWith("file://")) {
    const { fifo, unread } = await openOutputFifo(fifoPath(uri, name));
    return { fd: fifo.fd, unread, [Symbol.asyncDispose]: () => fifo[Symbol.asyncDispose]() };
  }
  const path = decodeURIComponent(new URL(uri).pathname);
  let file: FileHandle;
  try {
    file = await open(path, "a", 0o644);
  } catch (error) {
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot open ${path} for ${name}`, { cause: error });
  }
  return file;
}

function fifoPath(uri: string, name: string): string {
  if (uri.startsWith("/")) {
    return uri;
  }
  if (uri.startsWith("fifo://")) {
    return decodeURIComponent(new URL(uri).pathname);
  }
  throw unsupported(`${name} ${JSON.stringify(uri)} is not supported; allowed are the path of a FIFO, fifo:// and, for output, file://`);
}
