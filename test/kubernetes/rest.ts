/** What is left on the node of pods that are gone. */
import { glob, readdir } from "node:fs/promises";

import { expect, test } from "vitest";

import { mustRun } from "../harness/command.ts";
import { mountsBelow } from "../harness/mounts.ts";
import { processes } from "../harness/processes.ts";
import { cgroup } from "./cluster.ts";
import type { Scene } from "./scene.ts";

/** A kubelet removes the sandboxes of pods that are gone once a minute (containerGCPeriod), when those have long been stopped. */
const COLLECTION_MS = 90_000;

export function restTests(scene: () => Scene): void {
  test("nothing is left on the node when the pods are gone", async () => {
    await scene().delete("pods", "--all");
    const rest = async (): Promise<readonly string[]> => await restOfPods(scene());
    await expect.poll(rest, { timeout: COLLECTION_MS, interval: 500 }).toEqual([]);
  }, 180_000);
}

/** The node has processes, mounts and a network of its own, so that all of it is the pods'. */
async function restOfPods({ cluster }: Scene): Promise<string[]> {
  const found: string[] = [];
  for (const { pid, exe, args } of await processes()) {
    if (/qemu-system|hadron-|containerd-shim/.test(exe) || args.some((arg) => arg.endsWith("/shim.js"))) {
      found.push(`process ${pid}: ${args.join(" ")}`);
    }
  }
  found.push(...(await readdir("/run/hadron").catch(() => [])).map((name) => `/run/hadron/${name}`));
  found.push(...(await mountsBelow(cluster.containerd.directory)).filter((path) => /netns|task|sandbox/.test(path)));
  for await (const path of glob(`/sys/fs/cgroup{,/*}${cgroup}/**/pod*`)) {
    found.push(path);
  }
  const links = JSON.parse(await mustRun("ip", ["-j", "link"])) as { ifname: string }[];
  found.push(...links.map(({ ifname }) => ifname).filter((name) => !["lo", "cni0"].includes(name)));
  return found;
}
