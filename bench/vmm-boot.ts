/** From the launch until the agent has answered, and what that cost; with a share and a NIC, as a pod has them. */
import { closeSync, readFileSync } from "node:fs";

import type { Vm } from "../src/hypervisor/hypervisor.ts";
import { add, type Bench, BenchPod, type Figures } from "./vmm-pod.ts";

export async function benchBoot(bench: Bench, root: string, figures: Figures): Promise<void> {
  const { queues } = await bench.host.openTap(bench.netns, 1);
  using descriptors = new DisposableStack();
  queues.forEach((fd) => descriptors.defer(() => closeSync(fd)));
  await using pod = await BenchPod.boot(bench, root, [{ kind: "nic", hardwareAddress: "02:00:00:00:00:01", queues, vhost: [] }]);
  add(figures, "launch answered", pod.times.launched);
  add(figures, "agent ready", pod.times.ready);
  add(figures, "kernel until /init", Number(pod.info.initEnteredNs) / 1e6);
  const exits = pod.exits();
  if (exits !== undefined) {
    add(figures, "exits until the agent is ready", exits);
  }
  const { rss, pss } = memoryOf(pod.vm);
  add(figures, "RSS beyond guest memory", rss);
  add(figures, "PSS beyond guest memory", pss);
  // Else the kernel ends the tap while the hypervisor ends.
  descriptors.dispose();
  const stopping = performance.now();
  await pod.vm.stop();
  add(figures, "stopped", performance.now() - stopping);
}

/** Of all processes but virtiofsd, in kB: the guest's memory is a memfd with both. */
function memoryOf(vm: Vm): { rss: number; pss: number } {
  const sum = { rss: 0, pss: 0 };
  for (const pid of vm.pids.filter((each) => !readFileSync(`/proc/${each}/comm`, "utf8").includes("virtiofsd"))) {
    let guest = false;
    for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
      const [, name = "", kb = ""] = /^(Rss|Pss):\s+(\d+) kB$/.exec(line) ?? [];
      if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
        guest = line.includes("/memfd:");
      } else if (!guest && name !== "") {
        sum[name === "Rss" ? "rss" : "pss"] += Number(kb);
      }
    }
  }
  return sum;
}
