/** One container of one runtime: its bundle, its stdio, and the calls that containerd makes for it. */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { Options as RuncOptions } from "../../src/gen/runc-options.ts";
import type { Init } from "../../src/protobuf/message.ts";
import { packAny } from "../../src/protobuf/well-known.ts";
import { defaultSpec, type Spec } from "../../tools/default-spec.ts";
import { patient } from "../harness/patience.ts";
import { linkTree } from "../harness/tree.ts";
import { type Answer, answerOf, Bundle, type Runtime, type Shim } from "./shim.ts";
import { Stdio, type StdioOptions } from "./stdio.ts";

/** No call of a test takes longer, but Wait. */
const CALL_MS = patient(30_000);
export const PROCESS_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Process";
export const RESOURCES_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources";

/** Where a case may put things of its own: the same on both sides, and nowhere else. */
export interface Places {
  /** The bundle; the root file system is `rootfs` in it. */
  readonly bundle: string;
  readonly rootfs: string;
  /** A new directory of the host, for volumes. */
  readonly volume: string;
}

export interface ContainerOptions extends StdioOptions {
  /** Changes the default spec; may also answer the text of config.json itself. */
  readonly edit?: (spec: Spec, places: Places) => string | Buffer | void | Promise<string | Buffer | void>;
  /** Options that containerd sends to both runtimes. */
  readonly runtimeOptions?: Init<RuncOptions>;
  /** What else Create says; the root file system's mounts, say. */
  readonly rootfsMounts?: (places: Places) => { type: string; source: string; target: string; options: string[] }[];
}

/** An additional process. */
export interface ProcessOptions extends StdioOptions {
  readonly args?: readonly string[];
  readonly process?: Record<string, unknown>;
}

export class Container implements AsyncDisposable {
  readonly id: string;
  readonly places: Places;
  #stdio: Stdio;
  readonly shim: Shim;
  readonly #bundle: Bundle;
  readonly #options: ContainerOptions;
  readonly #execs: Stdio[] = [];

  private constructor(id: string, places: Places, bundle: Bundle, stdio: Stdio, shim: Shim, options: ContainerOptions) {
    this.id = id;
    this.places = places;
    this.#bundle = bundle;
    this.#stdio = stdio;
    this.shim = shim;
    this.#options = options;
  }

  /** Makes the bundle, with hard links to the files of `template` as its root file system. Nothing is called yet. */
  static async prepare(
    runtime: Runtime,
    template: string,
    shim: Shim | ((id: string, bundle: string) => Promise<Shim>),
    options: ContainerOptions & { group?: string } = {},
  ): Promise<Container> {
    const id = `d-${randomBytes(5).toString("hex")}`;
    const bundlePath = join(runtime.directory, id);
    const places = { bundle: bundlePath, rootfs: join(bundlePath, "rootfs"), volume: join(bundlePath, "volume") };
    const spec = defaultSpec();
    spec.linux.cgroupsPath = `/${runtime.namespace}/${id}`;
    if (options.group !== undefined) {
      spec.annotations["io.containerd.runc.v2.group"] = options.group;
    }
    const bundle = await Bundle.make(bundlePath);
    await linkTree(template, places.rootfs);
    await mkdir(places.volume);
    const text = (await options.edit?.(spec, places)) ?? JSON.stringify(spec);
    await bundle.writeSpec(text);
    const stdio = Stdio.make(bundlePath, "init", options);
    return new Container(id, places, bundle, stdio, typeof shim === "function" ? await shim(id, bundlePath) : shim, options);
  }

  get stdio(): Stdio {
    return this.#stdio;
  }

  /** New FIFOs by the old names, for a Create after a Delete. */
  async renewStdio(): Promise<void> {
    await this.#stdio[Symbol.asyncDispose]();
    this.#stdio = Stdio.make(this.#bundle.path, "init", this.#options);
  }

  get logged(): string {
    return this.#bundle.logged;
  }

  async create(): Promise<Answer<{ pid: number }>> {
    const rootfs = this.#options.rootfsMounts?.(this.places) ?? [];
    const options = this.#options.runtimeOptions === undefined ? {} : { options: packAny(RuncOptions, this.#options.runtimeOptions) };
    const request = { id: this.id, bundle: this.#bundle.path, rootfs, ...options, ...this.stdio.paths };
    const answer = await answerOf(this.shim.task.create(request, { timeoutMs: CALL_MS }));
    this.stdio.handOver();
    return answer;
  }

  async start(execId = ""): Promise<Answer<{ pid: number }>> {
    return await answerOf(this.shim.task.start({ id: this.id, execId }, { timeoutMs: CALL_MS }));
  }

  async kill(signal: number, options: { all?: boolean; execId?: string } = {}): Promise<Answer<object>> {
    return await answerOf(this.shim.task.kill({ id: this.id, signal, ...options }, { timeoutMs: CALL_MS }));
  }

  async delete(execId = ""): Promise<Answer<{ exitStatus: number; pid: number }>> {
    return await answerOf(this.shim.task.delete({ id: this.id, execId }, { timeoutMs: CALL_MS }));
  }

  /** The exit status; DEADLINE_EXCEEDED when the process goes on. */
  async wait(execId = "", timeoutMs = CALL_MS): Promise<Answer<{ exitStatus: number }>> {
    return await answerOf(this.shim.task.wait({ id: this.id, execId }, { timeoutMs }));
  }

  /** Adds a process; it is not started. Its stdio is disposed of with the container. */
  async exec(execId: string, options: ProcessOptions = {}): Promise<{ answer: Answer<object>; stdio: Stdio }> {
    const stdio = Stdio.make(this.#bundle.path, `${execId}-${this.#execs.length}`, options);
    this.#execs.push(stdio);
    const { process } = defaultSpec();
    const merged = { ...process, args: options.args ?? process.args, terminal: options.terminal ?? false, ...options.process };
    const spec = { typeUrl: PROCESS_TYPE, value: Buffer.from(JSON.stringify(merged)) };
    const answer = await answerOf(this.shim.task.exec({ id: this.id, execId, spec, ...stdio.paths }, { timeoutMs: CALL_MS }));
    return { answer, stdio };
  }

  /** Makes sure that the runtime has nothing of it any more, and removes the bundle. */
  async [Symbol.asyncDispose](): Promise<void> {
    // What has exited needs no more than that; a kill would be one more process of runc's.
    if (!(await this.delete()).ok) {
      await this.kill(9, { all: true });
      await this.kill(9);
      await this.wait("", patient(10_000));
      await this.delete();
    }
    for (const stdio of [this.stdio, ...this.#execs]) {
      await stdio[Symbol.asyncDispose]();
    }
    await this.#bundle[Symbol.asyncDispose]();
  }
}
