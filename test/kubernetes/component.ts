/** A program of the cluster that goes on; what it says goes to build/kubernetes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { messageOf } from "../../src/errors.ts";
import { tail } from "../harness/command.ts";
import { repository } from "../harness/paths.ts";

const READY_MS = 180_000;
const STOP_MS = 30_000;

export interface ComponentSettings {
  readonly file: string;
  readonly args: readonly string[];
  /** Answers whether it serves. */
  readonly ready: () => Promise<boolean>;
}

export class Component implements AsyncDisposable {
  readonly name: string;
  readonly logPath: string;
  readonly #settings: ComponentSettings;
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;

  private constructor(name: string, settings: ComponentSettings, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.logPath = join(repository, "build/kubernetes", `${name}.log`);
    this.#settings = settings;
    this.#env = env;
  }

  static async start(name: string, settings: ComponentSettings, env: NodeJS.ProcessEnv): Promise<Component> {
    const component = new Component(name, settings, env);
    try {
      await component.start();
    } catch (error) {
      await component[Symbol.asyncDispose]();
      throw error;
    }
    return component;
  }

  /** Answers when it serves. */
  async start(): Promise<void> {
    const log = openSync(this.logPath, "a");
    try {
      const command = ["--pdeathsig", "KILL", "--", this.#settings.file, ...this.#settings.args];
      this.#process = spawn("setpriv", command, { env: this.#env, stdio: ["ignore", log, log] });
    } finally {
      closeSync(log);
    }
    const deadline = Date.now() + READY_MS;
    while (!(await this.#settings.ready())) {
      if (this.#process.exitCode !== null || this.#process.signalCode !== null || Date.now() > deadline) {
        throw new Error(`${this.name} did not come to serve:\n${tail(await readFile(this.logPath, "utf8"))}`);
      }
      await setTimeout(100);
    }
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined || process.exitCode !== null || process.signalCode !== null) {
      return;
    }
    const ended = once(process, "exit", { signal: AbortSignal.timeout(STOP_MS) });
    process.kill(signal);
    await ended.catch((error: unknown) => {
      process.kill("SIGKILL");
      throw new Error(`${this.name} did not end: ${messageOf(error)}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** Whether somebody answers there that all is well. The certificates are the programs' own: nobody vouches for them. */
export async function answersWell(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const get = url.startsWith("https:") ? https.get : http.get;
  const request = get(url, { rejectUnauthorized: false, signal: AbortSignal.timeout(5000) }, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  });
  request.on("error", () => resolve(false));
  return await promise;
}
