/**
 * `make bench-vmm`: our own VMM beside QEMU with KVM (microvm), in turn on the same kernel and image, and beside the host alone, where
 * there is such a thing. Where there is no KVM it runs in the lab, whose figures are those of an emulated machine: the ratios count.
 *
 * Arguments: which subjects; without any, all.
 */
import { closeSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { Host } from "../src/host/host.ts";
import { chooseHypervisor } from "../src/hypervisor/choose.ts";
import { mustRun } from "../test/harness/command.ts";
import { busyboxBinary } from "../test/harness/images.ts";
import { library } from "../test/hypervisor/guest.ts";
import { median, ms, type Row, table } from "./table.ts";
import { benchBoot } from "./vmm-boot.ts";
import { benchDisk, diskWithoutVm, makeDisk } from "./vmm-disk.ts";
import { NetBench } from "./vmm-net.ts";
import { type Bench, type Figures, mountDebugfs } from "./vmm-pod.ts";
import { benchStdio, stdioWithoutVm } from "./vmm-stdio.ts";
import { benchVsock, vsockWithoutVm } from "./vmm-vsock.ts";

const HYPERVISORS = ["kvm", "qemu"] as const;
const HOST = "host" as const;
/** That count. */
const BOOTS = Number(process.env["HADRON_BENCH_BOOTS"] ?? 5);
const ROUNDS = Number(process.env["HADRON_BENCH_ROUNDS"] ?? 3);

interface Subject {
  readonly name: string;
  readonly rounds: number;
  /** The first one reads files from the disk, and does not count. */
  readonly warmUp?: boolean;
  readonly guest: (bench: Bench, figures: Figures) => Promise<void>;
  /** What the host does alone. */
  readonly host?: (directory: string, figures: Figures) => Promise<void>;
}

/** What the guests' containers have: programs that are static. */
async function makeRoot(directory: string): Promise<string> {
  const root = join(directory, "root");
  await Promise.all(["bin", "dev", "proc", "sys", "tmp"].map((name) => mkdir(join(root, name), { recursive: true })));
  const load = (await mustRun(join(import.meta.dirname, "load/build"), [], { timeoutMs: 900_000 })).trim();
  await Promise.all(["fio", "qperf"].map((name) => copyFile(join(load, name), join(root, name))));
  await copyFile(await busyboxBinary(), join(root, "bin/busybox"));
  return root;
}

function inWords(what: string, value: number | undefined): string {
  if (value === undefined) {
    return "";
  }
  if (what.includes("exits")) {
    return value.toFixed(value < 20 ? 1 : 0);
  }
  if (what.includes("4k random")) {
    return `${value.toFixed(0)}/s`;
  }
  if (/^TCP,|^vsock,|^std|sequential/.test(what)) {
    return `${value.toFixed(0)} MB/s`;
  }
  if (what.endsWith("memory")) {
    return `${(value / 1024).toFixed(1)} MiB`;
  }
  if (what.includes("round trip")) {
    return `${value.toFixed(value < 1 ? 3 : 2)} ms`;
  }
  return ms(value);
}

await mountDebugfs();
await using stack = new AsyncDisposableStack();
const host = stack.use(new Host());
const netnsFd = await host.createNetns();
stack.defer(() => closeSync(netnsFd));
// On a disk, which /tmp need not be.
const directory = await mkdtemp("/var/tmp/bench-vmm-");
stack.defer(() => rm(directory, { recursive: true }));
const root = await makeRoot(directory);
const disk = await makeDisk(directory);
const net = stack.use(await NetBench.make(root));
const SUBJECTS: readonly Subject[] = [
  { name: "boot", rounds: BOOTS, warmUp: true, guest: (bench, figures) => benchBoot(bench, root, figures) },
  { name: "vsock", rounds: ROUNDS, guest: benchVsock, host: (_, figures) => vsockWithoutVm(host, root, figures) },
  {
    name: "stdio",
    rounds: ROUNDS,
    guest: (bench, figures) => benchStdio(bench, root, figures),
    host: (own, figures) => stdioWithoutVm(root, own, figures),
  },
  {
    name: "disk",
    rounds: ROUNDS,
    guest: (bench, figures) => benchDisk(bench, root, disk, figures),
    host: (_, figures) => diskWithoutVm(root, disk, figures),
  },
  { name: "net", rounds: ROUNDS, guest: (bench, figures) => net.guest(bench, figures), host: (_, figures) => net.withoutVm(figures) },
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SUBJECTS.some((subject) => subject.name === name));
if (unknown.length > 0) {
  throw new Error(`there is no ${unknown.join()}: ${SUBJECTS.map(({ name }) => name).join()}`);
}

for (const subject of SUBJECTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const figures = new Map<string, Figures>([...HYPERVISORS, HOST].map((name) => [name, new Map()]));
  for (let round = subject.warmUp ? -1 : 0; round < subject.rounds; round++) {
    for (const name of [...HYPERVISORS, HOST]) {
      process.stderr.write(`bench: ${subject.name} ${round}, ${name}\n`);
      const kept: Figures = (round >= 0 ? figures.get(name) : undefined) ?? new Map();
      await using own = new AsyncDisposableStack();
      const place = await mkdtemp(join(directory, "run-"));
      own.defer(() => rm(place, { recursive: true }));
      if (name === HOST) {
        await subject.host?.(place, kept);
        continue;
      }
      const { hypervisor } = await chooseHypervisor({ hypervisor: name, qemuPath: "auto", virtiofsdPath: "auto" }, library, host);
      await subject.guest({ host, hypervisor, directory: place, netns: `/proc/${process.pid}/fd/${netnsFd}` }, kept);
    }
  }
  const [own, qemu, alone] = [...HYPERVISORS, HOST].map((name) => figures.get(name) ?? new Map<string, number[]>());
  const rows = [...(own ?? [])].map(([what, values]): Row => {
    const [ours, peer, theirs] = [median(values), median(qemu?.get(what) ?? []), alone?.get(what)];
    return { what, hadron: inWords(what, ours), runc: inWords(what, peer), ratio: ours / peer, goal: inWords(what, theirs && median(theirs)) };
  });
  process.stdout.write(`${table(rows, ["own VMM", "QEMU, KVM", "host alone"])}\n`);
}
