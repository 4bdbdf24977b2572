/** config.md: root and mounts. */
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { onTestFinished } from "vitest";

import type { Spec } from "../../../tools/default-spec.ts";
import { each, mounting, type SpecCase, variation } from "./case.ts";

/** By which it is seen whose directory it is. */
const SHARED = "/dev/shm/hadron-diff-shared";

const WRITES = ["create:/volume/x", "read:/volume/file", "stat:/volume"] as const;

/** A directory of the host with a file, mounted on /volume. */
function volume(name: string, options: string[] | undefined, ...look: string[]): SpecCase {
  return variation(
    name,
    async (spec, places) => {
      await writeFile(join(places.volume, "file"), "content\n");
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, ...(options === undefined ? {} : { options }) });
    },
    ...WRITES,
    ...look,
  );
}

const root: readonly SpecCase[] = [
  variation(
    "the default spec",
    () => {},
    "create:/x",
    "lstat:/dev/fd",
    "lstat:/dev/ptmx",
    "lstat:/dev/core",
    "ls:/proc/bus",
    "ls:/sys/firmware",
    "write:/proc/sys/kernel/hostname",
  ),
  variation("root.readonly", (spec) => void (spec.root.readonly = true), "create:/x", "create:/dev/x", "create:/tmp/x"),
  variation(
    "root.readonly with a missing mount point",
    (spec) => {
      spec.root.readonly = true;
      spec.mounts.push({ destination: "/not/there", type: "tmpfs", source: "tmpfs" });
    },
    "stat:/not/there",
  ),
  variation("root absent", (spec) => void Reflect.deleteProperty(spec, "root")),
  ...each("root.path", ["", "nowhere", "rootfs/", "./rootfs", "rootfs/etc/passwd", "rootfs/../rootfs"], (spec, path) => void (spec.root.path = path)),
  variation("root.path absolute", (spec, { rootfs }) => void (spec.root.path = rootfs)),
  variation("root.path by a symbolic link", async (spec, { bundle, rootfs }) => {
    await symlink(rootfs, join(bundle, "link"));
    spec.root.path = "link";
  }),
  variation("root.path through a symbolic link", async (spec, { bundle }) => {
    await symlink(".", join(bundle, "link"));
    spec.root.path = "link/rootfs";
  }),
  variation("root.path that leads out of the bundle and back", (spec, { bundle }) => void (spec.root.path = `../${basename(bundle)}/rootfs`)),
  ...each(
    "linux.rootfsPropagation",
    ["private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "", "nonsense"],
    (spec, value) => void (spec.linux["rootfsPropagation"] = value),
  ),
];

const tmpfs: readonly SpecCase[] = [
  ...[
    [],
    ["mode=1777"],
    ["mode=700"],
    ["mode=0755", "uid=1000", "gid=1000"],
    ["size=1m"],
    ["size=65536k", "nr_inodes=100"],
    ["size=10%"],
    ["ro"],
    ["noexec"],
    ["nosuid", "nodev"],
    ["exec", "suid", "dev"],
    ["noatime"],
    ["nodiratime"],
    ["relatime"],
    ["norelatime"],
    ["strictatime"],
    ["nostrictatime"],
    ["lazytime"],
    ["sync"],
    ["dirsync"],
    ["mand"],
    ["nomand"],
    ["iversion"],
    ["noiversion"],
    ["nosymfollow"],
    ["rro"],
    ["rnoexec"],
    ["rnosuid"],
    ["rnodev"],
    ["defaults"],
    ["rw"],
    ["ro", "rw"],
    ["silent"],
    ["loud"],
    ["acl"],
    ["remount"],
    ["tmpcopyup"],
    ["unknown"],
    ["size=nonsense"],
    ["private"],
    ["rslave"],
    ["rshared"],
    ["unbindable"],
    ["huge=never"],
    [""],
  ].map((options) =>
    mounting(
      `tmpfs with ${JSON.stringify(options)}`,
      { destination: "/volume", type: "tmpfs", source: "tmpfs", options },
      "stat:/volume",
      "create:/volume/x",
    ),
  ),
  mounting("tmpfs without options", { destination: "/volume", type: "tmpfs", source: "tmpfs" }, "stat:/volume"),
  mounting("tmpfs without source", { destination: "/volume", type: "tmpfs" }, "stat:/volume"),
  mounting("tmpfs on a sticky directory", { destination: "/tmp", type: "tmpfs", source: "tmpfs" }, "stat:/tmp"),
  mounting("tmpfs on a private directory", { destination: "/root", type: "tmpfs", source: "tmpfs" }, "stat:/root"),
  mounting(
    "tmpfs with tmpcopyup",
    { destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] },
    "read:/etc/group",
    "lstat:/etc/dangling",
    "stat:/etc/only-root",
  ),
  mounting("tmpfs on a missing directory", { destination: "/a/b/c", type: "tmpfs", source: "tmpfs" }, "stat:/a", "stat:/a/b", "stat:/a/b/c"),
  mounting("tmpfs on a file", { destination: "/etc/passwd", type: "tmpfs", source: "tmpfs" }, "stat:/etc/passwd"),
  mounting("tmpfs through a symbolic link", { destination: "/link-to-work/x", type: "tmpfs", source: "tmpfs" }, "stat:/work/x"),
  mounting("tmpfs through a link that leads out", { destination: "/link-out/x", type: "tmpfs", source: "tmpfs" }, "stat:/work/x"),
  mounting("tmpfs on a dangling link", { destination: "/etc/dangling", type: "tmpfs", source: "tmpfs" }, "lstat:/etc/dangling", "lstat:/etc/nowhere"),
  mounting("tmpfs on /", { destination: "/", type: "tmpfs", source: "tmpfs" }),
  mounting("tmpfs with .. in the destination", { destination: "/work/../volume", type: "tmpfs", source: "tmpfs" }, "stat:/volume"),
  mounting("tmpfs with a relative destination", { destination: "volume", type: "tmpfs", source: "tmpfs" }, "stat:/volume"),
  mounting("tmpfs without destination", { destination: "", type: "tmpfs", source: "tmpfs" }),
  variation(
    "tmpfs twice",
    (spec) =>
      void spec.mounts.push(...["700", "711"].map((mode) => ({ destination: "/volume", type: "tmpfs", source: "tmpfs", options: [`mode=${mode}`] }))),
    "stat:/volume",
  ),
];

const binds: readonly SpecCase[] = [
  ...[
    ["rbind"],
    ["bind"],
    ["rbind", "ro"],
    ["bind", "ro"],
    ["rbind", "rro"],
    ["bind", "nosuid", "nodev", "noexec"],
    ["rbind", "noatime"],
    ["bind", "rprivate"],
    ["rbind", "rslave"],
    ["rbind", "rshared"],
    ["rbind", "slave"],
    ["rbind", "shared"],
    ["rbind", "private"],
    ["rbind", "unbindable"],
    ["bind", "nosymfollow"],
    ["bind", "idmap"],
    ["bind", "unknown"],
    ["bind", "strictatime"],
    ["ro"],
    [],
    ["bind", "mode=755"],
    ["bind", "ro", "rw"],
    ["bind", "z"],
    ["bind", "size=1m"],
    ["bind", "recursive"],
    ["bind", "tmpcopyup"],
  ].map((options) => volume(`a volume with ${JSON.stringify(options)}`, options)),
  volume("a volume without options", undefined),
  variation(
    "a volume by its option alone",
    (spec, places) => void spec.mounts.push({ destination: "/volume", source: places.volume, options: ["rbind"] }),
    "create:/volume/x",
  ),
  variation(
    "a volume of type none",
    (spec, places) => void spec.mounts.push({ destination: "/volume", type: "none", source: places.volume, options: ["bind"] }),
    "create:/volume/x",
  ),
  variation(
    "a volume of an empty type",
    (spec, places) => void spec.mounts.push({ destination: "/volume", type: "", source: places.volume, options: ["bind"] }),
    "create:/volume/x",
  ),
  variation(
    "a volume with a relative source",
    (spec) => void spec.mounts.push({ destination: "/volume", type: "bind", source: "volume", options: ["bind"] }),
    "stat:/volume",
  ),
  variation(
    "a volume with a missing source",
    (spec, places) => void spec.mounts.push({ destination: "/volume", type: "bind", source: join(places.bundle, "missing"), options: ["bind"] }),
  ),
  variation(
    "a volume through a link of the host",
    async (spec, places) => {
      await symlink(places.volume, join(places.bundle, "link"));
      await writeFile(join(places.volume, "file"), "content\n");
      spec.mounts.push({ destination: "/volume", type: "bind", source: join(places.bundle, "link"), options: ["bind"] });
    },
    "read:/volume/file",
  ),
  variation(
    "a volume on a missing directory",
    (spec, places) => void spec.mounts.push({ destination: "/not/there", type: "bind", source: places.volume, options: ["bind"] }),
    "stat:/not",
    "create:/not/there/x",
  ),
  variation(
    "a volume below a volume",
    async (spec, places) => {
      await mkdir(join(places.volume, "below"));
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] });
      spec.mounts.push({ destination: "/volume/made", type: "bind", source: join(places.volume, "below"), options: ["rbind", "ro"] });
    },
    "stat:/volume/made",
    "create:/volume/made/x",
  ),
  variation(
    "a file",
    async (spec, places) => await file(spec, places.volume, "/etc/hostname"),
    "read:/etc/hostname",
    "create:/etc/hostname",
    "lstat:/etc/hostname",
  ),
  variation(
    "a file, read-only",
    async (spec, places) => await file(spec, places.volume, "/etc/hostname", ["rbind", "ro"]),
    "read:/etc/hostname",
    "write:/etc/hostname",
  ),
  variation("a file on a file", async (spec, places) => await file(spec, places.volume, "/etc/passwd"), "read:/etc/passwd"),
  variation("a file on a directory", async (spec, places) => await file(spec, places.volume, "/etc")),
  variation(
    "a file on a dangling link",
    async (spec, places) => await file(spec, places.volume, "/etc/dangling"),
    "read:/etc/dangling",
    "lstat:/etc/dangling",
    "lstat:/etc/nowhere",
  ),
  variation(
    "a file below missing directories",
    async (spec, places) => await file(spec, places.volume, "/not/there/file"),
    "read:/not/there/file",
    "stat:/not/there",
  ),
  variation(
    "a directory on a file",
    (spec, places) => void spec.mounts.push({ destination: "/etc/passwd", type: "bind", source: places.volume, options: ["bind"] }),
  ),
  variation(
    "the same directory twice",
    (spec, places) =>
      void spec.mounts.push(...["/volume", "/work"].map((destination) => ({ destination, type: "bind", source: places.volume, options: ["bind"] }))),
    "create:/volume/x",
    "create:/work/x",
  ),
  variation(
    "a volume over the probe's /proc",
    (spec, places) => void spec.mounts.push({ destination: "/proc", type: "bind", source: places.volume, options: ["bind"] }),
  ),
  variation(
    "the host's /dev/shm",
    async (spec) => {
      await writeFile(SHARED, "");
      onTestFinished(async () => await rm(SHARED, { force: true }));
      spec.mounts.push({ destination: "/dev/shm", type: "bind", source: "/dev/shm", options: ["rbind"] });
    },
    `stat:${SHARED}`,
    "create:/dev/shm/hadron-diff",
  ),
  variation("the pod's /dev/shm", async (spec, places) => {
    const source = join(places.volume, "shm");
    await mkdir(source);
    await chmod(source, 0o1777);
    await writeFile(join(source, "file"), "content\n");
    spec.mounts.push({ destination: "/dev/shm", type: "bind", source, options: ["rbind"] });
  }),
  variation(
    "a socket of the host",
    (spec, places) =>
      void spec.mounts.push({
        destination: "/volume/socket",
        type: "bind",
        source: join(places.bundle, "..", "..", "events.sock"),
        options: ["bind"],
      }),
  ),
  variation(
    "/dev/null of the host",
    (spec) => void spec.mounts.push({ destination: "/volume/null", type: "bind", source: "/dev/null", options: ["bind"] }),
    "stat:/volume/null",
  ),
  variation(
    "a FIFO of the host",
    (spec, places) => void spec.mounts.push({ destination: "/volume/fifo", type: "bind", source: join(places.bundle, "log"), options: ["bind"] }),
  ),
];

async function file(spec: Spec, directory: string, destination: string, options = ["rbind"]): Promise<void> {
  await writeFile(join(directory, "file"), "of the host\n");
  spec.mounts.push({ destination, type: "bind", source: join(directory, "file"), options });
}

function without(spec: Spec, destination: string): void {
  spec.mounts = spec.mounts.filter((mount) => mount.destination !== destination);
}

const kernel: readonly SpecCase[] = [
  variation("no mounts", (spec) => void (spec.mounts = []), "stat:/proc/self"),
  variation("mounts absent", (spec) => void Reflect.deleteProperty(spec, "mounts")),
  ...["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/run"].map((destination) =>
    variation(`without ${destination}`, (spec) => without(spec, destination), "create:/dev/x"),
  ),
  variation(
    "/dev of the image",
    (spec) => void (spec.mounts = spec.mounts.filter((mount) => !mount.destination.startsWith("/dev"))),
    "lstat:/dev/ptmx",
    "stat:/dev/null",
  ),
  variation(
    "/dev read-only",
    (spec) => {
      for (const mount of spec.mounts) {
        if (mount.destination === "/dev") {
          mount.options?.push("ro");
        }
      }
    },
    "create:/dev/x",
  ),
  variation("/sys read-write", (spec) => {
    for (const mount of spec.mounts) {
      if (mount.destination === "/sys") {
        mount.options = ["nosuid", "noexec", "nodev"];
      }
    }
  }),
  variation("proc with hidepid", (spec) => {
    for (const mount of spec.mounts) {
      if (mount.destination === "/proc") {
        mount.options?.push("hidepid=2");
      }
    }
  }),
  variation(
    "proc elsewhere too",
    (spec) => void spec.mounts.push({ destination: "/volume", type: "proc", source: "proc" }),
    "read:/volume/self/comm",
  ),
  variation(
    "sysfs elsewhere too",
    (spec) => void spec.mounts.push({ destination: "/volume", type: "sysfs", source: "sysfs" }),
    "stat:/volume/kernel",
  ),
  ...["proc", "sysfs"].flatMap((type) =>
    ["/not/there", "/not", "/link-to-work/x", "/link-to-work", "/link-out/x", "/etc/dangling", "/etc/passwd/x", "/volume/", "/volume/../work/x"].map(
      (destination) =>
        mounting(
          `${type} on ${destination}`,
          { destination, type, source: type },
          "stat:/not",
          "stat:/not/there/self",
          "lstat:/work/x/self",
          "stat:/work/x",
          "stat:/work/self",
        ),
    ),
  ),
  variation(
    "a read-only volume below a read-only path",
    (spec, places) => {
      spec.mounts.push({ destination: "/etc/below", type: "bind", source: places.volume, options: ["bind", "ro"] });
      spec.linux.readonlyPaths = ["/etc"];
    },
    "create:/etc/below/x",
    "stat:/etc/below",
  ),
  variation("devpts shared", (spec) => {
    for (const mount of spec.mounts) {
      if (mount.type === "devpts") {
        mount.options = ["nosuid", "noexec", "gid=5", "mode=0620", "ptmxmode=0666"];
      }
    }
  }),
  variation("mqueue elsewhere", (spec) => void spec.mounts.push({ destination: "/volume", type: "mqueue", source: "mqueue" })),
  variation("/dev/shm last, /dev first", (spec) => void spec.mounts.reverse()),
  mounting("an unknown type", { destination: "/volume", type: "nonsense", source: "x" }),
  mounting("an empty type", { destination: "/volume", type: "", source: "x" }),
  mounting("ramfs", { destination: "/volume", type: "ramfs", source: "ramfs" }),
  mounting("debugfs", { destination: "/volume", type: "debugfs", source: "debugfs" }),
  mounting("securityfs", { destination: "/volume", type: "securityfs", source: "securityfs" }),
  mounting("binfmt_misc", { destination: "/volume", type: "binfmt_misc", source: "x" }),
  mounting("bpf", { destination: "/volume", type: "bpf", source: "bpf" }),
  mounting("overlay", { destination: "/volume", type: "overlay", source: "overlay", options: ["lowerdir=/etc:/bin"] }, "stat:/volume/passwd"),
  mounting(
    "cgroup",
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev", "relatime"] },
    "create:/sys/fs/cgroup/x",
  ),
  mounting("mounts with an unknown field", { destination: "/volume", type: "tmpfs", source: "tmpfs", something: 1 }, "stat:/volume"),
  mounting("mounts with uidMappings", {
    destination: "/volume",
    type: "tmpfs",
    source: "tmpfs",
    uidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
    gidMappings: [{ containerID: 0, hostID: 1000, size: 1 }],
  }),
];

export const MOUNT_CASES: readonly SpecCase[] = [...root, ...tmpfs, ...binds, ...kernel];
