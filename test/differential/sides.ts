/** The two runtimes side by side: one pod of each, made again when a case has ended it. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, rmdir } from "node:fs/promises";
import { basename, join } from "node:path";

import { mustRun, run } from "../harness/command.ts";
import { mountPoints, mountsBelow } from "../harness/mounts.ts";
import type { Fact } from "./differences.ts";
import { EventsServer } from "./events.ts";
import { Pod } from "./pod.ts";
import { makeRootfs } from "./probe.ts";
import { Runtime, type RuntimeName } from "./shim.ts";

export interface Both<T> {
  readonly runc: T;
  readonly hadron: T;
}

const NAMES: readonly RuntimeName[] = ["runc", "hadron"];

export class Sides implements AsyncDisposable {
  readonly directory: string;
  readonly events: EventsServer;
  readonly #runtimes: Both<Runtime>;
  readonly #pods: Partial<Record<RuntimeName, Pod>> = {};

  private constructor(directory: string, events: EventsServer, runtimes: Both<Runtime>) {
    this.directory = directory;
    this.events = events;
    this.#runtimes = runtimes;
  }

  static async start(): Promise<Sides> {
    const directory = await mkdtemp(join(process.env["HADRON_TEST_DIR"] ?? "/var/tmp", "hadron-diff-"));
    try {
      await mustRun("chmod", ["711", directory]);
      await makeRootfs(join(directory, "template"));
      const events = await EventsServer.listen(join(directory, "events.sock"));
      const prepare = async (name: RuntimeName): Promise<Runtime> =>
        await Runtime.prepare(name, join(directory, name), `${basename(directory)}-${name}`, events.address);
      return new Sides(directory, events, { runc: await prepare("runc"), hadron: await prepare("hadron") });
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
  }

  /** Does the same with a living pod of each, at the same time. */
  async both<T>(work: (pod: Pod) => Promise<T>): Promise<Both<T>> {
    const [runc, hadron] = await Promise.all(NAMES.map(async (name) => await work(await this.#pod(name))));
    return { runc, hadron } as Both<T>;
  }

  /** What of `differences.ts` applies here. */
  async facts(): Promise<ReadonlySet<Fact>> {
    const { stdout } = await (await this.#pod("hadron")).run();
    const files = /^mount\.\/\t(9p|virtiofs) /m.exec(stdout)?.[1];
    if (files === undefined) {
      throw new Error(`the root file system comes neither by 9p nor by virtio-fs:\n${stdout}`);
    }
    const unified = existsSync("/sys/fs/cgroup/cgroup.controllers");
    return new Set<Fact>([files === "9p" ? "9p" : "virtio-fs", unified ? "host cgroup v2" : "host cgroup v1"]);
  }

  async #pod(name: RuntimeName): Promise<Pod> {
    const pod = this.#pods[name];
    if (pod !== undefined && (await pod.lives())) {
      return pod;
    }
    await pod?.[Symbol.asyncDispose]();
    return (this.#pods[name] = await Pod.start(this.#runtimes[name], join(this.directory, "template")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of NAMES) {
      await this.#pods[name]?.[Symbol.asyncDispose]();
      await this.#runtimes[name].killLeftovers();
    }
    await this.events[Symbol.asyncDispose]();
    // Both leave the namespace's own cgroup, empty, in every hierarchy, and runc a directory for its containers.
    for (const hierarchy of (await mountPoints()).filter((path) => path.startsWith("/sys/fs/cgroup"))) {
      for (const name of NAMES) {
        await rmdir(join(hierarchy, this.#runtimes[name].namespace)).catch(() => undefined);
      }
    }
    await rmdir(join("/run/containerd/runc", this.#runtimes.runc.namespace)).catch(() => undefined);
    // Whoever left a mount behind: what is removed below is only what was made here.
    for (const mount of (await mountsBelow(this.directory)).reverse()) {
      await run("umount", ["-l", "--", mount]);
    }
    await mustRun("rm", ["-rf", "--one-file-system", "--", this.directory]);
  }
}
