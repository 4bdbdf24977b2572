/** Servers on the loopback of the namespace that the pod has on the host answer the pod, as Docker's resolver on 127.0.0.11 has to. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { iptables } from "../harness/cni.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { Netns } from "../harness/network.ts";
import { patient } from "../harness/patience.ts";
import { type RunningContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { onlyPart } from "./parts.ts";

const ADDRESS = "127.0.0.11";
/** Where it really listens. Who asks port 53 is sent there by rules of the namespace, as Docker makes them. */
const PORT = 40_053;

/** Gives back what it is sent; by UDP for "long" the longest datagram that there is. */
const SERVER = `
  require("node:net").createServer({ allowHalfOpen: true }, (socket) => socket.on("error", () => {}).pipe(socket)).listen(${PORT}, "${ADDRESS}", 511);
  const udp = require("node:dgram").createSocket("udp4");
  udp.on("message", (text, { port, address }) => udp.send(String(text) === "long" ? Buffer.alloc(65507, "l") : text, port, address));
  udp.bind(${PORT}, "${ADDRESS}");`;

/** The guest's side. */
const ASK = `
import socket, sys
def tcp(port, text):
    with socket.create_connection(("${ADDRESS}", port), 30) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(65536):
            answer += data
        return answer
def udp(port, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(30)
        asker.sendto(text, ("${ADDRESS}", port))
        answer, peer = asker.recvfrom(70000)
        assert peer == ("${ADDRESS}", port), peer
        return answer
`;

const ASK_ALL = `
for port in 53, ${PORT}:
    assert tcp(port, b"by tcp") == b"by tcp"
    assert tcp(port, b"x" * 1000000) == b"x" * 1000000
    assert udp(port, b"by udp") == b"by udp"
    assert udp(port, b"") == b""
    assert udp(port, b"long") == b"l" * 65507
    assert udp(port, b"s" * 65507) == b"s" * 65507
for number in range(200):
    assert udp(53, b"%d" % number) == b"%d" % number
print("answered")
`;

/** Each container may open sockets of vsock by itself. */
const ATTACK = `
import os
def hold():
    held = []
    for number in range(1000):
        guest = socket.socket(socket.AF_VSOCK if number % 2 else socket.AF_INET)
        guest.setblocking(False)
        # By vsock they find nobody: the ports of doors cannot be guessed.
        guest.connect_ex((2, 1025 + number % 40) if number % 2 else ("${ADDRESS}", 53))
        held.append(guest)
    for number in range(200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
            flood.sendto(b"f" * 65507, ("${ADDRESS}", 53))
children = []
for number in range(10):
    child = os.fork()
    if child == 0:
        hold()
        os._exit(0)
    children.append(child)
print({os.waitpid(child, 0)[1] for child in children})
`;

/** The guest's memory, which may be mapped there too, is a memfd and does not count. */
async function state(pid: number): Promise<{ fds: number; memoryKiB: number }> {
  const [fds, status] = await Promise.all([readdir(`/proc/${pid}/fd`), readFile(`/proc/${pid}/status`, "utf8")]);
  return { fds: fds.length, memoryKiB: Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1]) };
}

describe.each(containerdVersions)("containerd %s: the servers beside a pod", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "python"] });

  /** A namespace that has what Docker gives it, but for an interface. */
  async function docker(): Promise<{ netns: Netns; flags: string[]; server: AsyncDisposable }> {
    const netns = await Netns.make();
    for (const kind of ["tcp", "udp"]) {
      await iptables(netns, `-t nat -A OUTPUT -d ${ADDRESS} -p ${kind} --dport 53 -j DNAT --to-destination ${ADDRESS}:${PORT}`);
    }
    const server = netns.start(process.execPath, "-e", SERVER);
    await expect.poll(() => netns.mustShell("netstat -lun")).toContain(`${ADDRESS}:${PORT} `);
    const resolvConf = join(netns.directory, "resolv.conf");
    await writeFile(resolvConf, `nameserver ${ADDRESS}\n`);
    return { netns, server, flags: [...netns.flags, "--mount", `type=bind,src=${resolvConf},dst=/etc/resolv.conf,options=rbind:ro`] };
  }

  async function python(pod: RunningContainer, script: string): Promise<string> {
    const { stdout, stderr } = await pod.exec(["python3", "-c", `${ASK}${script}`], { timeoutMs: patient(60_000) });
    return `${stdout}${stderr}`;
  }

  test("answer it by TCP and UDP, and nothing else does", async () => {
    const { netns, server, flags } = await docker();
    await using _netns = netns;
    await using _server = server;
    await using elsewhere = await Netns.make();
    await using _elsewhere = elsewhere.start(process.execPath, "-e", SERVER.replaceAll(String(PORT), "40054"));
    await using pod = await startContainer(daemon(), ["sleep", "600"], { image: "python", flags });
    expect(await python(pod, ASK_ALL)).toBe("answered\n");
    // Not another namespace, not the host, and not another address or port of this one.
    for (const refused of ["tcp(40054, b'')", "tcp(22, b'')", "socket.create_connection(('127.0.0.12', 53), 5)"]) {
      expect(await python(pod, refused)).toContain("ConnectionRefusedError");
    }
  });

  test("are not there when there are none", async () => {
    await using netns = await Netns.make();
    await using pod = await startContainer(daemon(), ["sleep", "600"], { flags: netns.flags });
    const { stdout } = await pod.exec(["netstat", "-lntu"]);
    expect(stdout).not.toContain("127.");
  });

  test("are found at the Start of a container, when they came after the pod", async () => {
    const { netns, server, flags } = await docker();
    await using _netns = netns;
    await server[Symbol.asyncDispose]();
    await using pod = await startContainer(daemon(), ["sleep", "600"], { image: "python", flags });
    expect(await python(pod, "tcp(53, b'')")).toContain("ConnectionRefusedError");
    await using _again = netns.start(process.execPath, "-e", SERVER);
    await expect.poll(() => netns.mustShell("netstat -lun")).toContain(`${ADDRESS}:${PORT} `);
    const group = { "io.containerd.runc.v2.group": "servers" };
    await using other = await startContainer(daemon(), ["sleep", "600"], { image: "python", flags, annotations: group });
    expect(await python(other, ASK_ALL)).toBe("answered\n");
  });

  // As long as all that it waits for: or a state that is never reached would not be shown.
  const timeout = patient(300_000);
  test("are no way for a guest to harm the host, or itself for longer", { timeout }, async () => {
    const { netns, server, flags } = await docker();
    await using _netns = netns;
    await using _server = server;
    await using pod = await startContainer(daemon(), ["sleep", "600"], { image: "python", flags });
    const parts = [await onlyPart(daemon(), "daemon"), await onlyPart(daemon(), "vsock")].map(({ pid }) => pid);
    const before = await Promise.all(parts.map(state));
    expect(await python(pod, ATTACK)).toBe("{0}\n");
    // What it held is gone with it, but who asked by UDP is answered for a minute (IDLE in guest/agent/src/doors/datagrams.rs).
    await expect
      .poll(() => Promise.all(parts.map(state)), { timeout: patient(90_000) })
      .toEqual(
        before.map(({ fds, memoryKiB }) => ({
          fds: expect.toSatisfy((now: number) => now < fds + 20),
          memoryKiB: expect.toSatisfy((now: number) => now < memoryKiB + 40_000),
        })),
      );
    expect(await python(pod, ASK_ALL)).toBe("answered\n");
  });

  test("may go with their namespace's name, and by themselves", async () => {
    const { netns, server, flags } = await docker();
    await using _netns = netns;
    await using pod = await startContainer(daemon(), ["sleep", "600"], { image: "python", flags });
    await netns.delete();
    // What has no name lives on while somebody is in it.
    expect(await python(pod, ASK_ALL)).toBe("answered\n");
    await server[Symbol.asyncDispose]();
    expect(await python(pod, "tcp(53, b'x')")).toMatch(/Connection(Reset|Refused)Error/);
    expect((await pod.exec(["echo", "alive"])).stdout).toBe("alive\n");
  });
});
