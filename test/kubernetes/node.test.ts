/** What users of a Kubernetes node do, with a real kubelet and API server, with runc and with Hadron. */
import { afterAll, beforeAll, describe } from "vitest";

import { Cluster } from "./cluster.ts";
import { deviceTests } from "./devices.ts";
import { endTests } from "./ends.ts";
import { nodeTests } from "./node.ts";
import { podTests } from "./pod.ts";
import { probeTests } from "./probes.ts";
import { restTests } from "./rest.ts";
import { runtimeClasses, Scene } from "./scene.ts";
import { workloadTests } from "./workloads.ts";

let cluster: Cluster | undefined;

beforeAll(async () => {
  cluster = await Cluster.start();
}, 600_000);

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
}, 180_000);

describe.each(runtimeClasses)("%s", (runtimeClass) => {
  let scene: Scene | undefined;

  beforeAll(async () => {
    if (cluster !== undefined) {
      scene = await Scene.make(cluster, runtimeClass);
    }
  });

  const current = (): Scene => {
    if (scene === undefined) {
      throw new Error("the scene is there in tests and hooks only");
    }
    return scene;
  };
  podTests(current);
  probeTests(current);
  endTests(current);
  workloadTests(current);
  deviceTests(current);
  nodeTests(current);
  restTests(current);
});
