import { openSync, readlinkSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { GuestNetwork } from "../../agent/agent.ts";
import { Code, HadronError } from "../../errors.ts";
import { encodeEntry } from "../../host/journal-entry.ts";
import type { HostNetwork } from "../../host/network.ts";
import type { Nic } from "../../hypervisor/hypervisor.ts";
import { type NetworkHost, type NicOptions, PodNetwork, type PodNetworkOptions } from "./pod-network.ts";
import { address, link, LOOPBACK, network } from "./recorded.ts";

let state: HostNetwork;
let own: boolean;
let done: string[];
let journal: string[];
let warnings: string[];
let told: GuestNetwork[];
let problems: string[];
let refuseJoin: HadronError | undefined;
let refusePlug: HadronError | undefined;
/** Of whoever waits for a change. */
let change: () => void;
let nextTap: number;
/** Descriptors. */
let namespaces: number[];

const pods: PodNetwork[] = [];

beforeEach(() => {
  state = network();
  own = false;
  [done, journal, warnings, told, problems] = [[], [], [], [], []];
  [refuseJoin, refusePlug] = [undefined, undefined];
  change = () => {};
  nextTap = 100;
  namespaces = [];
});
afterEach(async () => {
  for (const pod of pods.splice(0)) {
    await pod[Symbol.asyncDispose]();
  }
});

/** Its descriptors are real ones, as they are closed in the end. */
const host: NetworkHost = {
  createNetns: async () => {
    const fd = spareFd();
    namespaces.push(fd);
    return fd;
  },
  openNetwork: async () => ({ requests: spareFd(), changes: spareFd(), own }),
  readNetwork: async () => state,
  networkChanged: (_, signal) =>
    new Promise((resolve, reject) => {
      const cancelled = (): void => reject(new HadronError(Code.CANCELLED, "given up"));
      change = resolve;
      signal.addEventListener("abort", cancelled, { once: true });
      if (signal.aborted) {
        cancelled();
      }
    }),
  openTap: async (_, queues) => ({ index: nextTap++, queues: Array.from({ length: queues }, spareFd) }),
  joinLinks: async (_, joint, mtu) => {
    if (refuseJoin !== undefined) {
      throw refuseJoin;
    }
    done.push(`join ${joint.link} ${joint.tap} ${mtu}`);
  },
  separateLinks: async (_, joint) => void done.push(`separate ${joint.link} ${joint.tap}`),
  removeLinks: async (_, links) => void done.push(`remove ${links.join(", ")}`),
};

/** Whether it is still the one that `spareFd` made. */
function isOpen(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === "/dev/null";
  } catch {
    return false;
  }
}

function spareFd(): number {
  return openSync("/dev/null", "r");
}

async function open(given: Partial<PodNetworkOptions & NicOptions> = {}): Promise<PodNetwork> {
  const { maxNics = 4, maxPluggable = 0, queues = 1, vhost = false, limit, ...options } = given;
  const nothing = (): void => {};
  const log = { error: nothing, info: nothing, debug: nothing, trace: nothing, warn: (_: object, sentence: string) => warnings.push(sentence) };
  const pod = await PodNetwork.open({
    host,
    journal: {
      add: async (entry) => void journal.push(encodeEntry(entry)),
      remove: async (entry) => {
        journal.splice(journal.lastIndexOf(encodeEntry(entry)), 1);
      },
    },
    netns: { path: "/run/netns/pod" },
    spareNics: 1,
    log,
    ...options,
  });
  pods.push(pod);
  await pod.makeNics({ maxNics, maxPluggable, queues, vhost, limit });
  return pod;
}

const agent = {
  setNetwork: async (given: GuestNetwork) => {
    told.push(given);
    return problems;
  },
};
const vm = {
  plug: async ({ hardwareAddress, queues }: Nic) => {
    expect(queues.map(isOpen)).toEqual([true]);
    done.push(`plug ${hardwareAddress}`);
    if (refusePlug !== undefined) {
      throw refusePlug;
    }
  },
};
const eth0 = link(2, "eth0", { mtu: 1400 });

/** As the kernel does it: whoever waits is told. */
function changeTo(next: Partial<HostNetwork>): void {
  state = network(next);
  change();
}

describe("the NICs of a pod", () => {
  test("are one for each interface, and spare ones, as far as there is room", async () => {
    state = network({ links: [LOOPBACK, eth0] });
    expect((await open()).nics.map(({ hardwareAddress }) => hardwareAddress)).toEqual(["02:68:61:64:00:01", "02:68:61:64:00:02"]);
    expect((await open({ spareNics: 0 })).nics).toHaveLength(1);
    expect((await open({ maxNics: 1 })).nics).toHaveLength(1);
    state = network();
    expect((await open()).nics).toHaveLength(2);
    expect((await open({ spareNics: 0 })).nics).toEqual([]);
    expect((await open({ queues: 3 })).nics[0]?.queues).toHaveLength(3);
    const limit = { bytesPerSecond: 1 << 20, operationsPerSecond: 0 };
    expect((await open({ limit })).nics).toMatchObject([{ limit }, { limit }]);
  });

  test("are not there for what cannot be had", async () => {
    state = network({ links: [LOOPBACK, link(2, "vf", { kind: "", bus: "pci" })] });
    await expect(open()).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringMatching(/interface vf/) as string });
    [state, own] = [network(), true];
    await expect(open()).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringMatching(/the host's own/) as string });
    await expect(open({ netns: "new" })).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
    expect(journal).toEqual([]);
    expect(namespaces.map(isOpen)).toEqual([false]);
  });

  test("of a pod that names no namespace are in one of its own", async () => {
    state = network({ links: [LOOPBACK, eth0] });
    const pod = await open({ netns: "new" });
    await pod.attach(agent, vm);
    expect(pod.netns.path).toBe(`/proc/${process.pid}/fd/${namespaces[0]}`);
    // It goes with the pod's processes, and with it all that is in it.
    expect([done, journal]).toEqual([["join 2 100 1400"], []]);
    expect(namespaces.map(isOpen)).toEqual([true]);
    await pod[Symbol.asyncDispose]();
    await pod[Symbol.asyncDispose]();
    expect([done, journal]).toEqual([["join 2 100 1400", "separate 2 100", "remove 100, 101"], []]);
    expect(namespaces.map(isOpen)).toEqual([false]);
  });
});

describe("a pod's network", () => {
  test("is joined and told once, and undone in the end", async () => {
    state = network({ links: [LOOPBACK, eth0], addresses: [address(2, "10.1.0.2/24")] });
    const pod = await open();
    await pod.attach(agent, vm);
    await pod.refresh();
    expect([done, journal]).toEqual([["join 2 100 1400"], ["qdisc 2 /run/netns/pod"]]);
    expect(told).toEqual([expect.objectContaining({ interfaces: [expect.objectContaining({ slot: "02:68:61:64:00:01", name: "eth0" })] })]);
    await pod[Symbol.asyncDispose]();
    expect([done.slice(1), journal]).toEqual([["separate 2 100", "remove 100, 101"], []]);
  });

  test("that is made after Create is there at Start, and what changes later is followed", async () => {
    const pod = await open();
    await pod.attach(agent, vm);
    expect(told.at(-1)?.interfaces).toEqual([]);
    state = network({ links: [LOOPBACK, eth0] });
    await pod.refresh();
    expect(told.at(-1)?.interfaces).toHaveLength(1);

    changeTo({ links: [LOOPBACK, eth0], addresses: [address(2, "10.1.0.9/24")] });
    await expect.poll(() => told.at(-1)?.interfaces[0]?.addresses).toHaveLength(1);
    changeTo({ links: [LOOPBACK] });
    await expect.poll(() => told.at(-1)?.interfaces).toEqual([]);
    expect([done, journal]).toEqual([["join 2 100 1400", "separate 2 100"], []]);
    changeTo({ links: [LOOPBACK, link(7, "eth1")] });
    await expect.poll(() => told.at(-1)?.interfaces[0]?.name).toBe("eth1");
    expect(warnings).toEqual([]);
  });

  test("has what the NICs do not reach named once, and the rest", async () => {
    const pod = await open();
    await pod.attach(agent, vm);
    problems = ["the route to 10.0.0.0/8 is refused"];
    const [second, third, vf] = [link(3, "net1"), link(5, "net2"), link(4, "vf", { kind: "", bus: "pci" })];
    changeTo({ links: [LOOPBACK, eth0, second, third, vf] });
    await expect.poll(() => told.at(-1)?.interfaces).toHaveLength(2);
    changeTo({ links: [LOOPBACK, { ...eth0, mtu: 1300 }, second, third, vf] });
    await expect.poll(() => told.at(-1)?.interfaces[0]?.mtu).toBe(1300);
    await expect.poll(() => warnings).toHaveLength(3);
    expect(warnings).toEqual([
      expect.stringMatching(/interface vf is a device on the pci bus/),
      expect.stringMatching(/interface net2 has no NIC: .* VM has 2, .*spare_nics/),
      "the guest's network: the route to 10.0.0.0/8 is refused",
    ]);
    // At a Start somebody can be told.
    await expect(pod.refresh()).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION });
  });

  test("gets NICs as they are needed, where a running VM can be given some", async () => {
    state = network({ links: [LOOPBACK, eth0] });
    const pod = await open({ maxPluggable: 3, spareNics: 2 });
    expect([pod.nics.length, pod.pluggedNics]).toEqual([1, 2]);
    await pod.closeQueues();
    await pod.attach(agent, vm);
    expect(done).toEqual(["join 2 100 1400"]);
    const [net1, net2, net3] = [link(3, "net1"), link(5, "net2"), link(6, "net3")];
    changeTo({ links: [LOOPBACK, eth0, net1] });
    await expect.poll(() => told.at(-1)?.interfaces.map(({ slot }) => slot)).toEqual(["02:68:61:64:00:01", "02:68:61:64:00:02"]);
    expect(done.slice(1)).toEqual(["plug 02:68:61:64:00:02", "join 3 101 1500"]);
    changeTo({ links: [LOOPBACK, net1, net2, net3] });
    await expect.poll(() => told.at(-1)?.interfaces.map(({ name }) => name)).toEqual(["net2", "net1", "net3"]);
    expect(done.slice(3)).toEqual(["plug 02:68:61:64:00:03", "separate 2 100", "join 5 100 1500", "join 6 102 1500"]);
    expect([pod.pluggedNics, warnings]).toEqual([0, []]);
    await pod[Symbol.asyncDispose]();
    expect(done.at(-1)).toBe("remove 100, 101, 102");
  });

  test("of a namespace without interfaces needs no NIC, and the guest nothing to be told", async () => {
    const pod = await open({ maxPluggable: 3 });
    expect([pod.nics, pod.pluggedNics]).toEqual([[], 2]);
    await pod.attach(agent, vm);
    await pod.refresh();
    expect([done, told]).toEqual([[], []]);
    state = network({ links: [LOOPBACK, eth0] });
    await pod.refresh();
    expect(done).toEqual(["plug 02:68:61:64:00:01", "join 2 100 1400"]);
    expect(told).toHaveLength(1);
  });

  test("goes on without a NIC that the VM does not take", async () => {
    const pod = await open({ maxPluggable: 3, spareNics: 1 });
    await pod.attach(agent, vm);
    refusePlug = new HadronError(Code.INTERNAL, "QEMU refused the command device_add: no.");
    changeTo({ links: [LOOPBACK, eth0] });
    await expect
      .poll(() => warnings)
      .toEqual([
        "the pod's VM cannot be given another NIC: QEMU refused the command device_add: no.",
        expect.stringMatching(/interface eth0 has no NIC/),
      ]);
    refusePlug = undefined;
    changeTo({ links: [LOOPBACK, eth0, link(3, "net1")] });
    await expect.poll(() => told.at(-1)?.interfaces.map(({ name }) => name)).toEqual(["eth0"]);
  });

  test("that another VM has taken is refused, and leaves nothing", async () => {
    state = network({ links: [LOOPBACK, eth0] });
    const pod = await open();
    refuseJoin = new HadronError(Code.ALREADY_EXISTS, "somebody has put an ingress qdisc on it.");
    await expect(pod.attach(agent, vm)).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: "the interface eth0 cannot be joined with the pod's VM: somebody has put an ingress qdisc on it.",
    });
    expect([journal, told]).toEqual([[], []]);
  });
});
