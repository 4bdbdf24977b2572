import { describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { Spec } from "./oci.ts";
import { type PathKind, type PlanContext, planContainer, planResources } from "./plan.ts";

const HOST: Readonly<Record<string, PathKind>> = {
  "/srv/data": "directory",
  "/etc/resolv.conf": "file",
  "/run/docker.sock": "socket",
  "/dev/sda": "device",
};

const context: PlanContext = {
  containerId: "c1",
  slot: "7",
  namespacePid: (hostPid) => (hostPid === 4242 ? 55 : undefined),
  probe: (path) => Promise.resolve(HOST[path]),
};

function spec(change: (spec: Spec) => void = () => {}): Spec {
  const base: Spec = {
    ociVersion: "1.1.0",
    root: { path: "rootfs", readonly: true },
    process: { cwd: "/", user: { uid: 0, gid: 0 }, args: ["true"], apparmorProfile: "x", selinuxLabel: "y", noNewPrivileges: true },
    hostname: "h",
    mounts: [{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] }],
    annotations: { a: "b" },
    linux: {
      cgroupsPath: "/default/c1",
      maskedPaths: ["/proc/kcore"],
      namespaces: ["pid", "ipc", "uts", "mount", "network"].map((type) => ({ type })),
    },
  };
  change(base);
  return base;
}

async function refusal(change: (spec: Spec) => void): Promise<HadronError> {
  const error: unknown = await planContainer(spec(change), context).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HadronError);
  return error as HadronError;
}

describe("the guest's spec", () => {
  it("has guest paths and keeps what only the guest can do", async () => {
    const { guestSpec } = await planContainer(spec(), context);
    expect(guestSpec.root).toEqual({ path: "/run/hadron/rootfs/7", readonly: true });
    expect(guestSpec.hostname).toBe("h");
    expect(guestSpec.linux).toMatchObject({ cgroupsPath: "/hadron/c1", maskedPaths: ["/proc/kcore"] });
    expect(guestSpec.process).toEqual({ cwd: "/", user: { uid: 0, gid: 0 }, args: ["true"], noNewPrivileges: true });
    expect(guestSpec.annotations).toBeUndefined();
  });

  it("leaves the caller's spec as it was", async () => {
    const original = spec();
    const copy = structuredClone(original);
    await planContainer(original, context);
    expect(original).toEqual(copy);
  });

  it("has no network namespace, for the guest is the pod's", async () => {
    const { guestSpec } = await planContainer(spec(), context);
    expect(guestSpec.linux?.namespaces?.map(({ type }) => type)).toEqual(["pid", "ipc", "uts", "mount"]);
  });
});

describe("mounts", () => {
  it("become volumes of the host in the order in which they came", async () => {
    const { guestSpec, volumes } = await planContainer(
      spec((s) => {
        s.mounts?.push(
          { destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", "ro"] },
          { destination: "/etc/resolv.conf", type: "bind", source: "/etc/resolv.conf", options: ["bind"] },
        );
      }),
      context,
    );
    expect(volumes).toEqual([
      { index: 0, source: "/srv/data", kind: "directory", recursive: true, readonly: true, propagation: "slave" },
      { index: 1, source: "/etc/resolv.conf", kind: "file", recursive: false, readonly: false, propagation: "slave" },
    ]);
    expect(guestSpec.mounts?.slice(1)).toEqual([
      { destination: "/data", type: "bind", source: "/run/hadron/volumes/7/0", options: ["rbind", "ro"] },
      { destination: "/etc/resolv.conf", type: "bind", source: "/run/hadron/volumes/7/1", options: ["bind"] },
    ]);
  });

  it("gives the pod's containers the guest's shared memory", async () => {
    const { guestSpec, volumes } = await planContainer(
      spec((s) => s.mounts?.push({ destination: "/dev/shm", type: "bind", source: "/run/x/shm", options: ["rbind"] })),
      context,
    );
    expect(volumes).toEqual([]);
    expect(guestSpec.mounts?.at(-1)).toMatchObject({ source: "/dev/shm", type: "bind" });
  });

  it.each([
    ["/run/docker.sock", Code.UNIMPLEMENTED, "is a socket of the host"],
    ["/dev/sda", Code.UNIMPLEMENTED, "is a device of the host"],
    ["/nowhere", Code.INVALID_ARGUMENT, "does not exist"],
    ["relative", Code.INVALID_ARGUMENT, "must be an absolute path"],
  ])("refuse the source %s", async (source, code, sentence) => {
    const error = await refusal((s) => s.mounts?.push({ destination: "/m", type: "bind", source }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
  });

  it("refuse a file system that the guest cannot mount", async () => {
    const error = await refusal((s) => s.mounts?.push({ destination: "/m", type: "nfs", source: "server:/" }));
    expect(error.code).toBe(Code.UNIMPLEMENTED);
    expect(error.message).toContain('"nfs"');
  });
});

describe("namespaces", () => {
  it("of another container of the pod are those of its process in the guest", async () => {
    const { guestSpec } = await planContainer(
      spec((s) => {
        s.linux = { ...s.linux, namespaces: [...(s.linux?.namespaces ?? []).filter(({ type }) => type !== "ipc"), { type: "ipc", path: "/proc/4242/ns/ipc" }] };
      }),
      context,
    );
    expect(guestSpec.linux?.namespaces).toContainEqual({ type: "ipc", path: "/proc/55/ns/ipc" });
  });

  it("of the host are refused by name", async () => {
    const error = await refusal((s) => {
      s.linux = { ...s.linux, namespaces: (s.linux?.namespaces ?? []).filter(({ type }) => type !== "network") };
    });
    expect(error.code).toBe(Code.UNIMPLEMENTED);
    expect(error.message).toContain("host's network namespace");
  });

  it("that belong to no container of the pod are refused", async () => {
    const error = await refusal((s) => {
      s.linux = { ...s.linux, namespaces: [...(s.linux?.namespaces ?? []), { type: "uts", path: "/proc/1/ns/uts" }] };
    });
    expect(error.code).toBe(Code.FAILED_PRECONDITION);
  });
});

it.each<[string, (s: Spec) => void]>([
  ["hooks.prestart", (s) => (s.hooks = { prestart: [{ path: "/bin/true" }] })],
  ["/dev/sda", (s) => (s.linux = { ...s.linux, devices: [{ path: "/dev/sda", type: "b", major: 8n, minor: 0n }] })],
  ["uidMappings", (s) => (s.linux = { ...s.linux, uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }] })],
  ["listenerPath", (s) => (s.linux = { ...s.linux, seccomp: { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/x" } })],
])("refuses %s by its name", async (name, change) => {
  const error = await refusal(change);
  expect(error.code).toBe(Code.UNIMPLEMENTED);
  expect(error.message).toContain(name);
});

it("passes the devices that every Linux has", async () => {
  const devices = [
    { path: "/dev/null", type: "c", major: 1n, minor: 3n },
    { path: "/dev/fuse", type: "c", major: 10n, minor: 229n },
  ];
  const { guestSpec } = await planContainer(spec((s) => (s.linux = { ...s.linux, devices })), context);
  expect(guestSpec.linux?.devices).toEqual(devices);
});

it("does not tell the guest the numbers of host CPUs", () => {
  expect(planResources({ cpu: { quota: 5n, cpus: "6-7", mems: "1" }, devices: [] })).toEqual({ cpu: { quota: 5n } });
});
