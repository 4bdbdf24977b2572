/** Volumes with more than one file system of the host in them: which of them an option of the mount is for. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "../../harness/command.ts";
import type { Places } from "../container.ts";
import { type SpecCase, variation } from "./case.ts";

const LOOK = [
  "create:/volume/x",
  "create:/volume/below/x",
  "create:/volume/below/deeper/x",
  "write:/volume/below/file",
  "run:/volume/true",
  "run:/volume/below/true",
  "run:/volume/below/deeper/true",
] as const;

async function mountTmpfs(places: Places, path: string, options: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await mustRun("mount", ["-t", "tmpfs", "-o", "size=4m,mode=755", "tmpfs", path]);
  await writeFile(join(path, "file"), "");
  await copyFile(join(places.rootfs, "bin/busybox"), join(path, "true"));
  await mkdir(join(path, "deeper"));
  await mustRun("mount", ["-o", `remount,bind,${options}`, path]);
}

/** `volume`, with a tmpfs on its `below` and one more in that. */
function below(
  name: string,
  options: readonly string[],
  { below: of = "rw", deeper = "rw", top }: { below?: string; deeper?: string; top?: string } = {},
): SpecCase {
  return variation(
    name,
    async (spec, places) => {
      if (top !== undefined) {
        await mountTmpfs(places, places.volume, "rw");
      } else {
        await copyFile(join(places.rootfs, "bin/busybox"), join(places.volume, "true"));
      }
      await mountTmpfs(places, join(places.volume, "below"), "rw");
      await mountTmpfs(places, join(places.volume, "below/deeper"), deeper);
      await mustRun("mount", ["-o", `remount,bind,${of}`, join(places.volume, "below")]);
      if (top !== undefined) {
        await mustRun("mount", ["-o", `remount,bind,${top}`, places.volume]);
      }
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: [...options] });
    },
    ...LOOK,
  );
}

export const SUBMOUNT_CASES: readonly SpecCase[] = [
  ...[
    ["rbind", "rw"],
    ["rbind", "ro"],
    ["rbind", "rro"],
    ["bind", "ro"],
    ["bind", "rro"],
    ["bind", "rw"],
    ["rbind", "ro", "rro"],
    ["rbind", "ro", "rrw"],
    ["rbind", "noexec"],
    ["rbind", "rnoexec"],
    ["rbind", "nosuid", "nodev"],
    ["rbind", "rnosuid", "rnodev"],
    ["rbind", "rnosuid", "rnoexec", "ro"],
    ["rbind", "rnoatime"],
    ["rbind", "rrelatime"],
    ["rbind", "rstrictatime"],
    ["rbind", "rnodiratime"],
    ["rbind", "ro", "rprivate"],
    ["rbind", "ro", "rslave"],
  ].map((options) => below(`host mounts: ${JSON.stringify(options)}`, options)),
  ...[
    ["rbind"],
    ["rbind", "rw"],
    ["rbind", "ro"],
    ["rbind", "rro"],
    ["rbind", "rrw"],
    ["rbind", "exec"],
    ["rbind", "rexec"],
    ["rbind", "rsuid", "rdev"],
    ["rbind", "noatime"],
  ].flatMap((options) => [
    below(`host mounts, read-only below: ${JSON.stringify(options)}`, options, { below: "ro", deeper: "ro,noexec" }),
    below(`host mounts, all with flags: ${JSON.stringify(options)}`, options, { top: "nosuid,nodev,noexec", below: "nosuid,nodev" }),
  ]),
  below("host mounts, the topmost read-only", ["rbind", "rw"], { top: "ro", below: "rw" }),
  below("host mounts, the topmost read-only and noexec, alone", ["bind"], { top: "ro,noexec" }),
  below("host mounts, the topmost read-only, for which other flags are asked", ["bind", "noexec"], { top: "ro" }),
  variation(
    "host mounts, a file of one with flags",
    async (spec, places) => {
      await mountTmpfs(places, places.volume, "nosuid,nodev,noexec,ro");
      spec.mounts.push({ destination: "/volume/true", type: "bind", source: join(places.volume, "true"), options: ["rbind"] });
    },
    "run:/volume/true",
    "write:/volume/true",
  ),
];
