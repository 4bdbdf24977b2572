/**
 * `make bench-vmm`: our own VMM beside QEMU with KVM (microvm), in turn on the same kernel and initramfs, with a share and a NIC, as a pod has
 * them. Where there is no KVM it runs in the lab, whose figures are those of an emulated machine: the ratios count.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { TtrpcAgent } from "../src/agent/ttrpc-agent.ts";
import { Host } from "../src/host/host.ts";
import { chooseHypervisor } from "../src/hypervisor/choose.ts";
import type { Device, Hypervisor, Vm, VmConfig } from "../src/hypervisor/hypervisor.ts";
import { mustRun } from "../test/harness/command.ts";
import { Guest, guestInitramfs, guestPort, kernelOf, library } from "../test/hypervisor/guest.ts";
import { measure, median, ms, type Row, table } from "./table.ts";

const NAMES = ["kvm", "qemu"] as const;
/** That count. */
const BOOTS = Number(process.env["HADRON_BENCH_BOOTS"] ?? 5);
const MEMORY_MIB = 256;
const STREAM_BYTES = 32_000_000;
const ROUND_TRIPS = 200;
const DEBUGFS = "/sys/kernel/debug";

type Figures = Map<string, number[]>;

interface Bench {
  readonly host: Host;
  readonly hypervisor: Hypervisor;
  readonly directory: string;
  readonly netns: string;
}

function config({ directory, netns }: Bench, initrd: string, devices: readonly Device[]): VmConfig {
  return {
    directory,
    vcpus: 1,
    memoryMiB: MEMORY_MIB,
    kernel: kernelOf("tuned"),
    initrd,
    kernelParameters: [],
    devices,
    netns: { path: netns },
    onConsoleLine: () => undefined,
    onDiagnostic: (program, line) => process.stderr.write(`bench: ${program}: ${line}\n`),
    onProcess: () => Promise.resolve(),
  };
}

/** As a pod has them; the descriptors are closed when the VM is up. */
async function podDevices(host: Host, netns: string): Promise<{ devices: Device[]; close: () => void }> {
  const tap = await host.openTap(netns, 1);
  const directory = openSync("/usr/share", "r");
  const share = { namespace: directory, directory, places: directory };
  return {
    devices: [
      { kind: "share", tag: "rootfs", share },
      { kind: "nic", hardwareAddress: "02:00:00:00:00:01", queues: tap.queues, vhost: [] },
    ],
    close: () => [directory, ...tap.queues].forEach(closeSync),
  };
}

/** From the launch until the agent has answered, and what that cost. */
async function benchBoot(bench: Bench, figures: Figures): Promise<void> {
  const { host, hypervisor, netns } = bench;
  const signal = AbortSignal.timeout(300_000);
  const { devices, close } = await podDevices(host, netns);
  const [ours, theirs] = await host.socketpair();
  const agent = new TtrpcAgent(new Socket({ fd: ours, readable: true, writable: true }), {
    timeoutMs: 300_000,
    onSlow: () => undefined,
    onUnresponsive: () => undefined,
  });
  const begun = performance.now();
  await using vm = await hypervisor.launch(config(bench, join(library, "initramfs-tuned.cpio"), devices), signal);
  add(figures, "launch answered", performance.now() - begun);
  const answered = vm.vsock.accept(guestPort, theirs, "both").then(() => {
    closeSync(theirs);
    return agent.createSandbox({ realtimeNs: 0n, hostname: "bench", logLevel: "info", sysctls: new Map(), shares: [] }, signal);
  });
  const info = await orExit(vm, answered);
  add(figures, "agent ready", performance.now() - begun);
  add(figures, "kernel until /init", Number(info.initEnteredNs) / 1e6);
  const exits = exitsOf(vm);
  if (exits !== undefined) {
    add(figures, "exits until the agent is ready", exits);
  }
  const { rss, pss } = memoryOf(vm);
  add(figures, "RSS beyond guest memory", rss);
  add(figures, "PSS beyond guest memory", pss);
  close();
  const stopping = performance.now();
  agent.close();
  await vm.stop();
  add(figures, "stopped", performance.now() - stopping);
}

/** A VM that ends is why nothing answers. */
async function orExit<T>(vm: Vm, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new Error((await vm.exited).reason, { cause });
  }
}

async function benchVsock(bench: Bench, figures: Figures): Promise<void> {
  const { host, hypervisor } = bench;
  await using vm = await hypervisor.launch(config(bench, await guestInitramfs("tuned"), []), AbortSignal.timeout(300_000));
  const guest = await Guest.await(host, vm.vsock);
  const trips = await measure(ROUND_TRIPS, 20, async () => void (await guest.say("cpus")));
  add(figures, "vsock round trip", median(trips));
  const transfer = async (direction: "in" | "out", port: number, command: string): Promise<number> => {
    const [ours, theirs] = await host.socketpair();
    const join = await vm.vsock.accept(port, theirs, direction);
    closeSync(theirs);
    const socket = new Socket({ fd: ours, readable: direction === "out", writable: direction === "in", allowHalfOpen: true });
    socket.resume();
    const began = performance.now();
    const answer = guest.say(command);
    if (direction === "in") {
      socket.end(Buffer.alloc(STREAM_BYTES));
    }
    await answer;
    const rate = STREAM_BYTES / 1e6 / ((performance.now() - began) / 1000);
    await join.ended;
    socket.destroy();
    return rate;
  };
  for (let run = 0; run < 3; run++) {
    add(figures, "vsock, guest to host", await transfer("out", 2000 + run, `send ${2000 + run} ${STREAM_BYTES}`));
    add(figures, "vsock, host to guest", await transfer("in", 3000 + run, `receive ${3000 + run} ${STREAM_BYTES}`));
  }
  guest.hangUp();
}

/** KVM's count for all CPUs of the VM; undefined where it does not say (CONFIG_DEBUG_FS). */
function exitsOf(vm: Vm): number | undefined {
  const place = join(DEBUGFS, "kvm");
  const directory = existsSync(place) && readdirSync(place).find((name) => vm.pids.some((pid) => name.startsWith(`${pid}-`)));
  return directory ? Number(readFileSync(join(place, directory, "exits"), "utf8")) : undefined;
}

/** Of all processes but virtiofsd, in kB: the guest's memory is a memfd with both. */
function memoryOf(vm: Vm): { rss: number; pss: number } {
  const sum = { rss: 0, pss: 0 };
  for (const pid of vm.pids.filter((each) => !readFileSync(`/proc/${each}/comm`, "utf8").includes("virtiofsd"))) {
    let guest = false;
    for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
      const [, name = "", kb = ""] = /^(Rss|Pss):\s+(\d+) kB$/.exec(line) ?? [];
      if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
        guest = line.includes("/memfd:");
      } else if (!guest && name !== "") {
        sum[name === "Rss" ? "rss" : "pss"] += Number(kb);
      }
    }
  }
  return sum;
}

function add(figures: Figures, what: string, value: number): void {
  figures.set(what, [...(figures.get(what) ?? []), value]);
}

function inWords(what: string, value: number): string {
  if (what.startsWith("vsock,")) {
    return `${value.toFixed(0)} MB/s`;
  }
  if (what.endsWith("memory")) {
    return `${(value / 1024).toFixed(1)} MiB`;
  }
  return what.startsWith("exits") ? value.toFixed(0) : ms(value);
}

if (!existsSync(join(DEBUGFS, "kvm"))) {
  await mustRun("mount", ["-t", "debugfs", "debugfs", DEBUGFS]);
}
await using host = new Host();
const netnsFd = await host.createNetns();
const root = await mkdtemp(join(tmpdir(), "bench-vmm-"));
const figures = new Map<string, Figures>(NAMES.map((name) => [name, new Map()]));
const work = [...Array.from({ length: BOOTS + 1 }, (_, run) => ({ run, of: benchBoot })), { run: 1, of: benchVsock }];
for (const { run, of } of work) {
  for (const name of NAMES) {
    process.stderr.write(`bench: ${of.name} ${run}, ${name}\n`);
    const { hypervisor } = await chooseHypervisor({ hypervisor: name, qemuPath: "auto", virtiofsdPath: "auto" }, library, host);
    const directory = join(root, name);
    await mkdir(directory, { recursive: true });
    // The first boot reads files from the disk.
    const kept = run === 0 ? new Map<string, number[]>() : (figures.get(name) ?? new Map<string, number[]>());
    await of({ host, hypervisor, directory, netns: `/proc/${process.pid}/fd/${netnsFd}` }, kept);
  }
}
await rm(root, { recursive: true });
closeSync(netnsFd);
const [own, qemu] = NAMES.map((name) => figures.get(name) ?? new Map<string, number[]>());
const rows = [...(own ?? [])].map(([what, values]): Row => {
  const [ours, peer] = [median(values), median(qemu?.get(what) ?? [])];
  return { what, hadron: inWords(what, ours), runc: inWords(what, peer), ratio: ours / peer, goal: "" };
});
process.stdout.write(table(rows, ["own VMM", "QEMU, KVM"]));
