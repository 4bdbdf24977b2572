/**
 * Servers of the host that the guest reaches as if they were its own: the agent listens in their place, and each connection is joined with
 * one to the server, by a stream of vsock. Which servers there are, somebody else decides: the guest has no say in whom it reaches.
 */

import type { Agent, GuestListener } from "../agent/agent.ts";
import { messageOf } from "../errors.ts";
import { close } from "../host/files.ts";
import type { DialTarget } from "../host/host.ts";
import type { Knock, Vsock } from "../hypervisor/hypervisor.ts";
import type { Logger } from "../logger.ts";

export interface DoorsOptions {
  readonly vsock: Pick<Vsock, "listen">;
  readonly agent: Pick<Agent, "listen" | "unlisten">;
  /** Host's. */
  readonly dial: (target: DialTarget) => Promise<number>;
  /** A vsock port that nothing has, each time another one. */
  readonly nextPort: () => number;
  readonly log: Logger;
}

export interface DoorRequest {
  /** Where the guest finds it: of the same kind as the target. */
  readonly at: GuestListener;
  readonly target: DialTarget;
  /** The most connections, or flows of datagrams, at a time. The device has a limit of its own for all doors together. */
  readonly limit: number;
}

/** Dialled at once: a server that is slow to answer holds up a thread of libhadron's, of which there are few. */
const LANES = 2;

export class Doors {
  readonly #options: DoorsOptions;
  readonly #lanes: Promise<void>[] = Array.from({ length: LANES }, () => Promise.resolve());
  #turn = 0;

  constructor(options: DoorsOptions) {
    this.#options = options;
  }

  /**
   * From now on, until it is disposed; connections go on even then. Nobody needs to be there: each connection is refused that
   * finds nobody. ALREADY_EXISTS when a program of the guest listens there.
   */
  async open({ at, target, limit }: DoorRequest): Promise<AsyncDisposable> {
    const { vsock, agent, nextPort } = this.#options;
    await using undo = new AsyncDisposableStack();
    const door = undo.use(await vsock.listen(nextPort(), limit, (knock) => this.#take(target, knock)));
    await agent.listen(at, door.port, limit);
    undo.defer(() => agent.unlisten(door.port));
    return undo.move();
  }

  /** The device tells of a bounded number until they are answered. */
  #take(target: DialTarget, knock: Knock): void {
    const lane = this.#turn++ % LANES;
    this.#lanes[lane] = (this.#lanes[lane] ?? Promise.resolve()).then(() => this.#answer(target, knock));
  }

  /** Never rejects. */
  async #answer(target: DialTarget, knock: Knock): Promise<void> {
    const { dial, nextPort, log } = this.#options;
    try {
      const fd = await dial(target);
      try {
        await knock.join(nextPort(), fd, target.kind === "udp" ? "datagrams" : "both");
      } finally {
        await close(fd);
      }
    } catch (error) {
      log.debug({ err: messageOf(error), target }, "a connection of the guest to a server of the host is refused");
      // A device that is gone refuses by itself.
      await knock.refuse().catch(() => undefined);
    }
  }
}
