/** What is in examples/, tried as a reader would. */
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import { mustRun } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { repository } from "../harness/paths.ts";
import { hadron, runc, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

const examples = join(repository, "examples");

describe.each(containerdVersions)("containerd %s", (version) => {
  const daemon = useContainerd(version);

  test("list-tasks.ts finds each task, whatever its runtime", async () => {
    const list = async (): Promise<string[]> => {
      const output = await mustRun(process.execPath, [join(examples, "list-tasks.ts"), join(daemon().directory, "state")]);
      return output.split("\n").filter((line) => line !== "");
    };
    await using ours = await startContainer(daemon(), ["sleep", "600"], { runtime: hadron });
    await using peer = await startContainer(daemon(), ["sleep", "600"], { runtime: runc });
    await daemon().mustCtr(["task", "pause", peer.id]);
    const line = (id: string, status: string): unknown => expect.stringMatching(new RegExp(`^${daemon().namespace}\t${id}\t${status}\t[1-9][0-9]*$`));
    const lines = await list();
    expect(lines).toHaveLength(2);
    expect(lines).toEqual(expect.arrayContaining([line(ours.id, "RUNNING"), line(peer.id, "PAUSED")]));
    await daemon().mustCtr(["task", "resume", peer.id]);
  });

  test.skipIf(version.startsWith("1."))("node/containerd-config.toml is a configuration with the runtime, as containerd reads it", async () => {
    const containerd = join(dirname(daemon().ctrPath), "containerd");
    const dump = await mustRun(containerd, ["--config", join(examples, "node/containerd-config.toml"), "config", "dump"]);
    const name = "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.hadron]";
    const section = dump.split(/^\s*(?=\[)/m).find((text) => text.startsWith(name));
    expect(section).toContain("runtime_type = 'io.containerd.hadron.v2'");
    expect(section).toContain("pod_annotations = ['io.hadron.*']");
    expect(section).toContain("privileged_without_host_devices = true");
  });
});
