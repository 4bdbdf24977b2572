/** Every byte arrives, in order, and in no hurry but the reader's. */
import { spawn } from "node:child_process";
import { createCipheriv, createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { runArgs, runContainer, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { parts } from "./parts.ts";

const MIB = 1024 * 1024;

/** Dials the host's ports, as the agent does for the streams of processes, in the order in which they once were given away. */
const THIEF = `
import socket
news = open("/news", "w", 1)
print("dialling", file=news)
while True:
    for port in range(1025, 1100):
        with socket.socket(socket.AF_VSOCK) as guest:
            if guest.connect_ex((2, port)) == 0:
                print("has", port, guest.recv(100), file=news)
`;

describe.each(containerdVersions)("containerd %s: stdio", (version) => {
  const daemon = useContainerd(version, { images: ["busybox", "python"] });

  test("is not to be had by whoever dials first in the guest", async () => {
    await using container = await startContainer(daemon(), ["python3", "-c", THIEF], { image: "python" });
    await expect.poll(async () => (await container.exec(["cat", "/news"])).stdout).toBe("dialling\n");
    for (const word of ["one", "two", "three"]) {
      const { stdout, stderr } = await container.exec(["sh", "-c", `cat; echo ${word}`], { stdin: "in " });
      expect(stdout + stderr).toBe(`in ${word}\n`);
    }
    expect((await container.exec(["cat", "/news"])).stdout).toBe("dialling\n");
  });

  test("keeps stdout and stderr apart", async () => {
    const result = await runContainer(daemon(), ["sh", "-c", "echo out; echo err >&2; echo out2"]);
    expect(result).toMatchObject({ stdout: "out\nout2\n", stderr: "err\n", exitCode: 0 });
  });

  test("100 MB arrive whole and in order, though the program exits at once", async () => {
    const directory = await mkdtemp(join(daemon().directory, "volume-"));
    // AES counter mode of zeros: any two bytes that change places, and any that are lost, show in the digest.
    const data = createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(100 * MIB));
    await writeFile(join(directory, "data"), data);
    const { digest, bytes, exitCode } = await hashOutput(daemon(), [`type=bind,src=${directory},dst=/v,options=rbind:ro`], ["cat", "/v/data"]);
    expect(exitCode).toBe(0);
    expect(bytes).toBe(data.length);
    expect(digest).toBe(createHash("sha256").update(data).digest("hex"));
    await rm(directory, { recursive: true });
  });

  test("1,000 single lines arrive in order on each stream", async () => {
    const result = await runContainer(daemon(), ["sh", "-c", "i=0; while [ $i -lt 1000 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done"]);
    const numbered = (prefix: string): string => Array.from({ length: 1000 }, (_, i) => `${prefix}${i}\n`).join("");
    expect(result.stdout).toBe(numbered("o"));
    expect(result.stderr).toBe(numbered("e"));
  });

  test("stdin reaches the program up to its end", async () => {
    const input = Buffer.alloc(5 * MIB, "0123456789abcde\n");
    const result = await runContainer(daemon(), ["sh", "-c", "sha256sum; echo done"], { stdin: input });
    expect(result.stdout).toBe(`${createHash("sha256").update(input).digest("hex")}  -\ndone\n`);
  });

  test("without stdin the program reads the end at once", async () => {
    await using container = await startContainer(daemon(), ["cat"]);
    await expect.poll(() => container.status()).toBe("STOPPED");
  });

  test("a slow reader slows the writer, and no memory grows", async () => {
    const id = uniqueId();
    const child = spawn(
      daemon().ctrPath,
      [...daemon().ctrGlobals, ...runArgs({ id, flags: ["--rm"] }), "sh", "-c", "dd if=/dev/zero bs=1M count=200 2>/dev/null"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const { stdout } = child;
    // Nothing is read for a while: what the writer can get rid of fits into pipes and windows.
    await once(stdout, "readable");
    const before = await memoryOfPods(daemon());
    await setTimeout(3_000);
    const after = await memoryOfPods(daemon());
    expect(after - before).toBeLessThan(8 * MIB);
    let bytes = 0;
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
      bytes += chunk.length;
    }
    expect(bytes).toBe(200 * MIB);
    if (child.exitCode === null) {
      await once(child, "exit");
    }
    expect(child.exitCode).toBe(0);
  });

  test("can go to a file", async () => {
    const path = join(daemon().directory, "output.txt");
    await writeFile(path, "before\n");
    const id = uniqueId();
    await daemon().mustCtr([
      ...runArgs({ id, flags: ["--detach", "--log-uri", `file://${path}`] }),
      "sh",
      "-c",
      "echo to the file; echo and this >&2",
    ]);
    const attached = await daemon().ctr(["tasks", "rm", "--force", id]);
    expect(attached.exitCode).toBe(0);
    await daemon().mustCtr(["containers", "rm", id]);
    await rm(path);
  });
});

/** The digest of what a container writes to stdout, without keeping it. */
async function hashOutput(
  daemon: Containerd,
  mounts: string[],
  command: string[],
): Promise<{ digest: string; bytes: number; exitCode: number | null }> {
  const child = spawn(daemon.ctrPath, [...daemon.ctrGlobals, ...runArgs({ id: uniqueId(), mounts, flags: ["--rm"] }), ...command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit") as Promise<[number | null]>;
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  const [exitCode] = await exit;
  return { digest: hash.digest("hex"), bytes, exitCode };
}

/** Anonymous resident bytes of the daemons and the vsock processes of all pods. */
async function memoryOfPods(daemon: Containerd): Promise<number> {
  let total = 0;
  for (const process of [...(await parts(daemon, "daemon")), ...(await parts(daemon, "vsock"))]) {
    const status = await readFile(`/proc/${process.pid}/status`, "utf8").catch(() => "");
    total += Number(/^RssAnon:\s+([0-9]+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }
  return total;
}
