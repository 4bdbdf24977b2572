import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { connect, createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { Host, type ShareDescriptors } from "./host.ts";
import { Journal } from "./journal.ts";
import { processStartTime } from "./process-stat.ts";

// These tests mount: they need root, and libhadron.so and koffi.node in build/lib/hadron (`make build`) or
// in HADRON_LIB.

let host: Host;
let directory: string;

const hadronVmm = resolve(import.meta.dirname, "../../build/lib/hadron/hadron-vmm");
const SLOW = "exec sleep 60";

async function startShell(script: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn("/bin/sh", ["-c", script], { stdio: "ignore" });
  await once(child, "spawn");
  return child as ChildProcess & { pid: number };
}

function hasCode(code: Code, text: string | RegExp = ""): unknown {
  return expect.objectContaining({ code, message: expect.stringMatching(text) as string });
}

/** Runs a program of the host, which must succeed. */
function run(program: string, ...args: readonly string[]): void {
  expect(spawnSync(program, args).status).toBe(0);
}

/** Has flock(1) hold the lock of a directory until it is killed. */
async function holdLock(path: string): Promise<ChildProcess> {
  const child = spawn("flock", ["--no-fork", path, "sh", "-c", "echo locked; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  return child;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-test-"));
  host = new Host();
});
afterEach(async () => {
  await host[Symbol.asyncDispose]();
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(directory);
  await rm(directory, { recursive: true });
});

test("the program's pages are given back, and come again when they are used", () => {
  const mapped = (): number => Number(/^Pss_File:\s+(\d+)/m.exec(readFileSync("/proc/self/smaps_rollup", "utf8"))?.[1]);
  const before = mapped();
  host.releaseMemory();
  expect(mapped()).toBeLessThan(before / 2);
});

describe("mounts", () => {
  let share: ShareDescriptors;

  beforeEach(async () => {
    [share] = (await host.makeShares(1)) as [ShareDescriptors];
  });
  afterEach(() => [share.namespace, share.directory, share.places].forEach((fd) => closeSync(fd)));

  const path = (...names: string[]) => {
    const name = join(directory, ...names);
    mkdirSync(name, { recursive: true });
    return name;
  };
  const seen = (...names: string[]) => join(`/proc/self/fd/${share.directory}`, ...names);

  test("an overlay with containerd's options and awkward paths", async () => {
    const [lower, other, upper, work] = [path("low, er"), path("oth\ner"), path("up,per"), path("work")];
    const target = "/tar get";
    writeFileSync(join(lower, "file"), "lower");
    await host.mount(share, {
      type: "overlay",
      source: "overlay",
      target,
      options: ["index=off", `workdir=${work}`, `upperdir=${upper}`, `lowerdir=${lower}:${other}`],
    });
    expect(readFileSync(seen(target, "file"), "utf8")).toBe("lower");
    writeFileSync(seen(target, "file"), "changed");
    expect(readFileSync(join(upper, "file"), "utf8")).toBe("changed");
    expect(await host.umountTree(share, { target })).toBe(1);
    expect(await host.umountTree(share, { target })).toBe(0);
    expect(readdirSync(seen())).toEqual([]);
  });

  test("a read-only recursive bind, and all of it unmounted at once", async () => {
    const [source, below, target] = [path("source"), path("source", "below"), "/target"];
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", below);
    try {
      await host.mount(share, { type: "bind", source, target, options: ["rbind", "rro"] });
      expect(() => writeFileSync(seen(target, "below/file"), "")).toThrow(/EROFS/);
      writeFileSync(join(below, "file"), "text");
      expect(readFileSync(seen(target, "below/file"), "utf8")).toBe("text");
      expect(await host.describeMount(share, target)).toEqual({ flags: ["ro", "relatime"], hasOthersBelow: true });
      expect(await host.umountTree(share, { target })).toBe(2);
    } finally {
      run("umount", below);
    }
  });

  test("errors have the code and name the path", async () => {
    const target = "/target";
    const failing = async (type: string, source: string, options: string[]): Promise<unknown> =>
      await host.mount(share, { type, source, target, options }).catch((error: unknown) => error);
    expect(await failing("bind", "/absent", ["bind"])).toEqual(hasCode(Code.NOT_FOUND, /"\/absent"/));
    expect(await failing("tmpfs", "", ["nonsense"])).toEqual(hasCode(Code.INVALID_ARGUMENT, /nonsense/));
    expect(await failing("nosuchfs", "", [])).toEqual(hasCode(Code.FAILED_PRECONDITION, /nosuchfs/));
    await host.mount(share, { type: "tmpfs", source: "tmpfs", target, options: [] });
    const fd = openSync(seen(target), constants.O_RDONLY);
    await expect(host.umountTree(share, { target })).rejects.toEqual(hasCode(Code.FAILED_PRECONDITION, /uses it/));
    expect(await host.umountTree(share, { target, detach: true })).toBe(1);
    closeSync(fd);
  });

  test("are the share's alone, and gone with its last descriptor", async () => {
    const source = path("source");
    run("mount", "-t", "tmpfs", "tmpfs", source);
    await host.mount(share, { type: "bind", source, target: "/target", options: ["bind"] });
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain("/target");
    const [other] = (await host.makeShares(1)) as [ShareDescriptors];
    expect(readdirSync(`/proc/self/fd/${other.directory}`)).toEqual([]);
    [other.namespace, other.directory, other.places].forEach((fd) => closeSync(fd));
    run("umount", source);
  });
});

describe("processes", () => {
  test("a VMM has its control socket and its network namespace, and ends with the socket", async () => {
    const [ours, theirs] = await host.socketpair();
    const netns = await host.createNetns();
    const path = `/proc/${process.pid}/fd/${netns}`;
    const vmm = await host.spawnVmm({ program: hadronVmm, netns: path, socket: theirs });
    closeSync(theirs);
    const socket = new Socket({ fd: ours, readable: true, writable: true });
    socket.write('{"id":1,"op":"pause"}\n');
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(JSON.parse(answer.toString())).toEqual({ id: 1, error: "there is no VM yet: start it first" });
    expect(readlinkSync(`/proc/${vmm.pid}/ns/net`)).toBe(readlinkSync(path));
    expect(processStartTime(vmm.pid)).toBe(vmm.startTime);
    socket.destroy();
    expect(await host.reapChild(vmm.pid)).toEqual({ code: 0, signal: null });
    closeSync(vmm.fd);
    closeSync(netns);
  });

  test("a VMM says what it lacks", async () => {
    const [ours, theirs] = await host.socketpair();
    const vmm = await host.spawnVmm({ program: hadronVmm, netns: "/dev/null", socket: theirs });
    [ours, theirs].forEach((fd) => closeSync(fd));
    expect(await host.reapChild(vmm.pid)).toEqual({ code: 1, signal: null });
    expect(readFileSync(vmm.fd, "utf8")).toMatch(/^hadron-vmm: the network namespace \/dev\/null cannot be entered: .*\n$/);
    closeSync(vmm.fd);
    await expect(host.spawnVmm({ program: "/absent", netns: "new", socket: 0 })).rejects.toEqual(hasCode(Code.NOT_FOUND, /\/absent/));
    await expect(host.spawnVmm({ program: "/bin/true", netns: "new", socket: -1 })).rejects.toEqual(hasCode(Code.INVALID_ARGUMENT));
  });

  test("a signal is for one process, which need not be a child", async () => {
    const child = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; wait"], { stdio: ["ignore", "pipe", "inherit"] });
    const exited = once(child, "exit");
    const [output] = (await once(child.stdout, "data")) as [Buffer];
    const pid = Number(output.toString());
    const startTime = processStartTime(pid);
    expect(await host.killProcess({ pid, startTime }, 15)).toEqual({ gone: false });
    // It waits for the other one.
    await exited;
    expect(await host.killProcess({ pid, startTime }, 15)).toEqual({ gone: true });
  });

  test("a wait can be given up", async () => {
    const controller = new AbortController();
    const wait = host.clockSet({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(wait).rejects.toEqual(hasCode(Code.CANCELLED));
    await expect(host.clockSet({ signal: controller.signal })).rejects.toEqual(hasCode(Code.CANCELLED));
    await expect(host.clockSet({ signal: AbortSignal.timeout(20) })).rejects.toEqual(hasCode(Code.CANCELLED));
  });

  test("another process with the same pid is spared", async () => {
    const child = await startShell(SLOW);
    const startTime = processStartTime(child.pid);
    expect(await host.killProcess({ pid: child.pid, startTime: startTime + 1 }, 9)).toEqual({ gone: true });
    expect(processStartTime(child.pid)).toBe(startTime);
    const exited = once(child, "exit");
    await host.killProcess({ pid: child.pid, startTime }, 9);
    await exited;
    await expect(host.killProcess({ pid: 0, startTime: 0 }, 9)).rejects.toEqual(hasCode(Code.INVALID_ARGUMENT, /pid 0/));
  });
});

describe("descriptors", () => {
  test("a child gets one end of a pair, and descriptors through it", async () => {
    const [ours, theirs] = await host.socketpair();
    const [read, write] = await host.socketpair();
    // Python has recvmsg; it answers with what it reads from the descriptor that it is sent.
    const program = `
import array, os, socket
s = socket.socket(fileno=3)
s.setblocking(True)
data, control, flags, address = s.recvmsg(100, socket.CMSG_SPACE(4))
fd = array.array("i", control[0][2])[0]
os.set_blocking(fd, True)
s.sendall(data + os.read(fd, 100))
`;
    const child = spawn("python3", ["-c", program], { stdio: ["ignore", "inherit", "inherit", theirs] });
    closeSync(theirs);
    await host.sendFds({ socket: ours, data: "request ", fds: [read] });
    closeSync(read);
    const writer = new Socket({ fd: write, readable: false, writable: true });
    writer.end("through the socket");
    const socket = new Socket({ fd: ours, readable: true, writable: true });
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk as Buffer);
    }
    expect(Buffer.concat(chunks).toString()).toBe("request through the socket");
    if (child.exitCode === null) {
      await once(child, "exit");
    }
    expect(child.exitCode).toBe(0);
  });

  test("what cannot be sent", async () => {
    const [one, other] = await host.socketpair();
    await expect(host.sendFds({ socket: one, data: "x", fds: [] })).rejects.toEqual(hasCode(Code.INVALID_ARGUMENT));
    await expect(host.sendFds({ socket: one, data: "x", fds: [999_999] })).rejects.toEqual(hasCode(Code.INVALID_ARGUMENT));
    await expect(host.sendFds({ socket: one, data: "x".repeat(16_385), fds: [0] })).rejects.toEqual(hasCode(Code.INVALID_ARGUMENT));
    closeSync(other);
    await expect(host.sendFds({ socket: one, data: "x", fds: [0] })).rejects.toEqual(hasCode(Code.UNAVAILABLE));
    closeSync(one);
  });

  test("a listener is its owner's only, and Node serves it", async () => {
    const path = join(directory, "socket");
    const fd = await host.listenUnix(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const server = createServer((socket) => socket.end("hello"));
    server.listen({ fd });
    const client = connect(path);
    const [data] = (await once(client, "data")) as [Buffer];
    expect(data.toString()).toBe("hello");
    client.destroy();
    server.close();
    await once(server, "close");
    await expect(host.listenUnix(path)).rejects.toEqual(hasCode(Code.ALREADY_EXISTS, path));
    await expect(host.listenUnix(`/${"x".repeat(107)}`)).rejects.toEqual(hasCode(Code.INVALID_ARGUMENT, /107/));
  });
});

test("a network namespace", async () => {
  const netns = await host.createNetns();
  const { status, stdout } = spawnSync("nsenter", [`--net=/proc/${process.pid}/fd/${netns}`, "ls", "/proc/self/net/dev_snmp6"], { encoding: "utf8" });
  expect([status, stdout]).toEqual([0, "lo\n"]);
  closeSync(netns);
});

test("a directory that is a lock is removed by who gets the lock, and left to who has it", async () => {
  const pod = join(directory, "pod");
  mkdirSync(pod);
  writeFileSync(join(pod, "journal"), "x");
  const holder = await holdLock(pod);
  expect(await host.removeDirectory(pod, "journal")).toBe(false);
  expect(readdirSync(pod)).toEqual(["journal"]);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  expect(await host.removeDirectory(pod, "journal")).toBe(true);
  expect(readdirSync(directory)).toEqual([]);
  expect(await host.removeDirectory(pod, "journal")).toBe(true);

  mkdirSync(join(pod, "more"), { recursive: true });
  await expect(host.removeDirectory(pod, "journal")).rejects.toEqual(hasCode(Code.FAILED_PRECONDITION, `the directory "${pod}" cannot be removed`));
});

test("interfaces of a network namespace, and a tap joined with one", async () => {
  const netns = await host.createNetns();
  const path = `/proc/${process.pid}/fd/${netns}`;
  const ip = (...args: string[]) => {
    const { status, stderr } = spawnSync("nsenter", [`--net=${path}`, "ip", ...args], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  };
  const sockets = await host.openNetwork(path);
  expect(sockets.own).toBe(false);
  const name = "\u00e9th-1\u{1f40b}!\"'=@";
  ip("link", "add", name, "mtu", "1400", "type", "veth", "peer", "name", "peer");
  ip("address", "add", "10.1.0.2/24", "dev", name);
  ip("link", "set", "peer", "up");
  ip("link", "set", name, "up");
  await host.networkChanged(sockets, AbortSignal.timeout(10_000));
  const { links, addresses, routes } = await host.readNetwork(sockets);
  const link = links.find((each) => each.name === name);
  expect(link).toMatchObject({ kind: "veth", layer: 1, mtu: 1400, master: 0, bus: "" });
  expect(addresses).toContainEqual(expect.objectContaining({ link: link?.index, address: "10.1.0.2", prefixLength: 24, peer: "" }));
  expect(routes.map(({ destination }) => destination)).toContain("10.1.0.0/24");

  const tap = await host.openTap(path, 2);
  expect(tap.queues).toHaveLength(2);
  const joint = { link: link?.index ?? 0, tap: tap.index };
  await host.joinLinks(sockets, joint, 1400);
  await expect(host.joinLinks(sockets, joint, 1400)).rejects.toEqual(hasCode(Code.ALREADY_EXISTS));
  await host.separateLinks(sockets, joint);
  await host.separateLinks(sockets, joint);
  const other = await host.openTap(path, 1);
  const stays = await host.openTap(path, 1);
  const left = async () => (await host.readNetwork(sockets)).links.map(({ index }) => index).filter((index) => index >= tap.index);
  await host.removeLinks(sockets, [tap.index, other.index]);
  expect(await left()).toEqual([stays.index]);
  await host.removeLinks(sockets, [tap.index, other.index]);
  await host.removeLinks(sockets, [tap.index, stays.index]);
  expect(await left()).toEqual([]);
  await host.removeLinks(sockets, []);
  [tap, other, stays].flatMap(({ queues }) => queues).forEach((fd) => closeSync(fd));
  await expect(host.openNetwork("/absent")).rejects.toEqual(hasCode(Code.NOT_FOUND, "/absent"));

  const given = new AbortController();
  const following = (async () => {
    for (;;) {
      await host.networkChanged(sockets, given.signal);
    }
  })();
  given.abort();
  await expect(following).rejects.toEqual(hasCode(Code.CANCELLED));
  closeSync(sockets.requests);
  closeSync(sockets.changes);
  closeSync(netns);
});

test("the journal on a full disk keeps whole lines only, and goes on when there is room", async () => {
  run("mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", directory);
  try {
    await fillsTheDisk();
  } finally {
    run("umount", directory);
  }
});

async function fillsTheDisk(): Promise<void> {
  const journal = await Journal.open(directory);
  const added: string[] = [];
  const content = () => readFileSync(journal.path, "utf8");
  const fill = async () => {
    for (;;) {
      const path = `/an/entry/of/about/fifty/bytes/${added.length}`;
      await journal.add({ kind: "mount", path });
      added.push(`mount ${path}\n`);
    }
  };
  await expect(fill()).rejects.toEqual(hasCode(Code.RESOURCE_EXHAUSTED, /journal/));
  expect(content()).toBe(added.join(""));
  // There is no room for a second file: the entry may stay, the caller is not held up.
  await journal.remove({ kind: "mount", path: "/an/entry/of/about/fifty/bytes/0" });
  expect(content()).toBe(added.join(""));
  expect(journal.entries).toHaveLength(added.length - 1);
  run("mount", "-o", "remount,size=64k", directory);
  await journal.remove({ kind: "mount", path: "/an/entry/of/about/fifty/bytes/1" });
  await journal.add({ kind: "file", path: "/last" });
  expect(content()).toBe(`${added.slice(2).join("")}file /last\n`);
}

describe("a host", () => {
  const ourFds = () => readdirSync("/proc/self/fd").length;

  test("has hundreds of operations under way, each with its own answer", async () => {
    const results = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const path = `/absent/${index}`;
        const error: unknown = await host.openNetwork(path).catch((cause: unknown) => cause);
        return error instanceof HadronError && error.message.includes(`"${path}"`);
      }),
    );
    expect(results.every(Boolean)).toBe(true);
  });

  test("refuses what is too much instead of keeping it", async () => {
    const [one, other] = await host.socketpair();
    const big = { socket: one, data: "x".repeat(16_384), fds: [0], timeoutMs: 20 };
    const results = await Promise.allSettled(Array.from({ length: 500 }, () => host.sendFds(big)));
    const codes = new Set(results.map((result) => (result.status === "rejected" ? (result.reason as HadronError).code : Code.OK)));
    expect(codes).toContain(Code.RESOURCE_EXHAUSTED);
    expect(codes).toContain(Code.OK);
    closeSync(other);
    closeSync(one);
  });

  test("leaves no descriptor, and what is under way is told", async () => {
    const before = ourFds();
    const other = new Host();
    const wait = other.clockSet();
    const refused = expect(wait).rejects.toEqual(hasCode(Code.UNAVAILABLE));
    await other.removeDirectory("/absent", "f");
    expect(ourFds()).toBeGreaterThan(before);
    await other[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await refused;
    await expect(other.socketpair()).rejects.toEqual(hasCode(Code.UNAVAILABLE));
    // The threads let go of their descriptors after the answer.
    await expect.poll(ourFds, { timeout: 5_000 }).toBe(before);
  });

  test("do not keep an idle process alive, and do while something is under way", async () => {
    const program = `
import { Host } from ${JSON.stringify(import.meta.resolve("./host.ts"))};
await new Host().removeDirectory("/absent", "f");
process.exitCode = 7;
`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "inherit", "inherit"] });
    expect(await once(child, "exit")).toEqual([7, null]);
  });

  test("says what is missing when its files are", async () => {
    const program = `
import { Host } from ${JSON.stringify(import.meta.resolve("./host.ts"))};
await new Host().socketpair().catch((error) => { console.log(error.code, error.message); });
`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, HADRON_LIB: directory },
    });
    const [output] = (await once(child.stdout, "data")) as [Buffer];
    expect(output.toString()).toContain(`${Code.INTERNAL} ${join(directory, "koffi.node")}`);
    expect(output.toString()).toContain("make build");
    await once(child, "exit");
  });
});
