/**
 * A Kubernetes cluster of one node, in the network and the mounts that `run` has made: etcd, the control plane, a kubelet and a
 * kube-proxy, with a containerd that has Hadron and runc.
 */
import { generateKeyPairSync } from "node:crypto";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { join } from "node:path";

import { makeIptables, type Plugin } from "../harness/cni.ts";
import { mustRun } from "../harness/command.ts";
import { Containerd } from "../harness/containerd.ts";
import { repository } from "../harness/paths.ts";
import { Registry } from "../peers/registry.ts";
import { answersWell, Component } from "./component.ts";
import { Kubectl } from "./kubectl.ts";

/** The node's own address, on the bridge of its pods. */
const NODE = "10.91.0.1";
const PODS = "10.91.0.0/24";
const SERVICES = "10.96.0.0/16";
const REGISTRY_PORT = 5000;
const TOKEN = "test";
const API = `https://${NODE}:6443`;

/** What all pods together may have, in bytes: little enough that a test can use it up. */
const PODS_MEMORY = 4 * 1024 ** 3;
/** The kubelet evicts when the pods leave less of that. */
const EVICT_BELOW = "1Gi";

/** The images of the registry. */
export const image = { busybox: `localhost:${REGISTRY_PORT}/busybox:1` } as const;

/** What Kubernetes' own tests use in pods: `netexec` and `grpc-health-checking`. */
export const probed = join(environment("HADRON_KUBERNETES"), "probed");

/** A label of the node; pods of Hadron want it. */
export const nodeLabel = { "hadron.test/vm": "true" } as const;

/** The group of all pods, in each hierarchy. */
export const cgroup = environment("HADRON_KUBERNETES_CGROUP");

export class Cluster implements AsyncDisposable {
  readonly kubectl: Kubectl;
  readonly containerd: Containerd;
  readonly kubelet: Component;
  readonly #stack: AsyncDisposableStack;

  private constructor(kubectl: Kubectl, containerd: Containerd, kubelet: Component, stack: AsyncDisposableStack) {
    this.kubectl = kubectl;
    this.containerd = containerd;
    this.kubelet = kubelet;
    this.#stack = stack;
  }

  /** Answers when the node takes pods. */
  static async start(): Promise<Cluster> {
    await using stack = new AsyncDisposableStack();
    // Gone with the mounts.
    const directory = "/var/lib/hadron-test";
    await mkdir(directory);
    await makeNodeNetwork();
    const iptables = await makeIptables(join(directory, "bin"));
    const env = { ...process.env, PATH: `${iptables}:${process.env["PATH"]}` };
    await mkdir(join(directory, "images"));
    const registry = stack.use(await Registry.start(join(directory, "images"), REGISTRY_PORT, ["busybox", "sandbox"]));

    const kubeconfig = join(directory, "kubeconfig");
    await writeFile(kubeconfig, JSON.stringify(kubeconfigOf()));
    const kubectl = Kubectl.as(join(environment("HADRON_KUBERNETES"), "kubectl"), kubeconfig, join(directory, "kubectl"));
    const keep = async (component: Promise<Component>): Promise<Component> => stack.use(await component);
    const start = async (name: string, args: readonly string[], ready: string): Promise<Component> => {
      const file = name === "etcd" ? environment("HADRON_KUBERNETES_ETCD") : join(environment("HADRON_KUBERNETES"), name);
      return await keep(Component.start(name, { file, args, ready: async () => await answersWell(ready) }, env));
    };

    const containerdStarted = Containerd.start("2.4", {
      // CNI's plugins look for iptables there.
      shimPath: [join(repository, "build/bin"), iptables],
      cri: {
        config: { enable_annotations: ["io.hadron.spare_disks"] },
        node: { plugins: plugins(directory), registry: registry.host, pauseImage: `${registry.host}/sandbox:1` },
      },
    });
    await start("etcd", etcdArguments(directory), "http://127.0.0.1:2379/health");
    await start("kube-apiserver", await apiServerArguments(directory), `${API}/readyz`);
    const containerd = stack.use(await containerdStarted);
    // Where a kubelet's cAdvisor looks for it, whatever the kubelet is told.
    await mkdir("/run/containerd", { recursive: true });
    await symlink(containerd.address, "/run/containerd/containerd.sock");
    const [kubelet] = await Promise.all([
      start("kubelet", await kubeletArguments(directory, kubeconfig, containerd.address), "http://127.0.0.1:10248/healthz"),
      start("kube-controller-manager", controllerArguments(directory, kubeconfig), "https://127.0.0.1:10257/healthz"),
      start("kube-scheduler", [`--kubeconfig=${kubeconfig}`, "--leader-elect=false"], "https://127.0.0.1:10259/healthz"),
      start("kube-proxy", await proxyArguments(directory, kubeconfig), "http://127.0.0.1:10256/livez"),
    ]);
    await kubectl.must(["wait", "--for=create", "node/node", "--timeout=120s"]);
    await kubectl.must(["wait", "--for=condition=Ready", "node/node", "--timeout=120s"]);
    // Nobody is asked to pull as each test's first pod starts.
    await containerd.mustCrictl(["pull", image.busybox]);
    return new Cluster(kubectl, containerd, kubelet, stack.move());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Pods first, while there is somebody who can end them.
    await this.kubectl.run(["delete", "pods", "--all", "--all-namespaces", "--force", "--grace-period=0", "--timeout=60s"]).catch(() => undefined);
    await cp(this.containerd.logPath, join(repository, "build/kubernetes/containerd.log"));
    await this.#stack.disposeAsync();
  }
}

/** A bridge, on which CNI's plugin then puts the pods. */
async function makeNodeNetwork(): Promise<void> {
  for (const words of ["link add cni0 type bridge", `address add ${NODE}/24 dev cni0`, "link set cni0 up", `route add default via ${NODE}`]) {
    await mustRun("ip", words.split(" "));
  }
}

function plugins(directory: string): readonly Plugin[] {
  const ipam = { type: "host-local", ranges: [[{ subnet: PODS, rangeStart: "10.91.0.10" }]], dataDir: join(directory, "addresses") };
  return [
    { type: "bridge", bridge: "cni0", isDefaultGateway: true, ipMasq: true, hairpinMode: true, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
}

function kubeconfigOf(): unknown {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: API, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: { token: TOKEN } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  };
}

function etcdArguments(directory: string): string[] {
  // What is written need not outlive the machine.
  return [`--data-dir=${join(directory, "etcd")}`, "--unsafe-no-fsync", "--log-level=warn"];
}

const serviceAccountKey = (directory: string): string => join(directory, "service-accounts.pem");
const apiServerCertificates = (directory: string): string => join(directory, "apiserver");

async function apiServerArguments(directory: string): Promise<string[]> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(serviceAccountKey(directory), privateKey.export({ type: "pkcs8", format: "pem" }));
  const tokens = join(directory, "tokens");
  await writeFile(tokens, `${TOKEN},admin,admin,system:masters\n`);
  return [
    "--etcd-servers=http://127.0.0.1:2379",
    `--bind-address=${NODE}`,
    `--advertise-address=${NODE}`,
    `--cert-dir=${apiServerCertificates(directory)}`,
    `--service-cluster-ip-range=${SERVICES}`,
    `--token-auth-file=${tokens}`,
    "--authorization-mode=Node,RBAC",
    "--allow-privileged=true",
    "--kubelet-preferred-address-types=InternalIP",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${serviceAccountKey(directory)}`,
    `--service-account-signing-key-file=${serviceAccountKey(directory)}`,
  ];
}

function controllerArguments(directory: string, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    "--leader-elect=false",
    `--cluster-cidr=${PODS}`,
    `--service-account-private-key-file=${serviceAccountKey(directory)}`,
    `--root-ca-file=${join(apiServerCertificates(directory), "apiserver.crt")}`,
  ];
}

async function kubeletArguments(directory: string, kubeconfig: string, containerd: string): Promise<string[]> {
  const root = join(directory, "kubelet");
  const configuration = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    containerRuntimeEndpoint: `unix://${containerd}`,
    failCgroupV1: false,
    failSwapOn: false,
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroup,
    enforceNodeAllocatable: ["pods"],
    systemReserved: { memory: String(Math.floor(totalmem() / 1024) * 1024 - PODS_MEMORY) },
    evictionHard: { "memory.available": EVICT_BELOW, "nodefs.available": "1%", "imagefs.available": "1%" },
    evictionPressureTransitionPeriod: "5s",
    // Where it may not lower the value, it does not start otherwise.
    oomScoreAdj: 0,
    // Nothing but the test decides what is removed, and the machine's disk may be full.
    imageGCHighThresholdPercent: 100,
    // The kubelet looks for changes of ConfigMaps when it looks at the pod.
    syncFrequency: "5s",
    volumePluginDir: join(root, "plugins"),
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
  };
  const file = join(directory, "kubelet.json");
  await writeFile(file, JSON.stringify(configuration));
  return [
    `--config=${file}`,
    `--kubeconfig=${kubeconfig}`,
    `--root-dir=${root}`,
    `--cert-dir=${join(root, "pki")}`,
    "--hostname-override=node",
    `--node-ip=${NODE}`,
    `--node-labels=${Object.entries(nodeLabel)
      .map((label) => label.join("="))
      .join(",")}`,
  ];
}

async function proxyArguments(directory: string, kubeconfig: string): Promise<string[]> {
  const configuration = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig },
    hostnameOverride: "node",
    mode: "iptables",
    clusterCIDR: PODS,
    // Pods are on one bridge, whose answers would not come by the node otherwise.
    iptables: { masqueradeAll: true, minSyncPeriod: "100ms" },
    // What connections the kernel keeps is the machine's.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    oomScoreAdj: 0,
  };
  const file = join(directory, "proxy.json");
  await writeFile(file, JSON.stringify(configuration));
  return [`--config=${file}`];
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: start test/kubernetes/run`);
  }
  return value;
}
