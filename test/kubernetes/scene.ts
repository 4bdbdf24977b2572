/** A namespace of the cluster in which the pods have one RuntimeClass, and the specs that tests make of it. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { type Cluster, image, nodeLabel, probed } from "./cluster.ts";
import type { Kubectl, Resource } from "./kubectl.ts";

/** The RuntimeClasses of the tests: the handlers of test/harness/cri-config.ts. */
export const runtimeClasses = ["runc", "podsandbox", "shim"] as const;
export type RuntimeClass = (typeof runtimeClasses)[number];

/** What docs/kubernetes.md says that a pod of Hadron needs beside its containers. */
export const overhead = { cpu: "100m", memory: "256Mi" } as const;

export function runtimeClassResource(name: RuntimeClass): Resource {
  const resource = { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name }, handler: name };
  return name === "runc" ? resource : { ...resource, overhead: { podFixed: overhead }, scheduling: { nodeSelector: nodeLabel } };
}

export class Scene {
  readonly cluster: Cluster;
  readonly runtimeClass: RuntimeClass;
  readonly kubectl: Kubectl;
  /** A directory of the host. */
  readonly directory: string;

  private constructor(cluster: Cluster, runtimeClass: RuntimeClass, kubectl: Kubectl, directory: string) {
    this.cluster = cluster;
    this.runtimeClass = runtimeClass;
    this.kubectl = kubectl;
    this.directory = directory;
  }

  static async make(cluster: Cluster, runtimeClass: RuntimeClass): Promise<Scene> {
    const { kubectl } = cluster;
    await kubectl.apply(runtimeClassResource(runtimeClass), { apiVersion: "v1", kind: "Namespace", metadata: { name: runtimeClass } });
    const scene = new Scene(cluster, runtimeClass, kubectl.in(runtimeClass), join("/var/lib/hadron-test", runtimeClass));
    await mkdir(scene.directory);
    // A pod wants it, and its controller takes its time.
    await scene.kubectl.wait("serviceaccount/default", "create");
    return scene;
  }

  /** `spec`: of a pod, over what all have. */
  podSpec(spec: Resource): Resource {
    return { runtimeClassName: this.runtimeClass, terminationGracePeriodSeconds: 20, ...spec };
  }

  pod(name: string, spec: Resource, metadata: Resource = {}): Resource {
    return { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name }, ...metadata }, spec: this.podSpec(spec) };
  }

  /** Runs a program in a container; answers what it prints. */
  async exec(pod: string, container: string, ...command: string[]): Promise<string> {
    return await this.kubectl.must(["exec", pod, "-c", container, "--", ...command]);
  }

  async delete(...what: string[]): Promise<void> {
    await this.kubectl.must(["delete", ...what, "--timeout=120s"], { timeoutMs: 150_000 });
  }
}

/** A container that runs lines of a shell. */
export function shell(name: string, lines: readonly string[], more: Resource = {}): Resource {
  return { name, image: image.busybox, command: ["sh", "-c", lines.join("\n")], ...more };
}

/** A program that takes 100 MiB. */
export const takeMemory = ["dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"] as const;

/** The volume and the mount by which a container has what Kubernetes' own tests use in pods. */
export const probedVolume = { name: "probed", hostPath: { path: probed, type: "File" } };
export const probedMount = { name: "probed", mountPath: "/probed", readOnly: true };
