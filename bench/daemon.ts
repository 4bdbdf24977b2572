/** The launcher and the daemon: how fast they start, and what they cost while they wait. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type Client, connect } from "ttrpc-ts";

import { TaskV2 } from "../src/shim/services.ts";
import { type CommandOptions, mustRun } from "../test/harness/command.ts";
import type { Containerd } from "../test/harness/containerd.ts";
import { build, repository } from "../test/harness/paths.ts";
import { processes } from "../test/harness/processes.ts";
import { type RunningContainer, startContainer, uniqueId } from "../test/harness/runtime.ts";
import { median, ms, type Row } from "./table.ts";

const RUNS = 20;
/** Longer than the daemon waits for another call before it gives memory back (src/shim/daemon.ts). */
const QUIET_MS = 25_000;
/** Node's program is in memory once for all pods, so what a daemon costs depends on how many there are. */
const PODS = 10;

export async function benchLauncher(containerd: Containerd): Promise<Row[]> {
  const starts: number[] = [];
  const calls: number[] = [];
  const cpu: number[] = [];
  // A process that does nothing, started the same way: what of the figure is the machine's.
  const nothing: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    await using daemon = await Daemon.start(containerd);
    starts.push(daemon.startMs);
    calls.push(daemon.firstCallMs);
    cpu.push(daemon.cpuMs);
    nothing.push((await timed("/bin/true", [])).ms);
  }
  return [
    {
      what: "`start` answered",
      hadron: ms(median(starts)),
      runc: `${ms(median(nothing))} (/bin/true)`,
      ratio: median(starts) / median(nothing),
      goal: "5 ms",
    },
    { what: "first answered RPC, from `start`", hadron: ms(median(calls)), goal: "60 ms" },
    { what: "  CPU time of the daemon until then", hadron: ms(median(cpu)), goal: "" },
  ];
}

export async function benchDaemon(containerd: Containerd): Promise<Row[]> {
  await using stack = new AsyncDisposableStack();
  const pods: RunningContainer[] = [];
  for (let i = 0; i < PODS; i++) {
    pods.push(stack.use(await startContainer(containerd, ["sleep", "600"])));
  }
  const flags = (await readFile(join(repository, "native/launcher/node-flags"), "utf8")).trim().split(/\s+/);
  const bare = spawn(join(build, "lib/hadron/node"), [...flags, "-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
  stack.defer(async () => {
    const exited = once(bare, "exit");
    bare.stdin.end();
    await exited;
  });
  const pids = await Promise.all(pods.map(daemonOf));
  const started = await Promise.all(pids.map(memory));
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const node = await memory(bare.pid ?? 0);
  const ours = await Promise.all(pids.map(memory));
  const row = (what: string, of: (memory: Memory) => number, goal = ""): Row => {
    const [pod, peer] = [median(ours.map(of)), of(node)];
    return { what, hadron: megabytes(pod), runc: `${megabytes(peer)} (bare Node)`, ratio: pod / peer, goal };
  };
  return [
    row(`PSS of an idle daemon, ${PODS} pods`, ({ pss }) => pss, "20 MB (prototype: 12.9 MB)"),
    row("  of it memory of its own", ({ own }) => own),
    row("  of it a share of Node's program", ({ pss, own }) => pss - own),
    row("RSS of an idle daemon: PSS of the only pod", ({ rss }) => rss, "20 MB"),
    { what: "  before it gives memory back", hadron: megabytes(median(started.map(({ rss }) => rss))), goal: "" },
  ];
}

/** The process id of the daemon of a container that is a pod of its own. */
async function daemonOf({ id }: RunningContainer): Promise<number> {
  const daemon = (await processes()).find(({ args }) => args.includes(id) && args.some((arg) => arg.endsWith("/shim.js")));
  if (daemon === undefined) {
    throw new Error(`there is no shim daemon of ${id}`);
  }
  return daemon.pid;
}

/** A shim daemon that was started as containerd does it, and called once. */
class Daemon implements AsyncDisposable {
  readonly startMs: number;
  readonly firstCallMs: number;
  /** Of all its threads, until the first call was answered. */
  readonly cpuMs: number;
  readonly #client: Client;
  readonly #bundle: string;

  private constructor(client: Client, bundle: string, figures: { startMs: number; firstCallMs: number; cpuMs: number }) {
    this.#client = client;
    this.#bundle = bundle;
    ({ startMs: this.startMs, firstCallMs: this.firstCallMs, cpuMs: this.cpuMs } = figures);
  }

  static async start(containerd: Containerd): Promise<Daemon> {
    const bundle = await mkdtemp(join(containerd.directory, "bundle-"));
    await writeFile(join(bundle, "config.json"), JSON.stringify({ ociVersion: "1.1.0" }));
    const args = ["-namespace", containerd.namespace, "-address", containerd.address, "-publish-binary", "/bin/false", "-id", uniqueId(), "start"];
    const {
      output,
      begun,
      ms: startMs,
    } = await timed(join(build, "bin/containerd-shim-hadron-v2"), args, {
      cwd: bundle,
      env: { ...process.env, TTRPC_ADDRESS: `${containerd.address}.ttrpc` },
    });
    const client = await connect({ path: output.replace(/^unix:\/\//, "") });
    const { shimPid } = await client.call(TaskV2.methods.connect, { id: "none" });
    const firstCallMs = performance.timeOrigin + performance.now() - begun;
    return new Daemon(client, bundle, { startMs, firstCallMs, cpuMs: await cpuMs(shimPid) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.call(TaskV2.methods.shutdown, { id: "none" });
    await this.#client.closed;
    await rm(this.#bundle, { recursive: true });
  }
}

/** From a shell, since Node itself takes several milliseconds to start a program and to see its end. */
const TIMER = 'begun=$EPOCHREALTIME; output=$("$@"); ended=$EPOCHREALTIME; echo "$begun $ended $output"';

/** Runs a program until it has closed its stdout, as containerd waits for the launcher. `begun`: milliseconds since 1970. */
async function timed(program: string, args: readonly string[], options: CommandOptions = {}): Promise<{ output: string; begun: number; ms: number }> {
  const [begun, ended, ...output] = (await mustRun("bash", ["-c", TIMER, "bash", program, ...args], options)).trim().split(" ");
  return { output: output.join(" "), begun: Number(begun) * 1000, ms: (Number(ended) - Number(begun)) * 1000 };
}

/** CPU time of all threads (kernel's Documentation/scheduler/sched-stats.rst, /proc/<pid>/schedstat). */
async function cpuMs(pid: number): Promise<number> {
  let ns = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    ns += Number((await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8")).split(" ")[0]);
  }
  return ns / 1e6;
}

/** Bytes; `own` is what nobody shares because it is no file's. */
interface Memory {
  readonly pss: number;
  readonly own: number;
  readonly rss: number;
}

/** proc(5), smaps_rollup. */
async function memory(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8");
  const bytes = (key: string): number => Number(new RegExp(`^${key}:\\s+([0-9]+) kB$`, "m").exec(text)?.[1]) * 1024;
  return { pss: bytes("Pss"), own: bytes("Pss_Anon"), rss: bytes("Rss") };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
