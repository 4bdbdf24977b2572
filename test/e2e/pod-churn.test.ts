/** Containers that come and go in a pod whose VM stays: their files are theirs, and nothing of them is left. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import type { ImageName } from "../harness/images.ts";
import { inLab, patient } from "../harness/patience.ts";
import { runContainer, type RunningContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { rootfsMounts } from "./shares.ts";

const SLEEP = ["sleep", "600"];
/** Each takes some seconds in the lab. */
const COMINGS = inLab ? 10 : 50;

/** What the image has must be as the image has it, and what it has not must not be there. */
const script = (mark: string): string[] => [
  "sh",
  "-c",
  `[ ! -e /mark ] && [ "$(stat -c %a /etc/passwd)" = 644 ] && ! grep -q mark /etc/passwd || exit 9
   echo ${mark} > /mark && cat /mark && echo mark >> /etc/passwd && chmod 600 /etc/passwd && mkdir -p /deep/er && touch /deep/er/file`,
];

describe.each(containerdVersions)("containerd %s: in a running pod", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "busybox-no-proc"] });

  async function startPod(): Promise<{ pod: RunningContainer; annotations: Record<string, string> }> {
    const id = uniqueId("pod");
    const annotations = { "io.kubernetes.cri.sandbox-id": id };
    return { pod: await startContainer(daemon(), SLEEP, { id, annotations }), annotations };
  }

  test(`${COMINGS} containers come and go, of one image and of another`, { timeout: patient(300_000) }, async () => {
    const { pod: started, annotations } = await startPod();
    await using pod = started;
    const images: ImageName[] = ["busybox", "busybox", "busybox-no-proc"];
    for (let i = 0; i < COMINGS; i++) {
      const image = images[i % images.length] ?? "busybox";
      const { stdout, stderr, exitCode } = await runContainer(daemon(), script(String(i)), { annotations, image });
      expect({ i, stdout, stderr, exitCode }).toEqual({ i, stdout: `${i}\n`, stderr: "", exitCode: 0 });
    }
    expect(await rootfsMounts(daemon())).toHaveLength(1);
    expect((await pod.exec(["cat", "/etc/hostname", "/mark"])).exitCode).not.toBe(0);
    expect((await pod.exec(["stat", "-c", "%a", "/etc/passwd"])).stdout).toBe("644\n");
  });

  test("containers come and go two at once", { timeout: patient(300_000) }, async () => {
    const { pod: started, annotations } = await startPod();
    await using _pod = started;
    const one = async (name: string, image: ImageName): Promise<void> => {
      for (let i = 0; i < 6; i++) {
        const { stdout, stderr, exitCode } = await runContainer(daemon(), script(`${name}${i}`), { annotations, image });
        expect({ stdout, stderr, exitCode }).toEqual({ stdout: `${name}${i}\n`, stderr: "", exitCode: 0 });
      }
    };
    await Promise.all([one("a", "busybox"), one("b", "busybox-no-proc")]);
    expect(await rootfsMounts(daemon())).toHaveLength(1);
  });

  test("a container is started again, and finds its own files", async () => {
    const { pod: started, annotations } = await startPod();
    await using _pod = started;
    const other = await startContainer(daemon(), ["sh", "-c", "echo once >> /log; wc -l < /log; [ $(wc -l < /log) -lt 3 ]"], { annotations });
    try {
      for (const exitCode of [0, 0, 1]) {
        await expect.poll(() => other.status()).toBe("STOPPED");
        expect((await other.remove()).stderr).toMatch(exitCode === 0 ? /^$/ : /exit code 1\b/);
        if (exitCode === 0) {
          await daemon().mustCtr(["tasks", "start", "--detach", "--null-io", other.id]);
        }
      }
    } finally {
      await other[Symbol.asyncDispose]();
    }
    expect(await rootfsMounts(daemon())).toHaveLength(1);
  });

  test("a container that writes to its root file system until the very end can be deleted", async () => {
    const { pod: started, annotations } = await startPod();
    await using _pod = started;
    for (let i = 0; i < 5; i++) {
      const other = await startContainer(daemon(), ["sh", "-c", "exec 3> /file; printf x >&3"], { annotations });
      await expect.poll(() => other.status()).toBe("STOPPED");
      expect(await other.remove()).toMatchObject({ exitCode: 0, stderr: "" });
      await other[Symbol.asyncDispose]();
      expect(await rootfsMounts(daemon())).toHaveLength(1);
    }
  });

  test("a container that failed to start leaves nothing", async () => {
    const { pod: started, annotations } = await startPod();
    await using _pod = started;
    for (let i = 0; i < 3; i++) {
      expect(await runContainer(daemon(), ["/no/such/program"], { annotations })).toMatchObject({ exitCode: 1 });
      expect(await rootfsMounts(daemon())).toHaveLength(1);
    }
    expect((await runContainer(daemon(), script("after"), { annotations })).stdout).toBe("after\n");
  });

  test("a container can be deleted whose root file system somebody uses on the host", async () => {
    const { pod: started, annotations } = await startPod();
    await using _pod = started;
    const before = await rootfsMounts(daemon());
    const other = await startContainer(daemon(), SLEEP, { annotations });
    const rootfs = (await rootfsMounts(daemon())).find((path) => !before.includes(path)) ?? "";
    const visitor: ChildProcess = spawn("sleep", ["600"], { cwd: rootfs, stdio: "ignore" });
    try {
      await once(visitor, "spawn");
      expect(await readFile(`/proc/${visitor.pid}/cwd/etc/passwd`, "utf8")).toContain("root");
      await other[Symbol.asyncDispose]();
      expect(await rootfsMounts(daemon())).toEqual(before);
    } finally {
      visitor.kill("SIGKILL");
    }
    expect((await runContainer(daemon(), script("after"), { annotations })).stdout).toBe("after\n");
  });
});
