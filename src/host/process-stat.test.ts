import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Code } from "../errors.ts";
import { childrenOf, parseProcessStat, processStartTime, readProcessStat } from "./process-stat.ts";

const REST = "S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 18446744073709551615 1 1";

test.each(["cat", "a) R 7 (b", ") ", "(", "two words", "Z) S 1 1 1 1"])("the name %j does not confuse it", (comm) => {
  expect(parseProcessStat(`4242 (${comm}) ${REST}\n`)).toEqual({
    pid: 4242,
    comm,
    state: "S",
    parentPid: 1,
    minorFaults: 1,
    majorFaults: 3,
    startTime: 987654,
    userTicks: 5,
    systemTicks: 6,
  });
});

test.each(["", "4242", "4242 (cat", "4242 (cat) S 1 2", `(cat) ${REST}`])("%j is refused", (text) => {
  expect(() => parseProcessStat(text)).toThrow(/not the text of/);
});

test("a real process with an awkward name", async () => {
  const directory = await mkdtemp(join(tmpdir(), "stat-"));
  const program = join(directory, "a) R 1 (b c");
  await copyFile("/bin/sleep", program);
  const child = spawn(program, ["60"], { stdio: "ignore" });
  try {
    await once(child, "spawn");
    const stat = readProcessStat(child.pid ?? 0);
    expect(stat).toMatchObject({ pid: child.pid, comm: "a) R 1 (b c", parentPid: process.pid });
    expect(stat?.startTime).toBeGreaterThanOrEqual(processStartTime(process.pid));
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
    await rm(directory, { recursive: true });
  }
});

test("a process that is gone", () => {
  // One more than the kernel's largest possible pid.
  expect(readProcessStat(4194305)).toBeUndefined();
  expect(() => processStartTime(4194305)).toThrow(expect.objectContaining({ code: Code.NOT_FOUND }) as Error);
});

test("the children of a process", async () => {
  const shell = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
  const [told] = (await once(shell.stdout, "data")) as [Buffer];
  const child = Number(told.toString());
  try {
    expect(childrenOf(shell.pid ?? 0)).toEqual([child]);
    expect(childrenOf(child)).toEqual([]);
  } finally {
    process.kill(child, "SIGKILL");
    await once(shell, "close");
  }
  expect(childrenOf(child)).toEqual([]);
});
