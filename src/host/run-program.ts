/**
 * A program of somebody else's on the host, run to its end: in a process group of its own, so that it can be killed with what it has
 * started, and through hadron-exec, so that it dies with this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";

import { Code, HadronError } from "../errors.ts";
import { type ChildExit, describeExit } from "./spawned.ts";

export interface ProgramOptions {
  /** Path of hadron-exec. */
  readonly hadronExec: string;
  /** Relative to `cwd`, without any search. */
  readonly path: string;
  /** With its own name as the first; empty: its path. */
  readonly args: readonly string[];
  /** `NAME=value`; undefined: this process's. */
  readonly env: readonly string[] | undefined;
  readonly cwd: string;
  /** Path of its network namespace; undefined: this process's. */
  readonly netns: string | undefined;
  /** For its standard input, which is then closed. */
  readonly input: string;
  /** Undefined: it may take as long as it likes. */
  readonly timeoutMs: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Of each of its two outputs the last part is kept. */
const KEPT_BYTES = 2048;
/** How long what it has started may hold its outputs open after its end. */
const DRAIN_MS = 1000;

/**
 * Answers when it has exited with status 0.
 *
 * @throws HadronError FAILED_PRECONDITION with how it ended and what it said, DEADLINE_EXCEEDED after `timeoutMs`, or the signal's reason
 */
export async function runProgram(options: ProgramOptions): Promise<void> {
  const { path, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const child = start(options);
  const killGroup = (): void => {
    // It leads its group from before it is executed; with the group gone there is nothing to kill.
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      child.kill("SIGKILL");
    }
  };
  let late = false;
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          killGroup();
        }, timeoutMs);
  signal?.addEventListener("abort", killGroup, { once: true });
  try {
    const [exit, stdout, stderr] = await Promise.all([ended(child), tailOf(child.stdout), tailOf(child.stderr)]);
    if (late) {
      throw new HadronError(Code.DEADLINE_EXCEEDED, `${path} ran past its timeout of ${(timeoutMs ?? 0) / 1000} s and was killed`);
    }
    signal?.throwIfAborted();
    if (exit.code !== 0) {
      throw new HadronError(Code.FAILED_PRECONDITION, `${path} ${describeExit(exit)}${said("stdout", stdout)}${said("stderr", stderr)}`);
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", killGroup);
  }
}

function start({ hadronExec, path, args, env, cwd, netns, input }: ProgramOptions): ChildProcess {
  const [arg0, ...rest] = args;
  const before = [
    "--parent",
    String(process.pid),
    ...(netns === undefined ? [] : ["--netns", netns]),
    ...(arg0 === undefined ? [] : ["--arg0", arg0]),
  ];
  const child = spawn(hadronExec, [...before, "--", path.includes("/") ? path : `./${path}`, ...rest], {
    stdio: "pipe",
    detached: true,
    cwd,
    env: env === undefined ? process.env : environment(env),
  });
  if (child.pid === undefined) {
    child.on("error", () => undefined);
    throw new HadronError(Code.UNAVAILABLE, `${path} cannot be started: ${hadronExec} cannot be executed, or ${cwd} is not there`);
  }
  // It need not read what it is told.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return child;
}

function environment(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

async function ended(child: ChildProcess): Promise<ChildExit> {
  const { promise, resolve } = Promise.withResolvers<ChildExit>();
  child.on("error", () => undefined);
  let drain: NodeJS.Timeout | undefined;
  child.on("exit", () => {
    drain = setTimeout(() => {
      for (const stream of child.stdio) {
        stream?.destroy();
      }
    }, DRAIN_MS);
  });
  child.on("close", (code, signal) => {
    clearTimeout(drain);
    resolve({ code, signal });
  });
  return await promise;
}

/** The end of what came, when nothing more does. */
async function tailOf(stream: Readable | null): Promise<string> {
  let kept = Buffer.alloc(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  stream?.on("data", (chunk: Buffer) => {
    kept = Buffer.from(Buffer.concat([kept, chunk]).subarray(-KEPT_BYTES));
  });
  stream?.on("close", resolve);
  await promise;
  return kept.toString("utf8");
}

function said(where: string, text: string): string {
  const trimmed = text.trim();
  return trimmed === "" ? "" : `, ${where}: ${trimmed}`;
}
