/** Pods as a kubelet makes them, step by step. What crictl itself takes is in all figures. */
import { CriPod } from "../test/e2e/cri-pod.ts";
import { Containerd } from "../test/harness/containerd.ts";
import type { Handler } from "../test/harness/cri-config.ts";
import { importImage } from "../test/harness/images.ts";
import { median, ms, type Row } from "./table.ts";

const RUNS = 7;
const STEPS = ["RunPodSandbox", "CreateContainer and StartContainer", "  of a second container in the pod", "StopPodSandbox"] as const;

/** With a containerd of its own, which serves the CRI, and an address of CNI's ptp plugin for each pod. */
export async function benchPod({ version }: Containerd): Promise<Row[]> {
  await using containerd = await Containerd.start(version, { cri: { sandboxImage: "pause" } });
  await importImage(containerd, "pause");
  await importImage(containerd, "busybox");
  const steps = async (handler: Handler): Promise<number[]> => {
    const times: number[][] = STEPS.map(() => []);
    for (let run = -1; run < RUNS; run++) {
      const pod = await lifeOf(containerd, handler);
      if (run >= 0) {
        pod.forEach((time, step) => times[step]?.push(time));
      }
    }
    return times.map(median);
  };
  const [podsandbox, shim, runc] = [await steps("podsandbox"), await steps("shim"), await steps("runc")];
  return STEPS.flatMap((what, step): Row[] => {
    const peer = runc[step] ?? Number.NaN;
    return [podsandbox, shim].map((times, sandboxer): Row => {
      const time = times[step] ?? Number.NaN;
      return { what: `${what}${sandboxer === 0 ? "" : ", sandboxer shim"}`, hadron: ms(time), runc: ms(peer), ratio: time / peer, goal: "" };
    });
  });
}

async function lifeOf(containerd: Containerd, handler: Handler): Promise<number[]> {
  const times: number[] = [];
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    const result = await work();
    times.push(performance.now() - begun);
    return result;
  };
  await using pod = await timed(() => CriPod.run(containerd, handler));
  for (let container = 0; container < 2; container++) {
    await timed(() => pod.start(["sleep", "600"]));
  }
  await timed(() => pod.stop());
  return times;
}
