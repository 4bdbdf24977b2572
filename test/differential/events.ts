/** Where the shims of a test send their events: containerd's end of TTRPC_ADDRESS. */
import { EventEmitter, once } from "node:events";

import { Server } from "ttrpc-ts";

import { Events } from "../../src/gen/events.ts";
import {
  TaskCreate,
  TaskDelete,
  TaskExecAdded,
  TaskExecStarted,
  TaskExit,
  TaskOOM,
  TaskPaused,
  TaskResumed,
  TaskStart,
} from "../../src/gen/task-events.ts";
import type { Message } from "../../src/protobuf/message.ts";

/** As far as two runtimes can agree on it: neither pids nor times. */
export interface TaskEvent {
  readonly topic: string;
  readonly containerId: string;
  /** Of an additional process. */
  readonly execId?: string;
  readonly exitStatus?: number;
}

type Fields = { readonly containerId: string; readonly execId?: string; readonly id?: string; readonly exitStatus?: number };

const TYPES = [
  TaskCreate,
  TaskStart,
  TaskExit,
  TaskDelete,
  TaskOOM,
  TaskExecAdded,
  TaskExecStarted,
  TaskPaused,
  TaskResumed,
] as readonly Message<object>[];

export class EventsServer implements AsyncDisposable {
  readonly address: string;
  readonly #server = new Server();
  readonly #events: TaskEvent[] = [];
  readonly #arrived = new EventEmitter();

  private constructor(address: string) {
    this.address = address;
  }

  static async listen(address: string): Promise<EventsServer> {
    const events = new EventsServer(address);
    events.#server.addService(Events, {
      forward({ envelope }) {
        const type = TYPES.find(({ typeName }) => typeName === envelope?.event?.typeUrl);
        if (envelope?.event !== undefined && type !== undefined) {
          const fields = type.decode(envelope.event.value) as Fields;
          const execId = fields.execId ?? (fields.id === fields.containerId ? undefined : fields.id);
          events.#events.push({
            topic: envelope.topic,
            containerId: fields.containerId,
            ...(execId === undefined || execId === "" ? {} : { execId }),
            ...(fields.exitStatus === undefined ? {} : { exitStatus: fields.exitStatus }),
          });
          events.#arrived.emit("event");
        }
        return {};
      },
    });
    await events.#server.listen({ path: address });
    return events;
  }

  of(containerId: string): readonly TaskEvent[] {
    return this.#events.filter((event) => event.containerId === containerId);
  }

  /** Waits until the container has had `count` such events. */
  async until(containerId: string, topic: string, count: number, signal: AbortSignal): Promise<void> {
    while (this.of(containerId).filter((event) => event.topic === topic).length < count) {
      await once(this.#arrived, "event", { signal });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
