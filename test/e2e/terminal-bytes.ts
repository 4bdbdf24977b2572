/** What a program shows on a terminal, read as containerd's clients read it: from the FIFO that they made. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "../harness/command.ts";
import type { Containerd } from "../harness/containerd.ts";
import { uniqueId } from "../harness/runtime.ts";
import { TaskClient } from "./task-client.ts";

export interface Shown {
  readonly text: string;
  readonly exitStatus: number;
  readonly ms: number;
}

/**
 * Runs an exec with a terminal to its end, of a container of any runtime. ctr itself would want a terminal to do so.
 * `reader` is a program that reads the FIFO which it is given; what it prints is the text.
 */
export async function execOnTerminal(
  daemon: Containerd,
  id: string,
  args: readonly string[],
  reader: readonly [string, ...string[]] = ["cat"],
): Promise<Shown> {
  const fifo = join(daemon.directory, uniqueId("fifo"));
  await mustRun("mkfifo", [fifo]);
  try {
    const before = performance.now();
    const [program, ...options] = reader;
    const reading = mustRun(program, [...options, fifo]);
    await using shim = await TaskClient.connect(daemon, id);
    const process = { terminal: true, args, cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } };
    const spec = { typeUrl: "types.containerd.io/opencontainers/runtime-spec/1/Process", value: Buffer.from(JSON.stringify(process)) };
    const execId = uniqueId("e");
    await shim.task.exec({ id, execId, terminal: true, stdout: fifo, spec });
    await shim.task.start({ id, execId });
    const { exitStatus } = await shim.task.wait({ id, execId });
    await shim.task.delete({ id, execId });
    const text = await reading;
    return { text, exitStatus, ms: performance.now() - before };
  } finally {
    await rm(fifo);
  }
}
