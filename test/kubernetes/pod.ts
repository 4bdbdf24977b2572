/** One pod with all that belongs to a pod, and what people do with it. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { Client } from "./client.ts";
import { image } from "./cluster.ts";
import type { Resource } from "./kubectl.ts";
import { type Scene, shell } from "./scene.ts";

const POD = "app";

export function podTests(scene: () => Scene): void {
  describe("a pod", () => {
    beforeAll(async () => {
      const { kubectl, directory } = scene();
      await mkdir(join(directory, "host"));
      await kubectl.apply(...settings, podOf(scene()));
      await kubectl.wait(`pod/${POD}`, "condition=Ready");
    }, 180_000);

    afterAll(async () => {
      await scene().kubectl.run(["delete", "pod", POD, "--ignore-not-found", "--force", "--grace-period=0"]);
    });

    test("runs its init container, its sidecar, the container and its postStart", async () => {
      const order = (await scene().exec(POD, "main", "cat", "/shared/order")).trim().split("\n");
      expect(order.slice(0, 2)).toEqual(["init", "sidecar"]);
      expect(order.slice(2).sort()).toEqual(["main", "postStart"]);
    });

    test("has its ConfigMap, Secret, labels, tokens, files of the host and memory", async () => {
      const look = [
        "for file in /config/greeting /secret/password /labels/labels /sub/one; do cat $file; echo; done",
        "stat -c %a /secret/..data/password",
        "cut -d. -f1 /var/run/secrets/kubernetes.io/serviceaccount/token | base64 -d 2>/dev/null | grep -o RS256",
        "echo from the pod >/host/file",
        "stat -f -c %T /memory",
        "df -m /memory | awk 'END { print $2 }'",
        "env | grep -E '^(GREETING|POD_NAME|CPUS|KUBERNETES_SERVICE_HOST)=' | sort",
        "hostname",
      ];
      const seen = await scene().exec(POD, "main", "sh", "-c", look.join("\n"));
      const expected = [
        "hello",
        "secret",
        'app="app"',
        "greeting of subPath",
        "400",
        "RS256",
        "tmpfs",
        "16",
        "CPUS=1",
        "GREETING=hello",
        "KUBERNETES_SERVICE_HOST=10.96.0.1",
        `POD_NAME=${POD}`,
        POD,
      ];
      expect(seen.trimEnd().split("\n")).toEqual(expected);
      expect(await readFile(join(scene().directory, "host/file"), "utf8")).toBe("from the pod\n");
    });

    test("sees a changed ConfigMap", async () => {
      const [config, ...rest] = settings;
      await scene().kubectl.apply({ ...config, data: { greeting: "changed", sub: "greeting of subPath" } }, ...rest);
      await expect.poll(() => scene().exec(POD, "main", "cat", "/config/greeting"), { timeout: 60_000, interval: 500 }).toBe("changed");
      // As everywhere, a subPath stays.
      expect(await scene().exec(POD, "main", "cat", "/sub/one")).toBe("greeting of subPath");
    });

    test("takes input by attach and shows it by logs -f", async () => {
      const { kubectl } = scene();
      await using logs = new Client(kubectl.command("logs", "-f", POD, "-c", "main"));
      await using attached = new Client(kubectl.command("attach", "--quiet", "-i", POD, "-c", "main"));
      const answers = Promise.all([logs.line("typed"), attached.line("typed")]);
      attached.write("typed\n");
      expect(await answers).toEqual(["got typed", "got typed"]);
    });

    test("has a terminal for exec -it, and answers its exit code", async () => {
      const look = 'tty; until stty size | grep "33 77"; do sleep 1; done; read line; echo "<$line>"; exit 3';
      const command = scene().kubectl.command("exec", "--quiet", "-it", POD, "-c", "main", "--", "sh", "-c", look);
      const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
      await using terminal = new Client(["script", "-qec", `stty rows 33 cols 77; ${quoted}`, "/dev/null"]);
      expect(await terminal.line("/dev/")).toMatch(/^\/dev\/pts\/\d+\r?$/);
      await terminal.line("33 77");
      // What is typed before there is a terminal is nobody's.
      terminal.write("typed\n");
      await terminal.line("<typed>");
      expect(await terminal.end()).toEqual([3, null]);
    });

    test("copies files in and out", async () => {
      const { kubectl, directory } = scene();
      const bytes = randomBytes(3 * 1024 * 1024 + 17);
      await writeFile(join(directory, "sent"), bytes);
      await kubectl.must(["cp", join(directory, "sent"), `${POD}:/tmp/received`, "-c", "main"]);
      expect(await scene().exec(POD, "main", "sha256sum", "/tmp/received")).toContain(createHash("sha256").update(bytes).digest("hex"));
      await kubectl.must(["cp", `${POD}:/tmp/received`, join(directory, "back"), "-c", "main"]);
      expect((await readFile(join(directory, "back"))).equals(bytes)).toBe(true);
    });

    test("is reached by port-forward, also on its loopback", async () => {
      await scene().exec(POD, "main", "sh", "-c", "mkdir -p /tmp/www; echo page >/tmp/www/index.html; httpd -p 127.0.0.1:8080 -h /tmp/www");
      await using forward = new Client(scene().kubectl.command("port-forward", `pod/${POD}`, ":8080"));
      const [, port] = /127\.0\.0\.1:(\d+) ->/.exec(await forward.line("127.0.0.1")) ?? [];
      for (let round = 0; round < 3; round += 1) {
        expect(await (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(20_000) })).text()).toBe("page\n");
      }
    });

    test("is debugged: a container beside it sees the processes of the one that it names", async () => {
      const { kubectl } = scene();
      const command = ["--", "sh", "-c", "cat /proc/1/cmdline | tr '\\0' ' '; echo; cat /proc/1/root/etc/hostname"];
      await kubectl.must(["debug", POD, `--image=${image.busybox}`, "--target=main", "-c", "debugger", ...command]);
      await kubectl.wait(`pod/${POD}`, "jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.exitCode}=0");
      const seen = await kubectl.must(["logs", POD, "-c", "debugger"]);
      expect(seen).toContain("got $line");
      expect(seen.trimEnd().split("\n").at(-1)).toBe(POD);
    });

    test("is deleted gracefully: preStop, SIGTERM, the sidecar last", async () => {
      const started = performance.now();
      await scene().delete("pod", POD);
      expect(performance.now() - started).toBeLessThan(18_000);
      const log = (await readFile(join(scene().directory, "host/end"), "utf8")).trim().split("\n");
      expect(log).toEqual(["preStop", "main had SIGTERM", "sidecar had SIGTERM"]);
    });
  });
}

const settings: readonly [Resource, Resource] = [
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "config" }, data: { greeting: "hello", sub: "greeting of subPath" } },
  { apiVersion: "v1", kind: "Secret", metadata: { name: "secret" }, stringData: { password: "secret" } },
];

function podOf(scene: Scene): Resource {
  const shared = { name: "shared", mountPath: "/shared" };
  const host = { name: "host", mountPath: "/host" };
  // Waits for a signal, and a while for what it has to do then.
  const sidecar = ["trap 'echo sidecar had SIGTERM >>/host/end; exit 0' TERM", "echo sidecar >>/shared/order", "tail -f /dev/null & wait"];
  const main = [
    "trap 'echo main had SIGTERM >>/host/end; exit 0' TERM",
    "echo main >>/shared/order",
    'while read -r line; do echo "got $line"; done',
  ];
  return scene.pod(POD, {
    initContainers: [
      shell("init", ["echo init >/shared/order"], { volumeMounts: [shared] }),
      shell("sidecar", sidecar, { restartPolicy: "Always", volumeMounts: [shared, host] }),
    ],
    containers: [
      shell("main", main, {
        stdin: true,
        env: [
          { name: "GREETING", valueFrom: { configMapKeyRef: { name: "config", key: "greeting" } } },
          { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "CPUS", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
        ],
        resources: { limits: { cpu: "1", memory: "128Mi" }, requests: { cpu: "10m", memory: "16Mi" } },
        lifecycle: {
          postStart: { exec: { command: ["sh", "-c", "echo postStart >>/shared/order"] } },
          preStop: { exec: { command: ["sh", "-c", "echo preStop >>/host/end"] } },
        },
        readinessProbe: { exec: { command: ["grep", "postStart", "/shared/order"] }, periodSeconds: 1, timeoutSeconds: 10 },
        volumeMounts: [
          shared,
          host,
          { name: "memory", mountPath: "/memory" },
          { name: "config", mountPath: "/config" },
          { name: "config", mountPath: "/sub/one", subPath: "sub" },
          { name: "secret", mountPath: "/secret", readOnly: true },
          { name: "labels", mountPath: "/labels" },
        ],
      }),
    ],
    volumes: [
      { name: "shared", emptyDir: {} },
      { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
      { name: "config", configMap: { name: "config" } },
      { name: "secret", secret: { secretName: "secret", defaultMode: 0o400 } },
      { name: "labels", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] } },
      { name: "host", hostPath: { path: join(scene.directory, "host"), type: "Directory" } },
    ],
  });
}
