/** Containers as a user meets them, through ctr. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, stat } from "node:fs/promises";

import { execOnTerminal } from "../test/e2e/terminal-bytes.ts";
import type { Containerd } from "../test/harness/containerd.ts";
import { hadron, runArgs, runc, runContainer, startContainer, uniqueId } from "../test/harness/runtime.ts";
import { measure, median, ms, type Row } from "./table.ts";

export async function benchRun(containerd: Containerd): Promise<Row[]> {
  const cold = async (runtime: string): Promise<number> =>
    median(
      await measure(7, 1, async () => {
        const result = await runContainer(containerd, ["/bin/true"], { runtime });
        if (result.exitCode !== 0) {
          throw new Error(result.stderr);
        }
      }),
    );
  const [ours, peer] = [await cold(hadron), await cold(runc)];
  return [{ what: "cold `ctr run --rm` of /bin/true", hadron: ms(ours), runc: ms(peer), ratio: ours / peer, goal: "1.2 s under TCG" }];
}

export async function benchExec(containerd: Containerd): Promise<Row[]> {
  const exec = async (runtime: string): Promise<number> => {
    await using container = await startContainer(containerd, ["sleep", "600"], { runtime });
    return median(
      await measure(15, 2, async () => {
        const result = await container.exec(["/bin/true"]);
        if (result.exitCode !== 0) {
          throw new Error(result.stderr);
        }
      }),
    );
  };
  const [ours, peer] = [await exec(hadron), await exec(runc)];
  return [{ what: "`ctr task exec` of /bin/true", hadron: ms(ours), runc: ms(peer), ratio: ours / peer, goal: "3 times runc's" }];
}

export async function benchOutput(containerd: Containerd): Promise<Row[]> {
  const megabytes = 500;
  const rate = async (runtime: string): Promise<number> => {
    const args = [...runArgs({ id: uniqueId(), runtime, flags: ["--rm"] }), "sh", "-c", `dd if=/dev/zero bs=1M count=${megabytes} 2>/dev/null`];
    const child = spawn(containerd.ctrPath, [...containerd.ctrGlobals, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let first = 0;
    let bytes = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      if (first === 0) {
        first = performance.now();
      }
      bytes += chunk.length;
    }
    const seconds = (performance.now() - first) / 1000;
    if (child.exitCode === null) {
      await once(child, "exit");
    }
    return bytes / 1e6 / seconds;
  };
  const [ours, peer] = [await rate(hadron), await rate(runc)];
  return [{ what: "stdout", hadron: `${ours.toFixed(0)} MB/s`, runc: `${peer.toFixed(0)} MB/s`, ratio: ours / peer, goal: "100 MB/s" }];
}

export async function benchTerminal(containerd: Containerd): Promise<Row[]> {
  const rate = async (runtime: string): Promise<number> => {
    await using container = await startContainer(containerd, ["sleep", "600"], { runtime });
    // Made before, since numbers cost a guest without KVM more than their way to a terminal.
    await container.exec(["sh", "-c", "seq 1 1000000 > /numbers"]);
    let bytes = 0;
    const times = await measure(5, 1, async () => {
      bytes = Number.parseInt((await execOnTerminal(containerd, container.id, ["cat", "/numbers"], ["wc", "-c"])).text, 10);
    });
    return bytes / 1e3 / median(times);
  };
  const [ours, peer] = [await rate(hadron), await rate(runc)];
  return [
    {
      what: "stdout of a terminal",
      hadron: `${ours.toFixed(1)} MB/s`,
      runc: `${peer.toFixed(1)} MB/s`,
      ratio: ours / peer,
      goal: "20 MB/s under TCG",
    },
  ];
}

/** Where the time of one cold run goes, from the daemon's log in containerd's. */
export async function benchSteps(containerd: Containerd): Promise<Row[]> {
  const runs: Map<string, number>[] = [];
  for (let i = 0; i < 5; i++) {
    const { size } = await stat(containerd.logPath);
    const begun = Date.now();
    await runContainer(containerd, ["/bin/true"]);
    const ended = Date.now();
    runs.push(stepsOf(await readFrom(containerd.logPath, size), begun, ended));
  }
  const names = [...(runs[0]?.keys() ?? [])];
  return names.map((what) => ({ what: `  ${what}`, hadron: ms(median(runs.map((run) => run.get(what) ?? Number.NaN))), goal: "" }));
}

/** The log lines that end a step, in their order. */
const STEPS: readonly [message: string, step: string][] = [
  ["the shim daemon serves", "ctr, containerd, launcher and daemon until it serves"],
  ["creating a container", "until Create arrives"],
  ["the VM's processes run", "hypervisor chosen, hadron-vsock and QEMU started"],
  ["the pod's VM is up", "QEMU, kernel and agent until it answers"],
  ["container created", "container created in the guest"],
  ["process started", "container started"],
  ["process exited", "exit seen"],
  ["container deleted", "deleted, VM stopped"],
];

function stepsOf(log: string, begun: number, ended: number): Map<string, number> {
  const steps = new Map<string, number>();
  let last = begun;
  for (const [message, step] of STEPS) {
    const line = log.split("\n").find((text) => text.includes(`msg="${message}"`));
    const time = /time="?([0-9T:.Z-]+)"?/.exec(line ?? "")?.[1];
    if (time === undefined) {
      continue;
    }
    const at = Date.parse(time);
    steps.set(step, at - last);
    last = at;
  }
  steps.set("until ctr ends", ended - last);
  return steps;
}

async function readFrom(path: string, start: number): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start });
  return buffer.toString("utf8", 0, bytesRead);
}
