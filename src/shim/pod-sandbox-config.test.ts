import { hostname } from "node:os";

import { describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import { NamespaceMode, PodSandboxConfig } from "../gen/cri.ts";
import { CreateSandboxRequest } from "../gen/sandbox.ts";
import type { Init } from "../protobuf/message.ts";
import { packAny } from "../protobuf/well-known.ts";
import { podRequestOf } from "./pod-sandbox-config.ts";

const SOURCE = { path: "/c.json" };

function requested(config: Init<PodSandboxConfig> | undefined, request: Init<CreateSandboxRequest> = {}, warnings: string[] = []) {
  const options = config === undefined ? {} : { options: packAny(PodSandboxConfig, config) };
  const encoded = CreateSandboxRequest.encode({ sandboxId: "s", ...options, ...request });
  return podRequestOf(CreateSandboxRequest.decode(encoded), SOURCE, (sentence) => warnings.push(sentence));
}

const refused = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};

describe("a pod of the sandbox service", () => {
  it("is what CRI's configuration says", () => {
    const config = {
      hostname: "web",
      dnsConfig: { servers: ["10.0.0.1", "10.0.0.2"], searches: ["a.local", "local"], options: ["ndots:5"] },
      annotations: new Map([["io.hadron.vcpus", "2"]]),
      linux: {
        sysctls: new Map([["net.core.somaxconn", "8"]]),
        resources: { cpuPeriod: 100_000n, cpuQuota: 150_000n, memoryLimitInBytes: 64n << 20n },
        securityContext: { namespaceOptions: { network: NamespaceMode.POD, pid: NamespaceMode.NODE, usernsOptions: { mode: NamespaceMode.NODE } } },
      },
    };
    expect(requested(config, { netnsPath: "/run/netns/n", annotations: new Map([["b", "2"]]) })).toEqual({
      spec: {
        hostname: "web",
        netns: { path: "/run/netns/n" },
        annotations: { "io.hadron.vcpus": "2", b: "2" },
        configuration: SOURCE,
        limits: { memoryBytes: 64 << 20, cpus: 1.5 },
        sysctls: { "net.core.somaxconn": "8" },
        disks: [],
        pids: "guest",
      },
      files: { hostname: "web", resolvConf: "search a.local local\nnameserver 10.0.0.1\nnameserver 10.0.0.2\noptions ndots:5\n" },
    });
  });

  it("is an empty one for a client that says nothing", () => {
    const { spec, files } = requested(undefined);
    expect(spec).toEqual({
      hostname: "",
      netns: "new",
      annotations: {},
      configuration: SOURCE,
      limits: { memoryBytes: 0, cpus: 0 },
      sysctls: {},
      disks: [],
      pids: "shared",
    });
    expect(files).toEqual({ hostname: hostname(), resolvConf: undefined });
  });

  it("has the guest's processes and shared memory where it asks for the host's, with a warning", () => {
    const { NODE, POD } = NamespaceMode;
    const asked = (pid: number, ipc: number) => {
      const warnings: string[] = [];
      const namespaceOptions = { network: POD, pid, ipc };
      const { pids } = requested({ linux: { securityContext: { namespaceOptions } } }, {}, warnings).spec;
      return [pids, ...warnings];
    };
    const warning = (what: string) => `the pod asks to share ${what} with the host: its containers share the guest's, not the host's`;
    expect(asked(POD, POD)).toEqual(["shared"]);
    expect(asked(NODE, NODE)).toEqual(["guest", warning("pid, ipc")]);
    expect(asked(POD, NODE)).toEqual(["shared", warning("ipc")]);
  });

  it("has the host's network where CRI says so, whatever else is named", () => {
    const config = { linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } } };
    expect(requested(config, { netnsPath: "/run/netns/n" }).spec.netns).toBe("host");
  });

  it("has no limit where CRI says none", () => {
    const limits = (resources: object): unknown => requested({ linux: { resources } }).spec.limits;
    expect(limits({ cpuPeriod: 100_000n, cpuQuota: -1n, memoryLimitInBytes: -1n })).toEqual({ memoryBytes: 0, cpus: 0 });
    expect(limits({ cpuQuota: 1n })).toEqual({ memoryBytes: 0, cpus: 0 });
  });

  it.each<[string, Code, Init<PodSandboxConfig> | undefined, Init<CreateSandboxRequest>]>([
    ["hostUsers", Code.FAILED_PRECONDITION, { linux: { securityContext: { namespaceOptions: { usernsOptions: { mode: NamespaceMode.POD } } } } }, {}],
    ["root file system", Code.FAILED_PRECONDITION, {}, { rootfs: [{ type: "overlay" }] }],
    ["a some.Type", Code.INVALID_ARGUMENT, undefined, { options: { typeUrl: "some.Type", value: new Uint8Array() } }],
  ])("is refused for the %s", (words, code, config, request) => {
    expect(refused(() => requested(config, request))).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });
});
