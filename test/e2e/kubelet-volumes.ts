/** Volumes as a kubelet prepares them for a pod: the same directories, file systems and ways of changing them. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

import { mustRun, run } from "../harness/command.ts";

/** Names and contents of the files of a config map, a secret or the like. */
export type Files = Readonly<Record<string, string>>;

/** The directory of one pod below a kubelet's. Disposed, all that is mounted there is unmounted and everything removed. */
export class KubeletVolumes implements AsyncDisposable {
  readonly directory: string;
  #updates = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<KubeletVolumes> {
    const root = await mkdtemp("/var/tmp/hadron-test-kubelet-");
    const directory = join(root, "pods/6f0d2c4e-6a7f-4d0c-9f83-5a8f6f1d2b11");
    await mkdir(join(directory, "volumes"), { recursive: true });
    // As a node's / is, or systemd's; a kubelet relies on it.
    await mustRun("mount", ["--bind", root, root]);
    await mustRun("mount", ["--make-shared", root]);
    return new KubeletVolumes(directory);
  }

  /** An empty directory of the disk, for everybody as a kubelet makes it. */
  async emptyDir(name: string): Promise<string> {
    return await this.#volume("empty-dir", name, "0777");
  }

  /** `medium: Memory`. `group`: the pod's fsGroup. */
  async memory(name: string, { sizeMib, group }: { readonly sizeMib: number; readonly group?: number }): Promise<string> {
    const path = await this.#volume("empty-dir", name, "0777");
    await mustRun("mount", ["-t", "tmpfs", "-o", `size=${sizeMib}m`, "tmpfs", path]);
    await mustRun("chmod", [group === undefined ? "0777" : "2777", path]);
    await mustRun("chgrp", [String(group ?? 0), path]);
    return path;
  }

  async configMap(name: string, files: Files): Promise<string> {
    const path = await this.#volume("configmap", name, "0777");
    await this.update(path, files);
    return path;
  }

  /** On a tmpfs, as secrets, projected volumes and the downward API are. */
  async secret(name: string, files: Files): Promise<string> {
    const path = await this.#volume("secret", name, "0777");
    await mustRun("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
    await this.update(path, files);
    return path;
  }

  /** Of a config map or the like, all at once (the kubelet's AtomicWriter). */
  async update(volume: string, files: Files): Promise<void> {
    const before = await run("readlink", [join(volume, "..data")]);
    const version = `..2026_11_26_${String((this.#updates += 1)).padStart(2, "0")}.1`;
    await mkdir(join(volume, version));
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(volume, version, name), content);
    }
    await symlink(version, join(volume, "..data_tmp"));
    await rename(join(volume, "..data_tmp"), join(volume, "..data"));
    for (const name of Object.keys(files)) {
      await symlink(join("..data", name), join(volume, name)).catch(() => undefined);
    }
    if (before.exitCode === 0) {
      await rm(join(volume, before.stdout.trim()), { recursive: true });
    }
  }

  /** A file system of its own on a disk, as a claim's. */
  async claim(name: string): Promise<string> {
    const image = join(this.directory, `${name}.img`);
    await mustRun("truncate", ["-s", "8M", image]);
    await mustRun("mkfs.ext4", ["-q", image]);
    const path = join(await this.#volume("csi", name, "0750"), "mount");
    await mkdir(path);
    await mustRun("mount", ["-o", "loop", image, path]);
    return path;
  }

  /** What a container has of `volume` by subPath: bound by a descriptor, so that no symbolic link leads elsewhere. Made if it is not there. */
  async subPath(volume: string, below: string, container: string, index = 0): Promise<string> {
    const target = join(this.directory, "volume-subpaths", basename(volume), container, String(index));
    const bind = [
      `{ [ -e "$1" ] || mkdir -p "$1"; } && p=$(readlink -f "$1") && mkdir -p "$(dirname "$2")"`,
      `if [ -d "$p" ]; then mkdir "$2"; else : >"$2"; fi`,
      `exec 3<"$p" && mount --no-canonicalize --bind /proc/self/fd/3 "$2"`,
    ];
    await mustRun("sh", ["-c", bind.join(" && "), "sh", join(volume, below), target]);
    return target;
  }

  /** A file of a container that the kubelet makes, /etc/hosts or the termination message. */
  async file(name: string, content: string, mode = 0o644): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, content);
    await mustRun("chmod", [mode.toString(8), path]);
    return path;
  }

  async #volume(kind: string, name: string, mode: string): Promise<string> {
    const path = join(this.directory, "volumes", `kubernetes.io~${kind}`, name);
    await mkdir(path, { recursive: true });
    await mustRun("chmod", [mode, path]);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const root = join(this.directory, "../..");
    await mustRun("umount", ["--recursive", root]);
    await mustRun("rm", ["-rf", "--one-file-system", "--", root]);
  }
}
