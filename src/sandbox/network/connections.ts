/** Connections that somebody makes on the host and that are joined with servers of the guest, each by a stream of vsock. */

import type { Agent, GuestServer } from "../../agent/agent.ts";
import { messageOf } from "../../errors.ts";
import { close } from "../../host/files.ts";
import type { Host, HostConnection } from "../../host/host.ts";
import type { Join, JoinDirection } from "../../hypervisor/hypervisor.ts";
import type { Logger } from "../../logger.ts";

export interface ConnectionGuest {
  readonly agent: Pick<Agent, "connectLoopback">;
  /** Machine's. */
  join(fd: number, direction: JoinDirection): Promise<Pick<Join, "port" | "close">>;
}

export interface Connections {
  readonly host: Pick<Host, "acceptConnection" | "refuseConnection">;
  readonly listener: number;
  readonly guest: ConnectionGuest;
  /** Whom a connection is for; undefined: nobody. */
  readonly serverOf: (connection: Pick<HostConnection, "address" | "port">) => GuestServer | undefined;
  readonly log: Logger;
}

/** Connections that wait for the guest; others wait in the kernel. */
const MAX_CONNECTING = 32;

/** Until the signal: then, and when the listener fails, it throws, after the last connection was joined or refused. */
export async function joinConnections(options: Connections, signal: AbortSignal): Promise<never> {
  const all = new Set<Promise<void>>();
  try {
    for (;;) {
      const connection = await options.host.acceptConnection(options.listener, signal);
      const connecting: Promise<void> = connect(options, connection).finally(() => all.delete(connecting));
      all.add(connecting);
      if (all.size >= MAX_CONNECTING) {
        await Promise.race(all);
      }
    }
  } finally {
    await Promise.all(all);
  }
}

/** Never rejects. */
async function connect({ host, guest, serverOf, log }: Connections, connection: HostConnection): Promise<void> {
  const { fd } = connection;
  try {
    await using undo = new AsyncDisposableStack();
    // The join has a descriptor of its own.
    undo.defer(() => close(fd));
    const server = serverOf(connection);
    if (server === undefined) {
      await host.refuseConnection(fd);
      return;
    }
    const join = await guest.join(fd, "both");
    try {
      await guest.agent.connectLoopback(server, join.port);
    } catch (error) {
      await host.refuseConnection(fd);
      await join.close();
      throw error;
    }
  } catch (error) {
    log.debug({ err: messageOf(error), port: connection.port }, "a connection to a server of the pod is refused");
  }
}
