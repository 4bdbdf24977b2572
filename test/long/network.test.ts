/** What takes minutes: a gigabyte through a pod, and pods by the hundred. `make test-long` runs it. */
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { CriPod, sandboxersOf, servesCri } from "../e2e/cri-pod.ts";
import { mustRun } from "../harness/command.ts";
import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { makeBytes, sendBytes, TestNode } from "../harness/network.ts";
import { startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

const GIGABYTE_MS = 20 * 60_000;
const PODS_MS = 60 * 60_000;

describe.each(containerdVersions)("containerd %s: a gigabyte", (version) => {
  const daemon = useContainerd(version);

  test("goes into a pod, out of it, and both ways at once, by either family", { timeout: GIGABYTE_MS }, async () => {
    await using node = await TestNode.make();
    const { netns, ipv4, ipv6 } = await node.pod();
    const line = "nc -ll -p 5000 -e sha256sum & nc -ll -p 5001 -e cat & exec sleep 7200";
    await using pod = await startContainer(daemon(), ["sh", "-c", line], { flags: netns.flags });
    const long = { timeoutMs: GIGABYTE_MS };
    const sum = await node.netns.mustShell(makeBytes(1024), long);
    expect(await node.netns.mustShell(sendBytes(ipv6, 5000), long)).toBe(sum);
    // What is sent comes back while the rest is on its way.
    const echoed = [`--net=${node.netns.path}`, process.execPath, "-e", THERE_AND_BACK, join(node.netns.directory, "sent"), ipv4];
    expect(await mustRun("nsenter", echoed, long)).toBe(sum);
    // Both ends make the same.
    await using _server = await node.netns.startSum(6000);
    const made = "dd if=/dev/zero bs=1M count=1024 2>/dev/null | tr '\\0' x";
    const sent = await pod.exec(["sh", "-c", `${made} | nc 10.88.0.1 6000`], long);
    expect(sent.stdout).toBe(await node.netns.mustShell(`${made} | sha256sum`, long));
  });
});

/** Sends a file, and prints the sum of what comes back meanwhile. */
const THERE_AND_BACK = `
const [file, address] = process.argv.slice(1);
const socket = require("node:net").connect({ port: 5001, host: address, allowHalfOpen: true });
const sum = require("node:crypto").createHash("sha256");
require("node:fs").createReadStream(file).pipe(socket).on("data", (piece) => sum.update(piece));
socket.on("end", () => console.log(sum.digest("hex") + "  -"));
`;

const PODS = 200;
const AT_ONCE = 4;
const WARM = 20;

describe.each(containerdVersions.filter(servesCri))("containerd %s: pods by the hundred", (version) => {
  const daemon = useContainerd(version, { cri: {} });

  test("come and go, four at a time, and leave nothing", { timeout: PODS_MS }, async () => {
    await live(daemon(), WARM);
    const before = await counts(daemon());
    await live(daemon(), PODS - WARM);
    // Of what containerd itself closes later there is no event.
    await expect.poll(() => counts(daemon())).toEqual(before);
  });
});

async function live(daemon: Containerd, pods: number): Promise<void> {
  let left = pods;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const number = left--;
      const sandboxers = sandboxersOf(daemon.version);
      await using pod = await CriPod.run(daemon, sandboxers[number % sandboxers.length] ?? "podsandbox");
      const container = await pod.start(["sleep", "600"]);
      const answer = await pod.exec(container, ["ping", "-c", "1", "-W", "20", "10.89.0.1"]);
      expect(answer, `pod ${number}`).toMatchObject({ exitCode: 0 });
      await pod.stop();
      await pod.remove();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** How many there are of what a pod with a network needs, beside what is looked for after every test. */
async function counts(daemon: Containerd): Promise<Record<string, unknown>> {
  const network = join(daemon.directory, "network");
  const links = JSON.parse(await mustRun("nsenter", [`--net=${network}`, "ip", "-j", "link"])) as { ifname: string }[];
  const descriptors = await readdir(`/proc/${daemon.pid}/fd`);
  const kinds = await Promise.all(descriptors.map((fd) => readlink(`/proc/${daemon.pid}/fd/${fd}`).catch(() => "")));
  return {
    links: links.map(({ ifname }) => ifname),
    addresses: (await readdir(join(daemon.directory, "addresses/test"))).filter((name) => name.startsWith("10.")),
    // Connections of crictl's come and go; files and shims' sockets stay when something is forgotten.
    descriptors: kinds.filter((kind) => !kind.startsWith("socket:") && kind !== "").length,
  };
}
