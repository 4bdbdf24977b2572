/** Unix sockets of the host as volumes: the same is asked of runc, as far as the guest's boundary lets it be the same. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { onlyNewest } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { killProcess } from "../harness/processes.ts";
import { hadron, type RunningContainer, runc, runContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { onlyPart } from "./parts.ts";

const SLEEP = ["sleep", "600"];
const MIB = 1 << 20;
/** The guest takes each connection, and ends at once what finds nobody on the host. */
const ENDED = /^(1|Connection reset by peer|Broken pipe)$/;

/** Sends so many bytes, says that there are no more, and tells what comes back. */
const CLIENT = `
import hashlib, os, socket, sys, threading
path, size, clients, uid = sys.argv[1], *map(int, sys.argv[2:])
os.setgroups([]); os.setuid(uid)
answers = []
def ask():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    def send():
        s.sendall(bytes(size)); s.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send); sender.start()
    text = b""
    while piece := s.recv(65536): text += piece
    sender.join()
    answers.append(text.decode())
try:
    threads = [threading.Thread(target=ask) for _ in range(clients - 1)]
    for t in threads: t.start()
    ask()
    for t in threads: t.join()
    print(*sorted(set(answers)), len(answers))
except OSError as error:
    print(error.strerror)
`;

/** A container's own server. */
const SERVER = `
import socket
s = socket.socket(socket.AF_UNIX); s.bind("/d/own"); s.listen()
while True:
    c, _ = s.accept()
    while c.recv(65536): pass
    c.sendall(b"own"); c.close()
`;

describe.each(onlyNewest)("containerd %s: a unix socket of the host", (version) => {
  const daemon = useContainerd(version, { images: ["python"] });
  let directory: string;
  let servers: Server[];

  beforeEach(async () => {
    directory = await mkdtemp("/var/tmp/hadron-test-sockets-");
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) {
      await stopped(server);
    }
    await rm(directory, { recursive: true });
  });

  /** Answers each connection, when the other side has said all, with its own name and the sum of what it was told. */
  async function serve(path: string, name: string): Promise<Server & { connections: number }> {
    const server = Object.assign(
      createServer({ allowHalfOpen: true }, (socket) => {
        server.connections += 1;
        const hash = createHash("sha256");
        socket.on("data", (piece) => hash.update(piece)).on("end", () => socket.end(`${name}:${hash.digest("hex")}`));
        // A client may be gone before it is answered.
        socket.on("error", () => socket.destroy());
      }),
      { connections: 0 },
    );
    servers.push(server);
    await new Promise<void>((resolve, reject) => server.on("error", reject).listen(path, resolve));
    return server;
  }
  const stopped = async (server: Server): Promise<void> => await new Promise((resolve) => server.close(() => resolve()));
  const bind = (source: string, target: string, options = "bind"): string => `type=bind,src=${source},dst=${target},options=${options}`;
  const ask = async (pod: RunningContainer, path: string, { size = 1, clients = 1, uid = 0 } = {}): Promise<string> =>
    (await pod.exec(["python3", "-c", CLIENT, path, String(size), String(clients), String(uid)])).stdout.trim();
  const answer = (name: string, size = 1): string => `${name}:${createHash("sha256").update(Buffer.alloc(size)).digest("hex")}`;

  test.each([runc, hadron])("takes connections of a container (%s) that may write to it", async (runtime) => {
    const short = join(directory, "socket");
    const server = await serve(short, "s");
    await chmod(short, 0o660);
    await chown(short, 0, 1234);
    const mounts = [bind(short, "/run/server.sock"), bind(short, "/ro.sock", "bind:ro")];
    await using container = await startContainer(daemon(), SLEEP, { runtime, image: "python", mounts });
    expect((await container.exec(["stat", "-c", "%F %a %u %g", "/run/server.sock"])).stdout).toBe("socket 660 0 1234\n");
    expect(await ask(container, "/run/server.sock", { size: 5 * MIB })).toBe(`${answer("s", 5 * MIB)} 1`);
    expect(await ask(container, "/ro.sock", { size: 70_000, clients: 20 })).toBe(`${answer("s", 70_000)} 20`);
    expect(await ask(container, "/run/server.sock", { uid: 1000 })).toBe("Permission denied");
    expect(server.connections).toBe(21);
    await stopped(server);
    expect(await ask(container, "/run/server.sock")).toMatch(runtime === runc ? /^Connection refused$/ : ENDED);
  });

  test("is the one at its path, also when its server comes later or is started again", async () => {
    const path = join(directory, "socket");
    await stopped(await serve(path, "before"));
    const later = await serve(path, "first");
    await using container = await startContainer(daemon(), SLEEP, { image: "python", mounts: [bind(path, "/s")] });
    expect(await ask(container, "/s")).toBe(`${answer("first")} 1`);
    await stopped(later);
    await serve(path, "second");
    expect(await ask(container, "/s")).toBe(`${answer("second")} 1`);
  });

  test("is the only one that a guest reaches, whatever it makes of a directory that the host shares", async () => {
    const [shared, secret] = [join(directory, "shared"), join(directory, "secret")];
    await mkdir(join(shared, "below"), { recursive: true });
    await mkdir(secret);
    await serve(join(shared, "below/socket"), "allowed");
    const forbidden = await serve(join(secret, "socket"), "forbidden");
    const mounts = [bind(shared, "/shared", "rbind"), bind(join(shared, "below/socket"), "/s")];
    await using container = await startContainer(daemon(), SLEEP, { image: "python", mounts });
    expect(await ask(container, "/s")).toBe(`${answer("allowed")} 1`);
    const must = async (line: string): Promise<void> => expect(await container.exec(["sh", "-ec", line])).toMatchObject({ exitCode: 0 });
    await must(`cd /shared; mv below/socket moved; ln -s ${secret}/socket below/socket`);
    expect(await ask(container, "/s")).toMatch(ENDED);
    await must(`cd /shared; rm below/socket; mv moved below/socket; mv below away; ln -s ${secret} below`);
    expect(await ask(container, "/s")).toMatch(ENDED);
    await must("cd /shared; rm below; mv away below");
    expect(await ask(container, "/s")).toBe(`${answer("allowed")} 1`);
    expect(forbidden.connections).toBe(0);
  });

  test.each([runc, hadron])(
    "is reached in a directory that is mounted (%s), also when it comes later or anew, beside those of the containers",
    async (runtime) => {
      const first = await serve(join(directory, "first"), "first");
      await using container = await startContainer(daemon(), ["python3", "-c", SERVER], {
        runtime,
        image: "python",
        mounts: [bind(directory, "/d", "rbind")],
      });
      expect(await ask(container, "/d/first", { size: MIB })).toBe(`${answer("first", MIB)} 1`);
      await expect.poll(async () => await ask(container, "/d/own"), { timeout: patient(20_000) }).toBe("own 1");
      await serve(join(directory, "later"), "later");
      await stopped(first);
      await serve(join(directory, "first"), "anew");
      await expect.poll(async () => await ask(container, "/d/later"), { timeout: patient(20_000) }).toBe(`${answer("later")} 1`);
      await expect.poll(async () => await ask(container, "/d/first"), { timeout: patient(20_000) }).toBe(`${answer("anew")} 1`);
      expect(await ask(container, "/d/own")).toBe("own 1");
    },
  );

  test("sees its connections end with the VM, which leaves nothing", async () => {
    const server = await serve(join(directory, "socket"), "s");
    const talk = `import socket, time; s = socket.socket(socket.AF_UNIX); s.connect("/d/socket"); s.send(b"x"); time.sleep(600)`;
    const mounts = [bind(directory, "/d", "rbind"), bind(join(directory, "socket"), "/s")];
    await using container = await startContainer(daemon(), ["python3", "-c", talk], { image: "python", mounts });
    const open = async (): Promise<number> => await promisify(server.getConnections.bind(server))();
    // The daemon's look, and the container's.
    await expect.poll(() => server.connections, { timeout: patient(20_000) }).toBe(2);
    await expect.poll(open).toBe(1);
    await killProcess(await onlyPart(daemon(), "vmm"));
    await expect.poll(() => container.status()).toBe("STOPPED");
    await expect.poll(open).toBe(0);
  });

  test("is refused by a sentence where it is not of streams", async () => {
    const path = join(directory, "log");
    const script = "socket(S, AF_UNIX, SOCK_DGRAM, 0) && bind(S, pack_sockaddr_un(shift)) && syswrite(STDOUT, 'bound') && sleep(600)";
    const server = spawn("perl", ["-MSocket", "-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await once(server.stdout, "data");
    const { stderr } = await runContainer(daemon(), ["true"], { image: "python", mounts: [bind(path, "/dev/log")] });
    server.kill();
    expect(stderr).toMatch(/socket of datagrams of the host.*unix sockets of streams/);
  });
});
