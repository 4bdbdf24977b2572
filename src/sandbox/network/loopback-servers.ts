/**
 * Servers on the loopback of the namespace that a pod has on the host. The guest has a loopback of its own, so these are put there: what
 * listens on an address of 127.0.0.0/8 that nobody else means, and the resolver that a container's resolv.conf names, as Docker has one
 * on 127.0.0.11. 127.0.0.1 is the guest's own. Where there is no such server nothing is done.
 */

import { constants } from "node:fs";
import { isIPv4 } from "node:net";

import { messageOf } from "../../errors.ts";
import { close, open, readFile } from "../../host/files.ts";
import type { DialTarget } from "../../host/host.ts";
import type { Logger } from "../../logger.ts";
import type { Doors } from "../doors.ts";

export interface LoopbackServersOptions {
  /** Path of the namespace. */
  readonly netns: string;
  /** Of a process in it, by which its listeners are looked for. Absent in the host's own: there they mean others. */
  readonly pid: number | undefined;
  readonly doors: Pick<Doors, "open">;
  /** Host's. */
  readonly dial: (target: DialTarget) => Promise<number>;
  readonly log: Logger;
}

interface Server {
  readonly kind: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;
/** MAXNS of resolv.conf(5): nobody asks those that come after. */
const MAX_NAMESERVERS = 3;
const MAX_CONFIGURATION_BYTES = 64 << 10;
/** A namespace that has more is none that a network for a pod was made in. */
const MAX_SERVERS = 16;
/** Connections, or flows of datagrams, at a time to one server. */
const MAX_CONNECTIONS = 64;

export class LoopbackServers {
  readonly #options: LoopbackServersOptions;
  /** As text. */
  readonly #known = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(options: LoopbackServersOptions) {
    this.#options = options;
  }

  /**
   * Looks which there are now; those that were there before stay. Never rejects.
   *
   * @param resolvConf path on the host of what a container has as /etc/resolv.conf
   */
  look(resolvConf: string | undefined): Promise<void> {
    this.#last = this.#last.then(() => this.#look(resolvConf));
    return this.#last;
  }

  async #look(resolvConf: string | undefined): Promise<void> {
    try {
      for (const server of [...(await this.#listening()), ...(await this.#resolvers(resolvConf))]) {
        await this.#open(server);
      }
    } catch (error) {
      this.#options.log.warn({ err: messageOf(error) }, "servers on the loopback of the pod's network namespace cannot be looked for");
    }
  }

  async #open(server: Server): Promise<void> {
    const { doors, log } = this.#options;
    const { kind, port } = server;
    const address = `${server.address}:${port}`;
    const name = `${kind} ${address}`;
    if (this.#known.has(name)) {
      return;
    }
    this.#known.add(name);
    if (this.#known.size > MAX_SERVERS) {
      log.warn({}, `the pod does without the server at ${name} of its network namespace: it has ${MAX_SERVERS} others`);
      return;
    }
    try {
      await doors.open({ at: { kind, address }, target: this.#target(server), limit: MAX_CONNECTIONS });
      log.debug({ kind, address }, "the guest reaches a server on the loopback of the pod's network namespace");
    } catch (error) {
      this.#known.delete(name);
      log.warn({ err: messageOf(error) }, `the pod does without the server at ${name} of its network namespace`);
    }
  }

  async #listening(): Promise<Server[]> {
    const { pid } = this.#options;
    const kinds = pid === undefined ? [] : (["tcp", "udp"] as const);
    const tables = kinds.map(async (kind) => {
      const table = await readFile(`/proc/${pid}/net/${kind}`, "utf8");
      return listeners(table, kind);
    });
    return (await Promise.all(tables)).flat();
  }

  /** Those that answer: what listens may be elsewhere, where rules of the namespace send it, so that its table does not tell. */
  async #resolvers(resolvConf: string | undefined): Promise<Server[]> {
    const servers: Server[] = [];
    for (const address of resolvConf === undefined ? [] : nameservers(await readConfiguration(resolvConf))) {
      const tcp: Server = { kind: "tcp", address, port: DNS_PORT };
      if (await this.#answers(tcp)) {
        servers.push(tcp, { ...tcp, kind: "udp" });
      }
    }
    return servers;
  }

  async #answers(server: Server): Promise<boolean> {
    try {
      await close(await this.#options.dial(this.#target(server)));
      return true;
    } catch (error) {
      const { log } = this.#options;
      log.debug({ err: messageOf(error) }, "a resolver of the pod's is not on the loopback of its network namespace");
      return false;
    }
  }

  #target(server: Server): DialTarget {
    return { ...server, netns: this.#options.netns };
  }
}

/** The beginning of a regular file. It may be in a volume, where the pod makes of it what it likes. */
async function readConfiguration(path: string): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (!(await file.stat()).isFile()) {
    return "";
  }
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(MAX_CONFIGURATION_BYTES), position: 0 });
  return buffer.toString("utf8", 0, bytesRead);
}

/** Addresses of loopbacks other than the guest's own, each once, as far as a resolver reads. */
export function nameservers(resolvConf: string): string[] {
  const addresses = resolvConf.split("\n").flatMap((line) => /^nameserver[ \t]+(\S+)/.exec(line)?.[1] ?? []);
  return [...new Set(addresses.slice(0, MAX_NAMESERVERS).filter(isOther))];
}

/** In a table of proc_net(5): "   0: 0B00007F:A1B2 00000000:0000 0A ...", where the address is a number in the machine's byte order. */
export function listeners(table: string, kind: Server["kind"]): Server[] {
  const listening = kind === "tcp" ? "0A" : "07";
  return table.split("\n").flatMap((line) => {
    const [, local = "", , state] = line.trim().split(/\s+/);
    const match = /^([0-9A-F]{8}):([0-9A-F]{4})$/.exec(local);
    if (match === null || state !== listening) {
      return [];
    }
    const [, hex = "", port = ""] = match;
    const address = [...Buffer.from(hex, "hex")].reverse().join(".");
    return isOther(address) ? [{ kind, address, port: Number.parseInt(port, 16) }] : [];
  });
}

function isOther(address: string): boolean {
  return isIPv4(address) && address.startsWith("127.") && address !== "127.0.0.1";
}
