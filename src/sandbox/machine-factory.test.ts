import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { Code } from "../errors.ts";
import { Host } from "../host/host.ts";
import { Journal } from "../host/journal.ts";
import { MachineFactory } from "./machine-factory.ts";
import { type PodSpec, podSpecOf } from "./pod-spec.ts";

const pod = (types: readonly string[], hostNetwork = "refuse"): PodSpec =>
  podSpecOf(
    { ociVersion: "1.1.0", linux: { namespaces: types.map((type) => ({ type })) } },
    { body: Buffer.from(JSON.stringify({ host_network: hostNetwork })) },
  );

it("lets a pod have the host's network if the configuration does, and a container the network of its pod", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hadron-factory-"));
  const host = new Host();
  try {
    const nothing = (): void => {};
    const factory = new MachineFactory({
      host,
      podId: "p1",
      journal: await Journal.open(directory),
      stateDir: directory,
      libraryDirectory: directory,
      log: { error: nothing, info: nothing, debug: nothing, trace: nothing, warn: nothing },
      staysInCgroup: false,
      configured: nothing,
    });
    const [own, hosts, allowed] = [pod(["network"]), pod([]), pod([], "passt")];
    await factory.requireNetwork(own, undefined);
    await factory.requireNetwork(own, hosts);
    await factory.requireNetwork(allowed, undefined);
    await factory.requireNetwork(hosts, allowed);
    const refused = { code: Code.FAILED_PRECONDITION, message: expect.stringContaining('set host_network to "passt"') };
    await expect(factory.requireNetwork(hosts, undefined)).rejects.toMatchObject(refused);
    await expect(factory.make(hosts, async () => [], new AbortController().signal)).rejects.toMatchObject(refused);
    const another = { code: Code.FAILED_PRECONDITION, message: expect.stringContaining("a pod has one network") };
    await expect(factory.requireNetwork(allowed, own)).rejects.toMatchObject(another);
  } finally {
    await host[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  }
});
