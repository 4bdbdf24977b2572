/**
 * A pod: its containers and the VM that they share.
 *
 * The VM starts with the first container and ends with the last one (pod-machine.ts). Containers come and go beside each
 * other; only what truly depends on something waits for it, so the VM boots while the first container's
 * root file system is being mounted. What is wrong with a request is told before any of that.
 */

import { join } from "node:path";

import type { PipeOwner } from "../agent/agent.ts";
import type { ConfigSource } from "../config/config.ts";
import { Code, HadronError } from "../errors.ts";
import type { Host } from "../host/host.ts";
import type { Journal } from "../host/journal.ts";
import { mounts } from "../host/mountinfo.ts";
import type { SharedDirectory } from "../hypervisor/hypervisor.ts";
import { encode } from "../json/encode.ts";
import type { Logger } from "../logger.ts";
import { untilAborted, within } from "../time.ts";
import { Container, type PodMember, type SandboxObserver } from "./container.ts";
import { Hooks } from "./hooks.ts";
import { hostMemory } from "./host-memory.ts";
import { HostProcess, type HostProcessHost } from "./host-process.ts";
import { HostSockets } from "./host-sockets.ts";
import { type Machine, sharedDirectories } from "./machine.ts";
import type { Spec } from "./oci.ts";
import { OomScores } from "./oom-scores.ts";
import {
  bindSources,
  type ContainerPlan,
  dependsOnRootMount,
  GUEST_SOCKETS,
  type MountContext,
  planContainer,
  type RootPropagation,
  rootfsPropagation,
  withDisks,
  withHostSources,
  withVolumes,
} from "./plan.ts";
import { PodContainer, type PodContainerOptions } from "./pod-container.ts";
import { PodFiles, type PodFilesContent } from "./pod-files.ts";
import { PodLifecycle, type PodStatus } from "./pod-lifecycle.ts";
import { type Lease, PodMachine } from "./pod-machine.ts";
import { checkPodSysctls, isPodItself, type PodSpec, podSpecOf } from "./pod-spec.ts";
import { podUsage, type PodUsage } from "./pod-usage.ts";
import { inRootMount, probePath } from "./probe.ts";
import { type Exit, Process } from "./process.ts";
import { planRootfs, type RootfsMount } from "./rootfs.ts";
import { type MountHost, Share } from "./share.ts";
import { type MountedDirectory, SocketDirectories } from "./socket-directories.ts";
import { checkStdio, type StdioRequest } from "./stdio.ts";
import { ContainerStorage } from "./storage.ts";
import { Volumes } from "./volumes.ts";

/** What it asks of the host. */
export type SandboxHost = MountHost & HostProcessHost & Pick<Host, "dial">;

const SIGKILL = 9;
/** What the containers of a pod that is being stopped are given to write back what they have written. */
const KILL_TIMEOUT_MS = 10_000;

export interface SandboxOptions {
  /** The grouping id; also that of the container that is the pod's own (CRI's pause container), if there is one. */
  readonly id: string;
  /** Pod directory on the host, where the files of a pod of the Sandbox service are. */
  readonly stateDir: string;
  /** PREFIX/lib/hadron. */
  readonly libraryDirectory: string;
  readonly host: SandboxHost;
  readonly journal: Journal;
  readonly observer: SandboxObserver;
  readonly log: Logger;
  readonly machines: MachineMaker;
}

/** What a MachineFactory does for a sandbox. */
export interface MachineMaker {
  make(pod: PodSpec, shares: () => Promise<readonly SharedDirectory[]>, signal: AbortSignal): Promise<Machine>;
  /** Throws for a network that a pod cannot have, or a container in `pod`. */
  requireNetwork(own: PodSpec, pod: PodSpec | undefined): Promise<void>;
  /** Throws for a container that comes into the VM made for `pod`, and asks for another with `own`. */
  check(pod: PodSpec, own: PodSpec): Promise<void>;
}

export interface CreateContainer {
  readonly id: string;
  readonly bundle: string;
  readonly spec: Spec;
  /** Which configuration it is to run with. */
  readonly configuration: ConfigSource;
  /** Empty: the spec's root.path is the root file system. */
  readonly rootfs: readonly RootfsMount[];
  readonly stdio: StdioRequest;
  /** Of the streams of all its processes. */
  readonly pipeOwner: PipeOwner;
}

export class Sandbox implements AsyncDisposable {
  readonly id: string;
  readonly #options: SandboxOptions;
  readonly #containers = new Map<string, PodMember>();
  /** By id, what is being created. */
  readonly #creating = new Map<string, Promise<PodMember>>();
  readonly #closing = new AbortController();
  readonly #oomScores: OomScores;
  readonly #machine: PodMachine<Machine>;
  /** Made by the Sandbox service; without it, a pod is what its containers say. */
  #pod: PodLifecycle | undefined;
  #podFiles: PodFiles | undefined;
  #shares: Promise<Shares> | undefined;
  #nextSlot = 1;

  constructor(options: SandboxOptions) {
    this.id = options.id;
    this.#options = options;
    const { log } = options;
    this.#oomScores = new OomScores(log);
    this.#machine = new PodMachine({ podId: options.id, start: (pod, signal) => this.#startMachine(pod, signal), log });
  }

  /** True while nothing is in the pod or on its way into it, and it was not made by `createPod`. */
  get empty(): boolean {
    return this.#pod === undefined && !this.#hasContainers;
  }

  get #hasContainers(): boolean {
    return this.#containers.size > 0 || this.#creating.size > 0;
  }

  /** A pod that is there without containers, from `startPod` to `stopPod`. Starts nothing; what is wrong with it is told. */
  async createPod(spec: PodSpec, files: PodFilesContent): Promise<void> {
    if (this.#pod !== undefined || this.#hasContainers) {
      throw new HadronError(Code.ALREADY_EXISTS, `there is a pod ${this.id} already`);
    }
    this.#pod = new PodLifecycle(this.id, spec, { open: (pod, signal) => this.#openPod(pod, files, signal), end: () => this.#endPod() });
    try {
      checkPodSysctls(spec.sysctls);
      await this.#options.machines.requireNetwork(spec, undefined);
      await this.#options.machines.check(spec, spec);
    } catch (error) {
      this.#pod = undefined;
      throw error;
    }
  }

  async startPod(signal: AbortSignal): Promise<PodStatus> {
    return await this.#requirePod().start(AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Kills what still runs in it. Its containers can be deleted then, and none can be created. Idempotent. */
  async stopPod(): Promise<void> {
    await this.#requirePod().stop();
    await this.#podFiles?.[Symbol.asyncDispose]();
    this.#podFiles = undefined;
  }

  /** NOT_FOUND without `createPod`, as all of these. */
  get podStatus(): PodStatus {
    return this.#requirePod().status;
  }

  /** Its end, which `stopPod` makes, or the loss of its VM. */
  get podExited(): Promise<Exit> {
    return this.#requirePod().exited;
  }

  /** What the pod takes of the host, with its containers: FAILED_PRECONDITION when it has no VM. */
  async podUsage(): Promise<PodUsage> {
    const pod = this.#requirePod();
    pod.requireReady("measure it");
    return await podUsage([process.pid, ...(pod.itself?.machine.vm.pids ?? [])]);
  }

  /** NOT_FOUND for an unknown one. */
  container(id: string): PodMember {
    const container = this.#containers.get(id);
    if (container === undefined) {
      throw new HadronError(Code.NOT_FOUND, `there is no container ${id} in pod ${this.id}`);
    }
    return container;
  }

  find(id: string): PodMember | undefined {
    return this.#containers.get(id);
  }

  async create(asked: CreateContainer, signal: AbortSignal): Promise<PodMember> {
    const request = this.#pod === undefined ? asked : this.#inPod(this.#pod, asked);
    if (this.#containers.has(request.id) || this.#creating.has(request.id)) {
      throw new HadronError(Code.ALREADY_EXISTS, `pod ${this.id} has a container ${request.id} already`);
    }
    if (this.#closing.signal.aborted) {
      throw new HadronError(Code.UNAVAILABLE, `pod ${this.id} is shutting down`);
    }
    const creation = this.#create(request, AbortSignal.any([signal, this.#closing.signal]));
    this.#creating.set(request.id, creation);
    try {
      const container = await creation;
      this.#containers.set(request.id, container);
      return container;
    } finally {
      this.#creating.delete(request.id);
    }
  }

  /** Removes a stopped container. Its exit. */
  async delete(id: string): Promise<Exit> {
    const container = this.container(id);
    this.#options.log.debug({ container: id }, "deleting a container");
    const exit = await container.delete();
    this.#containers.delete(id);
    await this.#oomScores.remove(id, container.machine.vm.pids);
    this.#options.log.debug({ container: id }, "container deleted");
    return exit;
  }

  /** Kills the VM and forgets every container; for the end of the daemon. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new HadronError(Code.UNAVAILABLE, `pod ${this.id} is shutting down`));
    await this.#machine[Symbol.asyncDispose]();
    // Without a VM none of them gets further; each undoes what it had made.
    await Promise.allSettled(this.#creating.values());
    for (const container of this.#containers.values()) {
      await container.abandon();
    }
    this.#containers.clear();
    if (this.#pod !== undefined) {
      await this.stopPod();
    }
    const shares = await this.#shares?.catch(() => undefined);
    await shares?.rootfs[Symbol.asyncDispose]();
    await shares?.volumes[Symbol.asyncDispose]();
  }

  #requirePod(): PodLifecycle {
    if (this.#pod === undefined) {
      throw new HadronError(Code.NOT_FOUND, `there is no pod ${this.id}: the sandbox service has not created one`);
    }
    return this.#pod;
  }

  #inPod(pod: PodLifecycle, request: CreateContainer): CreateContainer {
    pod.requireReady(`create container ${request.id}`);
    const { path, body } = request.configuration;
    // containerd says it once, for the pod.
    const configuration = path === undefined && body === undefined ? pod.spec.configuration : request.configuration;
    return { ...request, configuration, spec: this.#podFiles?.addTo(request.spec) ?? request.spec };
  }

  async #openPod(pod: PodSpec, files: PodFilesContent, signal: AbortSignal): Promise<PodContainer> {
    const { journal, stateDir, log } = this.#options;
    await using undo = new AsyncDisposableStack();
    const lease = undo.use(this.#machine.lease(pod));
    const podFiles = undo.use(await PodFiles.make(join(stateDir, "files"), journal, files));
    // containerd hears of it by the Sandbox service, not by events.
    const observer = { started() {}, exited() {} };
    const container = await this.#openPodContainer({ id: this.id, bundle: "", spec: undefined, lease, observer }, signal);
    undo.move();
    this.#podFiles = podFiles;
    log.debug({ pod: this.id }, "the pod is ready");
    return container;
  }

  /** Exits are told as such where the guest still answers; at the latest the end of the VM is one for all. */
  async #endPod(): Promise<void> {
    const running = [...this.#containers.values()].filter(({ status }) => status !== "stopped");
    this.#options.log.debug({ pod: this.id, running: running.length }, "stopping the pod");
    const killed = running.map(async (container) => {
      await container.kill("", SIGKILL, true);
      await container.wait("");
    });
    // What does not obey goes with the VM.
    await within(Promise.allSettled(killed), KILL_TIMEOUT_MS);
    await this.#machine[Symbol.asyncDispose]();
  }

  async #create(request: CreateContainer, signal: AbortSignal): Promise<PodMember> {
    const { log, observer } = this.#options;
    const slot = String(this.#nextSlot++);
    log.debug({ container: request.id, slot }, "creating a container");
    await using undo = new AsyncDisposableStack();

    const { mounts = [], process, root, linux } = request.spec;
    checkStdio(request.stdio, process?.terminal);
    const propagation = rootfsPropagation(linux?.rootfsPropagation);
    const isItself = isPodItself(request.spec, request.stdio);
    const own = podSpecOf(request.spec, request.configuration, isItself);
    const [rootfs, sources] = await Promise.all([
      planRootfs(request.rootfs, request.bundle, root, propagation),
      probeSources(bindSources(mounts, request.bundle), propagation),
    ]);
    // A spec without anything asks for the host's network as well, and is told what it lacks.
    await this.#options.machines.requireNetwork(own, this.#machine.pod);
    // Nothing is waited for from the plan to the VM, whose name the first container's plan supposes.
    const plan = this.#plan(request, slot, sources, (this.#machine.pod ?? own).hostname);
    // Booting takes longest, so it starts first.
    const lease = undo.use(this.#machine.lease(own));
    if (lease.pod !== own) {
      await this.#options.machines.check(lease.pod, own);
    }
    if (isItself) {
      const container = await this.#openPodContainer({ ...request, lease, observer }, signal);
      undo.move();
      return container;
    }

    const { libraryDirectory } = this.#options;
    const hooks = new Hooks({ containerId: request.id, bundle: request.bundle, spec: request.spec, libraryDirectory, log });
    undo.defer(() => hooks.afterDelete());
    const { rootfs: share, pool } = await this.#openShares();
    const storage = undo.use(new ContainerStorage({ slot, rootfs: share, volumes: pool, memory: plan.memory }));
    const path = await storage.mountRootfs(rootfs);
    const volumes = await storage.mountVolumes(plan.volumes);
    const mountsInGuest = withVolumes(plan.guestSpec.mounts ?? [], plan.volumes, volumes);
    const spec = { ...plan.guestSpec, root: { ...plan.guestSpec.root, path }, mounts: mountsInGuest };

    const machine = await lease.machine;
    signal.throwIfAborted();
    const init = new Process(request.id, "", request.stdio);
    let hostProcess: HostProcess;
    try {
      const storages = storage.showTo(machine);
      await storage.attachDisks(machine.disks, plan.disks, signal);
      const linux = spec.linux && withDisks(spec.linux, storage.disks);
      await storage.openSockets(new HostSockets(machine.doors, log), plan.sockets);
      hostProcess = undo.use(await this.#startHostProcess(request.id, machine));
      init.hostPid = hostProcess.pid;
      undo.defer(() => this.#oomScores.remove(request.id, machine.vm.pids));
      await this.#oomScores.add(request.id, request.spec, hostProcess.pid, machine.vm.pids);
      await hooks.beforeCreate(hostProcess.pid, signal);
      await init.open(machine, (stdio) =>
        machine.agent.createContainer(request.id, encode({ ...spec, ...(linux && { linux }) }), storages, { ...stdio, owner: request.pipeOwner }),
      );
      const directories = new SocketDirectories({
        containerId: request.id,
        agent: machine.agent,
        host: this.#options.host,
        sockets: new HostSockets(machine.doors, log),
        place: (number) => `${GUEST_SOCKETS}/${slot}-in-${number}`,
        log,
      });
      await storage.coverSockets(directories, mountedDirectories(plan));
    } catch (error) {
      throw await machine.explain(withHostSources(error, plan.volumes, volumes), `container ${request.id} was being created`);
    }
    undo.move();
    log.debug({ container: request.id, guestPid: init.guestPid, slot }, "container created");
    const { id, bundle, pipeOwner } = request;
    return new Container({ id, bundle, spec: request.spec, pipeOwner, init, hostProcess, machine, lease, storage, hooks, observer, log });
  }

  /** What a spec plans for it is not made: it has no program that would see it. Its lease is the caller's if it throws. */
  async #openPodContainer({ id, bundle, spec, lease, observer }: PodContainerRequest, signal: AbortSignal): Promise<PodContainer> {
    const { log } = this.#options;
    await using undo = new AsyncDisposableStack();
    const machine = await untilAborted(lease.machine, signal);
    let hostProcess: HostProcess;
    try {
      hostProcess = undo.use(await this.#startHostProcess(id, machine));
      if (spec !== undefined) {
        undo.defer(() => this.#oomScores.remove(id, machine.vm.pids));
        await this.#oomScores.add(id, spec, hostProcess.pid, machine.vm.pids);
      }
    } catch (error) {
      throw await machine.explain(error, `pod ${id} was being started`);
    }
    undo.move();
    log.debug({ container: id }, "the pod's own container created");
    return new PodContainer({ id, bundle, machine, pids: lease.pod.pids, lease, hostProcess, observer, log });
  }

  #startHostProcess(containerId: string, { netns }: Machine): Promise<HostProcess> {
    const { host, journal, libraryDirectory, log } = this.#options;
    return HostProcess.start({ host, journal, libraryDirectory, containerId, netns, log });
  }

  /** `podHostname`: "" for none. */
  #plan({ id, bundle, spec }: CreateContainer, slot: string, sources: Sources, podHostname: string): ContainerPlan {
    return planContainer(spec, {
      containerId: id,
      slot,
      bundle,
      podHostname: podHostname === "" ? undefined : podHostname,
      namespacePath: (hostPid, file) => this.#runningWith(hostPid)?.namespacePath(file),
      ...sources,
      warn: (sentence) => this.#options.log.warn({ container: id }, sentence),
    });
  }

  /** The directories that every VM of the pod shares with its guest; the first container makes them. */
  #openShares(): Promise<Shares> {
    this.#shares ??= makeShares(this.#options.host, this.#options.log).catch((error: unknown) => {
      // Descriptors may have run short, for this time.
      this.#shares = undefined;
      throw error;
    });
    return this.#shares;
  }

  /** The container that has this pid on the host, or what stands for the pod, unless it is stopped. */
  #runningWith(hostPid: number): PodMember | undefined {
    const pod = this.#pod?.itself;
    return [...(pod === undefined ? [] : [pod]), ...this.#containers.values()].find(
      ({ init, status }) => init.hostPid === hostPid && status !== "stopped",
    );
  }

  async #startMachine(pod: PodSpec, signal: AbortSignal): Promise<Machine> {
    const { machines, log, observer } = this.#options;
    const machine = await machines.make(pod, async () => sharedDirectories(await this.#openShares()), signal);
    void machine.agent.watchOom((containerId) => {
      if (this.#containers.has(containerId)) {
        observer.oom(containerId);
      }
    });
    void machine.exited.then((exit) => {
      if (!exit.expected) {
        log.error({ reason: exit.reason }, "the VM is gone; its containers exit with 137");
      }
      // Nobody has been told yet that any of them has exited.
      for (const { id, status } of exit.outOfMemory === true ? this.#containers.values() : []) {
        if (status !== "stopped") {
          observer.oom(id);
        }
      }
    });
    return machine;
  }
}

interface PodContainerRequest extends Pick<PodContainerOptions, "id" | "bundle" | "observer"> {
  readonly lease: Lease<Machine>;
  /** Of CRI's sandbox container; the Sandbox service has none. */
  readonly spec: Spec | undefined;
}

/** Volumes of the container that are directories. */
function mountedDirectories({ guestSpec, volumes }: ContainerPlan): MountedDirectory[] {
  const sources = new Map(volumes.filter(({ kind }) => kind === "directory").map(({ place, source }) => [place, source]));
  return (guestSpec.mounts ?? []).flatMap(({ source = "", destination }) => {
    const directory = sources.get(source);
    return directory === undefined ? [] : [{ source: directory, destination }];
  });
}

interface Shares {
  readonly rootfs: Share;
  readonly volumes: Share;
  readonly pool: Volumes;
}

async function makeShares(host: MountHost, log: Logger): Promise<Shares> {
  const [rootfs, volumes] = (await Share.make(2, host, log)) as [Share, Share];
  return { rootfs, volumes, pool: new Volumes(volumes) };
}

type Sources = Pick<MountContext, "kinds" | "inRootMount" | "memory">;

async function probeSources(paths: readonly string[], propagation: RootPropagation): Promise<Sources> {
  const mounted = await mounts();
  const [kinds, memory] = await Promise.all([
    Promise.all(paths.map(async (path) => [path, await probePath(path)] as const)),
    hostMemory(paths, mounted),
  ]);
  return { kinds: new Map(kinds), memory, inRootMount: dependsOnRootMount(propagation) ? await inRootMount(paths, mounted) : new Set() };
}
