import { readdirSync, readlinkSync } from "node:fs";
/** A block device of the host that a test may do with as it likes: a file behind a loop device. */
import { mkdtemp, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { mustRun } from "./command.ts";

/** Disposed, it is detached, which the kernel does when nobody has it open any more. */
export class LoopDevice implements AsyncDisposable {
  /** "/dev/loop0" */
  readonly path: string;
  readonly minor: number;
  /** What is behind it. */
  readonly file: string;
  readonly #directory: string;

  private constructor(path: string, file: string, directory: string) {
    this.path = path;
    this.minor = Number(path.replace("/dev/loop", ""));
    this.file = file;
    this.#directory = directory;
  }

  static async make(bytes: number, options: readonly string[] = []): Promise<LoopDevice> {
    const directory = await mkdtemp(join(tmpdir(), "loop-"));
    const file = join(directory, "disk");
    await writeFile(file, "");
    await truncate(file, bytes);
    const path = await mustRun("losetup", ["--find", "--show", ...options, file]);
    return new LoopDevice(path.trim(), file, directory);
  }

  /** As a spec names it. */
  spec(path: string, rest: object = {}): object {
    return { path, type: "b", major: 7, minor: this.minor, ...rest };
  }

  /** A device rule of a spec. */
  rule(access: string): object {
    return { allow: true, type: "b", major: 7, minor: this.minor, access };
  }

  /** Pids of processes that have it open. */
  async holders(): Promise<string[]> {
    const { rdev } = await stat(this.path);
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const found = await Promise.all(pids.map(async (pid) => ((await hasOpen(pid, rdev)) ? [pid] : [])));
    return found.flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustRun("losetup", ["--detach", this.path]);
    await rm(this.#directory, { recursive: true });
  }
}

async function hasOpen(pid: string, rdev: number): Promise<boolean> {
  let fds: string[];
  try {
    fds = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // It has ended.
    return false;
  }
  for (const fd of fds) {
    try {
      const path = `/proc/${pid}/fd/${fd}`;
      if (readlinkSync(path).startsWith("/dev/") && (await stat(path)).rdev === rdev) {
        return true;
      }
    } catch {
      // It was closed.
    }
  }
  return false;
}
