/**
 * Where the host's processes of a pod are: in a cgroup of their own, beside those of the pod's containers as runc would make them,
 * so that the limits of the cgroup above hold them (Kubernetes' pod, with the RuntimeClass's overhead).
 */

import { dirname, join, posix } from "node:path";

import { Code, HadronError } from "../errors.ts";
import type { CgroupPath } from "../host/cgroup.ts";

/** systemd's own for what names no slice (runc: libcontainer/cgroups/systemd). */
const DEFAULT_SLICE = "system.slice";

/**
 * The cgroup above.
 *
 * @param cgroupsPath of the pod's first container: a path (absolute, or from the daemon's own cgroup), or SLICE:PREFIX:NAME as with systemd
 * @returns undefined where the spec names no cgroup: then all stays where containerd has started the daemon
 * @throws HadronError INVALID_ARGUMENT for what is no slice
 */
export function cgroupAbove(cgroupsPath: string | undefined): CgroupPath | undefined {
  if (cgroupsPath === undefined || cgroupsPath === "") {
    return undefined;
  }
  // A path may have colons as well.
  const [, slice] = /^([^/:]*\.slice|):[^/:]*:[^/:]*$/.exec(cgroupsPath) ?? [];
  if (slice !== undefined) {
    return { path: sliceDirectory(slice === "" ? DEFAULT_SLICE : slice), relative: false };
  }
  // As runc does it, no path leads up and out.
  const clean = posix.normalize(`/${cgroupsPath}`);
  return { path: dirname(clean), relative: !cgroupsPath.startsWith("/") };
}

/** The same, by CRI's `cgroup_parent`: a path, or with systemd a slice. */
export function cgroupNamed(parent: string | undefined): CgroupPath | undefined {
  if (parent === undefined || parent === "") {
    return undefined;
  }
  return parent.endsWith(".slice") && !parent.includes("/") ? cgroupAbove(`${parent}:hadron:pod`) : cgroupAbove(`${parent}/pod`);
}

/** Those of CRI, which no other pod of the host has. */
const RANDOM_ID = /^[0-9a-f]{64}$/;

/**
 * A pod of CRI has it where runc has that of the pod's own container: a kubelet, by its cAdvisor, looks there for the process whose
 * namespace has the pod's network counters, and knows it by this name, whole.
 *
 * @param name of the pod's directory and socket, which no other pod of the host has
 */
export function podCgroup(above: CgroupPath, podId: string, name: string): CgroupPath {
  return { ...above, path: join(above.path, RANDOM_ID.test(podId) ? podId : `hadron_${name}`) };
}

/** "a-b.slice" is in "a.slice"; "-.slice" is the root (systemd.slice(5)). */
function sliceDirectory(slice: string): string {
  if (slice === "-.slice") {
    return "/";
  }
  const words = slice.slice(0, -".slice".length).split("-");
  if (words.includes("")) {
    throw new HadronError(
      Code.INVALID_ARGUMENT,
      `linux.cgroupsPath names the slice ${JSON.stringify(slice)}; a slice is words with "-" between them, and ends with ".slice"`,
    );
  }
  return `/${words.map((_, i) => `${words.slice(0, i + 1).join("-")}.slice`).join("/")}`;
}
