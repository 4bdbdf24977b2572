import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import type { Mount } from "../host/mountinfo.ts";
import { hostMemory } from "./host-memory.ts";

let directory: string;
let mounts: Mount[];

/** As far as mountinfo is believed. */
function mount(path: string, device: string, { root = "/", type = "tmpfs" } = {}): string {
  const place = join(directory, path);
  mkdirSync(place, { recursive: true });
  mounts.push({ mountPoint: place, device, root, type, flags: ["rw", "nodev"], options: ["rw"] });
  return place;
}

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "memory-")));
  mounts = [{ mountPoint: "/", device: "8:1", root: "/", type: "ext4", flags: ["rw"], options: ["rw"] }];
});
afterEach(() => rmSync(directory, { recursive: true }));

it("finds an emptyDir and parts of it by the file system that they are of", async () => {
  const volume = mount("pods/u/volumes/kubernetes.io~empty-dir/cache", "0:9");
  chmodSync(volume, 0o2770);
  const part = mount("pods/u/volume-subpaths/cache/main/0", "0:9", { root: "/a/b" });
  const deeper = join(part, "c");
  mkdirSync(deeper, { mode: 0o700 });
  const link = join(directory, "link");
  symlinkSync(volume, link);

  const found = await hostMemory([volume, part, deeper, link], mounts);
  const { blocks, bsize } = statfsSync(volume, { bigint: true });
  const common = { type: "tmpfs", device: "0:9", sizeBytes: blocks * bsize, flags: ["rw", "nodev"], isEmptyDir: true };
  expect(found.get(volume)).toMatchObject({ ...common, owner: { mode: 0o2770 }, below: "", belowOwner: { mode: 0o2770 } });
  expect(found.get(part)).toMatchObject({ ...common, owner: { mode: 0o2770 }, below: "a/b" });
  expect(found.get(deeper)).toMatchObject({ ...common, below: "a/b/c", belowOwner: { mode: 0o700 } });
  expect(found.get(link)).toEqual(found.get(volume));
});

it("tells an emptyDir from other memory", async () => {
  const secret = mount("pods/u/volumes/kubernetes.io~secret/token", "0:10");
  const shm = mount("sandboxes/s/shm", "0:11");
  const huge = mount("pods/u/volumes/kubernetes.io~empty-dir/huge", "0:12", { type: "hugetlbfs" });
  const below = mount("pods/u/volumes/kubernetes.io~empty-dir/disk/mounted", "0:13");
  const found = await hostMemory([secret, shm, huge, below, directory, join(directory, "nothing")], mounts);
  const told = [...found].map(([path, { type, isEmptyDir }]) => [path, type, isEmptyDir]);
  expect(told).toEqual([
    [secret, "tmpfs", false],
    [shm, "tmpfs", false],
    [huge, "hugetlbfs", true],
    [below, "tmpfs", false],
  ]);
});
