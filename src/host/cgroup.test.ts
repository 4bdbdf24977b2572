import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import { CgroupStay, hierarchies, type Hierarchy } from "./cgroup.ts";
import { Host } from "./host.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { parseMountinfo } from "./mountinfo.ts";

const mount = (root: string, point: string, type: string, options: string): string =>
  `30 25 0:26 ${root} ${point} rw,nosuid shared:4 - ${type} ${type} rw,${options}`;

describe("the hierarchies", () => {
  it.each<[string, string[], string, Hierarchy[]]>([
    [
      "of version 2",
      [mount("/", "/sys/fs/cgroup", "cgroup2", "nsdelegate")],
      "0::/system.slice/containerd.service\n",
      [{ mountPoint: "/sys/fs/cgroup", controllers: [], own: "/system.slice/containerd.service" }],
    ],
    [
      "of both, with a colon in a name",
      [
        mount("/", "/sys/fs/cgroup/unified", "cgroup2", "x"),
        mount("/", "/sys/fs/cgroup/systemd", "cgroup", "xattr,name=systemd"),
        mount("/", "/sys/fs/cgroup/cpu,cpuacct", "cgroup", "cpu,cpuacct"),
        mount("/", "/elsewhere", "cgroup", "cpu,cpuacct"),
      ],
      "3:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/u\n2:pids:/not/mounted\n",
      [
        { mountPoint: "/sys/fs/cgroup/unified", controllers: [], own: "/u" },
        { mountPoint: "/sys/fs/cgroup/systemd", controllers: ["name=systemd"], own: "/" },
        { mountPoint: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"], own: "/a:b" },
      ],
    ],
    [
      "of a container, which shows its own alone",
      [mount("/docker/1", "/sys/fs/cgroup/pids", "cgroup", "pids"), mount("/docker/1", "/sys/fs/cgroup/memory", "cgroup", "memory")],
      "2:pids:/docker/1/below\n1:memory:/elsewhere\n",
      [
        { mountPoint: "/sys/fs/cgroup/pids", controllers: ["pids"], own: "/below" },
        { mountPoint: "/sys/fs/cgroup/memory", controllers: ["memory"], own: undefined },
      ],
    ],
    [
      "of a namespace that the process is not in",
      [mount("/", "/sys/fs/cgroup", "cgroup2", "x")],
      "0::/../x\n",
      [{ mountPoint: "/sys/fs/cgroup", controllers: [], own: undefined }],
    ],
    ["where none is mounted", ["20 1 0:5 / / rw - ext4 /dev/sda rw"], "0::/\n", []],
  ])("%s", (_, mountinfo, cgroup, expected) => {
    expect(hierarchies(parseMountinfo(mountinfo.join("\n")), cgroup)).toEqual(expected);
  });
});

/** On this machine, as root, whatever versions it has. */
describe("a stay", () => {
  const parent = `/hadron-test-${process.pid}`;
  const place = { path: `${parent}/pod`, relative: false };
  let child: ChildProcess & { pid: number };
  let journal: JournalEntry[];
  let warnings: string[];
  let before: string;

  beforeEach(async () => {
    const started = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] });
    await once(started, "spawn");
    child = started as typeof child;
    [journal, warnings, before] = [[], [], cgroups()];
  });
  afterEach(async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(journal).toEqual([]);
    for (const { mountPoint } of ours()) {
      rmdirSync(`${mountPoint}${parent}`);
    }
    expect(warnings).toEqual([]);
  });

  const cgroups = (): string => readFileSync(`/proc/${child.pid}/cgroup`, "utf8");
  /** The hierarchies in which the parent was made, which stays. */
  const ours = (): Hierarchy[] =>
    hierarchies(parseMountinfo(readFileSync("/proc/self/mountinfo", "utf8")), readFileSync("/proc/self/cgroup", "utf8")).filter(({ mountPoint }) =>
      existsSync(`${mountPoint}${parent}`),
    );
  const host = new Host();
  const options = () => ({
    host,
    place,
    pid: child.pid,
    warn: (sentence: string) => warnings.push(sentence),
    journal: {
      add: async (...entries: JournalEntry[]) => void journal.push(...entries),
      remove: async (...entries: JournalEntry[]) => {
        const gone = new Set(entries.map((entry) => JSON.stringify(entry)));
        journal = journal.filter((entry) => !gone.has(JSON.stringify(entry)));
      },
    },
  });

  it("is in every hierarchy, and leaves nothing of its own", async () => {
    const stay = await CgroupStay.enter(options());
    expect(stay.directories.length).toBeGreaterThan(0);
    expect(
      cgroups()
        .split("\n")
        .filter((line) => line.endsWith(place.path)),
    ).toHaveLength(stay.directories.length);
    expect(journal).toEqual(stay.directories.map((path) => ({ kind: "cgroup", path })));
    await stay[Symbol.asyncDispose]();
    expect(cgroups()).toBe(before);
    expect(stay.directories).toEqual([]);
    expect(ours().some(({ mountPoint }) => existsSync(`${mountPoint}${place.path}`))).toBe(false);
    await stay[Symbol.asyncDispose]();
  });

  it("that is left before is removed by who made it", async () => {
    const stay = await CgroupStay.enter(options());
    await stay.leave();
    expect(cgroups()).toBe(before);
    expect(stay.directories.every((directory) => existsSync(directory))).toBe(true);
    await stay[Symbol.asyncDispose]();
  });

  it("cannot end while somebody else is there, and stays in the journal until it can", async () => {
    const stay = await CgroupStay.enter(options());
    const [last = ""] = stay.directories.slice(-1);
    mkdirSync(`${last}/other`);
    await expect(stay[Symbol.asyncDispose]()).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining(last) });
    expect(journal).toContainEqual({ kind: "cgroup", path: last });
    rmdirSync(`${last}/other`);
    await stay[Symbol.asyncDispose]();
  });

  it("that cannot begin leaves nothing", async () => {
    const path = `${parent}/a line\nfeed`;
    await expect(CgroupStay.enter({ ...options(), place: { path, relative: false } })).rejects.toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(cgroups()).toBe(before);
  });
});
