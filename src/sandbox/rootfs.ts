/**
 * A container's root file system, as it is asked for: what containerd sent or, when it sent nothing (Docker), the
 * root.path of the spec. What it comes to is known, or refused, before anything is mounted.
 */

import { isAbsolute, join, resolve } from "node:path";

import { Code, HadronError } from "../errors.ts";
import { realpath } from "../host/files.ts";
import { mounts as hostMounts } from "../host/mountinfo.ts";
import type { Spec } from "./oci.ts";
import { type RootPropagation, sourcePropagation } from "./plan.ts";
import { inRootMount, probePath } from "./probe.ts";
import { unsupported } from "./refusal.ts";

/** containerd.types.Mount: type, source and options are mount(8)'s. */
export interface RootfsMount {
  readonly type: string;
  readonly source: string;
  /** Below the root file system; "" for the root file system itself. */
  readonly target: string;
  readonly options: readonly string[];
}

export async function planRootfs(
  mounts: readonly RootfsMount[],
  bundle: string,
  root: Spec["root"],
  propagation: RootPropagation,
): Promise<readonly RootfsMount[]> {
  if (mounts.length === 0) {
    const source = await rootDirectory(bundle, root);
    const inherited = sourcePropagation(source, (await inRootMount([source], await hostMounts())).has(source), propagation);
    return [{ type: "bind", source, target: "", options: ["rbind", `r${inherited}`] }];
  }
  for (const { type, options } of mounts) {
    if (type.includes("/") || options.some((option) => option.includes("{{"))) {
      throw unsupported(
        `mounts of type ${type} are left to containerd's mount manager: use a snapshotter that passes plain mounts, such as overlayfs`,
      );
    }
  }
  return mounts;
}

/** As runc (configs/validate, `rootfs`), which wants it by its own name: nobody can lead it elsewhere then. */
async function rootDirectory(bundle: string, root: Spec["root"]): Promise<string> {
  if (root === undefined || root.path === "") {
    throw new HadronError(Code.INVALID_ARGUMENT, "there is no root file system: the request has no rootfs mounts and the spec no root.path");
  }
  const source = resolve(isAbsolute(root.path) ? root.path : join(await realpath(bundle), root.path));
  if ((await probePath(source)) !== "directory") {
    throw new HadronError(Code.INVALID_ARGUMENT, `the root file system ${JSON.stringify(source)} is not a directory`);
  }
  const real = await realpath(source);
  if (real !== source) {
    throw new HadronError(
      Code.INVALID_ARGUMENT,
      `root.path ${JSON.stringify(root.path)} leads through a symbolic link; it has to be the directory's own path, ${JSON.stringify(real)}`,
    );
  }
  return source;
}
