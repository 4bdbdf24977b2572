/** Pods as Kubernetes makes them: through containerd's CRI, with its sandbox container and by the Sandbox service. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions, onlyNewest } from "../harness/containerd.ts";
import { busyboxBinary } from "../harness/images.ts";
import { answerSum } from "../harness/network.ts";
import { patient } from "../harness/patience.ts";
import { processes } from "../harness/processes.ts";
import { useContainerd } from "../harness/suite.ts";
import { containerStatus, CriPod, namespaceMode, sandboxersOf, servesCri, textOf } from "./cri-pod.ts";
import { DaemonLog } from "./daemon-log.ts";
import { parts } from "./parts.ts";

const SLEEP = ["sleep", "600"];
const versions = containerdVersions.filter(servesCri);

describe.each(versions)("containerd %s: a pod of CRI", (version) => {
  const daemon = useContainerd(version, { cri: {} });

  describe.each(sandboxersOf(version))("by the sandboxer %s", (sandboxer) => {
    test("has containers that run, log, take execs and stop", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      expect(await pod.listed()).toBe("SANDBOX_READY");
      expect(await parts(daemon(), "vmm")).toHaveLength(1);
      const first = await pod.start(["sh", "-c", "echo said; exec sleep 600"]);
      const second = await pod.start(["sh", "-c", "exit 3"]);
      expect(await parts(daemon(), "vmm")).toHaveLength(1);
      expect(await pod.exec(first, ["cat", "/proc/1/comm"])).toMatchObject({ stdout: "sleep", exitCode: 0 });
      await expect.poll(async () => (await daemon().mustCrictl(["logs", first])).trim()).toBe("said");
      await expect.poll(async () => await containerStatus(daemon(), second)).toMatchObject({ state: "CONTAINER_EXITED", exitCode: 3 });
      await daemon().mustCrictl(["stop", "--timeout", "1", first]);
      expect(await containerStatus(daemon(), first)).toMatchObject({ state: "CONTAINER_EXITED", exitCode: 137 });
      await daemon().mustCrictl(["rm", first]);

      const { status, info } = await pod.inspect();
      expect(status).toMatchObject({ state: "SANDBOX_READY", network: { ip: expect.stringMatching(/^10\.89\./) as string } });
      // What containerd says of it is true on the host.
      const standIn = (await processes()).find(({ pid }) => pid === info["pid"]);
      expect(standIn?.args).toEqual(["hadron", "container", pod.id]);
      await pod.stop();
      expect(await pod.listed()).toBe("SANDBOX_NOTREADY");
      expect((await pod.inspect()).status.state).toBe("SANDBOX_NOTREADY");
      expect(await parts(daemon(), "vmm")).toEqual([]);
      await pod.remove();
      expect(await pod.listed()).toBeUndefined();
    });

    test("lets a container look at another one's processes", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      const target = await pod.start(["sleep", "601"]);
      const debug = await pod.start(["sleep", "602"], { namespaces: { pid: namespaceMode.target, target_id: target } });
      expect(await programs(pod, debug)).toEqual(["sleep 601", "sleep 602"]);
    });

    test("has nothing of the guest's among the processes that its containers share", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      const shared = { namespaces: { pid: namespaceMode.pod } };
      const first = await pod.start(SLEEP, shared);
      const apart = await pod.start(["sleep", "601"]);
      expect(await programs(pod, first)).toEqual(["/pause", "sleep 600"]);
      const namespaces = async (id: string): Promise<string[]> =>
        (await pod.exec(id, ["sh", "-c", "for n in ipc uts net pid; do readlink /proc/self/ns/$n; done"])).stdout.split("\n");
      const [a, b] = [await namespaces(first), await namespaces(apart)];
      expect(a).toHaveLength(4);
      expect(b.slice(0, 3)).toEqual(a.slice(0, 3));
      expect(b[3]).not.toBe(a[3]);
      // Its own end is the end of what it has started, though it is not PID 1.
      const second = await pod.start(["sh", "-c", "sleep 602 & exec sleep 603"], shared);
      await expect.poll(async () => await programs(pod, first)).toEqual(["/pause", "sleep 600", "sleep 602", "sleep 603"]);
      await daemon().mustCrictl(["stop", "--timeout", "0", second]);
      expect(await programs(pod, first)).toEqual(["/pause", "sleep 600"]);
      // One that looks at the first is among all of them.
      const debug = await pod.start(["sleep", "604"], { namespaces: { pid: namespaceMode.target, target_id: first } });
      expect(await programs(pod, debug)).toEqual(["/pause", "sleep 600", "sleep 604"]);
      // No signal leaves the namespace, nor ends it.
      await pod.exec(debug, ["sh", "-c", "kill -9 1; kill -9 -1"]);
      for (const id of [first, debug]) {
        await expect.poll(async () => await containerStatus(daemon(), id)).toMatchObject({ state: "CONTAINER_EXITED", exitCode: 137 });
      }
      expect(await programs(pod, await pod.start(["sleep", "605"], shared))).toEqual(["/pause", "sleep 605"]);
    });

    test("has the guest's processes in the place of the host's", async () => {
      const log = await DaemonLog.from(daemon());
      const namespaces = { pid: namespaceMode.node };
      await using pod = await CriPod.run(daemon(), sandboxer, { linux: { security_context: { namespace_options: namespaces } } });
      const container = await pod.start(SLEEP, { namespaces });
      expect(await programs(pod, container)).toEqual([expect.stringMatching(/^\/init/), "sleep 600"]);
      await log.line(/level=warning .*the guest's, not the host's/);
    });

    test("gives a privileged container all rights, in the VM, and none of the host's devices", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer, { linux: { security_context: { privileged: true } } });
      const container = await pod.start(SLEEP, { privileged: true });
      const lines = [
        "mount -t tmpfs none /mnt && stat -f -c %T /mnt",
        "awk '/CapEff/ { print $2 }' /proc/self/status",
        "awk '/CapBnd/ { print $2 }' /proc/1/status",
        "echo 12345 >/proc/sys/kernel/msgmax && cat /proc/sys/kernel/msgmax",
        "ls /dev | grep -E 'loop|kvm|sd|vd' | wc -l",
      ];
      const { stdout } = await pod.exec(container, ["sh", "-c", `mkdir -p /mnt; ${lines.join("; ")}`]);
      // containerd gives away what it has itself.
      const all = /^CapEff:\t(.*)$/m.exec(await readFile("/proc/self/status", "utf8"))?.[1];
      expect(stdout.split("\n")).toEqual(["tmpfs", all, all, "12345", "0"]);
    });

    test("gives its containers a name, its files, its sysctls and one /dev/shm", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer, {
        hostname: "web-1",
        dns_config: { servers: ["10.96.0.10"], searches: ["ns.svc.local"], options: ["ndots:5"] },
        linux: { sysctls: { "net.ipv4.ip_unprivileged_port_start": "7", "kernel.shm_rmid_forced": "1" } },
      });
      const writer = await pod.start(["sh", "-c", "echo shared >/dev/shm/note; exec sleep 600"]);
      const reader = await pod.start(SLEEP);
      const read = async (command: string): Promise<string> => (await pod.exec(reader, ["sh", "-c", command])).stdout;
      expect(await read("hostname; cat /etc/hostname")).toBe("web-1\nweb-1");
      expect(await read("cat /etc/resolv.conf")).toBe("search ns.svc.local\nnameserver 10.96.0.10\noptions ndots:5");
      expect(await read("grep -c localhost /etc/hosts")).not.toBe("0");
      expect(await read("cd /proc/sys; cat net/ipv4/ip_unprivileged_port_start kernel/shm_rmid_forced")).toBe("7\n1");
      await expect.poll(async () => await read("cat /dev/shm/note")).toBe("shared");
      expect(await read("df -k /dev/shm | tail -n1 | awk '{ print $2 }'")).toBe("65536");
      void writer;
    });

    test("without a name or servers has the host's", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer, { hostname: "" });
      const container = await pod.start(["sleep", "600"]);
      expect((await pod.exec(container, ["hostname"])).stdout).toBe(hostname());
      expect((await pod.exec(container, ["cat", "/etc/hostname"])).stdout).toBe(hostname());
    });

    test("leaves a container what its kubelet mounts in the place of the pod's files", async () => {
      const own = join(daemon().directory, "own");
      await mkdir(own, { recursive: true });
      await writeFile(join(own, "hosts"), "10.1.2.3 mine\n");
      await using pod = await CriPod.run(daemon(), sandboxer);
      const container = await pod.start(SLEEP, { mounts: [{ host_path: join(own, "hosts"), container_path: "/etc/hosts" }] });
      expect((await pod.exec(container, ["cat", "/etc/hosts"])).stdout).toBe("10.1.2.3 mine");
    });

    // containerd 2.1 itself dies of a nil pointer when a sandbox service refuses a pod (RunPodSandbox).
    const refusals = version === "2.1" && sandboxer === "shim" ? test.skip : test;
    refusals("is refused with a sentence when it asks for the host's network, or for a sysctl that is not a pod's", async () => {
      const log = await DaemonLog.from(daemon());
      const network = await CriPod.tryRun(daemon(), sandboxer, {
        linux: { security_context: { namespace_options: { network: namespaceMode.node } } },
      });
      expect(network.stderr).toMatch(/asks for the host's network namespace, which cannot be had inside a VM/);
      const sysctl = await CriPod.tryRun(daemon(), sandboxer, { linux: { sysctls: { "vm.swappiness": "1" } } });
      expect(sysctl.stderr).toMatch(/vm\.swappiness\\*", which does not belong to a namespace of the container/);
      const { items } = JSON.parse(await daemon().mustCrictl(["pods", "-o", "json"])) as { items: unknown[] };
      expect(items).toEqual([]);
      // containerd does not ask again, as it does a shim that says UNIMPLEMENTED.
      expect(await log.text()).not.toContain("downgrading");
    });

    test("says what it and its containers use", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      const idle = await pod.start(SLEEP);
      const busy = await pod.start(["sh", "-c", `${answerSum(5000).join(" ")} & head -c 20000000 /dev/zero >/dev/shm/x; while :; do :; done`]);
      await expect.poll(async () => (await containerUsage(daemon(), busy)).workingSet, { timeout: patient(20_000) }).toBeGreaterThan(20_000_000);
      await untilMore(async () => (await containerUsage(daemon(), busy)).cpu);
      expect((await containerUsage(daemon(), idle)).workingSet).toBeLessThan(20_000_000);

      const { status, info } = await pod.inspect();
      // cAdvisor takes the one for the other by their ids.
      expect(await textOf(`/proc/${String(info["pid"])}/cgroup`)).toContain(`:${daemon().cgroupParent}/${pod.id}\n`);

      const { ip } = status.network;
      const client = ["nc", ip, "5000"];
      await daemon().mustRunInNetwork(await busyboxBinary(), client, { stdin: Buffer.alloc(1_000_000) });
      await untilMore(async () => (await podUsage(daemon(), pod.id)).cpu);
      const usage = await podUsage(daemon(), pod.id);
      const { usage: inGuest, rss, pageFaults, processes } = await containerUsage(daemon(), busy);
      // The VM is all that is in it, and more.
      expect(usage.usage).toBeGreaterThan(inGuest);
      expect(usage.workingSet).toBeGreaterThan(20_000_000);
      for (const figure of [usage.rss, usage.pageFaults, rss, pageFaults]) {
        expect(figure).toBeGreaterThan(0);
      }
      expect(processes).toBeUndefined();
      expect(usage.processes).toBe(3);
      // What the pod receives is what it is sent.
      expect(usage.interface).toBe("eth0");
      expect(usage.received).toBeGreaterThan(1_000_000);
      expect(usage.received).toBeLessThan(1_500_000);
      expect(usage.sent).toBeLessThan(500_000);
      // Older ones do not tell a kubelet's own metrics.
      if (onlyNewest.some((newest) => newest === version)) {
        const { ofPod, ofContainer } = await metrics(daemon(), pod.id, busy);
        expect(ofPod("container_network_receive_bytes_total")).toBeGreaterThanOrEqual(usage.received);
        expect(ofContainer("container_memory_working_set_bytes")).toBeGreaterThan(20_000_000);
        expect(ofContainer("container_cpu_usage_seconds_total")).toBeGreaterThanOrEqual(1);
        expect(ofContainer("container_processes")).toBe(2);
        expect(ofContainer("container_oom_events_total")).toBe(0);
        expect(ofContainer("container_fs_usage_bytes")).toBeGreaterThan(0);
      }
    });

    test("is stopped with all that still runs in it, and stays so until it is removed", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      const deaf = await pod.start(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]);
      const created = await pod.create(SLEEP);
      await pod.stop();
      expect(await containerStatus(daemon(), deaf)).toMatchObject({ state: "CONTAINER_EXITED", exitCode: 137 });
      expect(await parts(daemon(), "vmm")).toEqual([]);
      await pod.stop();
      expect((await daemon().crictl(["start", created])).exitCode).not.toBe(0);
      await pod.remove();
    });

    test("outlives containerd, which then knows it as before", async () => {
      await using pod = await CriPod.run(daemon(), sandboxer);
      const container = await pod.start(SLEEP);
      const before = await pod.inspect();
      await daemon().kill();
      await daemon().start();
      expect(await pod.listed()).toBe("SANDBOX_READY");
      expect((await pod.inspect()).status).toEqual(before.status);
      expect((await pod.exec(container, ["echo", "alive"])).stdout).toBe("alive");
      const later = await pod.start(["echo", "later"]);
      await expect.poll(async () => (await daemon().mustCrictl(["logs", later])).trim()).toBe("later");
      await daemon().restart();
      await pod.stop();
      expect(await pod.listed()).toBe("SANDBOX_NOTREADY");
      await pod.remove();
    });
  });
});

// Older ones cannot start a container of the Sandbox service whose runtime has options.
describe.each(onlyNewest)("containerd %s: a pod of CRI whose runtime has a configuration", (version) => {
  const daemon = useContainerd(version, { cri: { config: { vcpus: 2, enable_annotations: ["io.hadron.memory_mib"] } } });

  test.each(sandboxersOf(version))("has its VM by that, with the sandboxer %s", async (sandboxer) => {
    await using pod = await CriPod.run(daemon(), sandboxer, { annotations: { "io.hadron.memory_mib": "300" } });
    const container = await pod.start(SLEEP);
    expect((await pod.exec(container, ["nproc"])).stdout).toBe("2");
    const { stdout } = await pod.exec(container, ["sed", "-n", "s/^MemTotal: *//p", "/proc/meminfo"]);
    expect(Number.parseInt(stdout, 10)).toBeGreaterThan(220 << 10);
    expect(Number.parseInt(stdout, 10)).toBeLessThan(300 << 10);
  });

  test.each(sandboxersOf(version))("is refused what that does not allow, with the sandboxer %s", async (sandboxer) => {
    const { stderr } = await CriPod.tryRun(daemon(), sandboxer, { annotations: { "io.hadron.vcpus": "1" } });
    expect(stderr).toMatch(/the annotation io.hadron.vcpus is not enabled on this host/);
  });
});

/** What runs before a container's eyes, but for itself and what has no program. */
async function programs(pod: CriPod, container: string): Promise<string[]> {
  const list = "cd /proc; for pid in [0-9]*; do [ $pid = $$ ] || { tr '\\0' ' ' <$pid/cmdline; echo; }; done";
  const { stdout } = await pod.exec(container, ["sh", "-c", list]);
  const lines = stdout.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").toSorted();
}

/** As crictl prints it: numbers are texts. */
interface Stats {
  readonly cpu: { readonly usageCoreNanoSeconds: Value };
  readonly memory: Readonly<Record<"workingSetBytes" | "usageBytes" | "rssBytes" | "pageFaults", Value>>;
  /** Of pods only. */
  readonly network?: { readonly defaultInterface: { readonly name: string; readonly rxBytes: Value; readonly txBytes: Value } };
  readonly process?: { readonly processCount: Value };
}
interface Value {
  readonly value: string;
}

function figuresOf({ cpu, memory, network, process }: Stats) {
  const link = network?.defaultInterface;
  return {
    /** Nanoseconds. */
    cpu: Number(cpu.usageCoreNanoSeconds.value),
    workingSet: Number(memory.workingSetBytes.value),
    usage: Number(memory.usageBytes.value),
    rss: Number(memory.rssBytes.value),
    pageFaults: Number(memory.pageFaults.value),
    interface: link?.name,
    received: Number(link?.rxBytes.value),
    sent: Number(link?.txBytes.value),
    processes: process && Number(process.processCount.value),
  };
}

async function containerUsage(daemon: Containerd, id: string): Promise<ReturnType<typeof figuresOf>> {
  const { stats } = JSON.parse(await daemon.mustCrictl(["stats", "--id", id, "-o", "json"])) as { stats: [Stats] };
  return figuresOf(stats[0]);
}

async function podUsage(daemon: Containerd, id: string): Promise<ReturnType<typeof figuresOf>> {
  const { stats } = JSON.parse(await daemon.mustCrictl(["statsp", "--id", id, "-o", "json"])) as { stats: [{ linux: Stats }] };
  return figuresOf(stats[0].linux);
}

interface Metric {
  readonly name: string;
  readonly value: Value;
}

/** By their names, of a pod and of a container of it. */
async function metrics(daemon: Containerd, pod: string, container: string) {
  const { podMetrics } = JSON.parse(await daemon.mustCrictl(["metricsp"])) as {
    podMetrics: readonly {
      readonly podSandboxId: string;
      readonly metrics: readonly Metric[];
      readonly containerMetrics: readonly { readonly containerId: string; readonly metrics: readonly Metric[] }[];
    }[];
  };
  const found = podMetrics.find(({ podSandboxId }) => podSandboxId === pod);
  const inIt = found?.containerMetrics.find(({ containerId }) => containerId === container);
  const look =
    (all: readonly Metric[] = []) =>
    (name: string): number =>
      Number(all.find((metric) => metric.name === name)?.value.value);
  return { ofPod: look(found?.metrics), ofContainer: look(inIt?.metrics) };
}

/** Waits until a figure grows. */
async function untilMore(figure: () => Promise<number>): Promise<void> {
  const before = await figure();
  await expect.poll(figure, { timeout: patient(20_000) }).toBeGreaterThan(before);
}
