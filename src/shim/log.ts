/**
 * The daemon's log: pino in front, and behind it the bundle's `log` FIFO, of which containerd holds the
 * reader. containerd copies what it reads into its own log, so lines are logfmt as logrus writes them.
 *
 * It is pino's build for browsers, which hands over records as objects: what Node's build has in addition
 * (streams, worker threads, JSON that would have to be parsed again here) is not used, and costs 9 ms and 1 MB a pod.
 */

import { closeSync, constants, openSync, writeSync } from "node:fs";

import pino from "pino/browser.js";

import type { Config } from "../config/config.ts";
import type { Logger } from "../logger.ts";

type DebugLevel = Config["debugLevel"];

export interface Log extends Logger, Disposable {
  setLevel(level: DebugLevel): void;
}

/** Opens `path`; without it (nobody made the FIFO) the log goes nowhere. */
export function openLog(path: string, level: DebugLevel): Log {
  const sink = new LogfmtSink(path);
  const logger = pino({ level: pinoLevel(level), browser: { write: (record) => sink.write(record as LogRecord) } });
  return Object.assign(logger as unknown as Logger, {
    setLevel(next: DebugLevel) {
      logger.level = pinoLevel(next);
    },
    [Symbol.dispose]() {
      sink.close();
    },
  });
}

function pinoLevel(level: DebugLevel): string {
  return level === "Off" ? "silent" : level.toLowerCase();
}

const LEVEL_NAMES: Readonly<Record<number, string>> = { 10: "trace", 20: "debug", 30: "info", 40: "warning", 50: "error", 60: "fatal" };

/** `time` in milliseconds since 1970, `level` as a number, `msg`, and the fields. */
type LogRecord = Readonly<Record<string, unknown>>;

/** Writes pino's records as logfmt. Never blocks: what does not fit into the FIFO is counted and dropped. */
class LogfmtSink {
  #fd: number | undefined;
  #dropped = 0;
  /** Of a line that is there in part. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    try {
      // O_RDWR: no SIGPIPE and no ENXIO while containerd is being restarted.
      this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        throw error;
      }
    }
  }

  write(record: LogRecord): void {
    if (this.#fd === undefined) {
      return;
    }
    const lost: LogRecord[] =
      this.#dropped === 0 ? [] : [{ time: Date.now(), level: 40, msg: `${this.#dropped} log lines were dropped: nobody read the log` }];
    if (this.#put(this.#fd, this.#rest) && this.#rest.length === 0 && this.#put(this.#fd, Buffer.from([...lost, record].map(logfmt).join("")))) {
      this.#dropped = 0;
    } else {
      this.#dropped += 1;
    }
  }

  /** False: nothing of it was written. What is over PIPE_BUF can be written in part; its rest is kept for the next time. */
  #put(fd: number, bytes: Buffer): boolean {
    if (bytes.length === 0) {
      return true;
    }
    try {
      this.#rest = bytes.subarray(writeSync(fd, bytes));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
        throw error;
      }
      return false;
    }
  }

  close(): void {
    if (this.#fd !== undefined) {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }
}

/** One logfmt line of a pino record; time, level and msg come first. */
export function logfmt(record: LogRecord): string {
  const { time, level, msg, ...fields } = record;
  const pairs: [string, string][] = [
    ["time", new Date(Number(time)).toISOString()],
    ["level", LEVEL_NAMES[Number(level)] ?? "info"],
    ["msg", String(msg ?? "")],
    ...Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]): [string, string] => [key, textOf(value)]),
  ];
  return `${pairs.map(([key, value]) => `${key}=${quote(value)}`).join(" ")}\n`;
}

/** Never throws: a line that is not pretty is better than a call that fails because it logs. */
function textOf(value: unknown): string {
  if (typeof value === "string") {
    return value;
  }
  if (value instanceof Error) {
    return String(value);
  }
  try {
    return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)) ?? String(value);
  } catch {
    return String(value);
  }
}

function quote(value: string): string {
  return /^[A-Za-z0-9_./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}
