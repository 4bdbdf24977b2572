/** The launcher and the daemon alone, without a VM. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { connect } from "ttrpc-ts";

import { TaskV2 } from "../src/gen/methods.ts";
import { mustRun } from "../test/harness/command.ts";
import type { Containerd } from "../test/harness/containerd.ts";
import { build } from "../test/harness/paths.ts";
import { uniqueId } from "../test/harness/runtime.ts";
import { median, ms, type Row } from "./table.ts";

interface Started {
  readonly socket: string;
  readonly startMs: number;
  readonly firstRpcMs: number;
  readonly pid: number;
}

const RUNS = 20;

export async function benchLauncher(containerd: Containerd): Promise<Row[]> {
  const starts: number[] = [];
  const calls: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const { startMs, firstRpcMs } = await withDaemon(containerd, async (started) => started);
    starts.push(startMs);
    calls.push(firstRpcMs);
  }
  // A process that does nothing, started the same way: what of the figure is the machine's.
  const nothing = [];
  for (let i = 0; i < RUNS; i++) {
    const before = performance.now();
    await mustRun("/bin/true", []);
    nothing.push(performance.now() - before);
  }
  return [
    { what: "`start` answered", hadron: ms(median(starts)), runc: `${ms(median(nothing))} (/bin/true)`, ratio: median(starts) / median(nothing), goal: "5 ms" },
    { what: "first answered RPC, from `start`", hadron: ms(median(calls)), goal: "60 ms" },
  ];
}

export async function benchDaemon(containerd: Containerd): Promise<Row[]> {
  const pss = await withDaemon(containerd, async ({ pid }) => await pssKb(pid));
  const bare = spawn(join(build, "lib/hadron/node"), ["--no-concurrent-recompilation", "--max-semi-space-size=1", "-e", "process.stdin.resume()"], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  // Bare Node tells of itself by its memory standing still.
  let bareKb = 0;
  for (let last = -1; last !== bareKb; ) {
    last = bareKb;
    await new Promise((resolve) => setTimeout(resolve, 300));
    bareKb = await pssKb(bare.pid ?? 0);
  }
  bare.stdin.end();
  return [
    {
      what: "PSS of the idle daemon",
      hadron: `${(pss / 1024).toFixed(1)} MiB`,
      runc: `${(bareKb / 1024).toFixed(1)} MiB (bare Node)`,
      ratio: pss / bareKb,
      goal: "20 MB (prototype: 12.9 MB)",
    },
  ];
}

/** Starts a daemon as containerd does, calls it once, and has it go away again. */
async function withDaemon<T>(containerd: Containerd, work: (started: Started) => Promise<T>): Promise<T> {
  const bundle = await mkdtemp(join(containerd.directory, "bundle-"));
  await writeFile(join(bundle, "config.json"), JSON.stringify({ ociVersion: "1.1.0" }));
  const args = ["-namespace", "bench", "-address", containerd.address, "-publish-binary", "/bin/false", "-id", uniqueId(), "start"];
  const before = performance.now();
  const address = await mustRun(join(build, "bin/containerd-shim-hadron-v2"), args, {
    cwd: bundle,
    env: { ...process.env, TTRPC_ADDRESS: `${containerd.address}.ttrpc` },
  });
  const startMs = performance.now() - before;
  const socket = address.trim().replace(/^unix:\/\//, "");
  const client = await connect({ path: socket });
  try {
    const { shimPid } = await client.call(TaskV2.methods.connect, { id: "none" });
    const firstRpcMs = performance.now() - before;
    return await work({ socket, startMs, firstRpcMs, pid: shimPid });
  } finally {
    await client.call(TaskV2.methods.shutdown, { id: "none" });
    await client.closed;
    await rm(bundle, { recursive: true });
  }
}

/** Proportional set size in KiB (proc(5), smaps_rollup). */
async function pssKb(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Pss:\s+([0-9]+) kB$/m.exec(text)?.[1]);
}
