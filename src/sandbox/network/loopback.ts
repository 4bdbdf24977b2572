/**
 * The loopback of the namespace that a pod has on the host. Who dials 127.0.0.1 or ::1 there, as `kubectl port-forward` does, means a server of
 * the pod, which listens on the guest's loopback: each connection is joined with it by a stream of vsock.
 */

import type { Agent } from "../../agent/agent.ts";
import { messageOf } from "../../errors.ts";
import { close } from "../../host/files.ts";
import type { Host, LoopbackConnection } from "../../host/host.ts";
import type { Join, JoinDirection } from "../../hypervisor/hypervisor.ts";
import type { Logger } from "../../logger.ts";

export interface PodLoopbackOptions {
  readonly host: Pick<Host, "openLoopback" | "acceptLoopback" | "refuseConnection">;
  /** Path of the namespace. */
  readonly netns: string;
  readonly log: Logger;
}

export interface LoopbackGuest {
  readonly agent: Pick<Agent, "connectLoopback">;
  /** Machine's. */
  join(fd: number, direction: JoinDirection): Promise<Pick<Join, "port" | "close">>;
}

/** Connections that wait for the guest; others wait in the kernel. */
const MAX_CONNECTING = 32;

export class PodLoopback implements AsyncDisposable {
  readonly #options: PodLoopbackOptions;
  readonly #ended = new AbortController();
  readonly #connecting = new Set<Promise<void>>();
  #served: Promise<void> = Promise.resolve();

  constructor(options: PodLoopbackOptions) {
    this.#options = options;
  }

  /** From now on; the pod does not wait for it. */
  attach(guest: LoopbackGuest): void {
    this.#served = this.#serve(guest, this.#ended.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#served;
  }

  async #serve(guest: LoopbackGuest, signal: AbortSignal): Promise<void> {
    const { host, netns, log } = this.#options;
    try {
      const loopback = await host.openLoopback(netns);
      try {
        for (;;) {
          const connection = await host.acceptLoopback(loopback, signal);
          const connecting: Promise<void> = this.#connect(guest, connection).finally(() => this.#connecting.delete(connecting));
          this.#connecting.add(connecting);
          if (this.#connecting.size >= MAX_CONNECTING) {
            await Promise.race(this.#connecting);
          }
        }
      } finally {
        await Promise.all([close(loopback.listener), close(loopback.program), ...this.#connecting]);
      }
    } catch (error) {
      if (!signal.aborted) {
        log.warn({ err: messageOf(error) }, "servers on the pod's loopback cannot be reached from the host, as by port-forward");
      }
    }
  }

  /** Never rejects. */
  async #connect(guest: LoopbackGuest, { fd, port, ipv6 }: LoopbackConnection): Promise<void> {
    const { host, log } = this.#options;
    try {
      await using undo = new AsyncDisposableStack();
      // The join has a descriptor of its own.
      undo.defer(() => close(fd));
      const join = await guest.join(fd, "both");
      try {
        await guest.agent.connectLoopback(port, join.port, ipv6);
      } catch (error) {
        await host.refuseConnection(fd);
        await join.close();
        throw error;
      }
    } catch (error) {
      log.debug({ err: messageOf(error), port }, "a connection to the pod's loopback is refused");
    }
  }
}
