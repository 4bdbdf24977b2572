/** What a pod has mounted for its containers, which no mount namespace of a process has: by way of who serves it to the guest. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { Containerd } from "../harness/containerd.ts";
import { onlyPart, parts } from "./parts.ts";

/** The root file systems of the only pod's containers, in the order in which these came. */
export async function rootfsMounts(daemon: Containerd): Promise<string[]> {
  const share = await rootfsShare(daemon);
  return (await readdir(share)).sort((a, b) => Number(a) - Number(b)).map((slot) => join(share, slot));
}

/** It is the first device, and QEMU or the first virtiofsd has inherited it. */
async function rootfsShare(daemon: Containerd): Promise<string> {
  const servers = await parts(daemon, "virtiofsd");
  const [server = await onlyPart(daemon, "vmm")] = servers.sort((a, b) => a.pid - b.pid);
  const fd = /=\/proc\/self\/fd\/(\d+)/.exec(server.args.join(" "))?.[1];
  if (fd === undefined) {
    throw new Error(`there is no share in the arguments ${server.args.join(" ")}`);
  }
  return `/proc/${server.pid}/fd/${fd}`;
}
