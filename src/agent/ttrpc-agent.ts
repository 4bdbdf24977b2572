/** The guest agent over ttrpc: proto/hadron/agent.proto on one stream socket. */

import type { Duplex } from "node:stream";

import { Client, type ServiceClient, TtrpcError } from "ttrpc-ts";

import { Code, HadronError } from "../errors.ts";
import { AgentMethods } from "../gen/agent.ts";
import { Agent as AgentService } from "../gen/methods.ts";
import type { Agent, CreateSandbox, GuestProcess, SandboxInfo, ShareUse, StdioPorts, TerminalSize } from "./agent.ts";

/** Of the processes of one container that are passed on: a guest may claim any number. */
const MAX_PROCESSES = 32_768;

export interface TtrpcAgentOptions {
  /** For every call that has a deadline, milliseconds. */
  readonly timeoutMs: number;
  /** The guest let a deadline pass: it hangs, or it is hostile. */
  readonly onUnresponsive: (sentence: string) => void;
}

export class TtrpcAgent implements Agent {
  readonly closed: Promise<void>;
  readonly #client: Client;
  readonly #service: ServiceClient<typeof AgentMethods>;
  readonly #options: TtrpcAgentOptions;

  /** Takes the socket over. Calls may be made at once, however long the guest takes to boot. */
  constructor(socket: Duplex, options: TtrpcAgentOptions) {
    this.#client = new Client(socket);
    this.#service = this.#client.service(AgentService);
    this.#options = options;
    this.closed = this.#client.closed.then(() => undefined);
  }

  async createSandbox(request: CreateSandbox, signal: AbortSignal): Promise<SandboxInfo> {
    return await translated(this.#service.createSandbox(request, { signal }));
  }

  async createContainer(containerId: string, specJson: string, stdio: StdioPorts): Promise<number> {
    const request = { containerId, specJson: Buffer.from(specJson), stdio: stdioMessage(stdio) };
    return (await this.#timed("create a container", (options) => this.#service.createContainer(request, options))).pid;
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#timed("start a container", (options) => this.#service.startContainer({ containerId }, options));
  }

  async deleteContainer(containerId: string): Promise<void> {
    await this.#timed("delete a container", (options) => this.#service.deleteContainer({ containerId }, options));
  }

  async execProcess(containerId: string, execId: string, processJson: string, stdio: StdioPorts): Promise<number> {
    const request = { containerId, execId, processJson: Buffer.from(processJson), stdio: stdioMessage(stdio) };
    return (await this.#timed("start a process", (options) => this.#service.execProcess(request, options))).pid;
  }

  async deleteProcess(containerId: string, execId: string): Promise<void> {
    await this.#timed("forget a process", (options) => this.#service.deleteProcess({ containerId, execId }, options));
  }

  async waitProcess(containerId: string, execId: string): Promise<number> {
    return (await translated(this.#service.waitProcess({ containerId, execId }))).exitStatus;
  }

  async signalProcess(containerId: string, execId: string, signal: number, all: boolean): Promise<void> {
    const request = { containerId, execId, signal, all };
    await this.#timed("send a signal", (options) => this.#service.signalProcess(request, options));
  }

  async resizeTerminal(containerId: string, execId: string, size: TerminalSize): Promise<void> {
    const request = { containerId, execId, ...size };
    await this.#timed("resize a terminal", (options) => this.#service.resizeTerminal(request, options));
  }

  async pauseContainer(containerId: string): Promise<void> {
    await this.#timed("pause a container", (options) => this.#service.pauseContainer({ containerId }, options));
  }

  async resumeContainer(containerId: string): Promise<void> {
    await this.#timed("resume a container", (options) => this.#service.resumeContainer({ containerId }, options));
  }

  async listProcesses(containerId: string): Promise<GuestProcess[]> {
    const { processes } = await this.#timed("list processes", (options) => this.#service.listProcesses({ containerId }, options));
    return processes.slice(0, MAX_PROCESSES);
  }

  async containerStats(containerId: string): Promise<ReadonlyMap<string, string>> {
    return (await this.#timed("read metrics", (options) => this.#service.containerStats({ containerId }, options))).files;
  }

  async updateContainer(containerId: string, resourcesJson: string): Promise<void> {
    const request = { containerId, resourcesJson: Buffer.from(resourcesJson) };
    await this.#timed("change limits", (options) => this.#service.updateContainer(request, options));
  }

  async sync(): Promise<void> {
    await this.#timed("write its file systems back", (options) => this.#service.sync({}, options));
  }

  async writeBack(paths: readonly string[], timeoutMs: number): Promise<void> {
    await translated(this.#service.writeBack({ paths: [...paths] }, { timeoutMs }));
  }

  async enterShares({ paths, inner }: ShareUse, timeoutMs: number): Promise<void> {
    await translated(this.#service.enterShares({ paths: [...paths], inner: [...inner] }, { timeoutMs }));
  }

  async leaveShares({ paths, inner }: ShareUse, timeoutMs: number): Promise<void> {
    await translated(this.#service.leaveShares({ paths: [...paths], inner: [...inner] }, { timeoutMs }));
  }

  async watchOom(onOom: (containerId: string) => void): Promise<void> {
    try {
      for await (const event of this.#service.events({})) {
        if (event.oom !== undefined) {
          onOom(event.oom.containerId);
        }
      }
    } catch (error) {
      // The end of the connection, of which `closed` tells; anything else is a broken agent.
      if (!(error instanceof TtrpcError) || error.code !== Code.UNAVAILABLE) {
        this.#options.onUnresponsive(`the guest's agent does not deliver its events: ${String(error)}`);
      }
    }
  }

  close(): void {
    // Ends with `closed`, and never rejects.
    void this.#client.close();
  }

  async #timed<T>(what: string, call: (options: { timeoutMs: number }) => Promise<T>): Promise<T> {
    const { timeoutMs, onUnresponsive } = this.#options;
    try {
      return await translated(call({ timeoutMs }));
    } catch (error) {
      if (error instanceof HadronError && error.code === Code.DEADLINE_EXCEEDED) {
        const sentence = `the guest did not ${what} within ${timeoutMs / 1000} s`;
        onUnresponsive(sentence);
        throw new HadronError(Code.DEADLINE_EXCEEDED, `${sentence}; its VM is being killed`, { cause: error });
      }
      throw error;
    }
  }
}

function stdioMessage({ stdin, stdout, stderr, size }: StdioPorts) {
  return {
    stdinPort: stdin,
    stdoutPort: stdout,
    stderrPort: stderr,
    terminalWidth: size?.width ?? 0,
    terminalHeight: size?.height ?? 0,
  };
}

/** ttrpc's errors in the terms of the rest. An agent that says UNKNOWN is a broken one: INTERNAL. */
async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof TtrpcError) {
      const code = error.code === Code.UNKNOWN || error.code === Code.OK ? Code.INTERNAL : error.code;
      throw new HadronError(code, error.message, { cause: error });
    }
    throw error;
  }
}
