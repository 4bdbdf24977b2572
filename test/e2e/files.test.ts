/** Files of the host in a pod that runs: whoever changes them, the other sees it, and programs are what they were. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

/** Started one after another, each read from the root file system by the guest. */
const PROGRAMS = 100;

describe.each(containerdVersions)("containerd %s: a running container", (version) => {
  const daemon = useContainerd(version);

  test("sees what the host changes in a directory, and the host what it changes", async () => {
    const directory = await mkdtemp(join(daemon().directory, "volume-"));
    const file = join(directory, "file");
    await writeFile(file, "written by the host\n");
    {
      await using container = await startContainer(daemon(), ["sleep", "600"], {
        mounts: [`type=bind,src=${directory},dst=/volume,options=rbind:rw`],
      });
      const look = async (): Promise<string> => (await container.exec(["cat", "/volume/file"])).stdout;
      expect(await look()).toBe("written by the host\n");
      await writeFile(file, "changed by the host\n");
      // Not at once: the guest may keep what it read for a second.
      await expect.poll(look).toBe("changed by the host\n");
      const write = await container.exec(["sh", "-c", "echo changed by the guest > /volume/file && echo new > /volume/new && ls /volume"]);
      expect(write).toMatchObject({ stdout: "file\nnew\n", exitCode: 0 });
      expect(await readFile(file, "utf8")).toBe("changed by the guest\n");
      expect(await readFile(join(directory, "new"), "utf8")).toBe("new\n");
    }
    await rm(directory, { recursive: true });
  });

  test("starts programs from its root file system, one after another, and each does what it should", async () => {
    await using container = await startContainer(daemon(), ["sleep", "600"]);
    const loop = `i=0; while [ $i -lt ${PROGRAMS} ]; do [ "$(/bin/busybox echo $i)" = $i ] || exit 1; i=$((i+1)); done; echo $i`;
    expect(await container.exec(["sh", "-c", loop])).toMatchObject({ stdout: `${PROGRAMS}\n`, exitCode: 0 });
  });
});
