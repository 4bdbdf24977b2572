/** Whatever of a pod is killed at whatever moment: it can be stopped and removed, the next one runs, and nothing is left. */
import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { killProcess } from "../harness/processes.ts";
import { useContainerd } from "../harness/suite.ts";
import { containerStatus, CriPod, sandboxersOf, servesCri } from "./cri-pod.ts";
import { DaemonLog } from "./daemon-log.ts";
import { onlyPart, type Part, parts } from "./parts.ts";

const SLEEP = ["sleep", "600"];
const PARTS: readonly Part[] = ["vmm", "vsock", "daemon"];
const versions = containerdVersions.filter(servesCri);

/** As far as RunPodSandbox has come, and what the daemon logs there. */
const LAUNCHED = /the VM's processes run/;
const MOMENTS = [
  ["the VM is being launched", LAUNCHED],
  ["the guest boots", /guest console/],
  ["the VM is up", /the pod's VM is up/],
] as const;

async function allPods(daemon: Containerd): Promise<readonly { readonly id: string }[]> {
  return (JSON.parse(await daemon.mustCrictl(["pods", "-o", "json"])) as { items: { id: string }[] }).items;
}

/** As a kubelet does with what it finds. */
async function removeAll(daemon: Containerd): Promise<void> {
  for (const { id } of await allPods(daemon)) {
    await daemon.mustCrictl(["stopp", id]);
    await daemon.mustCrictl(["rmp", id]);
  }
  expect(await allPods(daemon)).toEqual([]);
}

describe.each(versions)("containerd %s: kill -9", (version) => {
  const daemon = useContainerd(version, { cri: {} });

  describe.each(sandboxersOf(version))("by the sandboxer %s", (sandboxer) => {
    describe.each(PARTS)("of %s", (part) => {
      test.each(MOMENTS)("during RunPodSandbox while %s is an error, and the next one runs", async (_, line) => {
        const log = await DaemonLog.from(daemon());
        const ended = new AbortController();
        const kill = async (): Promise<void> => {
          await log.line(LAUNCHED, ended.signal);
          const victim = await onlyPart(daemon(), part);
          await log.line(line, ended.signal);
          await killProcess(victim);
        };
        const [result] = await Promise.all([CriPod.tryRun(daemon(), sandboxer).finally(() => ended.abort()), kill()]);
        if (result.exitCode === 0) {
          // It came too late; then it is the pod that is lost.
          await expect.poll(async () => (await allPods(daemon())).length).toBe(1);
        }
        await removeAll(daemon());
        await using pod = await CriPod.run(daemon(), sandboxer);
        expect(await pod.listed()).toBe("SANDBOX_READY");
      });

      test("of a running pod is told by CRI, which can stop and remove it", async () => {
        await using pod = await CriPod.run(daemon(), sandboxer);
        const container = await pod.start(SLEEP);
        await killProcess(await onlyPart(daemon(), part));
        await expect.poll(async () => await pod.listed()).toBe("SANDBOX_NOTREADY");
        await expect.poll(async () => (await containerStatus(daemon(), container)).state).toBe("CONTAINER_EXITED");
        expect((await containerStatus(daemon(), container)).exitCode).not.toBe(0);
        expect((await pod.inspect()).status.state).toBe("SANDBOX_NOTREADY");
        expect((await pod.tryCreate(SLEEP)).exitCode).not.toBe(0);
        await pod.stop();
        await pod.remove();
        expect(await pod.listed()).toBeUndefined();
      });

      test("during StopPodSandbox leaves a pod that can be stopped again and removed", async () => {
        await using pod = await CriPod.run(daemon(), sandboxer);
        await pod.start(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]);
        const victim = await onlyPart(daemon(), part);
        const log = await DaemonLog.from(daemon());
        const stopped = daemon().crictl(["stopp", pod.id]);
        await log.line(/process exited|stopping the pod/);
        await killProcess(victim);
        await stopped;
        await pod.stop();
        await pod.remove();
        expect(await pod.listed()).toBeUndefined();
      });
    });

    test.each(MOMENTS)("of containerd during RunPodSandbox while %s leaves nothing that cannot be removed", async (_, line) => {
      const log = await DaemonLog.from(daemon());
      const run = CriPod.tryRun(daemon(), sandboxer);
      await log.line(line);
      await daemon().kill();
      expect((await run).exitCode).not.toBe(0);
      await daemon().start();
      await removeAll(daemon());
      // One that containerd does not know of goes by itself, as nobody calls it.
      await expect.poll(async () => await parts(daemon(), "daemon"), { timeout: patient(60_000) }).toEqual([]);
      await using pod = await CriPod.run(daemon(), sandboxer);
      expect(await pod.listed()).toBe("SANDBOX_READY");
    });

    test("of containerd while its pods run and stop leaves pods that can be removed", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      const container = await pod.start(SLEEP);
      const log = await DaemonLog.from(daemon());
      const stopped = daemon().crictl(["stopp", pod.id]);
      await log.line(/process exited|stopping the pod/);
      await daemon().kill();
      await stopped;
      await daemon().start();
      await pod.stop();
      expect((await containerStatus(daemon(), container)).state).toBe("CONTAINER_EXITED");
      await pod.remove();
    });
  });
});
