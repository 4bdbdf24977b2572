/** kubectl, as a user has it. */
import { type CommandOptions, type CommandResult, mustRun, run } from "../harness/command.ts";

/** A Kubernetes object, as far as the API server checks it and not we. */
export type Resource = Readonly<Record<string, unknown>>;

/** How long what is waited for may take, if the caller says nothing: pods of a busy machine without KVM. */
const WAIT_S = 120;

export class Kubectl {
  readonly #file: string;
  readonly #globals: readonly string[];

  private constructor(file: string, globals: readonly string[]) {
    this.#file = file;
    this.#globals = globals;
  }

  /** `directory`: where it may keep what it learns of the API. */
  static as(file: string, kubeconfig: string, directory: string): Kubectl {
    return new Kubectl(file, [`--kubeconfig=${kubeconfig}`, `--cache-dir=${directory}`]);
  }

  in(namespace: string): Kubectl {
    return new Kubectl(this.#file, [...this.#globals, `--namespace=${namespace}`]);
  }

  /** The whole command line, for tests that run it themselves. */
  command(...args: string[]): [string, ...string[]] {
    return [this.#file, ...this.#globals, ...args];
  }

  /** A failure is a result, not an exception. */
  async run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const [file, ...rest] = this.command(...args);
    return await run(file, rest, options);
  }

  /** As `run`, but a failure throws; answers stdout. */
  async must(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    const [file, ...rest] = this.command(...args);
    return await mustRun(file, rest, options);
  }

  async apply(...resources: Resource[]): Promise<void> {
    await this.must(["apply", "-f", "-"], { stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: resources }) });
  }

  async get<T>(...what: string[]): Promise<T> {
    return JSON.parse(await this.must(["get", ...what, "-o", "json"])) as T;
  }

  /** What a JSONPath says of it, such as `.status.phase`. */
  async value(what: string, path: string): Promise<string> {
    return await this.must(["get", what, "-o", `jsonpath={${path}}`]);
  }

  /** Waits for a condition, such as `condition=Ready`, `delete`, `jsonpath={.status.phase}=Failed`. */
  async wait(what: string, condition: string, seconds = WAIT_S): Promise<void> {
    try {
      await this.must(["wait", what, `--for=${condition}`, `--timeout=${seconds}s`], { timeoutMs: (seconds + 30) * 1000 });
    } catch (cause) {
      throw new Error(`${what} did not come to ${condition}:\n${await this.#describe(what)}`, { cause });
    }
  }

  async #describe(what: string): Promise<string> {
    const [described, events] = await Promise.all([this.run(["describe", what]), this.run(["events"])]);
    return `${described.stdout}${described.stderr}\n${events.stdout}`;
  }
}
