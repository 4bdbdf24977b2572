/** Readiness and liveness, by each kind of probe, told apart by breaking what it asks. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { image } from "./cluster.ts";
import type { Resource } from "./kubectl.ts";
import { probedMount, probedVolume, type Scene, shell } from "./scene.ts";

const POD = "probes";
/** As often as Kubernetes can; TCP and HTTP answer at once, a program in the pod takes its time. */
const often = { periodSeconds: 1, failureThreshold: 2, timeoutSeconds: 10 };

interface Kind {
  readonly kind: string;
  readonly container: Resource;
  /** Shell lines that break what the probe asks for, and mend it. */
  readonly break: string;
  readonly mend: string;
}

const page = "mkdir -p /www; echo ok >/www/healthz";
const kinds: readonly Kind[] = [
  {
    kind: "http",
    container: shell("http", [page, "exec httpd -f -p 8081 -h /www"], { readinessProbe: { httpGet: { path: "/healthz", port: 8081 }, ...often } }),
    break: "rm /www/healthz",
    mend: page,
  },
  {
    kind: "tcp",
    // The first process waits, so that its server can come and go.
    container: shell("tcp", ["nc -ll -p 8082 -e cat & exec tail -f /dev/null"], { readinessProbe: { tcpSocket: { port: 8082 }, ...often } }),
    break: "killall nc",
    mend: "nc -ll -p 8082 -e cat >/dev/null 2>&1 </dev/null &",
  },
  {
    kind: "exec",
    container: shell("exec", ["touch /tmp/ready; exec tail -f /dev/null"], {
      readinessProbe: { exec: { command: ["test", "-e", "/tmp/ready"] }, ...often },
    }),
    break: "rm /tmp/ready",
    mend: "touch /tmp/ready",
  },
  {
    kind: "grpc",
    container: {
      name: "grpc",
      image: image.busybox,
      command: ["/probed", "grpc-health-checking", "--port=8083", "--http-port=8084"],
      readinessProbe: { grpc: { port: 8083 }, ...often },
      volumeMounts: [probedMount],
    },
    break: "wget -qO- http://127.0.0.1:8084/make-not-serving",
    mend: "wget -qO- http://127.0.0.1:8084/make-serving",
  },
];

export function probeTests(scene: () => Scene): void {
  describe("probes", () => {
    beforeAll(async () => {
      const live = shell("live", ["touch /tmp/live; echo begun; exec tail -f /dev/null"], {
        startupProbe: { exec: { command: ["test", "-e", "/tmp/live"] }, periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 10 },
        livenessProbe: { exec: { command: ["test", "-e", "/tmp/live"] }, ...often, terminationGracePeriodSeconds: 1 },
      });
      const containers = [...kinds.map(({ container }) => container), live];
      await scene().kubectl.apply(scene().pod(POD, { containers, volumes: [probedVolume] }));
      await scene().kubectl.wait(`pod/${POD}`, "condition=Ready", 180);
    }, 240_000);

    afterAll(async () => {
      await scene().kubectl.run(["delete", "pod", POD, "--ignore-not-found", "--force", "--grace-period=0"]);
    });

    test.for(kinds)("readiness by $kind", async (kind) => {
      const ready = `jsonpath={.status.containerStatuses[?(@.name=="${kind.kind}")].ready}`;
      const [{ kubectl }, pod] = [scene(), `pod/${POD}`];
      await scene().exec(POD, kind.kind, "sh", "-c", kind.break);
      await kubectl.wait(pod, `${ready}=false`);
      await scene().exec(POD, kind.kind, "sh", "-c", kind.mend);
      await kubectl.wait(pod, `${ready}=true`);
    });

    test("liveness starts the container again, and that one alone", async () => {
      const { kubectl } = scene();
      await scene().exec(POD, "live", "rm", "/tmp/live");
      const restarts = (name: string): string => `.status.containerStatuses[?(@.name=="${name}")].restartCount`;
      await kubectl.wait(`pod/${POD}`, `jsonpath={${restarts("live")}}=1`);
      await kubectl.wait(`pod/${POD}`, "condition=Ready");
      expect(await scene().exec(POD, "live", "ls", "/tmp/live")).toBe("/tmp/live\n");
      for (const { kind } of kinds) {
        expect(await kubectl.value(`pod/${POD}`, restarts(kind))).toBe("0");
      }
      expect(await kubectl.must(["logs", POD, "-c", "live", "--previous"])).toBe("begun\n");
    });
  });
}
