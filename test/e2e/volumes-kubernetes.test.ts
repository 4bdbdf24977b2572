/** Volumes as a kubelet prepares them and CRI passes them on: the same is asked of runc. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { mustRun, run } from "../harness/command.ts";
import { onlyNewest } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { useContainerd } from "../harness/suite.ts";
import { containerStatus, type CriMount, CriPod, mountPropagation, textOf } from "./cri-pod.ts";
import { KubeletVolumes } from "./kubelet-volumes.ts";

const SLEEP = ["sleep", "600"];
/** What the host changes is seen within this time (docs/architecture.md). */
const SEEN_MS = 2_000;

/** Waits for a semaphore of another container, and answers in memory of which both have a mapping. */
const WAITER = `
import ctypes, mmap
libc = ctypes.CDLL(None, use_errno=True)
libc.sem_open.restype = ctypes.c_void_p
sem = libc.sem_open(b"/turn", 0o100, 0o600, 0)
fd = libc.shm_open(b"/words", 0o102, 0o600)
assert libc.ftruncate(fd, 4096) == 0
m = mmap.mmap(fd, 4096)
m[0:5] = b"ready"
assert libc.sem_wait(ctypes.c_void_p(sem)) == 0
print(m[100:105].decode())
`;
const POSTER = `
import ctypes, mmap, time
libc = ctypes.CDLL(None, use_errno=True)
libc.sem_open.restype = ctypes.c_void_p
deadline = time.monotonic() + 60
fd = -1
while time.monotonic() < deadline:
    fd = libc.shm_open(b"/words", 2, 0o600) if fd < 0 else fd
    try: m = mmap.mmap(fd, 4096)
    except (OSError, ValueError): time.sleep(0.01); continue
    if m[0:5] == b"ready": break
    time.sleep(0.01)
m[100:105] = b"hello"
assert libc.sem_post(ctypes.c_void_p(libc.sem_open(b"/turn", 0))) == 0
`;

describe.each(onlyNewest)("containerd %s: volumes of a kubelet", (version) => {
  const daemon = useContainerd(version, { cri: { sandboxImage: "pause" }, images: ["busybox", "python", "pause"] });
  /** What a shell in the container says; nothing if it fails. */
  const inside = async (pod: CriPod, container: string, line: string): Promise<string> => (await pod.exec(container, ["sh", "-c", line])).stdout;
  const ended = async (container: string): Promise<number> => {
    await expect.poll(async () => (await containerStatus(daemon(), container)).state, { timeout: patient(20_000) }).toBe("CONTAINER_EXITED");
    return (await containerStatus(daemon(), container)).exitCode;
  };

  test.each(["runc", "podsandbox"] as const)("with %s are what they are on the host, for all containers of the pod", async (handler) => {
    await using volumes = await KubeletVolumes.make();
    await using pod = await CriPod.run(daemon(), handler);
    const disk = await volumes.emptyDir("disk");
    const claim = await volumes.claim("claim");
    const hosts = await volumes.file("etc-hosts", "10.1.2.3 mine\n");
    const message = await volumes.file("message", "", 0o666);
    const nested = join(volumes.directory, "nested");
    await mkdir(nested);
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", nested]);
    const mounts: CriMount[] = [
      { host_path: disk, container_path: "/disk" },
      { host_path: await volumes.subPath(disk, "part", "main"), container_path: "/disk-part" },
      { host_path: claim, container_path: "/claim" },
      { host_path: await volumes.subPath(claim, "db", "main"), container_path: "/claim-part" },
      { host_path: claim, container_path: "/claim-ro", readonly: true },
      { host_path: hosts, container_path: "/etc/hosts" },
      { host_path: message, container_path: "/dev/termination-log" },
      { host_path: volumes.directory, container_path: "/follows", propagation: mountPropagation.hostToContainer },
      { host_path: volumes.directory, container_path: "/ro", readonly: true },
      { host_path: volumes.directory, container_path: "/rro", readonly: true, recursive_read_only: true },
    ];
    const main = await pod.start(SLEEP, { mounts });
    const text = async (line: string): Promise<string> => await inside(pod, main, line);

    expect(await text("stat -c '%a %u' /disk /disk-part /claim /dev/termination-log")).toBe("777 0\n755 0\n755 0\n666 0");
    expect(await text("cat /etc/hosts")).toBe("10.1.2.3 mine");
    // A part and the whole are the same files; a claim is the file system that it is on the host.
    expect(await text("echo 1 >/disk-part/file; cat /disk/part/file; echo 2 >/claim/db/file; cat /claim-part/file")).toBe("1\n2");
    expect(await textOf(join(disk, "part/file"))).toBe("1\n");
    const { blocks, bsize } = await statOf(claim);
    const inGuest = Number(await text("stat -f -c '%b %S' /claim | awk '{ print $1 * $2 }'"));
    // 9p counts in blocks of its own.
    expect(Math.abs(inGuest - blocks * bsize)).toBeLessThan(512 * 1024);
    // Of what is read-only, the mounts below are not, unless all are asked to be.
    const writable = async (path: string): Promise<string> => await text(`touch ${path}/touched 2>/dev/null && echo yes || echo no`);
    expect([await writable("/claim-ro"), await writable("/ro"), await writable("/ro/nested")]).toEqual(["no", "no", "yes"]);
    expect([await writable("/rro"), await writable("/rro/nested")]).toEqual(["no", "no"]);

    const later = join(volumes.directory, "later");
    await mkdir(later);
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", later]);
    await writeFile(join(later, "file"), "mounted\n");
    await expect.poll(async () => await text("cat /follows/later/file"), { timeout: patient(SEEN_MS) }).toBe("mounted");
    expect(await text("ls /ro/later")).toBe("");
    await expect.poll(async () => (await run("umount", [later])).exitCode, { timeout: patient(SEEN_MS) }).toBe(0);
    await expect.poll(async () => await text("ls /follows/later"), { timeout: patient(SEEN_MS) }).toBe("");

    // Another container, of which the kubelet reads the message once its end is told.
    const write = "echo from the other >/disk/note; echo why it ended >/dev/termination-log; exit 3";
    const other = await pod.start(["sh", "-c", write], { mounts: mounts.filter(({ container_path: path }) => /^\/(disk|dev)/.test(path)) });
    expect(await ended(other)).toBe(3);
    expect(await textOf(message)).toBe("why it ended\n");
    expect(await text("cat /disk/note")).toBe("from the other");
  });

  test.each(["runc", "podsandbox"] as const)("with %s change at once when a config map or a secret does, but not by subPath", async (handler) => {
    await using volumes = await KubeletVolumes.make();
    await using pod = await CriPod.run(daemon(), handler);
    const map = await volumes.configMap("map", { a: "old a\n", b: "old b\n" });
    const secret = await volumes.secret("token", { token: "old token\n" });
    const container = await pod.start(SLEEP, {
      mounts: [
        { host_path: map, container_path: "/map", readonly: true },
        { host_path: secret, container_path: "/secret", readonly: true },
        { host_path: await volumes.subPath(map, "a", "main"), container_path: "/app/a.conf", readonly: true },
      ],
    });
    const text = async (line: string): Promise<string> => await inside(pod, container, line);
    const all = "cat /map/a /map/b /secret/token";
    for (const age of ["old", "new", "newest"]) {
      if (age !== "old") {
        await volumes.update(map, { a: `${age} a\n`, b: `${age} b\n`, [age]: "" });
        await volumes.update(secret, { token: `${age} token\n` });
      }
      await expect.poll(async () => await text(all), { timeout: patient(SEEN_MS) }).toBe(`${age} a\n${age} b\n${age} token`);
      expect(await text("cat /app/a.conf; stat -c %s /app/a.conf")).toBe("old a\n6");
    }
    expect(await text("ls /map")).toBe("a\nb\nnew\nnewest");
    expect(await text("touch /map/x /secret/x /app/a.conf 2>/dev/null || echo read-only")).toBe("read-only");
  });

  test.each(["runc", "podsandbox"] as const)("with %s in memory have their size, and outlive a container", async (handler) => {
    await using volumes = await KubeletVolumes.make();
    await using pod = await CriPod.run(daemon(), handler);
    const cache = await volumes.memory("cache", { sizeMib: 8, group: 1234 });
    // A name that /dev/shm of a pod has on the host as well.
    const shm = await volumes.memory("shm", { sizeMib: 96 });
    const mounts: CriMount[] = [
      { host_path: cache, container_path: "/cache" },
      { host_path: await volumes.subPath(cache, "a/b", "main"), container_path: "/part" },
    ];
    const main = await pod.start(SLEEP, { image: "python", mounts });
    const text = async (line: string): Promise<string> => await inside(pod, main, line);
    const size = "df -k --output=size,target";
    expect(await text(`${size} /cache /part /dev/shm | tail -n3 | tr -s ' '`)).toBe(" 8192 /cache\n 8192 /part\n 65536 /dev/shm");
    expect(await text("stat -c '%a %u %g' /cache /part /dev/shm")).toBe("2777 0 1234\n2755 0 1234\n1777 0 0");
    expect(await text("grep ' /dev/shm ' /proc/self/mountinfo | cut -d' ' -f6")).toBe("rw,nosuid,nodev,noexec,relatime");
    expect(await text("head -c 9000000 /dev/zero 2>/dev/null >/cache/large || stat -c %s /cache/large; rm /cache/large")).toMatch(/^83[78]\d{4}$/);

    const write = "echo 1 >/cache/a/b/file; mkfifo /cache/fifo; ls -ld /part/file >/dev/null && cat /part/file";
    const first = await pod.start(["sh", "-c", write], { mounts });
    expect(await ended(first)).toBe(0);
    await daemon().mustCrictl(["rm", first]);
    expect(await text("cat /cache/a/b/file /part/file; stat -c '%F %g' /cache/fifo")).toBe("1\n1\nfifo 1234");
    await text("echo made by a container >/cache/made; chmod 640 /cache/made");
    const second = await pod.start(SLEEP, {
      image: "python",
      mounts: [
        ...mounts,
        { host_path: shm, container_path: "/dev/shm" },
        { host_path: await volumes.subPath(cache, "made", "second"), container_path: "/etc/made.conf" },
        { host_path: cache, container_path: "/cache-ro", readonly: true },
        { host_path: await volumes.configMap("map", { a: "below\n" }), container_path: "/cache/config" },
      ],
    });
    expect(await inside(pod, second, `cat /part/file; ${size} /dev/shm | tail -n1 | tr -s ' '`)).toBe("1\n 98304 /dev/shm");
    expect(await inside(pod, second, "cat /etc/made.conf; stat -c '%a %g' /etc/made.conf; cat /cache/config/a")).toBe(
      "made by a container\n640 1234\nbelow",
    );
    expect(await inside(pod, second, "touch /cache-ro/x 2>/dev/null || cat /cache-ro/made")).toBe("made by a container");
    expect(await text("ls /cache")).toBe("a\nconfig\nfifo\nmade");
  });

  test.each(["runc", "podsandbox", "shim"] as const)("with %s leave all containers of a pod one /dev/shm, with semaphores", async (handler) => {
    await using pod = await CriPod.run(daemon(), handler);
    const waiter = await pod.start(["python3", "-c", WAITER], { image: "python" });
    const poster = await pod.start(["python3", "-c", POSTER], { image: "python" });
    expect([await ended(poster), await ended(waiter)]).toEqual([0, 0]);
    expect((await daemon().mustCrictl(["logs", waiter])).trim()).toBe("hello");
  });

  test("that a VM cannot have are refused by a sentence", async () => {
    await using volumes = await KubeletVolumes.make();
    await using pod = await CriPod.run(daemon(), "podsandbox");
    const refused = async (mount: CriMount): Promise<string> => {
      const container = await pod.create(SLEEP, { mounts: [mount] });
      return (await daemon().crictl(["start", container])).stderr;
    };
    const disk = await volumes.emptyDir("disk");
    expect(await refused({ host_path: disk, container_path: "/disk", propagation: mountPropagation.bidirectional })).toMatch(
      /what the container mounts be mounted on the host too.*propagation None and HostToContainer, not Bidirectional/,
    );
    const huge = await volumes.emptyDir("huge");
    await mustRun("mount", ["-t", "hugetlbfs", "hugetlbfs", huge]);
    expect(await refused({ host_path: huge, container_path: "/huge" })).toMatch(/memory of the host in huge pages.*medium: Memory/);
  });
});

async function statOf(path: string): Promise<{ readonly blocks: number; readonly bsize: number }> {
  const [blocks = 0, bsize = 0] = (await mustRun("stat", ["-f", "-c", "%b %S", path])).split(" ").map(Number);
  return { blocks, bsize };
}
