/** A disk: fio on a file of the host as the guest's disk, and on the file itself. */
import { closeSync, constants, openSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

import type { Disk } from "../src/hypervisor/hypervisor.ts";
import { mustRun } from "../test/harness/command.ts";
import { add, type Bench, BenchPod, type Figures } from "./vmm-pod.ts";

/** What is read and, behind it, what each kind of writing has of its own. Small, since the lab is slow; nothing caches it. */
const REGION = 32 << 20;
const SECONDS = 2;
const BLOCK = 4096;
const ID = "disk0";

interface Job {
  readonly name: string;
  readonly rw: string;
  /** Of a request. */
  readonly blocks: number;
  readonly depth: number;
  /** Which part of the disk. */
  readonly region: number;
}

const JOBS: readonly Job[] = [
  { name: "disk, 4k random reads, depth 1", rw: "randread", blocks: 1, depth: 1, region: 0 },
  { name: "disk, 4k random reads, depth 32", rw: "randread", blocks: 1, depth: 32, region: 0 },
  { name: "disk, 4k random writes, depth 1", rw: "randwrite", blocks: 1, depth: 1, region: 1 },
  { name: "disk, 4k random writes, depth 32", rw: "randwrite", blocks: 1, depth: 32, region: 2 },
  { name: "disk, 128k sequential reads, depth 4", rw: "read", blocks: 32, depth: 4, region: 0 },
  { name: "disk, 128k sequential writes, depth 4", rw: "write", blocks: 32, depth: 4, region: 3 },
];
const REGIONS = 4;
/** Eight characters, so that a block is full of them. */
const READ_PATTERN = "is read ";

/** Each call's own, so that what one has written counts for no other. */
let calls = 0;

function patternOf({ region }: Job, call: number): string {
  return `${String(call).padStart(6, "0")}w${region}`;
}

/** fio waits for a job's end before it begins with the next one; before the first, all that is read is compared with what has to be there. */
function fioArguments(file: string, call: number): string[] {
  const engine = "--ioengine=libaio --direct=1 --invalidate=0 --thread --gtod_reduce=1 --scramble_buffers=0 --output-format=json";
  const check = "--name=check --rw=read --bs=128k --verify=pattern";
  const jobs = JOBS.flatMap((job) => {
    const load = `--rw=${job.rw} --bs=${job.blocks * BLOCK} --iodepth=${job.depth} --time_based --runtime=${SECONDS} --offset=${job.region * REGION}`;
    return [`--name=${job.name}`, "--stonewall", ...load.split(" "), `--buffer_pattern="${patternOf(job, call)}"`];
  });
  return [...engine.split(" "), `--filename=${file}`, `--size=${REGION}`, ...check.split(" "), `--verify_pattern="${READ_PATTERN}"`, ...jobs];
}

interface FioReport {
  readonly jobs: readonly { readonly jobname: string; readonly error: number; readonly read: FioFigures; readonly write: FioFigures }[];
}

interface FioFigures {
  readonly iops: number;
  readonly bw_bytes: number;
  readonly total_ios: number;
}

/** Adds what fio has said to the figures; answers how many requests each job of it has made. */
function addReport(text: string, figures: Figures): Map<string, number> {
  const { jobs } = JSON.parse(text) as FioReport;
  const requests = new Map<string, number>();
  for (const { name, rw, blocks } of JOBS) {
    const job = jobs.find(({ jobname }) => jobname === name);
    if (job === undefined || job.error !== 0) {
      throw new Error(`fio did not carry out "${name}": ${text}`);
    }
    const { iops, bw_bytes, total_ios } = rw.endsWith("read") ? job.read : job.write;
    add(figures, name, blocks === 1 ? iops : bw_bytes / 1e6);
    requests.set(name, total_ios);
  }
  return requests;
}

/** fio writes to each place of its part once before it comes to one again: so many blocks have to have its pattern. */
async function checkWritten(path: string, requests: ReadonlyMap<string, number>, call: number): Promise<void> {
  await using file = await open(path);
  const region = Buffer.alloc(REGION);
  for (const job of JOBS.filter(({ rw }) => rw.endsWith("write"))) {
    await file.read(region, 0, REGION, job.region * REGION);
    const wanted = Buffer.alloc(BLOCK, patternOf(job, call));
    let found = 0;
    for (let at = 0; at < REGION; at += BLOCK) {
      found += region.compare(wanted, 0, BLOCK, at, at + BLOCK) === 0 ? 1 : 0;
    }
    const blocks = (requests.get(job.name) ?? 0) * job.blocks;
    if (found !== Math.min(blocks, REGION / BLOCK)) {
      throw new Error(`"${job.name}" has written ${blocks} blocks, and ${found} are there`);
    }
  }
  await forget(path);
}

/** Has the host cache nothing of it: who writes past a cache has to empty it. */
async function forget(path: string): Promise<void> {
  await mustRun("dd", [`if=${path}`, "of=/dev/null", "iflag=nocache", "count=0", "status=none"]);
}

/** A file on a disk of the host, whose blocks are all written. */
export async function makeDisk(directory: string): Promise<string> {
  const path = join(directory, "disk");
  await using file = await open(path, "w");
  for (let region = 0; region < REGIONS; region++) {
    await file.write(Buffer.alloc(REGION, READ_PATTERN));
  }
  await file.sync();
  await forget(path);
  return path;
}

/** As a pod's block device: open with O_DIRECT, and the guest's flushes are the host's. */
export async function benchDisk(bench: Bench, root: string, path: string, figures: Figures): Promise<void> {
  const call = calls++;
  const fd = openSync(path, constants.O_RDWR | constants.O_DIRECT);
  try {
    const disk: Disk = { kind: "disk", id: ID, queues: 1, medium: { fd, readOnly: false, direct: true, cache: "writeBack" } };
    await using pod = await BenchPod.boot(bench, root, [disk]);
    const { stdout } = await pod.run(["/fio", ...fioArguments("/disk", call)], {}, ID);
    await checkWritten(path, addReport(stdout, figures), call);
  } finally {
    closeSync(fd);
  }
}

export async function diskWithoutVm(root: string, path: string, figures: Figures): Promise<void> {
  const call = calls++;
  const report = await mustRun(join(root, "fio"), fioArguments(path, call), { timeoutMs: 120_000 });
  await checkWritten(path, addReport(report, figures), call);
}
