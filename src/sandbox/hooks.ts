/**
 * OCI hooks (runtime-spec, config.md, "POSIX-platform Hooks") on the host: programs of whoever runs the container, beside its life. They are
 * told of it as JSON on their standard input, with the pid of the process that stands for it on the host. `startContainer`, the
 * only kind that runs in the container, is the guest's.
 */

import { join } from "node:path";

import { HadronError, messageOf } from "../errors.ts";
import { type ProgramOptions, runProgram } from "../host/run-program.ts";
import { encode } from "../json/encode.ts";
import type { Logger } from "../logger.ts";
import { monotonicMs } from "../time.ts";
import type { HooksSpec, Spec } from "./oci.ts";
import { invalid } from "./refusal.ts";

type Kind = keyof HooksSpec;
/** What `status` of the state is. */
type Status = "creating" | "running" | "stopped";

export interface HooksOptions {
  readonly containerId: string;
  readonly bundle: string;
  readonly spec: Spec;
  /** PREFIX/lib/hadron. */
  readonly libraryDirectory: string;
  readonly log: Logger;
  /** Default: `runProgram`. */
  readonly run?: (options: ProgramOptions) => Promise<void>;
}

/** Whether there are any, of whatever kind. */
export function hasHooks({ hooks = {} }: Spec): boolean {
  return Object.values(hooks).some((list) => list !== undefined && list.length > 0);
}

/** What no runtime could carry out. */
export function checkHooks({ hooks = {} }: Spec): void {
  for (const [kind, list] of Object.entries(hooks)) {
    for (const { path, timeout } of list ?? []) {
      if (path === "") {
        throw invalid(`an entry of hooks.${kind} has no path; it has to be that of a program`);
      }
      if (timeout !== undefined && timeout <= 0n) {
        throw invalid(`the timeout of ${JSON.stringify(path)} in hooks.${kind} is ${timeout}; it has to be at least 1 second, or left out`);
      }
    }
  }
}

export class Hooks {
  readonly #options: HooksOptions;
  #began = false;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /**
   * `prestart` and `createRuntime`, then `createContainer`, which runs in the pod's network namespace; the container's mounts are the guest's. The
   * first one that fails is the end.
   */
  async beforeCreate(pid: number, signal: AbortSignal): Promise<void> {
    this.#began = true;
    const state = this.#state("creating", pid);
    await this.#run("prestart", state, { signal });
    await this.#run("createRuntime", state, { signal });
    await this.#run("createContainer", state, { signal, netns: `/proc/${pid}/ns/net` });
  }

  /** `poststart`; the first one that fails is the end. */
  async afterStart(pid: number): Promise<void> {
    await this.#run("poststart", this.#state("running", pid), {});
  }

  /**
   * `poststop`, of a container that is deleted, or whose making had begun and failed. Never rejects: each one runs, and what fails is logged.
   */
  async afterDelete(): Promise<void> {
    if (!this.#began) {
      return;
    }
    this.#began = false;
    const state = this.#state("stopped", 0);
    for (const [index, hook] of (this.#options.spec.hooks?.poststop ?? []).entries()) {
      await this.#runOne("poststop", index, hook, state, {}).catch((error: unknown) => {
        this.#options.log.warn({ container: this.#options.containerId, err: messageOf(error) }, "a hook failed after the container's end");
      });
    }
  }

  async #run(kind: Kind, state: string, where: Pick<Partial<ProgramOptions>, "netns" | "signal">): Promise<void> {
    for (const [index, hook] of (this.#options.spec.hooks?.[kind] ?? []).entries()) {
      await this.#runOne(kind, index, hook, state, where);
    }
  }

  async #runOne(
    kind: Kind,
    index: number,
    { path, args = [], env, timeout }: NonNullable<HooksSpec[Kind]>[number],
    state: string,
    { netns, signal }: Pick<Partial<ProgramOptions>, "netns" | "signal">,
  ): Promise<void> {
    const { bundle, libraryDirectory, containerId, log, run = runProgram } = this.#options;
    const before = monotonicMs();
    try {
      await run({
        hadronExec: join(libraryDirectory, "hadron-exec"),
        path,
        args,
        env,
        cwd: bundle,
        netns,
        input: state,
        timeoutMs: timeout === undefined ? undefined : Number(timeout) * 1000,
        signal,
      });
    } catch (error) {
      throw error instanceof HadronError ? new HadronError(error.code, `hook ${kind} #${index}: ${error.message}`, { cause: error }) : error;
    }
    log.debug({ container: containerId, hook: kind, path, ms: Math.round(monotonicMs() - before) }, "a hook ran");
  }

  /** runtime.md, "State". A container that is no more has no pid. */
  #state(status: Status, pid: number): string {
    const { containerId, bundle, spec } = this.#options;
    const { ociVersion, annotations = {} } = spec;
    return encode({
      ociVersion,
      id: containerId,
      status,
      ...(pid !== 0 && { pid }),
      bundle,
      ...(Object.keys(annotations).length > 0 && { annotations }),
    });
  }
}
