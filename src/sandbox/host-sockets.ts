/**
 * Unix sockets of the host that a container mounts. The guest has a socket in the place of each, with its owner and mode, and each
 * connection that is made there is joined with one to the host's.
 */

import { messageOf } from "../errors.ts";
import { lstat, realpath } from "../host/files.ts";
import type { Logger } from "../logger.ts";
import type { Doors } from "./doors.ts";
import type { SocketPlan } from "./plan-mounts.ts";

/** Of each socket at a time. A runtime's or an agent's clients keep one or two; a device's doors have limits of their own. */
const MAX_CONNECTIONS = 128;

export class HostSockets implements AsyncDisposable {
  readonly #doors: Pick<Doors, "open">;
  readonly #log: Logger;
  readonly #open: AsyncDisposable[] = [];

  constructor(doors: Pick<Doors, "open">, log: Logger) {
    this.#doors = doors;
    this.#log = log;
  }

  async open(plans: readonly SocketPlan[]): Promise<void> {
    for (const { source, path } of plans) {
      await this.openOne(await realpath(source), path);
    }
  }

  /** `target`: as it is, from now on. The host dials it and follows no symbolic link, so that none leads elsewhere. */
  async openOne(target: string, path: string): Promise<void> {
    const { mode, uid, gid } = await lstat(target);
    const at = { kind: "unix", address: path, owner: { mode: mode & 0o7777, uid, gid } } as const;
    this.#open.push(await this.#doors.open({ at, target: { kind: "unix", path: target }, limit: MAX_CONNECTIONS }));
  }

  /** Never rejects. Connections go on until one of their sides ends them. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (let door = this.#open.pop(); door !== undefined; door = this.#open.pop()) {
      try {
        await door[Symbol.asyncDispose]();
      } catch (error) {
        // What a VM is that is gone, has no doors either.
        this.#log.debug({ err: messageOf(error) }, "the guest does not answer about a socket of the host");
      }
    }
  }
}
