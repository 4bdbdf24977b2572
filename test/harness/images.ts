/**
 * OCI images out of Debian packages, without any registry. Each is a tar of an OCI layout (image-spec,
 * image-layout.md) with one uncompressed layer, kept in the cache.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, chmod, copyFile, mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { mustRun } from "./command.ts";
import type { Containerd } from "./containerd.ts";
import { cache, debianPackage, repository } from "./paths.ts";

/**
 * - "busybox": busybox-static with all its applets, some users and groups.
 * - "busybox-no-proc": the same without the directories /proc, /sys, /dev and /run.
 * - "python": a minimal Debian with python3.
 * - "pause": busybox whose program waits to be killed, which is what runc wants of the image of a pod's own container.
 * - "network": a minimal Debian with what administers networks.
 */
export const imageNames = ["busybox", "busybox-no-proc", "python", "pause", "network"] as const;
export type ImageName = (typeof imageNames)[number];

/** What is in those that are a minimal Debian. */
const DEBIAN: Partial<Record<ImageName, readonly string[]>> = {
  python: ["python3"],
  network: ["iproute2", "iptables", "nftables", "ipset", "wireguard-tools", "socat"],
};

/** The name under which `importImage` makes it known to containerd. */
export function imageReference(name: ImageName): string {
  return `docker.io/library/${name}:test`;
}

/** Makes an image known to a containerd, unpacked; answers its reference. */
export async function importImage(daemon: Containerd, name: ImageName): Promise<string> {
  const archive = await imageArchive(name);
  await daemon.mustCtr(["images", "import", archive], { timeoutMs: 300_000 });
  return imageReference(name);
}

/** Unpacks an image's root file system into a new directory, for containers that have no snapshot. */
export async function unpackImage(name: ImageName, directory: string): Promise<void> {
  const layer = join(dirname(await imageArchive(name)), "layer.tar");
  await mkdir(directory, { recursive: true });
  await mustRun("tar", ["-xf", layer, "--numeric-owner", "-C", directory], { timeoutMs: 300_000 });
}

/** Path of the OCI archive; made when it is not in the cache. */
export async function imageArchive(name: ImageName): Promise<string> {
  const packages = DEBIAN[name];
  const busybox = packages === undefined ? await busyboxBinary() : "";
  const command = name === "pause" ? ["sleep", "infinity"] : ["sh"];
  // What the image is made of: the code that makes it, the packages, and the version in busybox's path.
  const recipe = [packages === undefined ? makeBusyboxLayer : makeDebianLayer, writeArchive, packages ?? busybox, ...command].join("\n");
  const key = createHash("sha256").update(recipe).digest("hex").slice(0, 16);
  const finished = join(cache, "images", `${name}-${key}`);
  const archive = join(finished, "image.tar");
  if (await exists(archive)) {
    return archive;
  }

  await mkdir(dirname(finished), { recursive: true });
  const work = await mkdtemp(`${finished}.new-`);
  try {
    const layer = join(work, "layer.tar");
    if (packages === undefined) {
      await makeBusyboxLayer(layer, busybox, name === "busybox-no-proc");
    } else {
      await makeDebianLayer(layer, packages);
    }
    await writeArchive(work, layer, imageReference(name), command);
    // Another run may have been faster; then its result is as good.
    await rename(work, finished).catch(async (error: unknown) => {
      if (!(await exists(archive))) {
        throw error;
      }
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return archive;
}

export async function busyboxBinary(): Promise<string> {
  return join(await debianPackage("bookworm", "busybox-static"), "bin/busybox");
}

async function makeBusyboxLayer(layer: string, busybox: string, withoutMountPoints: boolean): Promise<void> {
  const root = join(dirname(layer), "rootfs");
  const directories = ["bin", "etc", "home/user", "root", "usr/bin", "var/log"];
  if (!withoutMountPoints) {
    directories.push("dev", "proc", "run", "sys");
  }
  for (const directory of directories) {
    await mkdir(join(root, directory), { recursive: true });
  }
  await mkdir(join(root, "tmp"));
  await chmod(join(root, "tmp"), 0o1777);
  await copyFile(busybox, join(root, "bin/busybox"));
  await chmod(join(root, "bin/busybox"), 0o755);
  for (const applet of (await mustRun(busybox, ["--list"])).trim().split("\n")) {
    if (applet !== "busybox") {
      await symlink("busybox", join(root, "bin", applet));
    }
  }
  const passwd = ["root:x:0:0:root:/root:/bin/sh", "daemon:x:1:1::/:/bin/false", "user:x:1000:1000::/home/user:/bin/sh"];
  const group = ["root:x:0:", "daemon:x:1:", "audio:x:29:user", "staff:x:50:user", "user:x:1000:"];
  await writeFile(join(root, "etc/passwd"), `${passwd.join("\n")}\n`);
  await writeFile(join(root, "etc/group"), `${group.join("\n")}\n`);
  // Present and not executable, for the test of that error.
  await writeFile(join(root, "etc/not-executable"), "#!/bin/sh\n", { mode: 0o644 });
  await mustRun("tar", ["--sort=name", "--mtime=@0", "--owner=0:0", "--group=0:0", "--numeric-owner", "-C", root, "-cf", layer, "."]);
  await rm(root, { recursive: true });
}

async function makeDebianLayer(layer: string, packages: readonly string[]): Promise<void> {
  const sources = await mustRun(join(repository, "tools/fetch-deb"), ["--sources", "bookworm"], { timeoutMs: 900_000 });
  const excluded = ["doc", "man", "locale", "info"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  await mustRun(
    "mmdebstrap",
    ["--variant=minbase", `--include=${packages.join(",")}`, '--aptopt=Acquire::Languages "none"', ...excluded, "bookworm", layer, sources.trim()],
    { timeoutMs: 1_200_000 },
  );
}

/** Writes image.tar beside the layer. */
async function writeArchive(work: string, layer: string, reference: string, command: readonly string[]): Promise<void> {
  const layout = join(work, "layout");
  const blobs = join(layout, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  const layerDigest = await sha256(layer);
  await copyFile(layer, join(blobs, layerDigest));

  const addJson = async (mediaType: string, value: unknown): Promise<Descriptor> => {
    const text = JSON.stringify(value);
    const digest = createHash("sha256").update(text).digest("hex");
    await writeFile(join(blobs, digest), text);
    return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
  };
  const config = await addJson("application/vnd.oci.image.config.v1+json", {
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: command, WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
  });
  const manifest = await addJson("application/vnd.oci.image.manifest.v1+json", {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config,
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: `sha256:${layerDigest}`, size: (await stat(layer)).size }],
  });
  const platform = { architecture: "amd64", os: "linux" };
  const annotations = { "io.containerd.image.name": reference, "org.opencontainers.image.ref.name": "test" };
  await writeFile(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] }));
  await writeFile(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  await mustRun("tar", ["-C", layout, "-cf", join(work, "image.tar"), "oci-layout", "index.json", "blobs"]);
  await rm(layout, { recursive: true });
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
