/** Directories and files that the host, and the containers of a pod, have in common. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { mustRun, run } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { type RunningContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { rootfsMounts } from "./shares.ts";

const SLEEP = ["sleep", "600"];
/** What the host changes is seen within this time (docs/architecture.md). */
const SEEN_MS = 2_000;

/** Holds a lock, shares a mapping and waits for the other side to answer in it. */
const HOLDER = `
import fcntl, mmap, sys, time
name = sys.argv[1]
f = open(name + "/data", "r+b")
fcntl.lockf(f, fcntl.LOCK_EX, 10, 0)
whole = open(name + "/whole", "w")
fcntl.flock(whole, fcntl.LOCK_EX)
m = mmap.mmap(f.fileno(), 4096)
m[100:105] = b"first"
open(name + "/ready", "w").close()
deadline = time.monotonic() + 60
while m[200:206] != b"second" and time.monotonic() < deadline: time.sleep(0.01)
sys.exit(0 if m[200:206] == b"second" else 7)
`;
const VISITOR = `
import fcntl, mmap, sys
name = sys.argv[1]
f = open(name + "/data", "r+b")
def taken(lock):
    try: lock()
    except OSError: return True
    return False
print("range locked:", taken(lambda: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 0)))
print("other range locked:", taken(lambda: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 5, 20)))
print("file locked:", taken(lambda: fcntl.flock(open(name + "/whole"), fcntl.LOCK_EX | fcntl.LOCK_NB)))
m = mmap.mmap(f.fileno(), 4096)
print("mapping:", m[100:105].decode())
m[200:206] = b"second"
`;
/** Tells the first name that is made in a directory. */
const WATCHER = `
import ctypes, os, struct
libc = ctypes.CDLL(None)
fd = libc.inotify_init1(0)
assert libc.inotify_add_watch(fd, b"/v/below", 0x100) > 0
open("/v/watching", "w").close()
event = os.read(fd, 4096)
open("/v/seen", "wb").write(event[16:].rstrip(bytes(1)))
`;
const ONE_OBJECT = "range locked: True\nother range locked: False\nfile locked: True\nmapping: first\n";

describe.each(containerdVersions)("containerd %s: a directory of the host", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "python"] });
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp("/var/tmp/hadron-test-volume-");
    await mkdir(join(directory, "below"));
    for (const place of [directory, join(directory, "below")]) {
      await writeFile(join(place, "data"), Buffer.alloc(4096));
    }
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  const bind = (source: string, target: string, options = "rbind:rw"): string => `type=bind,src=${source},dst=${target},options=${options}`;

  test.each([
    ["by two containers of a pod", "", ""],
    ["before a directory below it", "", "/below"],
  ])("that is mounted %s is one: locks, mappings, notifications", async (_, firstBelow, secondBelow) => {
    const annotations = { "io.kubernetes.cri.sandbox-id": uniqueId("pod") };
    // The place that both see, and each one's way to it.
    const place = firstBelow === secondBelow ? directory : join(directory, "below");
    const ways = [firstBelow === "" && secondBelow !== "" ? "/v/below" : "/v", secondBelow === "" && firstBelow !== "" ? "/v/below" : "/v"];
    const sources = [ways[0] === "/v/below" ? directory : place, ways[1] === "/v/below" ? directory : place];
    await using first = await startContainer(daemon(), ["python3", "-c", HOLDER, ways[0] ?? ""], {
      annotations,
      image: "python",
      mounts: [bind(sources[0] ?? "", "/v")],
    });
    await expect.poll(() => existsSync(join(place, "ready")), { timeout: patient(60_000) }).toBe(true);
    await using second = await startContainer(daemon(), SLEEP, { annotations, image: "python", mounts: [bind(sources[1] ?? "", "/v")] });
    expect(await second.exec(["python3", "-c", VISITOR, ways[1] ?? ""])).toMatchObject({ stdout: ONE_OBJECT, stderr: "" });
    await expect.poll(() => first.status()).toBe("STOPPED");
    expect((await first.remove()).stderr).toBe("");
  });

  test("that a container mounts twice, and below itself, is one", async () => {
    const mounts = [bind(join(directory, "below"), "/c"), bind(directory, "/a"), bind(directory, "/b", "rbind:ro")];
    await using container = await startContainer(daemon(), SLEEP, { image: "python", mounts });
    const holder = container.exec(["python3", "-c", HOLDER, "/a/below"]);
    await expect.poll(() => existsSync(join(directory, "below/ready")), { timeout: patient(60_000) }).toBe(true);
    expect((await container.exec(["python3", "-c", VISITOR, "/c"])).stdout).toBe(ONE_OBJECT);
    expect((await holder).exitCode).toBe(0);
    expect((await container.exec(["touch", "/b/file"])).stderr).toContain("Read-only");
  });

  test("tells a watcher in one container what another one does", async () => {
    const annotations = { "io.kubernetes.cri.sandbox-id": uniqueId("pod") };
    await using _watcher = await startContainer(daemon(), ["python3", "-c", WATCHER], {
      annotations,
      image: "python",
      mounts: [bind(directory, "/v")],
    });
    await expect.poll(() => existsSync(join(directory, "watching")), { timeout: patient(60_000) }).toBe(true);
    await using other = await startContainer(daemon(), SLEEP, { annotations, mounts: [bind(join(directory, "below"), "/w")] });
    await other.exec(["touch", "/w/new"]);
    await expect.poll(() => readFile(join(directory, "seen"), "utf8").catch(String)).toBe("new");
  });

  test("is seen as the host changes it, by who has it open as well", async () => {
    await writeFile(join(directory, "file"), "first\n");
    await using container = await startContainer(daemon(), ["sh", "-c", "exec 3< /v/below/data; sleep 600"], { mounts: [bind(directory, "/v")] });
    expect((await container.exec(["cat", "/v/file"])).stdout).toBe("first\n");
    await expectSeen(container, "/v/file", "a longer line\n", () => writeFile(join(directory, "file"), "a longer line\n"));
    await expectSeen(container, "/v/file", "another line.\n", () => writeFile(join(directory, "file"), "another line.\n"));
    await container.exec(["sh", "-c", "echo by the guest > /v/file"]);
    expect(await readFile(join(directory, "file"), "utf8")).toBe("by the guest\n");
    await expectSeen(container, "/v/file", "by the host!\n", () => writeFile(join(directory, "file"), "by the host!\n"));
    await expectSeen(container, "/v/file", "moved over it\n", async () => {
      await writeFile(join(directory, "new"), "moved over it\n");
      await mustRun("mv", [join(directory, "new"), join(directory, "file")]);
    });
    await rm(join(directory, "file"));
    await expect.poll(async () => (await container.exec(["cat", "/v/file"])).exitCode, { timeout: patient(SEEN_MS) }).toBe(1);
    // Through a descriptor that was open before.
    await writeFile(join(directory, "below/data"), "rewritten\n");
    await expect.poll(async () => (await container.exec(["head", "-n1", "/proc/1/fd/3"])).stdout, { timeout: patient(SEEN_MS) }).toBe("rewritten\n");
  });

  /** Of `change` on the host, the next to look after `SEEN_MS` sees everything. */
  async function expectSeen(container: RunningContainer, path: string, text: string, change: () => Promise<void>): Promise<void> {
    await change();
    const changed = performance.now();
    let seen: string;
    let asked: number;
    do {
      asked = performance.now();
      seen = (await container.exec(["cat", path])).stdout;
    } while (seen !== text && asked - changed < SEEN_MS);
    expect(seen).toBe(text);
  }

  test("shows the host what is written to a file that stays open", async () => {
    const script = "exec 3> /v/log; echo line >&3; touch /v/written; sleep 600";
    await using _container = await startContainer(daemon(), ["sh", "-c", script], { mounts: [bind(directory, "/v")] });
    await expect.poll(() => existsSync(join(directory, "written")), { timeout: patient(60_000) }).toBe(true);
    // A second until it is old enough, one until somebody looks, and one for a busy machine.
    await expect.poll(() => readFile(join(directory, "log"), "utf8"), { timeout: patient(3_000) }).toBe("line\n");
  });

  /** A tmpfs whose mounts its slaves see, with an empty directory in it; dispose the answer to unmount all that is there. */
  async function sharedMount(): Promise<{ readonly path: string; readonly later: string } & AsyncDisposable> {
    const path = join(directory, "shared");
    await mkdir(path);
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", path]);
    await mustRun("mount", ["--make-shared", path]);
    const later = join(path, "later");
    await mkdir(later);
    return { path, later, [Symbol.asyncDispose]: async () => void (await mustRun("umount", ["--recursive", "--lazy", path])) };
  }

  /** By virtio-fs the guest holds on to what it has looked at until nobody has used it for a while (docs/file-systems.md). */
  async function expectUnmounted(path: string): Promise<void> {
    await expect.poll(async () => (await run("umount", [path])).stderr, { timeout: patient(SEEN_MS) }).toBe("");
  }

  test("shows what the host mounts below it later, and no more once it is unmounted", async () => {
    await using shared = await sharedMount();
    const mounts = [bind(shared.path, "/slave", "rbind:rslave"), bind(shared.path, "/private", "rbind:rprivate")];
    await using container = await startContainer(daemon(), SLEEP, { mounts });
    expect((await container.exec(["ls", "/slave/later", "/private/later"])).stdout).not.toContain("file");
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", shared.later]);
    await writeFile(join(shared.later, "file"), "");
    await expect.poll(async () => (await container.exec(["ls", "/slave/later"])).stdout, { timeout: patient(SEEN_MS) }).toBe("file\n");
    expect((await container.exec(["ls", "/private/later"])).stdout).toBe("");
    await container.exec(["ls", "-lR", "/slave"]);
    await expectUnmounted(shared.later);
    await expect.poll(async () => (await container.exec(["ls", "/slave/later"])).stdout, { timeout: patient(SEEN_MS) }).toBe("");
  });

  test("shows two containers one file system where the host mounts one below it, until neither uses it", async () => {
    await using shared = await sharedMount();
    const annotations = { "io.kubernetes.cri.sandbox-id": uniqueId("pod") };
    const mounts = [bind(shared.path, "/v", "rbind:rslave")];
    await using first = await startContainer(daemon(), SLEEP, { annotations, image: "python", mounts });
    await using second = await startContainer(daemon(), SLEEP, { annotations, image: "python", mounts });
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", shared.later]);
    await writeFile(join(shared.later, "data"), Buffer.alloc(4096));
    await mkdir(join(shared.later, "below"));
    await expect.poll(async () => (await first.exec(["ls", "/v/later/data"])).exitCode, { timeout: patient(SEEN_MS) }).toBe(0);

    // What is only watched is in use as well: the sleeps are longer than anything else is kept.
    const watcher = first.exec(["python3", "-c", WATCHER.replaceAll("/v/", "/v/later/")]);
    await expect.poll(() => existsSync(join(shared.later, "watching")), { timeout: patient(60_000) }).toBe(true);
    await first.exec(["sleep", "2"]);
    await second.exec(["touch", "/v/later/below/new"]);
    expect((await watcher).exitCode).toBe(0);
    expect(await readFile(join(shared.later, "seen"), "utf8")).toBe("new");

    const holder = first.exec(["python3", "-c", HOLDER, "/v/later"]);
    await expect.poll(() => existsSync(join(shared.later, "ready")), { timeout: patient(60_000) }).toBe(true);
    await second.exec(["sleep", "2"]);
    expect(await second.exec(["python3", "-c", VISITOR, "/v/later"])).toMatchObject({ stdout: ONE_OBJECT, stderr: "" });
    expect((await holder).exitCode).toBe(0);
    await expectUnmounted(shared.later);
  });

  test("and a root file system hold on the host what was written to them, when the container is paused and when it has exited", async () => {
    const annotations = { "io.kubernetes.cri.sandbox-id": uniqueId("pod") };
    await using _pod = await startContainer(daemon(), SLEEP, { annotations });
    const before = await rootfsMounts(daemon());
    const script =
      "exec 3> /file 4> /v/file; both() { head -c $1 /dev/zero >&3; head -c $1 /dev/zero >&4; }; both 3000; touch /v/written; while [ ! -e /v/go ]; do sleep 0.1; done; both 70000; kill -9 $$";
    await using container = await startContainer(daemon(), ["sh", "-c", script], { annotations, mounts: [bind(directory, "/v")] });
    await expect.poll(() => existsSync(join(directory, "written")), { timeout: patient(60_000) }).toBe(true);
    const rootfs = (await rootfsMounts(daemon())).find((path) => !before.includes(path)) ?? "";
    const sizes = async (): Promise<number[]> =>
      await Promise.all([join(rootfs, "file"), join(directory, "file")].map(async (path) => (await readFile(path)).length));
    await daemon().mustCtr(["tasks", "pause", container.id]);
    expect(await sizes()).toEqual([3000, 3000]);
    await writeFile(join(directory, "go"), "");
    await daemon().mustCtr(["tasks", "resume", container.id]);
    await expect.poll(() => container.status()).toBe("STOPPED");
    expect(await sizes()).toEqual([73_000, 73_000]);
  });

  test("changes in a root file system in use are seen (docker cp)", async () => {
    await using container = await startContainer(daemon(), SLEEP);
    const [rootfs] = await rootfsMounts(daemon());
    expect((await container.exec(["cat", "/etc/passwd"])).stdout).toContain("root");
    await expectSeen(container, "/etc/passwd", "root:x:0:0:new:/root:/bin/sh\n", () =>
      writeFile(`${rootfs}/etc/passwd`, "root:x:0:0:new:/root:/bin/sh\n"),
    );
    await expectSeen(container, "/etc/new", "new\n", () => writeFile(`${rootfs}/etc/new`, "new\n"));
  });
});
