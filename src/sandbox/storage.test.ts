import { mkdirSync, mkdtempSync, openSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Storages } from "../agent/agent.ts";
import { Code, HadronError } from "../errors.ts";
import type { ShareDescriptors } from "../host/host.ts";
import { HostSockets } from "./host-sockets.ts";
import type { MemoryPlan } from "./plan-memory.ts";
import type { VolumePlan } from "./plan.ts";
import { type MountHost, Share } from "./share.ts";
import { ContainerStorage, type StorageGuest } from "./storage.ts";
import { Volumes } from "./volumes.ts";

const quiet = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const ROOTFS = [
  { type: "overlay", source: "overlay", target: "", options: ["lowerdir=/l"] },
  { type: "bind", source: "/etc", target: "etc", options: ["ro"] },
];

let directory: string;
/** What host and guest were asked for, in its order; paths of the shares with their names. */
let asked: string[];
/** What is mounted on the host. */
let mounted: string[];
/** Thrown by what would mount or unmount this. */
let failures: Map<string, Error>;
let shares: [rootfs: Share, volumes: Share];
let guest: StorageGuest;
let volumes: Volumes;
let storage: ContainerStorage;

beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "storage-")));
  for (const made of ["rootfs", "volumes", "data/below", "other"]) {
    mkdirSync(join(directory, made), { recursive: true });
  }
  [asked, mounted, failures] = [[], [], new Map()];
  const names = new Map<number, string>();
  const open = (name: string): number => openSync(join(directory, name), "r");
  const name = (share: ShareDescriptors, target: string): string => `${names.get(share.namespace)}${target}`;
  const ask = (what: string): void => {
    asked.push(what);
    const failure = failures.get(what);
    if (failure !== undefined) {
      throw failure;
    }
  };
  const host: MountHost = {
    makeShares: async () =>
      ["rootfs", "volumes"].map((share) => {
        const descriptors = { namespace: open(share), directory: open(share), places: open(share) };
        names.set(descriptors.namespace, share);
        return descriptors;
      }),
    makeWritable: async () => true,
    describeMount: async () => ({ flags: [], hasOthersBelow: false }),
    async mount(share, { source, target }) {
      const place = name(share, target);
      ask(`mount ${place}`);
      mounted.push(place);
      if (source.startsWith(directory)) {
        // A bind as far as names go.
        symlinkSync(source, join(directory, place));
      }
    },
    async umountTree(share, { target }) {
      const place = name(share, target);
      ask(`unmount ${place}`);
      mounted = mounted.filter((path) => !`${path}/`.startsWith(`${place}/`));
      rmSync(join(directory, place), { force: true });
      return 1;
    },
  };
  shares = (await Share.make(2, host, quiet)) as typeof shares;
  guest = {
    storagesToMount: (storages) => storages,
    releaseStorages: async ({ paths, inner }) => void asked.push(`guest: ${[...paths, ...inner.map(({ target }) => target)].join(" ")}`),
  };
  volumes = new Volumes(shares[1]);
  storage = makeStorage("1");
});
afterEach(async () => {
  await Promise.all(shares.map((share) => share[Symbol.asyncDispose]()));
  rmSync(directory, { recursive: true });
});

const makeStorage = (slot: string, memory: readonly MemoryPlan[] = []): ContainerStorage =>
  new ContainerStorage({ slot, rootfs: shares[0], volumes, memory });
const left = (): unknown => [mounted, readdirSync(join(directory, "rootfs")), readdirSync(join(directory, "volumes"))];
const NOTHING = [[], [], []];

function plan(source: string): VolumePlan {
  return { place: "", source: join(directory, source), kind: "directory", recursive: true, readonly: "no", keepsFlags: true, propagation: "private" };
}

describe("a container's storage", () => {
  it("is mounted in the order of the request", async () => {
    await storage.mountRootfs(ROOTFS);
    await storage.mountVolumes([plan("data")]);
    expect(asked).toEqual(["mount rootfs/1", "mount rootfs/1/etc", "mount volumes/1"]);
  });

  it("is where the guest is told that it is", async () => {
    await storage.mountRootfs(ROOTFS);
    const plans = [plan("data/below"), plan("other"), plan("data")];
    // What is below another volume is a path of its own, with the container's name and the place in the order of their making.
    const paths = (await storage.mountVolumes(plans)).map(({ path }) => path);
    expect(paths).toEqual(["/run/hadron/inner/1-2", "/run/hadron/volumes/2", "/run/hadron/volumes/1"]);
    const inner = [{ directory: paths[2], below: "below", recursive: true, target: paths[0] }];
    expect(storage.showTo(guest)).toEqual({ paths: storage.guestPaths, inner, memory: [] });
    expect(new Set(storage.guestPaths)).toEqual(new Set(["/run/hadron/rootfs/1", paths[1], paths[2]]));
  });

  it("has memory of the guest, of which the guest lets go of what is this container's alone", async () => {
    const owner = { mode: 0o777, uid: 0, gid: 0 };
    const memory = { target: "/run/hadron/memory/0:9", sizeBytes: 1n, owner, below: "a", belowOwner: owner };
    const inner = { directory: memory.target, below: "a", recursive: false, target: "/run/hadron/inner/9-memory-0" };
    const withMemory = makeStorage("9", [
      { memory, inner },
      { memory, inner: undefined },
    ]);
    expect(withMemory.showTo(guest)).toEqual({ paths: withMemory.guestPaths, inner: [inner], memory: [memory, memory] });
    asked = [];
    await withMemory[Symbol.asyncDispose]();
    expect(asked).toEqual([`guest: /run/hadron/rootfs/9 ${inner.target}`]);
  });

  it("has sockets of the host, which are shut before all else", async () => {
    const doors = { open: async () => ({ [Symbol.asyncDispose]: async () => void asked.push("shut") }) };
    await storage.mountRootfs(ROOTFS);
    storage.showTo(guest);
    await storage.openSockets(new HostSockets(doors, quiet), [{ source: directory, path: "/s" }]);
    asked = [];
    await storage[Symbol.asyncDispose]();
    expect(asked.slice(0, 2)).toEqual(["shut", "guest: /run/hadron/rootfs/1"]);
  });

  it("is what the guest says that it has to mount of it", () => {
    expect(storage.showTo({ ...guest, storagesToMount: () => undefined })).toBe(undefined);
  });

  it("is let go of by the guest first, then removed, last first", async () => {
    await storage.mountRootfs(ROOTFS);
    await storage.mountVolumes([plan("data"), plan("other")]);
    storage.showTo(guest);
    asked = [];
    await storage[Symbol.asyncDispose]();
    expect(asked).toEqual([
      "guest: /run/hadron/rootfs/1 /run/hadron/volumes/1 /run/hadron/volumes/2",
      "unmount volumes/2",
      "unmount volumes/1",
      "unmount rootfs/1",
    ]);
    expect(left()).toEqual(NOTHING);
  });

  it("is removed without a guest that never saw it: there may be no VM", async () => {
    await storage.mountRootfs(ROOTFS);
    await storage[Symbol.asyncDispose]();
    expect(asked.filter((what) => what.startsWith("guest"))).toEqual([]);
    expect(left()).toEqual(NOTHING);
  });

  it("leaves another container the volumes that it has, too", async () => {
    const other = makeStorage("2");
    for (const each of [storage, other]) {
      await each.mountRootfs(ROOTFS);
      await each.mountVolumes([plan("data"), plan("data/below")]);
      each.showTo(guest);
    }
    asked = [];
    await storage[Symbol.asyncDispose]();
    expect(asked).toEqual(["guest: /run/hadron/rootfs/1 /run/hadron/inner/1-1", "unmount rootfs/1"]);
    expect(mounted).toContain("volumes/1");
    asked = [];
    await other[Symbol.asyncDispose]();
    expect(asked).toEqual(["guest: /run/hadron/rootfs/2 /run/hadron/volumes/1 /run/hadron/inner/2-1", "unmount volumes/1", "unmount rootfs/2"]);
    expect(left()).toEqual(NOTHING);
  });
});

describe("what was made half way", () => {
  const FAILURE = new HadronError(Code.INTERNAL, "the disk is gone");

  it.each(["mount rootfs/1", "mount rootfs/1/etc"])("is undone (%s fails)", async (what) => {
    failures.set(what, FAILURE);
    await expect(storage.mountRootfs(ROOTFS)).rejects.toBe(FAILURE);
    await storage[Symbol.asyncDispose]();
    expect(asked.at(-1)).toBe("unmount rootfs/1");
    expect(left()).toEqual(NOTHING);
  });

  it("is undone when a later volume fails", async () => {
    await storage.mountRootfs(ROOTFS);
    failures.set("mount volumes/2", FAILURE);
    await expect(storage.mountVolumes([plan("data"), plan("other")])).rejects.toBe(FAILURE);
    expect(mounted).toContain("volumes/1");
    await storage[Symbol.asyncDispose]();
    expect(left()).toEqual(NOTHING);
  });

  it("is nothing for a storage of which nothing was made", async () => {
    await storage[Symbol.asyncDispose]();
    expect([asked, left()]).toEqual([[], NOTHING]);
  });

  it.each(["unmount volumes/1", "unmount rootfs/1"])("is removed from where that failed (%s)", async (what) => {
    await storage.mountRootfs(ROOTFS);
    await storage.mountVolumes([plan("data"), plan("other")]);
    failures.set(what, FAILURE);
    await expect(storage[Symbol.asyncDispose]()).rejects.toBe(FAILURE);
    const [, path = ""] = what.split(" ");
    expect(mounted).toContain(path);
    failures.clear();
    await storage[Symbol.asyncDispose]();
    expect(left()).toEqual(NOTHING);
    // Nothing twice but what had failed.
    const unmounts = asked.filter((each) => each.startsWith("unmount"));
    expect(unmounts.toSorted()).toEqual([...new Set(["unmount rootfs/1", "unmount volumes/1", "unmount volumes/2"]), what].toSorted());
  });

  it("and removed half way is told to the guest again, as far as it is there", async () => {
    const released: Storages[] = [];
    await storage.mountRootfs(ROOTFS);
    await storage.mountVolumes([plan("data"), plan("other")]);
    storage.showTo({ ...guest, releaseStorages: async (storages) => void released.push(storages) });
    failures.set("unmount volumes/1", FAILURE);
    await expect(storage[Symbol.asyncDispose]()).rejects.toBe(FAILURE);
    failures.clear();
    await storage[Symbol.asyncDispose]();
    expect(released.map(({ paths }) => paths.slice(1))).toEqual([["/run/hadron/volumes/1", "/run/hadron/volumes/2"], ["/run/hadron/volumes/1"]]);
  });
});
