import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { Journal } from "../host/journal.ts";
import type { MountSpec, Spec } from "./oci.ts";
import { PodFiles } from "./pod-files.ts";

let directory: string;
let files: string;
let journal: Journal;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "pod-files-"));
  files = join(directory, "files");
  journal = await Journal.open(directory);
});
afterEach(() => rmSync(directory, { recursive: true }));

const spec = (mounts: MountSpec[] = [], readonly = false): Spec => ({ ociVersion: "1.2.0", root: { path: "r", readonly }, mounts });

it("are made with what containerd would write, are in the journal, and go", async () => {
  const made = await PodFiles.make(files, journal, { hostname: "h", resolvConf: "nameserver 10.0.0.1\n" });
  const text = (name: string): string => readFileSync(join(files, name), "utf8");
  expect([text("hostname"), text("resolv.conf")]).toEqual(["h\n", "nameserver 10.0.0.1\n"]);
  expect(text("hosts")).toBe(readFileSync("/etc/hosts", "utf8"));
  expect(journal.entries.map((entry) => "path" in entry && entry.path)).toEqual([
    files,
    ...["hostname", "hosts", "resolv.conf"].map((name) => join(files, name)),
  ]);
  await made[Symbol.asyncDispose]();
  await made[Symbol.asyncDispose]();
  expect(existsSync(files)).toBe(false);
  expect(journal.entries).toEqual([]);
});

it("have the host's resolv.conf where the pod names no server", async () => {
  await using _ = await PodFiles.make(files, journal, { hostname: "h", resolvConf: undefined });
  expect(readFileSync(join(files, "resolv.conf"), "utf8")).toBe(existsSync("/etc/resolv.conf") ? readFileSync("/etc/resolv.conf", "utf8") : "");
});

it("come to a container where it has nothing of its own", async () => {
  await using made = await PodFiles.make(files, journal, { hostname: "h", resolvConf: "" });
  const own: MountSpec = { destination: "/etc/hosts", type: "bind", source: "/kubelets/hosts", options: ["rbind"] };
  const mounts = made.addTo(spec([own, { destination: "/dev/shm", type: "tmpfs", source: "shm" }])).mounts ?? [];
  expect(mounts.map(({ destination, source }) => [destination, source])).toEqual([
    ["/etc/hosts", "/kubelets/hosts"],
    ["/etc/hostname", join(files, "hostname")],
    ["/etc/resolv.conf", join(files, "resolv.conf")],
    ["/dev/shm", join(files, "shm")],
  ]);
});

it("are read-only with its root, but for /dev/shm, which may be a volume", async () => {
  await using made = await PodFiles.make(files, journal, { hostname: "h", resolvConf: "" });
  const options = (readonly: boolean): unknown[] => (made.addTo(spec([], readonly)).mounts ?? []).map((mount) => mount.options?.at(-1));
  expect(options(false)).toEqual(["rw", "rw", "rw", "rw"]);
  expect(options(true)).toEqual(["ro", "ro", "ro", "rw"]);
  const volume: MountSpec = { destination: "/dev/shm", type: "bind", source: "/v", options: ["rbind"] };
  expect(made.addTo(spec([volume])).mounts?.filter(({ destination }) => destination === "/dev/shm")).toEqual([volume]);
});
