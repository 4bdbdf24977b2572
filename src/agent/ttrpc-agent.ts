/** The guest agent over ttrpc: proto/hadron/agent.proto on one stream socket. */

import type { Duplex } from "node:stream";

import { Client, type ServiceClient, TtrpcError } from "ttrpc-ts";

import { Code, HadronError } from "../errors.ts";
import { Agent as AgentService } from "../gen/agent.ts";
import type {
  Agent,
  CreateSandbox,
  DeviceNumbers,
  GuestListener,
  GuestNetwork,
  GuestServer,
  GuestProcess,
  SandboxInfo,
  Storages,
  StdioPorts,
  TerminalSize,
} from "./agent.ts";
import { Liveness } from "./liveness.ts";

/** Of the processes of one container that are passed on: a guest may claim any number. */
const MAX_PROCESSES = 32_768;
/** Of the sentences about the guest's network that are passed on. */
const MAX_PROBLEMS = 64;
/** More servers are not followed. */
const MAX_LISTENERS = 1000;

export interface TtrpcAgentOptions {
  /** Within which the agent has to answer whether it lives, milliseconds. */
  readonly timeoutMs: number;
  /** A call takes long, and the guest lives. */
  readonly onSlow: (sentence: string) => void;
  /** The guest does not answer or not as it should: it hangs, or it is hostile. */
  readonly onUnresponsive: (sentence: string) => void;
}

export class TtrpcAgent implements Agent {
  readonly closed: Promise<void>;
  readonly #client: Client;
  readonly #service: ServiceClient<typeof AgentService.table>;
  readonly #options: TtrpcAgentOptions;
  readonly #liveness: Liveness;

  /** Takes the socket over. Calls may be made at once, however long the guest takes to boot. */
  constructor(socket: Duplex, options: TtrpcAgentOptions) {
    this.#client = new Client(socket);
    this.#service = this.#client.service(AgentService);
    this.#options = options;
    this.#liveness = new Liveness({
      ...options,
      ping: async () => {
        await translated(this.#service.ping({}));
      },
    });
    this.closed = this.#client.closed.then(() => undefined);
  }

  async createSandbox(request: CreateSandbox, signal: AbortSignal): Promise<SandboxInfo> {
    return await translated(this.#service.createSandbox(request, { signal }));
  }

  async createContainer(containerId: string, specJson: string, storages: Storages | undefined, stdio: StdioPorts): Promise<number> {
    const request = {
      containerId,
      specJson: Buffer.from(specJson),
      stdio: stdioMessage(stdio),
      ...(storages && { storages: storagesMessage(storages) }),
    };
    return (await this.#watched("create a container", this.#service.createContainer(request))).pid;
  }

  async startContainer(containerId: string): Promise<void> {
    await this.#watched("start a container", this.#service.startContainer({ containerId }));
  }

  async deleteContainer(containerId: string): Promise<void> {
    await this.#watched("delete a container", this.#service.deleteContainer({ containerId }));
  }

  async execProcess(containerId: string, execId: string, processJson: string, stdio: StdioPorts): Promise<number> {
    const request = { containerId, execId, processJson: Buffer.from(processJson), stdio: stdioMessage(stdio) };
    return (await this.#watched("start a process", this.#service.execProcess(request))).pid;
  }

  async deleteProcess(containerId: string, execId: string): Promise<void> {
    await this.#watched("forget a process", this.#service.deleteProcess({ containerId, execId }));
  }

  async waitProcess(containerId: string, execId: string): Promise<number> {
    return (await translated(this.#service.waitProcess({ containerId, execId }))).exitStatus;
  }

  async signalProcess(containerId: string, execId: string, signal: number, all: boolean): Promise<void> {
    const request = { containerId, execId, signal, all };
    await this.#watched("send a signal", this.#service.signalProcess(request));
  }

  async resizeTerminal(containerId: string, execId: string, size: TerminalSize): Promise<void> {
    const request = { containerId, execId, ...size };
    await this.#watched("resize a terminal", this.#service.resizeTerminal(request));
  }

  async pauseContainer(containerId: string): Promise<void> {
    await this.#watched("pause a container", this.#service.pauseContainer({ containerId }));
  }

  async resumeContainer(containerId: string): Promise<void> {
    await this.#watched("resume a container", this.#service.resumeContainer({ containerId }));
  }

  async listProcesses(containerId: string): Promise<GuestProcess[]> {
    const { processes } = await this.#watched("list processes", this.#service.listProcesses({ containerId }));
    return processes.slice(0, MAX_PROCESSES);
  }

  async containerStats(containerId: string): Promise<ReadonlyMap<string, string>> {
    return (await this.#watched("read metrics", this.#service.containerStats({ containerId }))).files;
  }

  async updateContainer(containerId: string, resourcesJson: string): Promise<void> {
    const request = { containerId, resourcesJson: Buffer.from(resourcesJson) };
    await this.#watched("change limits", this.#service.updateContainer(request));
  }

  async sync(): Promise<void> {
    await this.#watched("write its file systems back", this.#service.sync({}));
  }

  async writeBack(paths: readonly string[], timeoutMs: number): Promise<void> {
    await translated(this.#service.writeBack({ paths: [...paths] }, { timeoutMs }));
  }

  async releaseStorages(storages: Storages, timeoutMs: number): Promise<void> {
    await translated(this.#service.releaseStorages(storagesMessage(storages), { timeoutMs }));
  }

  async attachDisk(id: string): Promise<DeviceNumbers> {
    const { major, minor } = await this.#watched("look at a disk", this.#service.attachDisk({ serial: id }));
    return { major, minor };
  }

  async detachDisk(id: string, timeoutMs: number): Promise<void> {
    await translated(this.#service.detachDisk({ serial: id }, { timeoutMs }));
  }

  async setNetwork(network: GuestNetwork): Promise<readonly string[]> {
    const { problems } = await this.#watched("change its network", this.#service.setNetwork(networkMessage(network)));
    return problems.slice(0, MAX_PROBLEMS);
  }

  async connectLoopback({ port, address = "", ipv6First }: GuestServer, hostPort: number): Promise<void> {
    await this.#watched("reach one of its servers", this.#service.connectLoopback({ tcpPort: port, hostPort, ipv6First, address }));
  }

  async watchListeners(onListeners: (listeners: readonly { readonly address: string; readonly port: number }[]) => void): Promise<void> {
    await this.#events(this.#service.watchListeners({}), ({ listeners }) => onListeners(listeners.slice(0, MAX_LISTENERS)));
  }

  async listen({ kind, address, owner }: GuestListener, hostPort: number, limit: number): Promise<void> {
    await this.#watched("listen for a server of the host", this.#service.listen({ kind, address, hostPort, limit, ...(owner && { owner }) }));
  }

  async unlisten(hostPort: number): Promise<void> {
    await this.#watched("stop to listen for a server of the host", this.#service.unlisten({ hostPort }));
  }

  async coverSocket(containerId: string, source: string, target: string): Promise<void> {
    await this.#watched("change a container's mounts", this.#service.coverSocket({ containerId, source, target }));
  }

  async setClock(hostNs: bigint, backwards: boolean): Promise<bigint> {
    return (await translated(this.#service.setClock({ realtimeNs: hostNs, backwards }))).aheadNs;
  }

  async watchOom(onOom: (containerId: string) => void): Promise<void> {
    await this.#events(this.#service.events({}), ({ oom }) => {
      if (oom !== undefined) {
        onOom(oom.containerId);
      }
    });
  }

  async #events<T>(stream: AsyncIterable<T>, onEvent: (event: T) => void): Promise<void> {
    try {
      for await (const event of stream) {
        onEvent(event);
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

  async #watched<T>(what: string, call: Promise<T>): Promise<T> {
    return await this.#liveness.watch(what, translated(call));
  }
}

function storagesMessage({ paths, inner, memory }: Storages) {
  return { paths: [...paths], inner: [...inner], memory: [...memory] };
}

function networkMessage({ interfaces, routes, neighbours, rules }: GuestNetwork) {
  return {
    interfaces: interfaces.map((each) => ({ ...each, addresses: [...each.addresses] })),
    routes: routes.map((each) => ({ ...each, nextHops: [...each.nextHops], metrics: [...each.metrics] })),
    neighbours: [...neighbours],
    rules: [...rules],
  };
}

function stdioMessage({ stdin, stdout, stderr, size, owner }: StdioPorts) {
  return {
    stdinPort: stdin,
    stdoutPort: stdout,
    stderrPort: stderr,
    terminalWidth: size?.width ?? 0,
    terminalHeight: size?.height ?? 0,
    pipeUid: owner?.uid ?? 0,
    pipeGid: owner?.gid ?? 0,
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
