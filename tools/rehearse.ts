/** A pod's whole life for tools/bundle.ts, so that V8 compiles what a daemon runs in it. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Client } from "ttrpc-ts";

import { TaskV2 } from "../src/shim/services.ts";

const ID = "none";
const PROGRAM = "program";

/** As containerd's default, but for long lists of which every entry takes the same way. */
const SPEC = {
  ociVersion: "1.1.0",
  process: {
    user: { uid: 0, gid: 0, additionalGids: [0, 10] },
    args: [`/${PROGRAM}`],
    env: ["PATH=/usr/bin:/bin"],
    cwd: "/",
    capabilities: { bounding: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN", "CAP_KILL"] },
    rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
    noNewPrivileges: true,
  },
  root: { path: "rootfs" },
  mounts: [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
    { destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
  ],
  linux: {
    // In the build's own.
    cgroupsPath: ID,
    resources: { devices: [{ allow: false, access: "rwm" }] },
    namespaces: ["pid", "ipc", "uts", "mount", "network"].map((type) => ({ type })),
    maskedPaths: ["/proc/kcore"],
    readonlyPaths: ["/proc/sys"],
  },
};

/** `program`: any that needs no others; what it says and how it ends is nothing to us. Rejects where no pod can run. */
export async function rehearse(client: Client, bundle: string, program: string, signal: AbortSignal): Promise<void> {
  const task = client.service(TaskV2);
  await mkdir(join(bundle, "rootfs"));
  await copyFile(program, join(bundle, "rootfs", PROGRAM));
  await writeFile(join(bundle, "config.json"), JSON.stringify(SPEC));
  const stdout = join(bundle, "stdout");
  execFileSync("mkfifo", [stdout]);
  // Both ends, so that nobody has to wait for the other one.
  const fd = openSync(stdout, constants.O_RDWR);
  try {
    await task.create({ id: ID, bundle, stdout, stderr: stdout }, { signal });
    await Promise.all([task.wait({ id: ID }, { signal }), task.start({ id: ID }, { signal })]);
    await task.state({ id: ID }, { signal });
    await task.delete({ id: ID }, { signal });
    await task.shutdown({ id: ID }, { signal });
  } finally {
    closeSync(fd);
  }
}
