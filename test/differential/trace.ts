/** What a sequence of calls was answered, as lines that two runtimes can be compared by. */
import { patient } from "../harness/patience.ts";
import type { Container, ContainerOptions, ProcessOptions } from "./container.ts";
import { RESOURCES_TYPE } from "./container.ts";
import type { EventsServer, TaskEvent } from "./events.ts";
import type { Pod } from "./pod.ts";
import { type Answer, answerOf, Shim } from "./shim.ts";
import type { Stdio } from "./stdio.ts";

const STATES = ["unknown", "created", "running", "stopped", "paused", "pausing"];
const EVENT_MS = patient(15_000);
const CALL_MS = patient(30_000);

/** A container of a sequence under the name that its lines have. */
export class Traced {
  readonly #trace: Trace;
  readonly name: string;
  readonly container: Container;
  readonly #execs = new Map<string, Stdio>();
  /** How often it was deleted: as many events say so. */
  deletions = 0;

  constructor(trace: Trace, name: string, container: Container) {
    this.#trace = trace;
    this.name = name;
    this.container = container;
  }

  get #task(): Shim["task"] {
    return this.container.shim.task;
  }

  #request(execId: string): { id: string; execId: string } {
    return { id: this.container.id, execId };
  }

  async #note<T>(what: string, answer: Promise<Answer<T>>, value: (value: T) => string = () => "ok"): Promise<Answer<T>> {
    const answered = await answer;
    this.#trace.add(`${this.name}: ${what}`, answered.ok ? value(answered.value) : `code ${answered.code}`, answered.ok ? "" : answered.message);
    return answered;
  }

  async create(): Promise<void> {
    await this.#note("create", this.container.create(), ({ pid }) => `pid ${pid > 0}`);
  }

  /** Create once more, after Delete. */
  async createAgain(): Promise<void> {
    await this.container.renewStdio();
    await this.create();
  }

  async start(execId = ""): Promise<void> {
    await this.#note(`start ${execId}`, this.container.start(execId), ({ pid }) => `pid ${pid > 0}`);
    this.#execs.get(execId)?.handOver();
  }

  async exec(execId: string, options: ProcessOptions = {}): Promise<void> {
    const { answer, stdio } = await this.container.exec(execId, options);
    if (answer.ok) {
      this.#execs.set(execId, stdio);
    }
    await this.#note(`exec ${execId}`, Promise.resolve(answer));
  }

  async kill(signal: number, options: { all?: boolean; execId?: string } = {}): Promise<void> {
    await this.#note(`kill ${signal} ${JSON.stringify(options)}`, this.container.kill(signal, options));
  }

  async delete(execId = ""): Promise<void> {
    const answer = await this.#note(`delete ${execId}`, this.container.delete(execId), ({ exitStatus }) => `status ${exitStatus}`);
    if (answer.ok && execId === "") {
      this.deletions += 1;
    }
  }

  async wait(execId = "", timeoutMs?: number): Promise<void> {
    await this.#note(`wait ${execId}`, this.container.wait(execId, timeoutMs), ({ exitStatus }) => `status ${exitStatus}`);
  }

  async state(execId = ""): Promise<void> {
    await this.#note(`state ${execId}`, answerOf(this.#task.state(this.#request(execId), { timeoutMs: CALL_MS })), (state) =>
      [
        STATES[state.status],
        `status ${state.exitStatus}`,
        `pid ${state.pid > 0}`,
        `terminal ${state.terminal}`,
        `exec ${state.execId}`,
        `bundle ${state.bundle === "" ? "none" : "given"}`,
        `id ${state.id === this.container.id}`,
        `exited ${(state.exitedAt?.seconds ?? 0n) > 0n}`,
      ].join(", "),
    );
  }

  async pause(): Promise<void> {
    await this.#note("pause", answerOf(this.#task.pause({ id: this.container.id }, { timeoutMs: CALL_MS })));
  }

  async resume(): Promise<void> {
    await this.#note("resume", answerOf(this.#task.resume({ id: this.container.id }, { timeoutMs: CALL_MS })));
  }

  async pids(): Promise<void> {
    await this.#note(
      "pids",
      answerOf(this.#task.pids({ id: this.container.id }, { timeoutMs: CALL_MS })),
      ({ processes }) => `${processes.length} processes`,
    );
  }

  async stats(): Promise<void> {
    await this.#note("stats", answerOf(this.#task.stats({ id: this.container.id }, { timeoutMs: CALL_MS })));
  }

  async update(resources: object | string, type = RESOURCES_TYPE): Promise<void> {
    const value = Buffer.from(typeof resources === "string" ? resources : JSON.stringify(resources));
    await this.#note("update", answerOf(this.#task.update({ id: this.container.id, resources: { typeUrl: type, value } }, { timeoutMs: CALL_MS })));
  }

  async resize(width: number, height: number, execId = ""): Promise<void> {
    await this.#note(`resize ${execId}`, answerOf(this.#task.resizePty({ ...this.#request(execId), width, height }, { timeoutMs: CALL_MS })));
  }

  async closeStdin(execId = "", stdin = true): Promise<void> {
    const stdio = execId === "" ? this.container.stdio : this.#execs.get(execId);
    stdio?.endStdin();
    await this.#note(`closeIO ${execId}`, answerOf(this.#task.closeIO({ ...this.#request(execId), stdin }, { timeoutMs: CALL_MS })));
  }

  async connect(): Promise<void> {
    await this.#note(
      "connect",
      answerOf(this.#task.connect({ id: this.container.id }, { timeoutMs: CALL_MS })),
      ({ shimPid, taskPid }) => `shim ${shimPid > 0}, task ${taskPid > 0}`,
    );
  }

  async checkpoint(): Promise<void> {
    await this.#note("checkpoint", answerOf(this.#task.checkpoint({ id: this.container.id, path: "/nowhere" }, { timeoutMs: CALL_MS })));
  }

  write(bytes: string, execId = ""): void {
    (execId === "" ? this.container.stdio : this.#execs.get(execId))?.write(bytes);
  }

  /** Waits for the words on stdout; for what has to have happened before the next call. */
  async says(words: string, execId = ""): Promise<void> {
    const stdio = execId === "" ? this.container.stdio : this.#execs.get(execId);
    try {
      await stdio?.untilStdout(words, AbortSignal.timeout(CALL_MS));
    } catch (cause) {
      throw new Error(`${this.container.places.bundle} ${execId} did not say ${JSON.stringify(words)}, but ${JSON.stringify(stdio?.stdout)}`, {
        cause,
      });
    }
  }

  /** All that it printed, when nobody can print any more. */
  async output(execId = ""): Promise<void> {
    const stdio = execId === "" ? this.container.stdio : this.#execs.get(execId);
    const drained = await stdio?.drained(CALL_MS);
    this.#trace.add(`${this.name}: output ${execId}`, `${drained === true ? "" : "open: "}${stdio?.stdout}`, "");
  }
}

export class Trace implements AsyncDisposable {
  readonly pod: Pod;
  readonly #events: EventsServer;
  readonly #lines: [string, string][] = [];
  readonly messages: string[] = [];
  readonly #containers: Traced[] = [];

  constructor(pod: Pod, events: EventsServer) {
    this.pod = pod;
    this.#events = events;
  }

  add(what: string, answer: string, message: string): void {
    this.#lines.push([what.trimEnd(), answer]);
    if (message !== "") {
      this.messages.push(`${this.pod.runtime.name}: ${what}: ${message}`);
    }
  }

  /** A container that nothing was called for yet; it runs `args` of the probe. */
  async container(name: string, args: readonly string[], options: ContainerOptions = {}): Promise<Traced> {
    const container = await this.pod.container({
      ...options,
      async edit(spec, places) {
        spec.process.args = ["/probe", ...args];
        spec.process["terminal"] = options.terminal ?? false;
        return await options.edit?.(spec, places);
      },
    });
    const traced = new Traced(this, name, container);
    this.#containers.push(traced);
    return traced;
  }

  /** A second connection to the same shim, as another client has it. */
  async client(): Promise<Shim> {
    return await Shim.connect(this.pod.holder.shim.address);
  }

  async call<T>(what: string, call: Promise<T>, value: (value: T) => string = () => "ok"): Promise<void> {
    const answer = await answerOf(call);
    this.add(what, answer.ok ? value(answer.value) : `code ${answer.code}`, answer.ok ? "" : answer.message);
  }

  /** The answers in the order of the calls, then the events of each process in their order. */
  async fields(): Promise<ReadonlyMap<string, string>> {
    const fields = new Map<string, string>();
    this.#lines.forEach(([what, answer], index) => fields.set(`${index + 1} ${what}`, answer));
    for (const { name, container, deletions } of this.#containers) {
      // A container's last event; of one that was not deleted there are those that its calls have waited for.
      await this.#events.until(container.id, "/tasks/delete", deletions, AbortSignal.timeout(EVENT_MS));
      const events = this.#events.of(container.id).filter(isOfTheContainer);
      for (const execId of new Set(events.map((event) => event.execId))) {
        const own = events.filter((event) => event.execId === execId);
        const text = own.map(({ topic, exitStatus }) => [topic.replace("/tasks/", ""), exitStatus].filter((word) => word !== undefined).join(" "));
        fields.set(`events of ${name}${execId === undefined ? "" : ` ${execId}`}`, text.join(", "));
      }
      const exits = events.filter(({ topic }) => topic === "/tasks/exit").map(({ execId }) => execId);
      if (exits.length > 1 && new Set(exits).size > 1) {
        fields.set(`init of ${name} exits`, exits.at(-1) === undefined ? "last" : "before others");
      }
    }
    return fields;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { container } of this.#containers) {
      await container[Symbol.asyncDispose]();
    }
  }
}

/** cgroup v1 tells runc's shim of the end of a cgroup as of the end of its memory: that comes after the exit. */
function isOfTheContainer({ topic }: TaskEvent, index: number, all: readonly TaskEvent[]): boolean {
  const before = all[index - 1]?.topic;
  return topic !== "/tasks/oom" || (before !== "/tasks/exit" && before !== "/tasks/delete");
}
