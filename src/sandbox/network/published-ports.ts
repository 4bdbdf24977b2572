/**
 * Servers of a pod with the host's network, which appear on the host: where a program of the guest listens by TCP, the daemon does so on
 * the host, at the same address and port. passt itself would have to be told the ports before the pod begins.
 */

import type { Agent, GuestListener } from "../../agent/agent.ts";
import { messageOf } from "../../errors.ts";
import { close } from "../../host/files.ts";
import type { Host } from "../../host/host.ts";
import type { Logger } from "../../logger.ts";
import { type ConnectionGuest, joinConnections } from "./connections.ts";

export interface PublishedPortsOptions {
  readonly host: Pick<Host, "listenTcp" | "acceptConnection" | "refuseConnection">;
  /** Of the guest's interface, which are the host's. */
  readonly addresses: ReadonlySet<string>;
  readonly log: Logger;
}

export interface PublishingGuest extends ConnectionGuest {
  readonly agent: Pick<Agent, "connectLoopback" | "watchListeners">;
}

interface Listener extends Pick<GuestListener, "address"> {
  readonly port: number;
}

interface Wanted extends Listener {
  readonly ipv6Only: boolean;
}

/** A guest may listen everywhere; the host has other use for its ports. */
const MAX_PORTS = 128;
/** Servers there are reached by the loopback. */
const ANY_OR_LOOPBACK: ReadonlySet<string> = new Set(["0.0.0.0", "::", "127.0.0.1", "::1"]);

interface Published {
  readonly ended: AbortController;
  readonly served: Promise<void>;
}

export class PublishedPorts implements AsyncDisposable {
  readonly #options: PublishedPortsOptions;
  /** By address and port. */
  readonly #ports = new Map<string, Published>();
  readonly #warned = new Set<string>();
  #last: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor(options: PublishedPortsOptions) {
    this.#options = options;
  }

  /** From now on; the pod does not wait for it. */
  attach(guest: PublishingGuest): void {
    // Ends with the connection to the agent, and never rejects.
    void guest.agent.watchListeners((listeners) => {
      this.#last = this.#last.then(() => this.#follow(guest, listeners));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#last;
    await Promise.all([...this.#ports.keys()].map((key) => this.#withdraw(key)));
  }

  /** Never rejects. */
  async #follow(guest: PublishingGuest, listeners: readonly Listener[]): Promise<void> {
    if (this.#disposed) {
      return;
    }
    const { addresses } = this.#options;
    const meant = listeners.filter(({ address }) => ANY_OR_LOOPBACK.has(address) || addresses.has(address));
    const ipv4 = new Set(meant.filter(({ address }) => address === "0.0.0.0").map(({ port }) => port));
    const wanted = new Map<string, Wanted>();
    for (const { address, port } of meant) {
      // The kernel does not tell whether it is for IPv4 as well, as it mostly is.
      const ipv6Only = ipv4.has(port);
      wanted.set(`${address} ${port} ${ipv6Only}`, { address, port, ipv6Only });
    }
    await Promise.all([...this.#ports.keys()].filter((key) => !wanted.has(key)).map((key) => this.#withdraw(key)));
    for (const [key, listener] of wanted) {
      if (!this.#ports.has(key)) {
        await this.#publish(guest, key, listener);
      }
    }
  }

  async #publish(guest: PublishingGuest, key: string, { address, port, ipv6Only }: Wanted): Promise<void> {
    const { host, log } = this.#options;
    const where = `the server of the pod at port ${port} (${address}) cannot be reached on the host`;
    if (this.#ports.size >= MAX_PORTS) {
      this.#warn(key, {}, `${where}: it has ${MAX_PORTS} others`);
      return;
    }
    try {
      const listener = await host.listenTcp(address, port, ipv6Only);
      const ended = new AbortController();
      this.#ports.set(key, { ended, served: this.#serve(guest, listener, { address, port }, ended.signal) });
      log.debug({ address, port }, "a server of the pod is reached on the host");
    } catch (error) {
      this.#warn(key, { err: messageOf(error) }, where);
    }
  }

  async #serve(guest: PublishingGuest, listener: number, { address, port }: Listener, signal: AbortSignal): Promise<void> {
    const { host, log } = this.#options;
    const own = ANY_OR_LOOPBACK.has(address) ? { port, ipv6First: address.includes(":") } : { port, address, ipv6First: false };
    try {
      await joinConnections({ host, listener, guest, log, serverOf: () => own }, signal);
    } catch (error) {
      if (!signal.aborted) {
        log.warn({ err: messageOf(error), address, port }, "a server of the pod is not reached on the host any more");
      }
    } finally {
      await close(listener);
    }
  }

  async #withdraw(key: string): Promise<void> {
    const published = this.#ports.get(key);
    this.#ports.delete(key);
    this.#warned.delete(key);
    published?.ended.abort();
    await published?.served;
  }

  /** Once for each: the guest's news come again and again. */
  #warn(key: string, what: Readonly<Record<string, unknown>>, sentence: string): void {
    if (!this.#warned.has(key)) {
      this.#warned.add(key);
      this.#options.log.warn(what, sentence);
    }
  }
}
