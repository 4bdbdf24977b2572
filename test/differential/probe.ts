/** The program that the containers run, and the root file system around it. */
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "../harness/command.ts";
import { unpackImage } from "../harness/images.ts";

const SOURCES = ["main.c", "view.c", "files.c", "act.c"].map((name) => join(import.meta.dirname, "probe", name));

/** Makes a root file system with the probe at /probe and busybox; `directory` must not exist. */
export async function makeRootfs(directory: string): Promise<void> {
  for (const path of ["bin", "etc", "proc", "sys", "dev", "run", "home/user", "var/log", "volume", "work"]) {
    await mkdir(join(directory, path), { recursive: true });
  }
  await mkdir(join(directory, "tmp"));
  await mkdir(join(directory, "root"), { mode: 0o700 });
  await mustRun("chmod", ["1777", join(directory, "tmp")]);
  await mustRun("gcc", ["-static", "-O1", "-o", join(directory, "probe"), "-Wno-unused-result", ...SOURCES]);
  // Of its three hundred applets only these: the directory is copied for each case.
  const image = `${directory}.busybox`;
  await unpackImage("busybox", image);
  await rename(join(image, "bin/busybox"), join(directory, "bin/busybox"));
  await rm(image, { recursive: true });
  for (const applet of ["sh", "cat", "sleep", "true"]) {
    await symlink("busybox", join(directory, "bin", applet));
  }
  await writeFile(join(directory, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
  await writeFile(join(directory, "etc/group"), "root:x:0:\naudio:x:29:user\nuser:x:1000:\n");
  await writeFile(join(directory, "etc/not-executable"), "#!/bin/sh\n", { mode: 0o644 });
  await writeFile(join(directory, "etc/not-a-program"), "no program\n", { mode: 0o755 });
  await writeFile(join(directory, "etc/only-root"), "#!/bin/sh\nexit 5\n", { mode: 0o744 });
  await writeFile(join(directory, "etc/no-interpreter"), "#!/nowhere\n", { mode: 0o755 });
  await symlink("nowhere", join(directory, "etc/dangling"));
  await symlink("/work", join(directory, "link-to-work"));
  await symlink("../../../../work", join(directory, "link-out"));
}
