import { openSync, readlinkSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { GuestNetwork } from "../../agent/agent.ts";
import { Code } from "../../errors.ts";
import { Host } from "../../host/host.ts";
import type { HostNetwork as NetworkState } from "../../host/network.ts";
import { HostNetwork, networkOfHost } from "./host-network.ts";
import { address, link, LOOPBACK, network, route } from "./recorded.ts";

const eth0 = link(2, "eth0", { kind: "" });
const wlan0 = link(3, "wlan0", { kind: "" });
const both = network({
  links: [LOOPBACK, eth0, wlan0],
  addresses: [
    address(1, "127.0.0.1/8", { scope: 254 }),
    address(3, "192.168.0.9/24"),
    address(2, "10.1.0.9/24", { flags: 0x81 }),
    address(2, "10.1.0.2/24", { label: "eth0" }),
    address(2, "10.1.0.3/24"),
    address(2, "fe80::2/64", { scope: 253 }),
    address(2, "fd00::99/64", { flags: 0x20 }),
    address(2, "fd00::2/64"),
  ],
  routes: [
    route("0.0.0.0/0", 3, "192.168.0.1", { metric: 600 }),
    route("0.0.0.0/0", 2, "10.1.0.1", { metric: 100 }),
    route("10.1.0.0/24", 2, ""),
    route("::/0", 2, "fe80::1", { protocol: 9, metric: 1024 }),
  ],
});

describe("what a guest has of the host's network", () => {
  it("is the interface of the default route, with one address of each family", () => {
    const { interfaces, routes, neighbours } = networkOfHost(both);
    expect(interfaces).toHaveLength(1);
    expect(interfaces[0]).toMatchObject({ name: "eth0", mtu: 65_520, slot: "02:68:61:64:00:01", hardwareAddress: "02:68:61:64:00:01" });
    expect(interfaces[0]?.addresses.map((each) => `${each.address}/${each.prefixLength} ${each.scope} ${each.flags}`)).toEqual([
      "10.1.0.2/24 0 0",
      "fd00::2/64 0 0",
      "fe80::2/64 253 0",
    ]);
    expect(routes.map(({ destination, nextHops }) => [destination, nextHops])).toEqual([
      ["0.0.0.0/0", [{ interface: "eth0", gateway: "10.1.0.1", onlink: true, weight: 1 }]],
      ["::/0", [{ interface: "eth0", gateway: "fe80::1", onlink: true, weight: 1 }]],
    ]);
    expect(neighbours).toEqual([]);
  });

  it("has no gateway where the host has none, and no family that leads elsewhere", () => {
    const pointToPoint = network({
      links: [LOOPBACK, eth0, wlan0],
      addresses: [address(2, "10.1.0.2/32"), address(3, "fd00::3/64")],
      routes: [route("0.0.0.0/0", 2, ""), route("::/0", 3, "fe80::1")],
    });
    const { interfaces, routes } = networkOfHost(pointToPoint);
    expect(interfaces[0]?.addresses).toHaveLength(1);
    expect(routes).toEqual([
      expect.objectContaining({ destination: "0.0.0.0/0", scope: 253, nextHops: [expect.objectContaining({ gateway: "", onlink: false })] }),
    ]);
  });

  it("may be of IPv6 alone", () => {
    const ipv6 = network({ links: [LOOPBACK, eth0], addresses: [address(2, "fd00::2/64")], routes: [route("::/0", 2, "fe80::1")] });
    expect(networkOfHost(ipv6).routes.map(({ destination }) => destination)).toEqual(["::/0"]);
  });

  it.each([
    ["no route", network({ links: [LOOPBACK, eth0], addresses: [address(2, "10.1.0.2/24")] })],
    ["a route that is a hole", network({ links: [LOOPBACK, eth0], routes: [route("0.0.0.0/0", 0, "", { type: 6 })] })],
  ])("cannot be had with %s", (_, state) => {
    expect(() => networkOfHost(state)).toThrow(
      expect.objectContaining({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining("no default route") }),
    );
  });
});

describe("the process that carries it", () => {
  let directory: string;
  let host: Host;
  let journal: string[];
  let state: NetworkState;
  let told: GuestNetwork[];
  let warnings: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "hadron-host-network-"));
    host = new Host();
    [journal, told, warnings, state] = [[], [], [], both];
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  async function open(script: string): Promise<HostNetwork> {
    const passt = join(directory, "passt");
    await writeFile(passt, `#!/bin/sh\n${script}\n`);
    await chmod(passt, 0o755);
    const exec = join(directory, "hadron-exec");
    await writeFile(exec, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n');
    await chmod(exec, 0o755);
    const nothing = (): void => {};
    return await HostNetwork.open({
      host: {
        openNetwork: async () => ({ requests: openSync("/dev/null", "r"), changes: openSync("/dev/null", "r"), own: true }),
        readNetwork: async () => state,
        socketpair: () => host.socketpair(),
        spawnProgram: (program) => host.spawnProgram(program),
        reapChild: (pid) => host.reapChild(pid),
        killProcess: (id, signal) => host.killProcess(id, signal),
      },
      journal: { add: async (entry) => void journal.push(JSON.stringify(entry)) },
      passt,
      hadronExec: exec,
      log: { error: nothing, info: nothing, debug: nothing, trace: nothing, warn: (_: object, sentence: string) => warnings.push(sentence) },
    });
  }

  const socketOf = (pod: HostNetwork): number => pod.nics[0]?.socket ?? -1;

  it("has one end of the NIC's socket, ends with the pod, and is in the journal", async () => {
    const pod = await open(`echo "$@" >${directory}/arguments; readlink /proc/self/fd/3 >>${directory}/arguments; exec sleep 600`);
    const socket = socketOf(pod);
    expect(readlinkSync(`/proc/self/fd/${socket}`)).toMatch(/^socket:/);
    await pod.start();
    await expect.poll(() => readFile(join(directory, "arguments"), "utf8")).toMatch(/--fd 3 --interface eth0 .*\nsocket:/);
    expect(journal).toEqual([expect.stringMatching(/"role":"helper","name":"passt"/)]);
    await pod.attach({ setNetwork: async (given) => (told.push(given), ["the route to ::/0 is refused"]) });
    expect(told).toEqual([networkOfHost(both)]);
    expect(warnings).toEqual(["the guest's network: the route to ::/0 is refused"]);
    await pod.closeQueues();
    expect(() => readlinkSync(`/proc/self/fd/${socket}`)).toThrow("ENOENT");
    const { pid } = JSON.parse(journal[0] ?? "") as { pid: number };
    await pod[Symbol.asyncDispose]();
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    await pod[Symbol.asyncDispose]();
  });

  it("says why the pod has no network any more", async () => {
    const pod = await open("echo no such interface >&2; exit 1");
    await pod.start();
    expect(await pod.failed).toBe("passt, which carries the pod's network, exited with status 1: no such interface");
    await pod[Symbol.asyncDispose]();
  });

  it("leaves nothing when it was never started", async () => {
    const pod = await open("exit 0");
    const socket = socketOf(pod);
    await pod[Symbol.asyncDispose]();
    expect(() => readlinkSync(`/proc/self/fd/${socket}`)).toThrow("ENOENT");
    expect(journal).toEqual([]);
  });
});
