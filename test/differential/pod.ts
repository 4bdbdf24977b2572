/** A pod of one runtime, in which the cases' containers come and go. */
import { patient } from "../harness/patience.ts";
import { Container, type ContainerOptions, type ProcessOptions } from "./container.ts";
import type { Answer, Runtime } from "./shim.ts";
import { Shim } from "./shim.ts";

/** Longer than anything that a probe does, also on a busy machine. */
const RUN_MS = patient(40_000);
/** After the exit, until nobody has the FIFOs open any more. */
const DRAIN_MS = patient(10_000);

/** What became of a process that was to run to its end. */
export interface Outcome {
  /** "exit 0", "refused at create", "refused at start", "refused at exec", "does not end". */
  readonly end: string;
  /** The sentence of a refusal. */
  readonly message: string;
  readonly stdout: string;
  readonly stderr: string;
}

export class Pod implements AsyncDisposable {
  readonly runtime: Runtime;
  /** Lives as long as the pod; additional processes run in it. */
  readonly holder: Container;
  readonly #template: string;

  private constructor(runtime: Runtime, template: string, holder: Container) {
    this.runtime = runtime;
    this.holder = holder;
    this.#template = template;
  }

  /** `template`: the root file system that every container gets a copy of. */
  static async start(runtime: Runtime, template: string): Promise<Pod> {
    const connect = async (id: string, bundle: string): Promise<Shim> => await Shim.connect(await runtime.start(id, bundle));
    const holder = await Container.prepare(runtime, template, connect, {
      edit(spec, { bundle }) {
        // The group is named after its first container, as CRI does it.
        spec.annotations["io.containerd.runc.v2.group"] = bundle.split("/").at(-1) ?? "";
        spec.annotations["io.hadron.memory_mib"] = "1024";
        spec.process.args = ["/probe", "hold"];
      },
    });
    const created = await holder.create();
    const started = created.ok ? await holder.start() : created;
    if (!started.ok) {
      await holder[Symbol.asyncDispose]();
      throw new Error(`${runtime.name} does not start a pod: ${started.message}\n${holder.logged}`);
    }
    return new Pod(runtime, template, holder);
  }

  /** False when the pod cannot be used any more. */
  async lives(): Promise<boolean> {
    const { holder } = this;
    const state = await holder.shim.task.state({ id: holder.id, execId: "" }, { timeoutMs: patient(5_000) }).catch(() => undefined);
    return state?.status === 2;
  }

  /** A container that nothing was called for yet. */
  async container(options: ContainerOptions = {}): Promise<Container> {
    return await Container.prepare(this.runtime, this.#template, this.holder.shim, { ...options, group: this.holder.id });
  }

  /** Runs a container to its end and removes it. */
  async run(options: ContainerOptions = {}): Promise<Outcome> {
    await using container = await this.container(options);
    const created = await container.create();
    if (!created.ok) {
      return refused("create", created, container);
    }
    const started = await container.start();
    if (!started.ok) {
      return refused("start", started, container);
    }
    const waited = await container.wait("", RUN_MS);
    const end = endOf(waited);
    if (!waited.ok) {
      await container.kill(9, { all: true });
    }
    const drained = await container.stdio.drained(DRAIN_MS);
    return { end: drained ? end : `${end}, stdio stays open`, message: "", stdout: container.stdio.stdout, stderr: container.stdio.stderr };
  }

  /** Runs an additional process in the holder to its end. */
  async exec(options: ProcessOptions = {}): Promise<Outcome> {
    const { holder } = this;
    const execId = `e${(this.#execs += 1)}`;
    const { answer, stdio } = await holder.exec(execId, options);
    if (!answer.ok) {
      return refused("exec", answer, holder);
    }
    const started = await holder.start(execId);
    stdio.handOver();
    try {
      if (!started.ok) {
        return refused("start", started, holder);
      }
      const waited = await holder.wait(execId, RUN_MS);
      if (!waited.ok) {
        await holder.kill(9, { execId });
      }
      const end = endOf(waited);
      const drained = await stdio.drained(DRAIN_MS);
      return { end: drained ? end : `${end}, stdio stays open`, message: "", stdout: stdio.stdout, stderr: stdio.stderr };
    } finally {
      await holder.delete(execId);
      await stdio[Symbol.asyncDispose]();
    }
  }

  #execs = 0;

  async [Symbol.asyncDispose](): Promise<void> {
    const { holder } = this;
    await holder[Symbol.asyncDispose]();
    // The shim may be gone before it has answered.
    await holder.shim.task.shutdown({ id: holder.id, now: false }, { timeoutMs: patient(5_000) }).catch(() => undefined);
    await holder.shim[Symbol.asyncDispose]();
  }
}

function refused(where: string, { message }: { message: string }, container: Container): Outcome {
  return { end: `refused at ${where}`, message, stdout: container.stdio.stdout, stderr: container.stdio.stderr };
}

function endOf(waited: Answer<{ exitStatus: number }>): string {
  return waited.ok ? `exit ${waited.value.exitStatus}` : "does not end";
}
