/** What the node does with pods: where they run, how much they may have, and that they outlive a kubelet and a containerd. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { cgroup, nodeLabel } from "./cluster.ts";
import { overhead, type Scene, shell, takeMemory } from "./scene.ts";

const POD = "steady";

export function nodeTests(scene: () => Scene): void {
  describe("a pod on the node", () => {
    const isVm = (): boolean => scene().runtimeClass !== "runc";

    beforeAll(async () => {
      const { kubectl } = scene();
      const labels = Object.keys(nodeLabel).map((label) => `${label}-`);
      await kubectl.must(["label", "node", "node", ...labels]);
      const lines = ["count=0", "while :; do count=$((count + 1)); echo $count >/tmp/count; sleep 1; done"];
      const resources = { limits: { cpu: "500m", memory: "64Mi" } };
      await kubectl.apply(scene().pod(POD, { terminationGracePeriodSeconds: 1, containers: [shell("main", lines, { resources })] }));
    });

    afterAll(async () => {
      await scene().kubectl.run(["delete", "pod", POD, "--ignore-not-found", "--force", "--grace-period=0"]);
    });

    test("runs where its RuntimeClass says", async () => {
      const { kubectl } = scene();
      await kubectl.wait(`pod/${POD}`, `condition=PodScheduled=${isVm() ? "False" : "True"}`);
      await kubectl.must(["label", "node", "node", ...Object.entries(nodeLabel).map((label) => label.join("="))]);
      await kubectl.wait(`pod/${POD}`, "condition=Ready");
    }, 180_000);

    test("has its RuntimeClass's overhead in its group", async () => {
      const { metadata, spec } = await scene().kubectl.get<{
        metadata: { uid: string };
        spec: { overhead?: unknown; nodeSelector?: unknown };
      }>("pod", POD);
      expect(spec.overhead).toEqual(isVm() ? overhead : undefined);
      const [memory, cpu] = await Promise.all([limit("memory", metadata.uid), limit("cpu", metadata.uid)]);
      expect(memory).toBe(String(((isVm() ? 256 : 0) + 64) * 1024 * 1024));
      expect(cpu).toBe(String(((isVm() ? 100 : 0) + 500) * 100));
    });

    test("is in the node's statistics, with its container", async () => {
      const stats = await measured(scene(), POD, 0);
      expect(stats).toMatchObject({
        containers: [{ name: "main", cpu: { usageCoreNanoSeconds: expect.any(Number) as number } }],
        cpu: { usageCoreNanoSeconds: expect.any(Number) as number },
        memory: { workingSetBytes: expect.any(Number) as number },
      });
      expect(stats.memory?.workingSetBytes).toBeLessThan((256 + 64) * 1024 * 1024);
      // The kubelet has that of a container of containerd's for the pod itself, which the sandboxer "shim" has none of.
      if (scene().runtimeClass !== "shim") {
        // Its cAdvisor looks once a minute for what was not ready when its group came.
        const network = async (): Promise<unknown> => (await measured(scene(), POD, 0)).network;
        const counters = { name: "eth0", rxBytes: expect.any(Number) as number, txBytes: expect.any(Number) as number };
        await expect.poll(network, { timeout: 100_000, interval: 1000 }).toMatchObject(counters);
      }
    }, 180_000);

    test("that uses up its memory is ended by its own limit, not by the node's for the pod", async () => {
      const { exitCode } = await scene().kubectl.run(["exec", POD, "--", ...takeMemory]);
      expect(exitCode).toBe(137);
      await goesOn(scene());
      expect(await scene().kubectl.value(`pod/${POD}`, ".status.containerStatuses[0].restartCount")).toBe("0");
    });

    test("outlives a kubelet that is killed, and a containerd", async () => {
      const { cluster, kubectl } = scene();
      const before = await kubectl.value(`pod/${POD}`, ".status.containerStatuses[0].containerID");
      const pid = await pidOf(scene(), before);
      await cluster.kubelet.stop("SIGKILL");
      await cluster.kubelet.start();
      await goesOn(scene());
      await cluster.containerd.kill();
      await cluster.containerd.start();
      await goesOn(scene());
      await cluster.kubelet.stop();
      await cluster.containerd.restart();
      await cluster.kubelet.start();
      await goesOn(scene());
      expect(await kubectl.value(`pod/${POD}`, ".status.containerStatuses[0].containerID")).toBe(before);
      expect(await kubectl.value(`pod/${POD}`, ".status.containerStatuses[0].restartCount")).toBe("0");
      expect(await pidOf(scene(), before)).toBe(pid);
    }, 240_000);

    test("is evicted when the node's pods run short of memory, and leaves the others alone", async () => {
      const { kubectl } = scene();
      // More than the kubelet's threshold leaves, and less than the kernel would have to end.
      const take = "dd if=/dev/zero of=/memory/$i bs=1M count=64 2>/dev/null";
      const eat = [
        `for i in $(seq 4); do ${take}; done`,
        "until [ -e /memory/more ]; do sleep 1; done",
        `for i in $(seq 5 53); do ${take}; done`,
        "exec tail -f /dev/null",
      ];
      const hog = shell("hog", eat, {
        resources: { requests: { memory: "64Mi" }, limits: { memory: "3500Mi" } },
        volumeMounts: [{ name: "memory", mountPath: "/memory" }],
      });
      const volumes = [{ name: "memory", emptyDir: { medium: "Memory" } }];
      await kubectl.apply(scene().pod("hog", { restartPolicy: "Never", containers: [hog], volumes, terminationGracePeriodSeconds: 1 }));
      await kubectl.wait("pod/hog", "condition=Ready");
      // It looks at a pod every ten seconds or so, and evicts first which has more than it has asked for, as far as it knows.
      await measured(scene(), POD, 0);
      await measured(scene(), "hog", 200 * 1024 * 1024);
      await scene().exec("hog", "hog", "touch", "/memory/more");
      await kubectl.wait("pod/hog", "jsonpath={.status.reason}=Evicted", 180);
      expect(await kubectl.value("pod/hog", ".status.message")).toContain("memory");
      await goesOn(scene());
      await scene().delete("pod", "hog");
      await kubectl.wait("node/node", "condition=MemoryPressure=False");
    }, 300_000);
  });
}

interface PodStats {
  readonly podRef: { readonly name: string; readonly namespace: string };
  readonly containers?: readonly { readonly name: string; readonly memory?: { readonly workingSetBytes?: number } }[];
  readonly memory?: { readonly workingSetBytes?: number };
  readonly network?: unknown;
}

/** What the kubelet says of a pod, once it has seen its container, and the pod with more memory than that. */
async function measured(scene: Scene, pod: string, memory: number): Promise<PodStats> {
  const stats = async (): Promise<PodStats | undefined> => {
    const text = await scene.kubectl.must(["get", "--raw", "/api/v1/nodes/node/proxy/stats/summary"]);
    const { pods } = JSON.parse(text) as { pods: readonly PodStats[] };
    return pods.find(({ podRef }) => podRef.name === pod && podRef.namespace === scene.runtimeClass);
  };
  const patience = { timeout: 60_000, interval: 500 };
  await expect.poll(async () => (await stats())?.containers?.[0]?.memory?.workingSetBytes, patience).toBeGreaterThan(0);
  await expect.poll(async () => (await stats())?.memory?.workingSetBytes, patience).toBeGreaterThan(memory);
  const found = await stats();
  if (found === undefined) {
    throw new Error(`the pod ${pod} is gone`);
  }
  return found;
}

/** The container counts on, seen through the kubelet, once the node is ready. */
async function goesOn(scene: Scene): Promise<void> {
  await scene.kubectl.wait("node/node", "condition=Ready");
  const count = async (): Promise<number> => {
    const { stdout } = await scene.kubectl.run(["exec", POD, "-c", "main", "--", "cat", "/tmp/count"]);
    return Number(stdout);
  };
  await expect.poll(count, { timeout: 60_000, interval: 500 }).toBeGreaterThan(0);
  const before = await count();
  await expect.poll(count, { timeout: 60_000, interval: 500 }).toBeGreaterThan(before);
}

/** The host's process that stands for a container. */
async function pidOf({ cluster }: Scene, containerId: string): Promise<number> {
  const { info } = JSON.parse(await cluster.containerd.mustCrictl(["inspect", containerId.replace("containerd://", "")])) as {
    info: { pid: number };
  };
  return info.pid;
}

/** What the kubelet has set for a pod. */
async function limit(kind: "memory" | "cpu", uid: string): Promise<string> {
  const group = join(cgroup, "kubepods", `pod${uid}`);
  const v2 = { memory: "memory.max", cpu: "cpu.max" } as const;
  const v1 = { memory: "memory.limit_in_bytes", cpu: "cpu.cfs_quota_us" } as const;
  const text = await readFile(join("/sys/fs/cgroup", kind, group, v1[kind]), "utf8").catch(
    async () => await readFile(join("/sys/fs/cgroup", group, v2[kind]), "utf8"),
  );
  return text.trim().split(" ")[0] ?? "";
}
