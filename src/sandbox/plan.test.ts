import { describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { encode } from "../json/encode.ts";
import { decode } from "../json/schema.ts";
import type { HostMemory } from "./host-memory.ts";
import { OCI, type Spec } from "./oci.ts";
import { bindSources, type ContainerPlan, planContainer, withHostSources, withVolumes } from "./plan.ts";
import type { PathKind } from "./probe.ts";

const HOST: Readonly<Record<string, PathKind>> = {
  "/srv/data": "directory",
  "/b/relative": "directory",
  "/etc/resolv.conf": "file",
  "/run/docker.sock": "socket",
  "/dev/log": "socket of datagrams",
  "/dev/sda": "device",
  "/run/1/shm": "directory",
  "/kubelet/memory": "directory",
  "/kubelet/subpath": "directory",
  "/kubelet/shm": "directory",
  "/kubelet/secret": "directory",
  "/kubelet/huge": "directory",
};

const TMPFS: HostMemory = {
  type: "tmpfs",
  device: "0:50",
  sizeBytes: 7n << 20n,
  owner: { mode: 0o1777, uid: 0, gid: 0 },
  below: "",
  belowOwner: { mode: 0o1777, uid: 0, gid: 0 },
  flags: ["rw", "nosuid", "nodev", "noexec", "relatime"],
  isEmptyDir: false,
};
const EMPTY_DIR: HostMemory = {
  ...TMPFS,
  device: "0:51",
  sizeBytes: 8n << 20n,
  owner: { mode: 0o2777, uid: 0, gid: 1234 },
  flags: ["rw"],
  isEmptyDir: true,
};
const MEMORY: ReadonlyMap<string, HostMemory> = new Map([
  ["/run/1/shm", TMPFS],
  ["/kubelet/memory", EMPTY_DIR],
  ["/kubelet/subpath", { ...EMPTY_DIR, below: "a/b", belowOwner: { mode: 0o755, uid: 5, gid: 6 } }],
  // A volume that happens to have this name.
  ["/kubelet/shm", { ...EMPTY_DIR, device: "0:52" }],
  ["/kubelet/secret", { ...TMPFS, device: "0:53" }],
  ["/kubelet/huge", { ...EMPTY_DIR, type: "hugetlbfs" }],
]);

/** A config.json as people write it. */
interface Json {
  [key: string]: unknown;
  process: Record<string, unknown>;
  hostname?: string;
  mounts: Record<string, unknown>[];
  linux: Record<string, unknown> & { namespaces: { type: string; path?: string }[] };
}

/** What ctr sends, in little. */
function base(): Json {
  return {
    ociVersion: "1.2.0",
    root: { path: "rootfs", readonly: true },
    process: { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } },
    hostname: "h",
    mounts: [{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] }],
    linux: { cgroupsPath: "/default/c1", namespaces: ["pid", "ipc", "uts", "mount", "network"].map((type) => ({ type })) },
  };
}

async function plan(change: (spec: Json) => unknown = () => {}): Promise<ContainerPlan & { warnings: string[] }> {
  const json = base();
  change(json);
  const spec = decode(OCI.Spec, "the spec", encode(json), "nothing");
  const copy = structuredClone(spec);
  const warnings: string[] = [];
  const made = planContainer(spec, {
    containerId: "c1",
    slot: "7",
    bundle: "/b",
    podHostname: "pod",
    namespacePath: (hostPid, file) => (hostPid === 4242 ? `/proc/55/ns/${file}` : undefined),
    kinds: new Map(bindSources(spec.mounts ?? [], "/b").map((path) => [path, HOST[path]])),
    inRootMount: new Set(["/srv/data"]),
    memory: MEMORY,
    warn: (sentence) => warnings.push(sentence),
  });
  expect(spec).toEqual(copy);
  return { ...made, warnings };
}

const without = (spec: Json, type: string) => (spec.linux.namespaces = spec.linux.namespaces.filter((namespace) => namespace.type !== type));

async function guest(change?: (spec: Json) => unknown): Promise<Spec> {
  const { guestSpec, warnings } = await plan(change);
  expect(warnings).toEqual([]);
  return guestSpec;
}

describe("the guest's spec", () => {
  it("has guest paths, what is absent in full, and nothing of the host", async () => {
    const spec = await guest((s) => {
      s["annotations"] = { "run.oci.handler": "wasm" };
      s["windows"] = { x: 1 };
      Object.assign(s.process, {
        apparmorProfile: "cri-containerd.apparmor.d",
        selinuxLabel: "",
        noNewPrivileges: true,
        commandLine: "c",
        unknown: 1,
      });
      Object.assign(s.linux, { mountLabel: "l", maskedPaths: ["/proc/kcore", ""], unknown: 1, intelRdt: {}, netDevices: {}, uidMappings: [] });
    });
    expect(spec).toEqual({
      ociVersion: "1.1.0",
      root: { path: "rootfs", readonly: true },
      process: {
        cwd: "/",
        args: ["true"],
        user: { uid: 0, gid: 0 },
        noNewPrivileges: true,
        capabilities: { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] },
      },
      hostname: "h",
      mounts: [{ destination: "/proc", type: "proc", source: "proc", options: ["nosuid"] }],
      linux: {
        cgroupsPath: "/hadron/c1",
        maskedPaths: ["/proc/kcore"],
        readonlyPaths: [],
        rootfsPropagation: "slave",
        namespaces: ["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
      },
    });
  });

  it("has what only the guest can do as it came", async () => {
    const linux = {
      sysctl: { "net/ipv4/ip_forward": "1", "kernel.shmmax": "5", "fs.mqueue.msg_max": "9", "kernel.domainname": "d" },
      readonlyPaths: ["/proc/sys"],
      personality: { domain: "LINUX32" },
      timeOffsets: { monotonic: { secs: -5n } },
    };
    const spec = await guest((s) => {
      s.linux.namespaces.push({ type: "time" });
      s["domainname"] = "example";
      Object.assign(s.linux, linux);
    });
    expect(spec).toMatchObject({ domainname: "example", linux });
  });
});

describe("mounts", () => {
  const mount =
    (...mounts: Record<string, unknown>[]) =>
    (s: Json) =>
      s.mounts.splice(0, 1, ...mounts);

  it("become volumes of the host in the order in which they came", async () => {
    const { guestSpec, volumes } = await plan(
      mount(
        { destination: "/data", type: "bind", source: "/srv/data", options: ["rbind", "ro"] },
        { destination: "/etc/resolv.conf", source: "/etc/resolv.conf", options: ["bind", "rprivate"] },
        { destination: "/bundle", type: "none", source: "relative", options: ["bind"] },
      ),
    );
    expect(volumes).toEqual([
      {
        place: "/run/hadron/volumes/7/0",
        source: "/srv/data",
        kind: "directory",
        recursive: true,
        readonly: "top",
        keepsFlags: false,
        propagation: "slave",
      },
      {
        place: "/run/hadron/volumes/7/1",
        source: "/etc/resolv.conf",
        kind: "file",
        recursive: false,
        readonly: "no",
        keepsFlags: true,
        propagation: "private",
      },
      {
        place: "/run/hadron/volumes/7/2",
        source: "/b/relative",
        kind: "directory",
        recursive: false,
        readonly: "no",
        keepsFlags: true,
        propagation: "slave",
      },
    ]);
    expect(guestSpec.mounts).toEqual([
      { destination: "/data", type: "bind", source: "/run/hadron/volumes/7/0", options: ["rbind", "ro"] },
      { destination: "/etc/resolv.conf", type: "bind", source: "/run/hadron/volumes/7/1", options: ["bind", "rprivate"] },
      { destination: "/bundle", type: "bind", source: "/run/hadron/volumes/7/2", options: ["bind"] },
    ]);
  });

  it.each([
    // As the guest's, since the container shares the host's IPC.
    ["/dev/shm", "/dev/shm", []],
    // What a pod's manager has made of its own size.
    ["/run/1/shm", "/run/hadron/memory/0:50", [{ sizeBytes: 7n << 20n, below: "" }]],
    // What it leaves to the runtime.
    ["/run/2/shm", "/run/hadron/memory/shm", [{ sizeBytes: 64n << 20n, below: "", owner: { mode: 0o1777, uid: 0, gid: 0 } }]],
  ])("give the pod's containers memory of the guest for %s", async (source, path, memory) => {
    const made = await plan(mount({ destination: "/dev/shm", type: "bind", source, options: ["rbind"] }));
    expect(made.volumes).toEqual([]);
    expect(made.memory.map((each) => each.memory)).toMatchObject(memory);
    const kept = memory.length > 0 ? ["nosuid", "nodev", "noexec"] : [];
    expect(made.guestSpec.mounts).toEqual([{ destination: "/dev/shm", source: path, type: "bind", options: ["rbind", ...kept] }]);
  });

  it("are memory of the guest where a kubelet has an emptyDir in memory, also for a part of it", async () => {
    const made = await plan((s) => {
      s.mounts = [
        { destination: "/cache", source: "/kubelet/memory", options: ["rbind", "rprivate"] },
        { destination: "/part", source: "/kubelet/subpath", options: ["rbind", "rprivate", "ro"] },
        { destination: "/dev/shm", source: "/kubelet/shm", options: ["rbind"] },
      ];
    });
    expect(made.volumes).toEqual([]);
    const target = "/run/hadron/memory/0:51";
    const root = { target, sizeBytes: 8n << 20n, owner: { mode: 0o2777, uid: 0, gid: 1234 } };
    const part = { directory: target, below: "a/b", recursive: false, target: "/run/hadron/inner/7-memory-1" };
    expect(made.memory).toMatchObject([
      { memory: { ...root, below: "" }, inner: undefined },
      { memory: { ...root, below: "a/b", belowOwner: { mode: 0o755, uid: 5, gid: 6 } }, inner: part },
      { memory: { target: "/run/hadron/memory/0:52" }, inner: undefined },
    ]);
    expect(made.guestSpec.mounts).toEqual([
      { destination: "/cache", source: target, type: "bind", options: ["rbind", "rprivate"] },
      { destination: "/part", source: part.target, type: "bind", options: ["rbind", "rprivate", "ro"] },
      { destination: "/dev/shm", source: "/run/hadron/memory/0:52", type: "bind", options: ["rbind"] },
    ]);
  });

  it("are refused where they are huge pages, or where the container's own mounts are to be the host's", async () => {
    const huge = plan(mount({ destination: "/huge", source: "/kubelet/huge", options: ["rbind"] }));
    await expect(huge).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining("huge pages") as string });
    const shared = plan(mount({ destination: "/cache", source: "/kubelet/memory", options: ["rbind", "rshared"] }));
    await expect(shared).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining("rshared") as string });
  });

  it("are sockets of the guest in the place of the host's", async () => {
    const options = ["bind", "ro"];
    const { guestSpec, volumes, sockets } = await plan(mount({ destination: "/run/docker.sock", source: "/run/docker.sock", options }));
    expect(volumes).toEqual([]);
    expect(sockets).toEqual([{ source: "/run/docker.sock", path: "/run/hadron/sockets/7-0" }]);
    expect(guestSpec.mounts).toEqual([{ destination: "/run/docker.sock", type: "bind", source: "/run/hadron/sockets/7-0", options }]);
  });

  it("of a tmpfs in which others have files are the host's", async () => {
    expect((await plan(mount({ destination: "/token", source: "/kubelet/secret", options: ["rbind"] }))).volumes).toHaveLength(1);
  });

  it("have another directory on /dev/shm when the spec says another", async () => {
    const { volumes } = await plan(mount({ destination: "/dev/shm", source: "/srv/data", options: ["rbind"] }));
    expect(volumes).toMatchObject([{ source: "/srv/data" }]);
  });

  it("have the root's propagation in the guest too, without what is below it", async () => {
    for (const word of ["private", "rprivate", "unbindable"]) {
      expect((await guest((s) => (s.linux["rootfsPropagation"] = word))).linux?.rootfsPropagation).toBe("private");
    }
  });

  it("hang on the host as the mount does that they are from", async () => {
    const sources = ["/srv/data", "/b/relative"].map((source) => ({ destination: source, source, options: ["rbind"] }));
    const { volumes } = await plan((s) => (mount(...sources)(s), (s.linux["rootfsPropagation"] = "private")));
    expect(volumes.map(({ propagation }) => propagation)).toEqual(["private", "slave"]);
    const refused = plan((s) => (mount(...sources)(s), (s.linux["rootfsPropagation"] = "unbindable")));
    await expect(refused).rejects.toThrow('"unbindable" keeps "/srv/data" from being mounted');
  });

  it.each([
    [
      ["rbind", "rnoatime", "rnodiratime", "rro"],
      ["rbind", "noatime", "nodiratime", "rro"],
    ],
    [
      ["rbind", "ro", "nosuid", "rw", "suid", "ro"],
      ["rbind", "suid", "ro"],
    ],
    [
      ["bind", "ro", "lazytime", "rw"],
      ["bind", "rw"],
    ],
    [
      ["rbind", "rnosuid", "rro", "rrw", "rsuid"],
      ["rbind", "rnosuid", "rro"],
    ],
    [
      ["rbind", "rrw", "rro"],
      ["rbind", "rro"],
    ],
    [
      ["rbind", "private", "rslave", "unbindable", "slave"],
      ["rbind", "slave"],
    ],
  ])("with the options %j have %j, which mean the same to mount(2) and to crun", async (options, planned) => {
    const { guestSpec, volumes, warnings } = await plan(mount({ destination: "/m", source: "/srv/data", options }));
    expect(guestSpec.mounts).toMatchObject([{ options: planned }]);
    expect(volumes).toMatchObject([{ readonly: planned.includes("rro") ? "all" : planned.includes("ro") ? "top" : "no" }]);
    expect(warnings).toEqual([]);
  });

  it.each([
    // What the container asks for, the host's flags, whether the host has mounts below, what the guest is told.
    [["rbind", "ro"], ["rw"], false, ["rbind", "ro"]],
    [["rbind", "ro", "nosuid"], ["rw", "noexec"], true, ["rbind", "nosuid"]],
    [["rbind", "rro"], ["rw"], true, ["rbind", "rro"]],
    [["rbind", "ro", "rrw"], ["rw"], false, ["rbind", "rrw"]],
    [["rbind", "rrw"], ["ro"], false, ["rbind", "ro"]],
    [["rbind"], ["ro", "nosuid", "nodev", "noexec", "relatime"], false, ["rbind", "nosuid", "nodev", "noexec", "ro"]],
    [["rbind", "rw"], ["ro", "noatime"], true, ["rbind", "rw", "noatime"]],
    [["rbind", "rexec", "rsuid"], ["rw", "nosuid", "nodev", "noexec"], true, ["rbind", "rexec", "rsuid", "nodev"]],
    [["rbind", "rnoexec", "rnoatime"], ["rw", "nosuid"], false, ["rbind", "rnoexec", "noatime", "nosuid"]],
    [["bind", "noexec"], ["ro", "nosuid"], false, ["bind", "noexec", "ro"]],
  ])("of a volume with %j, %j on the host and others below it (%s) have %j", async (options, flags, hasOthersBelow, planned) => {
    const { guestSpec, volumes } = await plan(
      mount({ destination: "/m", source: "/srv/data", options }, { destination: "/x", type: "tmpfs", options: ["ro"] }),
    );
    const mounts = withVolumes(guestSpec.mounts ?? [], volumes, [{ path: "/share/1", flags, hasOthersBelow }]);
    expect(mounts).toMatchObject([
      { source: "/share/1", options: planned },
      { destination: "/x", options: ["ro"] },
    ]);
  });

  it("are named by the host's paths when the guest refuses one", async () => {
    const { volumes } = await plan(
      mount({ destination: "/bin", source: "/etc/resolv.conf", options: ["bind"] }, { destination: "/m", source: "/srv/data", options: ["bind"] }),
    );
    const mounted = ["/share/1", "/share/12"].map((path) => ({ path, flags: [], hasOthersBelow: false }));
    const said = (message: string): unknown => withHostSources(new HadronError(Code.INTERNAL, message), volumes, mounted);
    expect(said("mount `/share/1` to `bin`: Not a directory")).toMatchObject({
      code: Code.INTERNAL,
      message: "mount `/etc/resolv.conf` to `bin`: Not a directory",
    });
    expect(said("mount `/share/12` to `m`: no")).toMatchObject({ message: "mount `/srv/data` to `m`: no" });
    const others = [new HadronError(Code.INTERNAL, "mount `/share/13` to `m`: no"), new Error("mount `/share/1`")];
    expect(others.map((error) => withHostSources(error, volumes, mounted))).toEqual(others);
  });

  it.each([
    ["/proc/uptime", "/etc/resolv.conf"],
    ["/process", "/srv/data"],
    ["/proc/../m", "/srv/data"],
  ])("may be on %s from %s", async (destination, source) => {
    expect((await guest(mount({ destination, source, options: ["bind"] }))).mounts).toMatchObject([{ destination }]);
  });

  it("may hide a file behind a device that every Linux has", async () => {
    const { guestSpec, volumes } = await plan(mount({ destination: "/etc/x", source: "/dev/null", options: ["bind"] }));
    expect(volumes).toEqual([]);
    expect(guestSpec.mounts).toMatchObject([{ source: "/dev/null" }]);
  });

  it.each(["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "ramfs", "bpf", "debugfs", "tracefs", "securityfs", "hugetlbfs"])(
    "may be %s, with options for the file system and without a source",
    async (type) => {
      const spec = await guest(
        mount({ destination: "/m", type, options: ["nosuid", "size=1m", "shared", "silent", "acl", "lazytime", "rro", "ratime"] }),
      );
      expect(spec.mounts).toEqual([{ destination: "/m", type, source: type, options: ["nosuid", "size=1m", "shared", "lazytime"] }]);
    },
  );

  it.each([
    [{ destination: "m", type: "tmpfs" }, { destination: "/m" }, 'destination "m" of a mount is not absolute'],
    [{ destination: "/m", source: "/srv/data", options: ["rbind", "size=1m"] }, { options: ["rbind"] }, '"size=1m" left out'],
  ])("%j are taken with a warning", async (asked, planned, warning) => {
    const { guestSpec, warnings } = await plan(mount(asked));
    expect(guestSpec.mounts).toMatchObject([planned]);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });
});

describe("namespaces", () => {
  it("of another container of the pod are those of its process in the guest", async () => {
    const spec = await guest((s) => {
      without(s, "ipc");
      s.linux.namespaces.push({ type: "ipc", path: "/proc/4242/ns/ipc" });
    });
    expect(spec.linux?.namespaces).toContainEqual({ type: "ipc", path: "/proc/55/ns/ipc" });
  });

  it("of users come with their mappings, and with the guest's sysfs, as writable as they asked for", async () => {
    const mappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    const spec = await guest((s) => {
      s.linux.namespaces.push({ type: "user", path: "/proc/4242/ns/user" });
      Object.assign(s.linux, { uidMappings: mappings, gidMappings: mappings });
      s.mounts.push({ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "ro"] }, { destination: "/sys2", type: "sysfs" });
    });
    expect(spec.linux).toMatchObject({ uidMappings: mappings, gidMappings: mappings });
    expect(spec.linux?.namespaces).toContainEqual({ type: "user", path: "/proc/55/ns/user" });
    const [, readOnly, writable] = spec.mounts ?? [];
    expect(readOnly).toMatchObject({ destination: "/sys", type: "bind", source: "/sys" });
    expect(readOnly?.options).toEqual(expect.arrayContaining(["rbind", "ro", "rro", "nosuid"]));
    expect(writable?.options).not.toContain("rro");
  });

  it("that are not named are the guest's, which one line of the log says; its mounts are its own", async () => {
    const { guestSpec, warnings } = await plan((s) => {
      s.linux.namespaces = [{ type: "network" }];
      s.hostname = "pod";
    });
    expect(guestSpec.linux?.namespaces).toEqual([{ type: "mount" }]);
    expect(guestSpec.hostname).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("pid, ipc, uts")]);
  });
});

describe("what is ignored, with one warning for each kind", () => {
  it.each<[string, (s: Json) => unknown, object, string]>([
    [
      "unknown capabilities",
      (s) => (s.process["capabilities"] = { bounding: ["CAP_CHOWN", "CAP_UNKNOWN"], effective: ["cap_kill", "CAP_UNKNOWN"] }),
      { process: { capabilities: { bounding: ["CAP_CHOWN"], effective: [] } } },
      '"CAP_UNKNOWN" and "cap_kill"',
    ],
    ["execCPUAffinity", (s) => (s.process["execCPUAffinity"] = { initial: "0-3,7" }), { process: { cwd: "/" } }, "execCPUAffinity"],
    ["an SELinux label", (s) => (s.process["selinuxLabel"] = "system_u:system_r:container_t:s0"), { process: { cwd: "/" } }, "selinuxLabel"],
    ["memoryPolicy", (s) => (s.linux["memoryPolicy"] = { mode: "MPOL_BIND", nodes: "0" }), {}, "memoryPolicy"],
    [
      "personality flags",
      (s) => (s.linux["personality"] = { domain: "LINUX", flags: ["X"] }),
      { linux: { personality: { domain: "LINUX" } } },
      "personality.flags",
    ],
    [
      "mappings without a namespace",
      (s) => (s.linux["uidMappings"] = [{ containerID: 0, hostID: 1, size: 1 }]),
      { linux: { namespaces: [{ type: "pid" }, {}, {}, {}] } },
      "uidMappings",
    ],
    ["vm", (s) => (s["vm"] = { kernel: { path: "/k" } }), {}, "`vm`"],
    ["a device without a path", (s) => (s.linux["devices"] = [{ type: "c", major: 1, minor: 3 }]), { linux: { devices: [] } }, 'with the path ""'],
  ])("%s", async (_name, change, planned, warning) => {
    const { guestSpec, warnings } = await plan(change);
    expect(guestSpec).toMatchObject(planned);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
    expect(encode(guestSpec)).not.toMatch(/Affinity|selinux|memoryPolicy|flags|UNKNOWN|uidMappings/);
  });
});

describe("processes", () => {
  it("have what fits where the kernel has fewer bits", async () => {
    const { process } = await guest((s) => {
      s.process["user"] = { uid: 1, gid: 2, umask: 0o1777, additionalGids: [7, 8, 7], username: "x" };
      s.process["consoleSize"] = { height: 65536 + 24, width: 80 };
    });
    expect(process).toMatchObject({ user: { uid: 1, gid: 2, umask: 0o777, additionalGids: [7, 8] }, consoleSize: { height: 24n, width: 80n } });
  });

  it("have the last of two variables of one name", async () => {
    const { process } = await guest((s) => (s.process["env"] = ["A=1", "B=a=b", "A=2", "B="]));
    expect(process?.env).toEqual(["A=2", "B="]);
  });

  it("have their scheduler and I/O priority", async () => {
    const asked = {
      scheduler: { policy: "SCHED_DEADLINE", runtime: 10n, deadline: 20n, period: 20n },
      ioPriority: { class: "IOPRIO_CLASS_BE", priority: 7n },
    };
    expect((await guest((s) => Object.assign(s.process, asked))).process).toMatchObject(asked);
  });
});

describe("devices", () => {
  it("are those that every Linux has, with all that may be said of them", async () => {
    const spec = await guest(
      (s) =>
        (s.linux["devices"] = [
          { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o20600, uid: 5, gid: 6 },
          { path: "opt/zero", type: "u", major: 1, minor: 5 },
          { path: "/run/fifo", type: "p", major: -1 },
          { path: "/dev/null", type: "c", major: 1, minor: 5 },
        ]),
    );
    expect(spec.linux?.devices).toEqual([
      { path: "/dev/null", type: "c", major: 1n, minor: 3n, fileMode: 0o600, uid: 5, gid: 6 },
      { path: "/opt/zero", type: "c", major: 1n, minor: 5n, fileMode: 0o666, uid: 0, gid: 0 },
      { path: "/run/fifo", type: "p", major: -1n, minor: 0n, fileMode: 0o666, uid: 0, gid: 0 },
    ]);
  });
});

// The comments are what runc says, 1.1.5 as tried or 1.3 as its source has it.
describe("what runc refuses", () => {
  const seccomp = (rest: object) => (s: Json) => (s.linux["seccomp"] = { defaultAction: "SCMP_ACT_ALLOW", ...rest });
  const rule = (rest: object) => seccomp({ syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_ERRNO", ...rest }] });
  const mount = (rest: object) => (s: Json) => s.mounts.push({ destination: "/m", ...rest });

  it.each<[(s: Json) => unknown, string]>([
    [(s) => delete s["root"], "no `root`"], // root must be specified
    [(s) => delete (s as Partial<Json>).process, "no `process`"], // process property must not be empty
    [(s) => delete s.process["cwd"], 'process.cwd is ""'], // Cwd property must not be empty
    [(s) => (s.process["cwd"] = "x"), 'process.cwd is "x"'], // Cwd must be an absolute path
    [(s) => (s.process["args"] = []), "process.args is empty"], // args must not be empty
    [(s) => (s.process["user"] = { uid: 4294967295 }), "the id 4294967295"], // uids and gids must be in range 0-2147483647
    [(s) => (s.process["user"] = { gid: 2147483648 }), "the id 2147483648"],
    [(s) => (s.process["user"] = { additionalGids: [5, 4294967295] }), "the id 4294967295"],
    [(s) => (s.process["env"] = ["A=1", "B"]), 'process.env has "B"'], // invalid environment variable
    [(s) => (s.process["env"] = ["=x"]), 'process.env has "=x"'], // environment variable name can't be empty
    [(s) => (s.process["rlimits"] = [{ type: "RLIMIT_FOO" }]), 'is "RLIMIT_FOO"; allowed are RLIMIT_CPU'], // wrong rlimit value
    [(s) => (s.process["oomScoreAdj"] = 1001), "oomScoreAdj is 1001"], // failed to update oom_score_adj: Invalid argument
    [(s) => (s.process["scheduler"] = {}), 'scheduler.policy is ""'], // scheduler policy is required
    [(s) => (s.process["scheduler"] = { policy: "SCHED_OTHER", nice: 20 }), "nice is 20"],
    [(s) => (s.process["scheduler"] = { policy: "SCHED_OTHER", priority: 1 }), "SCHED_FIFO and SCHED_RR only"],
    [(s) => (s.process["scheduler"] = { policy: "SCHED_RR", period: 1 }), "SCHED_DEADLINE only"],
    [(s) => (s.process["scheduler"] = { policy: "SCHED_RR", flags: ["X"] }), 'flags is "X"'],
    [(s) => (s.process["ioPriority"] = { class: "X" }), 'ioPriority.class is "X"'],
    [(s) => (s.process["ioPriority"] = { class: "IOPRIO_CLASS_RT", priority: 8 }), "priority is 8"],
    [(s) => (s.process["execCPUAffinity"] = { final: "3-1" }), 'final is "3-1"'],
    [(s) => s.linux.namespaces.push({ type: "foo" }), 'is "foo"; allowed are pid'], // namespace "foo" does not exist
    [(s) => s.linux.namespaces.push({ type: "pid" }), '"pid" twice'], // duplicated ns
    [(s) => without(s, "uts"), "does not name uts"], // unable to set hostname without a private UTS namespace
    [(s) => (without(s, "uts"), delete s.hostname, (s["domainname"] = "d")), "domainname is set"],
    [(s) => (without(s, "mount"), (s.linux["maskedPaths"] = ["/x"])), "maskedPaths"], // unable to restrict sys entries
    [(s) => (without(s, "mount"), (s.linux["readonlyPaths"] = ["/x"])), "readonlyPaths"],
    [(s) => (s.linux["sysctl"] = { "vm.swappiness": "1" }), '"vm.swappiness", which does not belong'], // not in a separate kernel namespace
    [(s) => (s.linux["sysctl"] = { "kernel.hostname": "1" }), "`hostname` is for that"], // conflicts with the OCI "hostname" field
    [(s) => (s.linux["sysctl"] = { "net.ipv4/x": "1", "vm/net.x": "1" }), '"vm/net.x"'],
    [(s) => (without(s, "ipc"), (s.linux["sysctl"] = { "kernel.shmmax": "1" })), "with an ipc namespace"], // not allowed in the hosts ipc namespace
    [(s) => (s.linux["timeOffsets"] = { monotonic: { secs: 1 } }), "timeOffsets is for"],
    [(s) => (s.linux.namespaces.push({ type: "time" }), (s.linux["timeOffsets"] = { realtime: {} })), '"realtime"'],
    [(s) => s.linux.namespaces.push({ type: "user" }), "linux.uidMappings does not say"], // no uid mappings found
    [
      (s) => (s.linux.namespaces.push({ type: "user" }), (s.linux["uidMappings"] = [{ containerID: 0, hostID: 1, size: 1 }])),
      "linux.gidMappings does not say",
    ],
    [(s) => (s.linux["rootfsPropagation"] = "foo"), 'rootfsPropagation is "foo"'], // rootfsPropagation=foo is not supported
    [(s) => (s.linux["personality"] = { domain: "FOO" }), 'domain is "FOO"'], // invalid personality domain
    [seccomp({ defaultAction: "FOO" }), 'defaultAction is "FOO"'], // string FOO is not a valid action for seccomp
    [rule({ action: "SCMP_ACT_FOO" }), 'syscalls[0].action is "SCMP_ACT_FOO"'],
    [rule({ names: ["mkdir", ""] }), "an empty name"], // empty string is not a valid syscall
    [rule({ args: [{ index: 6, op: "SCMP_CMP_EQ" }] }), "index 6"], // syscalls only have up to 6 arguments
    [rule({ args: [{ index: 0 }] }), `op is ""`], // string  is not a valid operator for seccomp
    [seccomp({ architectures: ["SCMP_ARCH_FOO"] }), '"SCMP_ARCH_FOO"'], // not a valid arch for seccomp
    [seccomp({ architectures: ["SCMP_ARCH_S390X"] }), '"SCMP_ARCH_S390X"'], // numerical argument out of domain
    [seccomp({ flags: ["FOO"] }), 'flags is "FOO"'], // seccomp flag FOO is not known to runc
    [(s) => (s.linux["devices"] = [{ path: "/dev/x", type: "z" }]), 'is "z"'], // invalid device type
    [(s) => (s.linux["devices"] = [{ path: "/dev/x", type: "c", major: -1, minor: -1 }]), "-1:-1"], // cannot mkdev() device with wildcards
    [(s) => (s.linux["resources"] = { devices: [{ allow: true }] }), 'devices[0].access is ""'], // device access at 0 field cannot be empty
    [(s) => (s.linux["resources"] = { devices: [{ type: "c", major: -2, minor: 3, access: "r" }] }), "-2:3"], // write devices.allow: invalid argument
    [(s) => (s.linux["resources"] = { devices: [{ type: "z", access: "r" }] }), 'devices[0].type is "z"'], // invalid cgroup device type
    [(s) => (s["hooks"] = { prestart: [{ path: "" }] }), "hooks.prestart has no path"], // fork/exec : no such file or directory
    [mount({ destination: "", type: "tmpfs" }), "no destination"], // error closing exec fds (it covers the root)
    [mount({ type: "bind", source: "/srv/data" }), 'neither the option "bind" nor "rbind"'], // no such device
    [mount({ source: "/srv/data", options: ["rbind", "ratime"] }), '"ratime"'], // invalid argument
    [mount({ type: "tmpfs", options: ["copy-symlink"] }), '"copy-symlink"'], // invalid argument
    [mount({ type: "tmpfs", options: ["idmap=uids=0-1-1"] }), '"idmap=uids=0-1-1"'],
    ...["/proc", "//proc/", "/proc/self", "/x/../proc/sys", "/proc/version"].map((destination): [(s: Json) => unknown, string] => [
      mount({ destination, source: "/srv/data", options: ["bind"] }), // cannot be mounted because it is inside /proc
      "would cover what programs rely on",
    ]),
    [mount({ source: "/nowhere", options: ["bind"] }), '"/nowhere" of the bind mount on /m does not exist'], // no such file or directory
  ])("%s is refused with a sentence", async (change, sentence) => {
    await expect(plan(change)).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT, message: expect.stringContaining(sentence) });
  });
});

describe("what cannot be had in a VM", () => {
  const mount = (rest: object) => (s: Json) => s.mounts.push({ destination: "/m", ...rest });

  it.each<[string, (s: Json) => unknown]>([
    ["linux.intelRdt", (s) => (s.linux["intelRdt"] = { closID: "x" })],
    ["linux.netDevices", (s) => (s.linux["netDevices"] = { eth0: {} })],
    ["linux.seccomp.listenerPath", (s) => (s.linux["seccomp"] = { defaultAction: "SCMP_ACT_NOTIFY" })],
    [
      "a block device of the host, which a container with a user namespace cannot have",
      (s) => {
        s.linux["devices"] = [{ path: "/dev/sda", type: "b", major: 8, minor: 0 }];
        s.linux.namespaces.push({ type: "user" });
        s.linux["uidMappings"] = s.linux["gidMappings"] = [{ containerID: 0, hostID: 1000, size: 10 }];
      },
    ],
    ["/dev/kvm (c 10:232)", (s) => (s.linux["devices"] = [{ path: "/dev/kvm", type: "c", major: 10, minor: 232 }])],
    ["is a socket of datagrams of the host", mount({ source: "/dev/log", options: ["bind"] })],
    ["no AppArmor; leave it out or take the runtime's own", (s) => (s.process["apparmorProfile"] = "mine")],
    ["is a device of the host", mount({ source: "/dev/sda", options: ["bind"] })],
    ['"nfs"', mount({ type: "nfs", source: "server:/" })],
    ['"overlay"', mount({ type: "overlay", source: "overlay", options: ["lowerdir=/a"] })],
    ['type ""', mount({ source: "/srv/data" })],
    ["id-mapped", mount({ source: "/srv/data", options: ["bind"], uidMappings: [{ size: 1 }] })],
    ['"idmap"', mount({ source: "/srv/data", options: ["bind", "idmap"] })],
    ['"nosymfollow"', mount({ type: "tmpfs", options: ["nosymfollow"] })],
    ['"rshared"', mount({ source: "/srv/data", options: ["rbind", "rshared"] })],
    ['linux.rootfsPropagation "shared"', (s) => (s.linux["rootfsPropagation"] = "shared")],
  ])("%s is refused by its name", async (name, change) => {
    const error: unknown = await plan(change).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HadronError);
    expect(error).toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining(name) });
  });

  it.each(["/proc/1/ns/uts", "/run/netns/x", "/proc/4242/ns/uts/x"])("the namespace %s is refused as one of another pod", async (path) => {
    const change = (s: Json) => (without(s, "uts"), s.linux.namespaces.push({ type: "uts", path }));
    await expect(plan(change)).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
  });

  it("a namespace of another type is refused", async () => {
    const change = (s: Json) => (without(s, "uts"), s.linux.namespaces.push({ type: "uts", path: "/proc/4242/ns/ipc" }));
    await expect(plan(change)).rejects.toThrow("is of another type");
  });
});
