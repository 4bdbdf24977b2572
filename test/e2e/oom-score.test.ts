/** oom_score_adj: what the host's kernel sees of a pod when its memory is short. */
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { hadron, prepareSpec, RunningContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { onlyPart } from "./parts.ts";
import { TaskClient } from "./task-client.ts";

const scoreOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8"));

/** Starts containers of one pod, each with a value in its spec or none. */
class Pod implements AsyncDisposable {
  readonly #daemon: Containerd;
  readonly #id = uniqueId("pod");
  readonly #stack = new AsyncDisposableStack();

  constructor(daemon: Containerd) {
    this.#daemon = daemon;
  }

  async start(oomScoreAdj?: number, type = "container"): Promise<{ readonly container: RunningContainer; readonly pid: number }> {
    const prepared = await prepareSpec(this.#daemon, "busybox", (spec) => {
      spec.process.args = ["sleep", "600"];
      spec.annotations = { "io.kubernetes.cri.sandbox-id": this.#id, "io.kubernetes.cri.container-type": type };
      if (oomScoreAdj !== undefined) {
        spec.process["oomScoreAdj"] = oomScoreAdj;
      }
    });
    this.#stack.use(prepared);
    const container = this.#stack.use(new RunningContainer(this.#daemon, uniqueId()));
    await this.#daemon.mustCtr(["run", "--detach", "--null-io", "--runtime", hadron, "--config", prepared.path, container.id]);
    await using shim = await TaskClient.connect(this.#daemon, container.id);
    return { container, pid: (await shim.task.state({ id: container.id })).pid ?? 0 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

describe.each(containerdVersions.slice(-1))("containerd %s: oom_score_adj", (version) => {
  const daemon = useContainerd(version);

  test("of the daemon is one above containerd's, and so is that of a pod whose spec says nothing", async () => {
    await using pod = new Pod(daemon());
    const { pid } = await pod.start();
    const expected = scoreOf(daemon().pid ?? 0) + 1;
    const found = [pid];
    for (const part of ["daemon", "vmm", "guest", "vsock"] as const) {
      found.push((await onlyPart(daemon(), part)).pid);
    }
    expect(found.map(scoreOf)).toEqual(found.map(() => expected));
  });

  test("of a container is its own, that of the VM's processes the lowest of the pod's workload", async () => {
    await using pod = new Pod(daemon());
    // What CRI gives its pause container is -998, which not every host lets us set.
    const pause = await pod.start(200, "sandbox");
    const vm = [(await onlyPart(daemon(), "vmm")).pid, (await onlyPart(daemon(), "vsock")).pid];
    const scores = (): number[] => vm.map(scoreOf);
    expect(scores()).toEqual([200, 200]);
    const first = await pod.start(700);
    const second = await pod.start(400);
    expect([pause, first, second].map(({ pid }) => scoreOf(pid))).toEqual([200, 700, 400]);
    expect(scores()).toEqual([400, 400]);
    expect((await first.container.exec(["cat", "/proc/1/oom_score_adj"])).stdout).toBe("700\n");
    await second.container[Symbol.asyncDispose]();
    expect(scores()).toEqual([700, 700]);
  });
});
