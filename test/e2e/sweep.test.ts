/** Pods that nobody deletes any more: the daemon was killed together with its containerd, or the client forgot about it. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { expect, test } from "vitest";

import { Containerd, containerdVersions } from "../harness/containerd.ts";
import { importImage } from "../harness/images.ts";
import { podDirectories, shimSockets } from "../harness/leftovers.ts";
import { mountsBelow } from "../harness/mounts.ts";
import { killProcess } from "../harness/processes.ts";
import { runContainer, startContainer } from "../harness/runtime.ts";
import { parts } from "./parts.ts";

const SLEEP = ["sleep", "600"];

/** Whatever there is of a pod on the host. */
async function traces(pod: string): Promise<string[]> {
  const directory = join(podDirectories, pod);
  const files = [directory, join(shimSockets, pod)].filter((path) => existsSync(path));
  return [...files, ...(await mountsBelow(directory))];
}

test.each(containerdVersions.slice(-1))("containerd %s killed with its daemons leaves pods that another one's `start` sweeps up", async (version) => {
  await using living = await Containerd.start(version);
  await importImage(living, "busybox");
  await using neighbour = await startContainer(living, SLEEP);
  const dead: string[] = [];
  {
    await using doomed = await Containerd.start(version);
    await importImage(doomed, "busybox");
    for (let i = 0; i < 2; i++) {
      const { id } = await startContainer(doomed, SLEEP);
      dead.push(basename(await readFile(join(doomed.bundle(id), "address"), "utf8")));
    }
    const daemons = await parts(doomed, "daemon");
    expect(daemons).toHaveLength(2);
    // containerd first: it would delete what it sees die.
    await doomed.kill();
    await Promise.all(daemons.map(killProcess));
    for (const pod of dead) {
      // No mount: they have gone with the last process that had them.
      expect(await traces(pod)).toEqual([join(podDirectories, pod), join(shimSockets, pod)]);
    }
  }
  // One look at four others is what a `start` takes; on a shared machine there may be many.
  const others = (await readdir(podDirectories)).length;
  for (let starts = 0; starts < others && (await Promise.all(dead.map(traces))).flat().length > 0; starts++) {
    expect(await runContainer(living, ["true"])).toMatchObject({ exitCode: 0, stderr: "" });
  }
  await expect.poll(async () => (await Promise.all(dead.map(traces))).flat()).toEqual([]);
  expect((await neighbour.exec(["echo", "alive"])).stdout).toBe("alive\n");
});
