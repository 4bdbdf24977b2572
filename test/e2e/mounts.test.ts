/** What is mounted for a pod is the pod's alone: the host is as free as with runc, and nothing of it outlives the pod's processes. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { mustRun, run } from "../harness/command.ts";
import { Containerd, containerdVersions } from "../harness/containerd.ts";
import { importImage } from "../harness/images.ts";
import { patient } from "../harness/patience.ts";
import { killProcess } from "../harness/processes.ts";
import { hadron, runc, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { onlyPart } from "./parts.ts";

const SLEEP = ["sleep", "600"];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp("/var/tmp/hadron-test-mounts-");
});
afterEach(async () => await rm(directory, { recursive: true }));

const bind = (source: string, target: string, propagation: string): string => `type=bind,src=${source},dst=${target},options=rbind:rw:${propagation}`;

describe.each(containerdVersions)("containerd %s: what is mounted for a pod", (version) => {
  const daemon = useContainerd(version);

  test.each([runc, hadron])("keeps nothing of the host's busy (%s)", async (runtime) => {
    const below = join(directory, "below");
    await mkdir(below);
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", below]);
    await writeFile(join(below, "file"), "mounted\n");
    await using container = await startContainer(daemon(), SLEEP, { runtime, mounts: [bind(directory, "/v", "rprivate")] });
    expect((await container.exec(["cat", "/v/below/file"])).stdout).toBe("mounted\n");
    await mustRun("umount", [below]);
    // It has the file system still, and the host can do with its directory what it likes.
    expect((await container.exec(["cat", "/v/below/file"])).stdout).toBe("mounted\n");
    await rmdir(below);
  });

  test("is in no process's list of mounts", async () => {
    await using _ = await startContainer(daemon(), SLEEP, { mounts: [bind(directory, "/v", "rslave")] });
    // The layers of the root file system are in containerd's directory.
    const sources = [directory, `${daemon().directory}/root/`];
    for (const part of ["daemon", "vmm", "guest", "vsock"] as const) {
      const mounts = await readFile(`/proc/${(await onlyPart(daemon(), part)).pid}/mountinfo`, "utf8");
      expect(mounts.split("\n").filter((line) => sources.some((source) => line.includes(source)))).toEqual([]);
    }
  });

  test.each(["rslave", "rprivate"])("is what the host has when a container comes, also in a pod that was there before (%s)", async (propagation) => {
    const annotations = { "io.kubernetes.cri.sandbox-id": uniqueId("pod") };
    await using _pod = await startContainer(daemon(), SLEEP, { annotations });
    // Where / is private, nobody tells the pod's namespace of it.
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", directory]);
    try {
      await writeFile(join(directory, "file"), "mounted later\n");
      await using container = await startContainer(daemon(), SLEEP, { annotations, mounts: [bind(directory, "/v", propagation)] });
      expect((await container.exec(["cat", "/v/file"])).stdout).toBe("mounted later\n");
    } finally {
      await mustRun("umount", [directory]);
    }
  });
});

test.each(containerdVersions.slice(-1))("containerd %s killed with the daemon leaves no file system of a pod in use", async (version) => {
  await using doomed = await Containerd.start(version);
  await importImage(doomed, "busybox");
  const [image, mounted] = [join(directory, "image"), join(directory, "mounted")];
  await mkdir(mounted);
  await mustRun("truncate", ["--size=16M", image]);
  await mustRun("mkfs.ext4", ["-q", image]);
  await mustRun("mount", ["-o", "loop", image, mounted]);
  await startContainer(doomed, SLEEP, { mounts: [bind(mounted, "/v", "rprivate")] });
  await mustRun("umount", [mounted]);
  // The loop device is the file system's, which is the pod's by now.
  const loops = async (): Promise<string> => (await run("losetup", ["--associated", image])).stdout;
  expect(await loops()).toContain(image);
  const shim = await onlyPart(doomed, "daemon");
  await doomed.kill();
  await killProcess(shim);
  await expect.poll(loops, { timeout: patient(10_000) }).toBe("");
  expect(existsSync(image)).toBe(true);
});
