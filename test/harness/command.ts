/**
 * Programs that a test runs to their end: output collected, never without a deadline.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

import { patient } from "./patience.ts";

export interface CommandOptions {
  /** Written to stdin, which is then closed. Without it stdin is /dev/null. */
  readonly stdin?: string | Uint8Array;
  /** stdin is written when this is fulfilled; the signal tells that the program has ended. */
  readonly stdinReady?: (ended: AbortSignal) => Promise<void>;
  readonly cwd?: string;
  /** Replaces the environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds until the program is killed and the promise rejects, in the lab more. Default 60,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** null when a signal ended the program. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** More output than this is a mistake of the test: large outputs are read as streams. */
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/** Runs a program to its end. Rejects when it cannot be started, takes too long or says too much. */
export async function run(file: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { stdin, signal } = options;
  const timeoutMs = patient(options.timeoutMs ?? 60_000);
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  const described = [file, ...args].join(" ");
  const deadline = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([signal, deadline]) : deadline;
  const kill = (): void => void child.kill("SIGKILL");
  stop.addEventListener("abort", kill, { once: true });
  try {
    // A program may end without having read all of its input; that is for its exit code to say.
    child.stdin?.on("error", () => undefined);
    const ended = new AbortController();
    const [stdout, stderr, [exitCode, killedBy]] = await Promise.all([
      collect(child.stdout, child),
      collect(child.stderr, child),
      (once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>).finally(() => ended.abort()),
      ready(options, ended.signal).then(() => child.stdin?.end(stdin)),
    ]);
    if (stop.aborted) {
      const why = deadline.aborted ? `did not end within ${timeoutMs} ms` : "was aborted";
      throw new Error(`${described} ${why}\nstdout: ${tail(stdout)}\nstderr: ${tail(stderr)}`, { cause: stop.reason });
    }
    return { stdout, stderr, exitCode, signal: killedBy };
  } finally {
    stop.removeEventListener("abort", kill);
  }
}

/** As `run`, but an exit code other than 0 is an error; answers stdout. */
export async function mustRun(file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await run(file, args, options);
  if (result.exitCode !== 0) {
    const status = result.signal ?? `exit code ${result.exitCode}`;
    throw new Error(`${[file, ...args].join(" ")} failed with ${status}\n${tail(result.stdout)}\n${tail(result.stderr)}`);
  }
  return result.stdout;
}

async function ready({ stdinReady }: CommandOptions, ended: AbortSignal): Promise<void> {
  await stdinReady?.(ended);
}

async function collect(stream: Readable | null, child: ChildProcess): Promise<string> {
  if (stream === null) {
    return "";
  }
  const chunks: Buffer[] = [];
  let length = 0;
  let excess = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= OUTPUT_LIMIT) {
      chunks.push(chunk);
    } else if (!excess) {
      excess = true;
      child.kill("SIGKILL");
    }
  }
  if (excess) {
    throw new Error(`more than ${OUTPUT_LIMIT} bytes of output; read it as a stream instead`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The last lines of a text, for an error message. */
export function tail(text: string, lines = 40): string {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}
