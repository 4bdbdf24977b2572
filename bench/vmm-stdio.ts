/** A container's stdin and stdout, joined with FIFOs of the host: dd at both ends, and at both ends of a FIFO alone. */
import { open } from "node:fs/promises";
import { join } from "node:path";

import { mustRun, run } from "../test/harness/command.ts";
import { add, type Bench, BenchPod, type Figures } from "./vmm-pod.ts";

const BLOCKS = 1024;
const BLOCK = 65_536;
const SEND = timed(`dd if=/dev/zero bs=${BLOCK} count=${BLOCKS}`);
const TAKE = timed(`dd of=/dev/null bs=${BLOCK} iflag=fullblock`);
/** What is measured by the program in the guest, whose last bytes are few, and the one of the host with the other end of the FIFO. */
const TESTS = [
  { what: "stdout of a container", stream: "stdout", flags: "w", guest: SEND, host: TAKE },
  { what: "stdin of a container", stream: "stdin", flags: "r", guest: TAKE, host: SEND },
] as const;

/** `root`: the directory with busybox, in bin. */
export async function benchStdio(bench: Bench, root: string, figures: Figures): Promise<void> {
  await using pod = await BenchPod.boot(bench, root, []);
  const fifo = join(bench.directory, "fifo");
  await mustRun("mkfifo", [fifo]);
  for (const { what, stream, flags, guest, host } of TESTS) {
    const other = shell(root, host, fifo, stream === "stdin");
    const end = await open(fifo, flags);
    let said: string;
    try {
      const work = async (): Promise<string> => (await pod.run(["/bin/busybox", "sh", "-c", guest], { [stream]: end.fd })).stderr;
      said = await pod.counted(figures, `${what}, exits for each MB`, work, () => (BLOCKS * BLOCK) / 1e6);
    } finally {
      // For reading to come to its end.
      await end.close();
    }
    await other;
    add(figures, what, rateOf(said));
  }
}

export async function stdioWithoutVm(root: string, directory: string, figures: Figures): Promise<void> {
  const fifo = join(directory, "fifo");
  await mustRun("mkfifo", [fifo]);
  for (const { what, stream, guest, host } of TESTS) {
    const writes = stream === "stdout";
    const [said] = await Promise.all([shell(root, guest, fifo, writes), shell(root, host, fifo, !writes)]);
    add(figures, what, rateOf(said));
  }
}

/** What of busybox: its dd does not say how long it took, in seconds since 1970 before and after. */
function timed(command: string): string {
  return `begun=$EPOCHREALTIME; ${command} && echo "$begun $EPOCHREALTIME" >&2`;
}

/** Answers what it has said. */
async function shell(root: string, line: string, fifo: string, writes: boolean): Promise<string> {
  const busybox = join(root, "bin/busybox");
  const { stderr } = await run(busybox, ["sh", "-c", `{ ${line}; } ${writes ? ">" : "<"}"$0"`, fifo], { timeoutMs: 300_000 });
  rateOf(stderr);
  return stderr;
}

/** MB/s. */
function rateOf(said: string): number {
  const [, blocks, begun, ended] = /^(\d+)\+0 records out\n([0-9.]+) ([0-9.]+)$/m.exec(said) ?? [];
  if (Number(blocks) !== BLOCKS) {
    throw new Error(`dd has not moved ${BLOCKS} blocks: ${said}`);
  }
  return (BLOCKS * BLOCK) / 1e6 / (Number(ended) - Number(begun));
}
