/** What containerd reads in the answer of `containerd-shim-hadron-v2 -info`, and that it is so. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { mustRun } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { repository } from "../harness/paths.ts";
import { hadron, runContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

/** containerd 1 does not ask. */
const asking = containerdVersions.filter((version) => !version.startsWith("1.")).slice(-1);

describe.each(asking)("containerd %s: -info", (version) => {
  const daemon = useContainerd(version);

  test("names the runtime, its version and its features", async () => {
    const info = JSON.parse(await daemon().mustCtr(["plugins", "inspect-runtime", "--runtime", hadron])) as Record<string, unknown>;
    expect(info).toMatchObject({ Name: hadron, Version: { Version: expect.stringMatching(/^\d+\.\d+\.\d+$/) } });
    // containerd has decoded them into its own struct, which has no place for what it does not know.
    const written = JSON.parse(await readFile(join(repository, "native/launcher/features.json"), "utf8")) as Record<string, unknown>;
    const { hooks: _none, linux, ...rest } = written as { hooks: unknown; linux: Record<string, unknown> };
    const { netDevices: _since13, ...known } = linux;
    expect(info["Features"]).toMatchObject({ ...rest, linux: known });
  });

  test("says rro, and a mount that is read-only so has nothing below it that can be written", async () => {
    const source = join(daemon().directory, "rro");
    await mkdir(join(source, "below"), { recursive: true });
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", join(source, "below")]);
    try {
      await writeFile(join(source, "below/file"), "as it was");
      const write = "for f in /m/file /m/below/file; do (echo changed > $f) 2>/dev/null && echo wrote $f; done; cat /m/below/file";
      const mounts = [`type=bind,src=${source},dst=/m,options=rbind:rro`];
      expect((await runContainer(daemon(), ["sh", "-c", write], { mounts })).stdout).toBe("as it was");
      expect(await readFile(join(source, "below/file"), "utf8")).toBe("as it was");
    } finally {
      await mustRun("umount", [join(source, "below")]);
    }
  });
});
