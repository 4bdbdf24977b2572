/** The network of a pod beside runc's, each by a veth on the same bridge. */
import { mustRun } from "../test/harness/command.ts";
import type { Containerd } from "../test/harness/containerd.ts";
import { importImage } from "../test/harness/images.ts";
import { NODE_IPV4, type Netns, TestNode } from "../test/harness/network.ts";
import { hadron, type RunningContainer, runc, startContainer } from "../test/harness/runtime.ts";
import { median, type Row } from "./table.ts";

const PORT = 5000;
/** Of all streams together. */
const MEGABYTES = 128;
const STREAMS = [1, 8] as const;
const RUNS = 3;
const PINGS = 200;
const LONG = { timeoutMs: 300_000 };

export async function benchNetwork(containerd: Containerd): Promise<Row[]> {
  await importImage(containerd, "python");
  await using node = await TestNode.make();
  await using _sink = node.netns.start(process.execPath, "-e", NODE_SINK, String(PORT));
  const measured = async (runtime: string): Promise<Map<string, number>> => {
    const { netns, ipv4 } = await node.pod();
    const options = { runtime, image: "python", flags: netns.flags } as const;
    await using pod = await startContainer(containerd, ["python3", "-c", SINK, String(PORT)], options);
    const figures = new Map<string, number>();
    for (const streams of STREAMS) {
      figures.set(`TCP into the pod, streams: ${streams}`, await rate(() => fromNode(node.netns, ipv4, streams)));
      figures.set(`TCP out of the pod, streams: ${streams}`, await rate(() => fromPod(pod, streams)));
    }
    const pings = await node.netns.mustShell(`ping -q -c ${PINGS} -i 0.01 ${ipv4}`, LONG);
    figures.set(ROUND_TRIP, Number(/= [0-9.]+\/([0-9.]+)\//.exec(pings)?.[1]));
    return figures;
  };
  const ours = await measured(hadron);
  const theirs = await measured(runc);
  return [...ours].map(([what, figure]): Row => {
    const peer = theirs.get(what) ?? Number.NaN;
    const text = (value: number): string => (what === ROUND_TRIP ? `${value.toFixed(2)} ms` : `${value.toFixed(0)} MB/s`);
    return { what, hadron: text(figure), runc: text(peer), ratio: figure / peer, goal: "" };
  });
}

const ROUND_TRIP = "round trip, node to pod";

/** `send` answers seconds. */
async function rate(send: () => Promise<string>): Promise<number> {
  const seconds: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    seconds.push(Number(await send()));
  }
  return (MEGABYTES * 1.048_576) / median(seconds);
}

async function fromNode(node: Netns, address: string, streams: number): Promise<string> {
  return await mustRun("nsenter", [`--net=${node.path}`, process.execPath, "-e", NODE_SEND, address, ...amount(streams)], LONG);
}

async function fromPod(pod: RunningContainer, streams: number): Promise<string> {
  const { exitCode, stdout, stderr } = await pod.exec(["python3", "-c", SEND, NODE_IPV4, ...amount(streams)], LONG);
  if (exitCode !== 0) {
    throw new Error(stderr);
  }
  return stdout;
}

function amount(streams: number): string[] {
  return [String(PORT), String(streams), String(MEGABYTES / streams)];
}

// Programs that take what is sent, and that send so many MiB by so many streams and print after how many seconds the other end
// has had all. They wait for a server that has not begun to listen.

const SINK = `
import socket, sys, threading
server = socket.create_server(("", int(sys.argv[1])), backlog=64)
def take(connection):
    buffer = bytearray(1 << 20)
    while connection.recv_into(buffer): pass
    connection.close()
while True:
    threading.Thread(target=take, args=(server.accept()[0],), daemon=True).start()
`;

const SEND = `
import socket, sys, threading, time
host, port, streams, megabytes = sys.argv[1], *map(int, sys.argv[2:])
piece = bytes(1 << 20)
sockets = [socket.create_connection((host, port), timeout=60) for _ in range(streams)]
def send(connection):
    for _ in range(megabytes): connection.sendall(piece)
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)
begun = time.monotonic()
threads = [threading.Thread(target=send, args=(each,)) for each in sockets]
for each in threads: each.start()
for each in threads: each.join()
print(time.monotonic() - begun)
`;

const NODE_SINK = `require("node:net").createServer((socket) => socket.resume()).listen(Number(process.argv[1]))`;

const NODE_SEND = `
const { connect } = require("node:net");
const { once } = require("node:events");
const [host, port, streams, megabytes] = process.argv.slice(1);
const piece = Buffer.alloc(1 << 20);
async function open() {
  for (;;) {
    const socket = connect(Number(port), host);
    try {
      await once(socket, "connect");
      return socket;
    } catch {}
  }
}
async function send(socket) {
  for (let i = 0; i < megabytes; i++) if (!socket.write(piece)) await once(socket, "drain");
  socket.end();
  socket.resume();
  await once(socket, "close");
}
(async () => {
  const sockets = [];
  while (sockets.length < streams) sockets.push(await open());
  const begun = performance.now();
  await Promise.all(sockets.map(send));
  console.log((performance.now() - begun) / 1000);
})();
`;
