import { describe, expect, it } from "vitest";

import type { Spec } from "./oci.ts";
import { isPodItself, podSpecOf } from "./pod-spec.ts";

const NO_STDIO = { stdin: "", stdout: "", stderr: "", terminal: false };

const podOf = (spec: Partial<Spec>, isItself = false) => podSpecOf({ ociVersion: "1.1.0", ...spec }, {}, isItself);
const limitsOf = (spec: Partial<Spec>) => podOf(spec).limits;

describe("the description of a pod", () => {
  it("is empty for a container that says nothing", () => {
    expect(podOf({})).toEqual({
      hostname: "",
      netns: "host",
      annotations: {},
      configuration: {},
      limits: { memoryBytes: 0, cpus: 0 },
      sysctls: {},
      disks: [],
      pids: "guest",
    });
  });

  it("has the network namespace that its first container names by a path", () => {
    const netns = (path?: string) =>
      podOf({
        linux: {
          namespaces: [
            { type: "pid", path: "/p" },
            { type: "network", ...(path !== undefined && { path }) },
          ],
        },
      }).netns;
    expect([netns("/run/netns/n"), netns(""), netns()]).toEqual([{ path: "/run/netns/n" }, "new", "new"]);
    expect(podOf({ linux: { namespaces: [{ type: "mount" }] } }).netns).toBe("host");
  });

  it("has the larger of its first container's limits and of what CRI says of the pod", () => {
    const linux = { resources: { memory: { limit: 64n }, cpu: { quota: 150n, period: 100n } } };
    const cri = (memory: string, quota: string, period: string) => ({
      "io.kubernetes.cri.sandbox-memory": memory,
      "io.kubernetes.cri.sandbox-cpu-quota": quota,
      "io.kubernetes.cri.sandbox-cpu-period": period,
    });
    expect(limitsOf({ linux })).toEqual({ memoryBytes: 64, cpus: 1.5 });
    expect(limitsOf({ linux, annotations: cri("128", "400", "100") })).toEqual({ memoryBytes: 128, cpus: 4 });
    expect(limitsOf({ linux, annotations: cri("32", "100", "100") })).toEqual({ memoryBytes: 64, cpus: 1.5 });
  });

  it("takes no limit, and what is no number, for none", () => {
    const linux = { resources: { memory: { limit: -1n }, cpu: { quota: -1n, period: 100_000n } } };
    expect(limitsOf({ linux, annotations: { "io.kubernetes.cri.sandbox-memory": "much" } })).toEqual({ memoryBytes: 0, cpus: 0 });
    expect(limitsOf({ linux: { resources: { cpu: { quota: 100n } } } })).toEqual({ memoryBytes: 0, cpus: 0 });
  });

  it("shares pids in a namespace of their own, unless it has the host's", () => {
    const pidsOf = (...types: string[]) => podOf({ linux: { namespaces: types.map((type) => ({ type })) } }).pids;
    expect([pidsOf("network", "pid"), pidsOf("network")]).toEqual(["shared", "guest"]);
  });

  it("has the sysctls of the container that is the pod itself, and of no other", () => {
    const linux = { sysctl: { "net.core.somaxconn": "8" } };
    expect(podOf({ linux }, true).sysctls).toEqual(linux.sysctl);
    expect(podOf({ linux }).sysctls).toEqual({});
  });
});

describe("CRI's sandbox container", () => {
  const annotations = { "io.kubernetes.cri.container-type": "sandbox" };
  const itself = (spec: Partial<Spec>, stdio = NO_STDIO) => isPodItself({ ociVersion: "1.1.0", annotations, ...spec }, stdio);

  it("is the pod itself", () => {
    expect(itself({})).toBe(true);
    expect(itself({ linux: { namespaces: ["pid", "ipc", "uts", "network", "mount", "cgroup"].map((type) => ({ type })) } })).toBe(true);
  });

  it.each([
    ["has a user namespace", { linux: { namespaces: [{ type: "user" }] } }, NO_STDIO],
    ["has a hook", { hooks: { poststop: [{ path: "/h", args: undefined, env: undefined, timeout: undefined }] } }, NO_STDIO],
    ["has somebody who reads its output", {}, { ...NO_STDIO, stdout: "/run/fifo" }],
    ["is none", { annotations: {} }, NO_STDIO],
  ])("runs its program if it %s", (_, spec, stdio) => {
    expect(itself(spec, stdio)).toBe(false);
  });
});
