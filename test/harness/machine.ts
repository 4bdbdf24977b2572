/** What the machine that the tests run on can do, and what Hadron has to know of it. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { readHostFacts } from "../../src/host/facts.ts";
import type { Containerd } from "./containerd.ts";
import { inLab } from "./patience.ts";
import { uniqueId } from "./runtime.ts";

/** Why pods run without KVM here; undefined where they run with it, and get their files by virtio-fs. */
export const { kvmMissing } = await readHostFacts();

/** What the pods of all tests run in that do not choose: "qemu" or "kvm"; without it, what Hadron chooses. */
const hypervisor = process.env["HADRON_TEST_HYPERVISOR"] || undefined;

/** A guest takes 5 to 20 s to boot in the lab. */
const machineConfig = {
  ...(inLab ? { boot_timeout_s: 180, agent_timeout_s: 120 } : {}),
  ...(hypervisor === undefined ? {} : { hypervisor }),
};

/** The configuration of all pods whose own one is not given; undefined where nothing needs to be said. */
export const defaultConfig = inLab ? JSON.stringify(machineConfig) : undefined;

/** A configuration of Hadron's for single containers; dispose the answer to remove it. */
export async function configFile(
  daemon: Containerd,
  config: Readonly<Record<string, unknown>>,
): Promise<{ readonly flags: string[] } & AsyncDisposable> {
  const path = join(daemon.directory, `${uniqueId("config")}.json`);
  await writeFile(path, JSON.stringify({ ...machineConfig, ...config }));
  return { flags: ["--runtime-config-path", path], [Symbol.asyncDispose]: async () => await rm(path) };
}
