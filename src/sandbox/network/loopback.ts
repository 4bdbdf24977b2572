/**
 * The loopback of the namespace that a pod has on the host. Who dials 127.0.0.1 or ::1 there, as `kubectl port-forward` does, means a server of
 * the pod, which listens on the guest's loopback: each connection is joined with it by a stream of vsock.
 */

import { messageOf } from "../../errors.ts";
import { close } from "../../host/files.ts";
import type { Host } from "../../host/host.ts";
import type { Logger } from "../../logger.ts";
import { type ConnectionGuest, joinConnections } from "./connections.ts";

export interface PodLoopbackOptions {
  readonly host: Pick<Host, "openLoopback" | "acceptConnection" | "refuseConnection">;
  /** Path of the namespace. */
  readonly netns: string;
  readonly log: Logger;
}

export class PodLoopback implements AsyncDisposable {
  readonly #options: PodLoopbackOptions;
  readonly #ended = new AbortController();
  #served: Promise<void> = Promise.resolve();

  constructor(options: PodLoopbackOptions) {
    this.#options = options;
  }

  /** From now on; the pod does not wait for it. */
  attach(guest: ConnectionGuest): void {
    this.#served = this.#serve(guest, this.#ended.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#served;
  }

  async #serve(guest: ConnectionGuest, signal: AbortSignal): Promise<void> {
    const { host, netns, log } = this.#options;
    try {
      const { listener, program } = await host.openLoopback(netns);
      try {
        await joinConnections({ host, listener, guest, log, serverOf }, signal);
      } finally {
        await Promise.all([close(listener), close(program)]);
      }
    } catch (error) {
      if (!signal.aborted) {
        log.warn({ err: messageOf(error) }, "servers on the pod's loopback cannot be reached from the host, as by port-forward");
      }
    }
  }
}

/** What comes to another address is for the listener's own port, which nobody knows. */
function serverOf({ address, port }: { address: string; port: number }) {
  const isLoopback = address === "::1" || address.startsWith("127.");
  return isLoopback ? { port, ipv6First: address === "::1" } : undefined;
}
