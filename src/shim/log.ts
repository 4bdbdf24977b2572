/**
 * The daemon's log: pino in front, and behind it the bundle's `log` FIFO, of which containerd holds the
 * reader. containerd copies what it reads into its own log, so lines are logfmt as logrus writes them.
 */

import { closeSync, constants, openSync, writeSync } from "node:fs";

import pino from "pino";

import type { Config } from "../config/config.ts";
import type { Logger } from "../logger.ts";

type DebugLevel = Config["debugLevel"];

export interface Log extends Logger, Disposable {
  setLevel(level: DebugLevel): void;
}

/** Opens `path`; without it (nobody made the FIFO) the log goes nowhere. */
export function openLog(path: string, level: DebugLevel): Log {
  const sink = new LogfmtSink(path);
  const logger = pino({ level: pinoLevel(level), base: null, serializers: { err: String } }, sink);
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

/** Writes pino's JSON lines as logfmt. Never blocks: what does not fit into the FIFO is counted and dropped. */
class LogfmtSink {
  #fd: number | undefined;
  #dropped = 0;

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

  write(json: string): void {
    if (this.#fd === undefined) {
      return;
    }
    const line = logfmt(JSON.parse(json) as Record<string, unknown>);
    const lost = this.#dropped === 0 ? "" : logfmt({ time: Date.now(), level: 40, msg: `${this.#dropped} log lines were dropped: nobody read the log` });
    try {
      writeSync(this.#fd, lost + line);
      this.#dropped = 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
        throw error;
      }
      this.#dropped += 1;
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
export function logfmt(record: Record<string, unknown>): string {
  const { time, level, msg, ...fields } = record;
  const pairs: [string, string][] = [
    ["time", new Date(Number(time)).toISOString()],
    ["level", LEVEL_NAMES[Number(level)] ?? "info"],
    ["msg", String(msg ?? "")],
    ...Object.entries(fields).map(([key, value]): [string, string] => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  ];
  return `${pairs.map(([key, value]) => `${key}=${quote(value)}`).join(" ")}\n`;
}

function quote(value: string): string {
  return /^[A-Za-z0-9_./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}
