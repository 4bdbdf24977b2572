/** `ctr events`: what containerd tells the world about tasks. */
import type { Containerd } from "../harness/containerd.ts";
import { uniqueId } from "../harness/runtime.ts";
import { Attached } from "./attached.ts";

const MAX_PROBES = 200;

export interface TaskEvent {
  readonly topic: string;
  readonly namespace: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** All events from now on. Dispose it to end it. */
export class EventStream implements AsyncDisposable {
  readonly #ctr: Attached;

  private constructor(ctr: Attached) {
    this.#ctr = ctr;
  }

  static async open(daemon: Containerd): Promise<EventStream> {
    const stream = new EventStream(new Attached(daemon, ["events"]));
    // ctr does not say when it listens: it does when it has seen an event that was made for it.
    const probe = uniqueId("probe");
    for (let n = 0; !stream.#ctr.stdout.includes(probe); n += 1) {
      if (n === MAX_PROBES) {
        throw new Error(`ctr events shows nothing of ${n} events`);
      }
      await daemon.mustCtr(["namespaces", "create", `${probe}-${n}`]);
      await daemon.mustCtr(["namespaces", "remove", `${probe}-${n}`]);
    }
    return stream;
  }

  /** The task events of a container until its /tasks/delete, which must come within a minute. */
  async ofTask(id: string): Promise<TaskEvent[]> {
    await this.#ctr.output(new RegExp(`/tasks/delete \\{[^\n]*"container_id":"${id}"`));
    return this.soFar(id);
  }

  soFar(id: string): TaskEvent[] {
    return this.#ctr.stdout
      .split("\n")
      .map(parseLine)
      .filter((event) => event?.topic.startsWith("/tasks/") === true && event.body["container_id"] === id)
      .filter((event) => event !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ctr[Symbol.asyncDispose]();
  }
}

/** "2026-01-01 00:00:00.0 +0000 UTC namespace /topic {json}" */
function parseLine(line: string): TaskEvent | undefined {
  const match = /(\S+) (\/\S+) (\{.*\})$/.exec(line);
  if (match === null) {
    return undefined;
  }
  const [, namespace = "", topic = "", json = ""] = match;
  return { namespace, topic, body: JSON.parse(json) as Record<string, unknown> };
}
