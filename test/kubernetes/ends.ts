/** How a container's end is told. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Scene, shell, takeMemory } from "./scene.ts";

const POD = "ends";

interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
}

export function endTests(scene: () => Scene): void {
  describe("a container's end", () => {
    const terminated = new Map<string, Terminated>();

    beforeAll(async () => {
      const { kubectl } = scene();
      const containers = [
        shell("well", ["exit 0"]),
        shell("message", ["echo because >/dev/termination-log; exit 3"]),
        shell("elsewhere", ["echo elsewhere >/tmp/message; exit 4"], { terminationMessagePath: "/tmp/message" }),
        shell("logs", ["echo the last line; exit 5"], { terminationMessagePolicy: "FallbackToLogsOnError" }),
        // Of two, Kubernetes takes one away.
        shell("signal", ["sh -c 'kill -KILL $$$$'", "exit $?"]),
        shell("memory", [`exec ${takeMemory.join(" ")}`], { resources: { limits: { memory: "32Mi" } } }),
      ];
      await kubectl.apply(scene().pod(POD, { restartPolicy: "Never", containers }));
      await kubectl.wait(`pod/${POD}`, "jsonpath={.status.phase}=Failed");
      const { status } = await kubectl.get<{
        status: { containerStatuses: readonly { name: string; state: { terminated: Terminated } }[] };
      }>("pod", POD);
      for (const { name, state } of status.containerStatuses) {
        terminated.set(name, state.terminated);
      }
    }, 180_000);

    afterAll(async () => {
      await scene().kubectl.run(["delete", "pod", POD, "--ignore-not-found", "--force", "--grace-period=0"]);
    });

    test.for<[string, Partial<Terminated>]>([
      ["well", { exitCode: 0, reason: "Completed" }],
      ["message", { exitCode: 3, reason: "Error", message: "because\n" }],
      ["elsewhere", { exitCode: 4, reason: "Error", message: "elsewhere\n" }],
      ["logs", { exitCode: 5, reason: "Error", message: "the last line\n" }],
      ["signal", { exitCode: 137, reason: "Error" }],
      ["memory", { exitCode: 137, reason: "OOMKilled" }],
    ])("%s", ([name, expected]) => {
      expect(terminated.get(name)).toMatchObject(expected);
    });
  });
}
