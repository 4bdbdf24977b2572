/** Any process of a pod may be killed at any time: the exit is told, `ctr` can delete, and nothing is left. */
import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { killProcess } from "../harness/processes.ts";
import { runArgs, runContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { Attached } from "./attached.ts";
import { DaemonLog } from "./daemon-log.ts";
import { EventStream } from "./event-stream.ts";
import { onlyPart, type Part } from "./parts.ts";
import { startUnread } from "./unread.ts";

const PARTS: readonly Part[] = ["vmm", "vsock", "daemon"];
const SLEEP = ["sleep", "600"];

/** kill -9 of the only process of that kind. */
async function kill(containerd: Containerd, part: Part): Promise<void> {
  await killProcess(await onlyPart(containerd, part));
}

/** As far as a Create has come, and what the daemon logs there. */
const LAUNCHED = /the VM's processes run/;
const MOMENTS = [
  ["the VM is being launched", LAUNCHED],
  ["the guest boots", /guest console/],
  ["the guest makes the container", /the pod's VM is up/],
] as const;

/** Kills it at the moment at which the daemon of a new pod logs `line`; looked for before, it is killed at once. */
async function killAt(containerd: Containerd, part: Part, log: DaemonLog, line: RegExp, signal: AbortSignal): Promise<void> {
  await log.line(LAUNCHED, signal);
  const victim = await onlyPart(containerd, part);
  await log.line(line, signal);
  await killProcess(victim);
}

describe.each(containerdVersions)("containerd %s: kill -9", (version) => {
  const daemon = useContainerd(version);

  describe.each(PARTS)("of %s", (part) => {
    test.each(MOMENTS)("during Create while %s is a clear error", async (_, line) => {
      const log = await DaemonLog.from(daemon());
      const ended = new AbortController();
      const [result] = await Promise.all([
        runContainer(daemon(), SLEEP).finally(() => ended.abort()),
        killAt(daemon(), part, log, line, ended.signal),
      ]);
      expect(result.exitCode).not.toBe(0);
      if (part === "daemon") {
        // All that containerd knows; these are its own words.
        expect(result.stderr).toMatch(/ttrpc: closed|shim/);
      } else {
        expect(result.stderr).toMatch(/SIGKILL/);
        expect(result.stderr).not.toMatch(/: unknown$/m);
      }
    });

    test("while a container runs is an exit with 137", async () => {
      await using stream = await EventStream.open(daemon());
      const id = uniqueId();
      await using attached = new Attached(daemon(), [...runArgs({ id, flags: ["--rm"] }), "sh", "-c", "echo up; sleep 600"]);
      await attached.output(/up/);
      await kill(daemon(), part);
      // Of a shim that is gone ctr cannot hear the status, whichever shim it is; containerd tells it all the same.
      expect(await attached.exit()).toBe(part === "daemon" ? 1 : 137);
      expect(attached.stdout).toBe("up\n");
      const exits = (await stream.ofTask(id)).filter(({ topic }) => topic === "/tasks/exit");
      expect(exits.map(({ body }) => body)).toMatchObject([{ id, exit_status: 137 }]);
    });

    test("during an exec ends the exec and the container", async () => {
      await using container = await startContainer(daemon(), SLEEP);
      await using attached = new Attached(daemon(), ["tasks", "exec", "--exec-id", "e", container.id, "sh", "-c", "echo up; sleep 600"]);
      await attached.output(/up/);
      await kill(daemon(), part);
      expect(await attached.exit()).not.toBe(0);
      await expect.poll(() => container.status()).toBe(part === "daemon" ? undefined : "STOPPED");
    });

    test("ends every container of its pod with 137", async () => {
      await using stream = await EventStream.open(daemon());
      const pod = uniqueId("pod");
      const annotations = { "io.kubernetes.cri.sandbox-id": pod };
      const ids = [pod, uniqueId(), uniqueId()];
      await using containers = new AsyncDisposableStack();
      for (const id of ids) {
        containers.use(await startContainer(daemon(), SLEEP, { id, annotations }));
      }
      await kill(daemon(), part);
      // containerd deletes the tasks of a shim that is gone; all others are deleted by whoever made them.
      if (part !== "daemon") {
        await containers.disposeAsync();
      }
      for (const id of ids) {
        const exits = (await stream.ofTask(id)).filter(({ topic }) => topic === "/tasks/exit");
        expect(exits.map(({ body }) => body)).toMatchObject([{ id, exit_status: 137 }]);
      }
    });

    test("while ctr deletes a container leaves nothing", async () => {
      await using container = await startContainer(daemon(), ["true"]);
      await expect.poll(() => container.status()).toBe("STOPPED");
      const removing = container.remove();
      // Whichever of the two is quicker.
      await kill(daemon(), part).catch(() => undefined);
      await removing;
    });

    test("in the middle of Delete leaves a container that can be deleted", async () => {
      await using container = await startUnread(daemon());
      // Nobody reads the output any more, so that Delete has to wait for it.
      const log = await DaemonLog.from(daemon());
      const deleting = daemon().ctr(["tasks", "rm", "--force", container.id]);
      await log.line(/deleting a container/);
      await kill(daemon(), part);
      await deleting;
      // What failed half way is done by the next try.
      await daemon().ctr(["tasks", "rm", "--force", container.id]);
      await daemon().mustCtr(["containers", "rm", container.id]);
    });
  });
});
