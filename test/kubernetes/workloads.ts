/** What controllers make of pods: a Deployment behind a Service, Jobs, a StatefulSet with a volume. */
import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { afterAll, describe, expect, test } from "vitest";

import type { Resource } from "./kubectl.ts";
import { type Scene, shell } from "./scene.ts";

const PODS = 3;
/** A Service chooses by chance: that one of three pods is not among so many happens once in 10^10 runs. */
const MANY = 60;

export function workloadTests(scene: () => Scene): void {
  describe("a Deployment behind a Service", () => {
    afterAll(async () => {
      await scene().delete("deployment/web", "service/web", "--ignore-not-found");
    }, 180_000);

    test("answers from each of its pods, to the node and to a pod", async () => {
      const { kubectl } = scene();
      const spec = { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] };
      await kubectl.apply(deployment(scene(), "one"), { apiVersion: "v1", kind: "Service", metadata: { name: "web" }, spec });
      await rollOut(scene());
      const { items } = await kubectl.get<{ items: readonly { metadata: { name: string } }[] }>("pods", "-l", "app=web");
      const names = items.map(({ metadata }) => metadata.name);
      expect(names).toHaveLength(PODS);
      const address = await kubectl.value("service/web", ".spec.clusterIP");
      const askInPod = `for i in $(seq ${MANY}); do wget -qO- http://${address}/; done`;
      const [toNode, toPod] = await Promise.all([ask(address, MANY), scene().exec(names[0] ?? "", "web", "sh", "-c", askInPod)]);
      const expected = names.map((name) => `one ${name}`).sort();
      expect([...new Set(toNode)].sort()).toEqual(expected);
      expect([...new Set(toPod.trimEnd().split("\n"))].sort()).toEqual(expected);
    }, 300_000);

    test("is updated without a moment in which nobody answers", async () => {
      const address = await scene().kubectl.value("service/web", ".spec.clusterIP");
      const done = new AbortController();
      const asked = askUntil(address, done.signal);
      try {
        await scene().kubectl.apply(deployment(scene(), "two"));
        await rollOut(scene());
      } finally {
        done.abort();
      }
      expect([...(await asked)].sort()).toEqual(["one", "two"]);
      await expect.poll(async () => new Set((await ask(address, MANY)).map(version))).toEqual(new Set(["two"]));
    }, 300_000);
  });

  describe("Jobs", () => {
    afterAll(async () => {
      await scene().delete("cronjob/tick", "job/count", "--ignore-not-found");
    }, 180_000);

    test("a Job whose pods succeed, one of them the second time", async () => {
      const { kubectl } = scene();
      const attempt = shell("count", ["[ $JOB_COMPLETION_INDEX = 0 ] || [ -e /tries/one ] || { touch /tries/one; exit 1; }"], {
        volumeMounts: [{ name: "tries", mountPath: "/tries" }],
      });
      const volumes = [{ name: "tries", hostPath: { path: join(scene().directory, "tries"), type: "DirectoryOrCreate" } }];
      const template = { spec: scene().podSpec({ restartPolicy: "Never", containers: [attempt], volumes }) };
      const spec = { completions: 2, parallelism: 2, completionMode: "Indexed", template };
      await kubectl.apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name: "count" }, spec });
      await kubectl.wait("job/count", "condition=Complete", 180);
      expect(await kubectl.value("job/count", ".status.failed")).toBe("1");
    }, 240_000);

    test("a CronJob at its minute", async () => {
      const { kubectl } = scene();
      const template = { spec: scene().podSpec({ restartPolicy: "Never", containers: [shell("tick", ["date"])] }) };
      const spec = { schedule: "* * * * *", jobTemplate: { spec: { template } } };
      await kubectl.apply({ apiVersion: "batch/v1", kind: "CronJob", metadata: { name: "tick" }, spec });
      await kubectl.wait("cronjob/tick", "jsonpath={.status.lastSuccessfulTime}", 150);
    }, 200_000);
  });

  describe("a StatefulSet with a volume of the host", () => {
    afterAll(async () => {
      await scene().delete("statefulset/store", "--ignore-not-found");
    }, 180_000);

    test("finds what it has written when its pod is made again", async () => {
      const { kubectl, directory, runtimeClass } = scene();
      const path = join(directory, "volume");
      await kubectl.apply(persistentVolume(`store-${runtimeClass}`, path), statefulSet(scene()));
      await kubectl.must(["rollout", "status", "statefulset/store", "--timeout=120s"], { timeoutMs: 150_000 });
      await scene().delete("pod", "store-0");
      await kubectl.must(["rollout", "status", "statefulset/store", "--timeout=120s"], { timeoutMs: 150_000 });
      await kubectl.wait("pod/store-0", "condition=Ready");
      expect(await scene().exec("store-0", "store", "cat", "/data/starts")).toBe("store-0\nstore-0\n");
      expect(await readFile(join(path, "starts"), "utf8")).toBe("store-0\nstore-0\n");
    }, 300_000);
  });
}

function deployment(scene: Scene, name: string): Resource {
  // The first process of a container hears no SIGTERM that it does not ask for: it goes on until nobody is sent to it any more.
  const web = shell("web", [`mkdir /www; echo ${name} $(hostname) >/www/index.html; exec httpd -f -p 8080 -h /www`], {
    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1, timeoutSeconds: 10 },
  });
  const template = { metadata: { labels: { app: "web" } }, spec: scene.podSpec({ terminationGracePeriodSeconds: 10, containers: [web] }) };
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const spec = { replicas: PODS, selector: { matchLabels: { app: "web" } }, strategy, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" }, spec };
}

async function rollOut(scene: Scene): Promise<void> {
  await scene.kubectl.must(["rollout", "status", "deployment/web", "--timeout=240s"], { timeoutMs: 270_000 });
}

function persistentVolume(name: string, path: string): Resource {
  const spec = {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    storageClassName: name,
    hostPath: { path, type: "DirectoryOrCreate" },
  };
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec };
}

function statefulSet(scene: Scene): Resource {
  const store = shell("store", ["hostname >>/data/starts; touch /tmp/started; exec tail -f /dev/null"], {
    readinessProbe: { exec: { command: ["test", "-e", "/tmp/started"] }, periodSeconds: 1, timeoutSeconds: 10 },
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  });
  const claim = { accessModes: ["ReadWriteOnce"], storageClassName: `store-${scene.runtimeClass}`, resources: { requests: { storage: "1Gi" } } };
  const labels = { app: "store" };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "store" },
    spec: {
      serviceName: "store",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: scene.podSpec({ terminationGracePeriodSeconds: 1, containers: [store] }) },
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: claim }],
    },
  };
}

/** What a web server answers so many times, each on a connection of its own. */
async function ask(address: string, times: number): Promise<string[]> {
  const answers: string[] = [];
  for (let count = 0; count < times; count += 1) {
    answers.push(await askOnce(address));
  }
  return answers;
}

async function askOnce(address: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = get(`http://${address}/`, { agent: false, signal: AbortSignal.timeout(20_000) }, (response) => {
    text(response).then(resolve, reject);
  });
  request.on("error", reject);
  return (await promise).trimEnd();
}

/** Which versions answer, asked without a break. One that does not answer is an error. */
async function askUntil(address: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const versions = new Set<string>();
  while (!signal.aborted) {
    versions.add(version(await askOnce(address)));
  }
  return versions;
}

function version(answer: string): string {
  return answer.split(" ")[0] ?? "";
}
