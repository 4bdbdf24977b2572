/** The processes of this machine, as /proc has them (proc(5)). */
import { readFile, readdir, readlink } from "node:fs/promises";

export interface Process {
  readonly pid: number;
  /** In clock ticks since boot: with the pid it names a process for ever. */
  readonly startTime: string;
  readonly parent: number;
  readonly state: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Path of the program; empty for kernel threads, zombies and what may not be read. */
  readonly exe: string;
  /** `NAME=value` entries; empty where they may not be read. */
  environment(): Promise<readonly string[]>;
}

/** All processes. What ends while this looks is left out. */
export async function processes(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map(async (pid) => await readProcess(pid)));
  return found.filter((process) => process !== undefined);
}

/** One process; undefined when there is none with this pid. */
export async function readProcess(pid: number): Promise<Process | undefined> {
  const directory = `/proc/${pid}`;
  const stat = await readFile(`${directory}/stat`, "latin1").catch(() => undefined);
  if (stat === undefined) {
    return undefined;
  }
  // The command's name stands in parentheses and may itself contain any character.
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  const [args, exe] = await Promise.all([
    readFile(`${directory}/cmdline`, "utf8").then(splitNul, () => []),
    readlink(`${directory}/exe`).catch(() => ""),
  ]);
  return {
    pid,
    startTime: fields[19] ?? "",
    parent: Number(fields[1]),
    state: fields[0] ?? "",
    command: stat.slice(open + 1, close),
    args,
    exe,
    environment: async () => await readFile(`${directory}/environ`, "utf8").then(splitNul, () => []),
  };
}

/** Sends SIGKILL, unless the pid has become another process's or nobody's. */
export async function killProcess(target: Process): Promise<void> {
  const now = await readProcess(target.pid);
  if (now?.startTime !== target.startTime) {
    return;
  }
  try {
    process.kill(target.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

function splitNul(text: string): string[] {
  return text.split("\0").filter(Boolean);
}
