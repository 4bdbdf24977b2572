/** What every test of a hypervisor needs: images to boot, VMs that are stopped, and a look at what they left. */
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

import { Host } from "../../src/host/host.ts";
import { chooseHypervisor } from "../../src/hypervisor/choose.ts";
import type { Hypervisor, KernelImage, SharedDirectory, Vm, VmConfig, VmProcess } from "../../src/hypervisor/hypervisor.ts";
import { openDescriptors } from "../harness/descriptors.ts";
import { patient } from "../harness/patience.ts";
import { Guest, guestInitramfs, kernelOf, library, vmDirectory } from "./guest.ts";

export type Kind = KernelImage["kind"];

export const soon = (): AbortSignal => AbortSignal.timeout(patient(60_000));

/** The one that the configuration names. */
export async function choose(hypervisor: "qemu" | "kvm", host: Host): Promise<Hypervisor> {
  return (await chooseHypervisor({ hypervisor, qemuPath: "auto", virtiofsdPath: "auto" }, library, host)).hypervisor;
}

/** Of the test that runs. */
export class Vms {
  readonly host = new Host();
  /** The VM's own. */
  directory = "";
  processes: VmProcess[] = [];
  lines: string[] = [];
  diagnostics: string[] = [];
  /** Descriptors of directories, which the test closes. */
  shared: number[] = [];
  readonly #makeHypervisor: (host: Host) => Promise<Hypervisor>;
  readonly #initrds = new Map<Kind, string>();
  #hypervisor: Hypervisor | undefined;
  #vms: Vm[] = [];
  #lineArrived: () => void = () => undefined;
  #descriptors: string[] = [];

  /** For the file, or for a `describe`. */
  constructor(makeHypervisor: (host: Host) => Promise<Hypervisor>) {
    this.#makeHypervisor = makeHypervisor;
    beforeAll(() => this.#prepare());
    afterAll(() => this.host[Symbol.asyncDispose]());
    beforeEach(() => this.#begin());
    afterEach(() => this.#end());
  }

  get hypervisor(): Hypervisor {
    if (this.#hypervisor === undefined) {
      throw new Error("there is a hypervisor in a test only");
    }
    return this.#hypervisor;
  }

  config(kind: Kind, change: Partial<VmConfig> = {}): VmConfig {
    return {
      directory: this.directory,
      vcpus: 1,
      memoryMiB: 256,
      kernel: kernelOf(kind),
      initrd: this.#initrds.get(kind) ?? "",
      kernelParameters: [],
      devices: [],
      netns: "new",
      onConsoleLine: (line) => {
        this.lines.push(line);
        this.#lineArrived();
      },
      onDiagnostic: (name, line) => this.diagnostics.push(`${name}: ${line}`),
      onProcess: (process) => {
        this.processes.push(process);
        return Promise.resolve();
      },
      ...change,
    };
  }

  share(tag: string, path: string): SharedDirectory {
    const fd = openSync(path, "r");
    this.shared.push(fd);
    return { kind: "share", tag, share: { namespace: fd, directory: fd, places: fd } };
  }

  async launch(config: VmConfig, on = this.hypervisor): Promise<Vm> {
    const vm = await on.launch(config, soon());
    this.#vms.push(vm);
    return vm;
  }

  async launchWithGuest(config: VmConfig, on = this.hypervisor): Promise<{ vm: Vm; guest: Guest }> {
    const vm = await this.launch(config, on);
    return { vm, guest: await Guest.await(this.host, vm.vsock) };
  }

  async consoleLine(pattern: RegExp): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(() => {
      reject(new Error(`No console line matches ${pattern.source}; there are: ${this.lines.join(" | ")}`));
    }, patient(60_000));
    this.#lineArrived = () => {
      const line = this.lines.find((each) => pattern.test(each));
      if (line !== undefined) {
        resolve(line);
      }
    };
    this.#lineArrived();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#lineArrived = () => undefined;
    }
  }

  pidOf(name: string): number {
    const found = this.processes.find((each) => each.name === name);
    if (found === undefined) {
      throw new Error(`There was no process ${name}.`);
    }
    return found.pid;
  }

  async #prepare(): Promise<void> {
    // Opens what the host keeps open, so that it does not look like something that a VM left.
    for (const fd of await this.host.socketpair()) {
      closeSync(fd);
    }
    this.#hypervisor = await this.#makeHypervisor(this.host);
    for (const kind of ["tuned", "debian"] as const) {
      this.#initrds.set(kind, await guestInitramfs(kind));
    }
  }

  async #begin(): Promise<void> {
    this.directory = await vmDirectory();
    [this.#vms, this.processes, this.lines, this.diagnostics, this.shared] = [[], [], [], [], []];
    this.#descriptors = openDescriptors();
  }

  async #end(): Promise<void> {
    await Promise.all(this.#vms.map((vm) => vm.stop()));
    this.shared.forEach(closeSync);
    for (const { pid, name } of this.processes) {
      expect(existsSync(`/proc/${pid}`), `${name} (${pid}) is left`).toBe(false);
    }
    expect(readdirSync(this.directory)).toEqual([]);
    await rm(dirname(this.directory), { recursive: true });
    expect(openDescriptors()).toEqual(this.#descriptors);
  }
}
