/**
 * `make test`: runs every test there is and adds up the counts of all runners. The last line is
 * "N passed, N failed"; the exit code is 0 only if nothing failed and every runner came to its end.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { messageOf } from "../../src/errors.ts";
import { everyBuildInLab } from "../selection.ts";
import { addCargoOutput, addVitestReport, emptyCounts, type Counts } from "./counts.ts";
import { repository } from "./paths.ts";

/** A runner that hangs must not hang the build machine. */
const RUNNER_MS = 60 * 60_000;
/** A guest that libFuzzer makes up has them on every build; `make fuzz` takes longer. */
const FUZZ_S = 30;
/** Before that the lab stops by itself, and says so. */
const LAB_S = 50 * 60;

const totals = emptyCounts();
const broken: string[] = [];

// What is not in the cache yet takes minutes, mostly of one core.
const prefetch = runner("what tests take from the cache", async () => {
  return (await tee(process.execPath, [join(repository, "test/harness/prefetch.ts")])).exitCode;
});
// The lab takes one core, and leaves it to the others when they want it. After it there is one for what can run beside others.
const lab = prefetch
  .then(
    async () =>
      await runner("vitest in the lab", async (counts) => {
        return await vitest(counts, async (report) => {
          const env = { ...process.env, HADRON_LAB_RESULT: report, HADRON_LAB_TIMEOUT: String(LAB_S) };
          return await tee(join(repository, "test/lab/run"), Object.keys(everyBuildInLab), env);
        });
      }),
  )
  .then(async () => await hostVitest("vitest, compared with runc", "--project=differential"));

await runner("make check", async () => (await tee("make", ["--no-print-directory", "check"])).exitCode);

for (const target of ["test-native", "test-agent"]) {
  await runner(`make ${target}`, async (counts) => {
    const { output, exitCode } = await tee("make", ["--no-print-directory", target]);
    addCargoOutput(counts, output);
    return exitCode;
  });
}

await runner("make fuzz", async () => (await tee("make", ["--no-print-directory", "fuzz", `FUZZ_S=${FUZZ_S}`])).exitCode);

await prefetch;
await hostVitest("vitest", "--project=!differential");
await lab;

for (const sentence of [...totals.failures.map((name) => `failed: ${name}`), ...broken]) {
  console.log(sentence);
}
if (totals.skipped > 0) {
  console.log(`${totals.skipped} skipped`);
}
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

/** Runs one runner and adds its counts; one that fails without a failed test counts as one failure. */
async function runner(name: string, work: (counts: Counts) => Promise<number | null>): Promise<void> {
  console.log(`\n=== ${name} ===`);
  const began = performance.now();
  const counts = emptyCounts();
  try {
    const exitCode = await work(counts);
    if (exitCode !== 0 && counts.failed === 0) {
      counts.failed += 1;
      broken.push(`${name} ended with exit code ${exitCode} although no test of it failed.`);
    }
  } catch (error) {
    counts.failed += 1;
    broken.push(`${name} did not come to its end: ${messageOf(error)}`);
  }
  console.log(`\n=== ${name}: ${Math.round((performance.now() - began) / 1000)} s ===`);
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
  totals.failures.push(...counts.failures.map((failure) => `${name}: ${failure}`));
}

/** Runs vitest on this machine, with arguments that say what of it. */
async function hostVitest(name: string, ...args: readonly string[]): Promise<void> {
  await runner(name, async (counts) => {
    return await vitest(counts, async (report) => {
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
      return await tee(process.execPath, [join(repository, "node_modules/vitest/vitest.mjs"), "run", ...args, ...reporters]);
    });
  });
}

/** Runs vitest, by a command that is told where its report goes. */
async function vitest(counts: Counts, work: (report: string) => Promise<{ exitCode: number | null }>): Promise<number | null> {
  const directory = await mkdtemp(join(tmpdir(), "hadron-test-report-"));
  try {
    const report = join(directory, "report.json");
    const { exitCode } = await work(report);
    const text = await readFile(report, "utf8").catch(() => "");
    if (text === "") {
      throw new Error(`exit code ${exitCode}, and no report of its tests`);
    }
    addVitestReport(counts, JSON.parse(text));
    return exitCode;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Runs a program, showing its output as it comes and keeping stdout. */
async function tee(file: string, args: readonly string[], env = process.env): Promise<{ output: string; exitCode: number | null }> {
  // A group of its own, so that a deadline ends the runner's children as well.
  const child = spawn(file, args, { cwd: repository, env, stdio: ["ignore", "pipe", "inherit"], detached: true });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    process.stdout.write(chunk);
  });
  const stopGroup = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, "SIGKILL");
    }
  };
  process.once("SIGINT", stopGroup);
  process.once("SIGTERM", stopGroup);
  try {
    const [exitCode] = (await once(child, "close", { signal: AbortSignal.timeout(RUNNER_MS) })) as [number | null];
    return { output: Buffer.concat(chunks).toString("utf8"), exitCode };
  } finally {
    stopGroup();
    process.off("SIGINT", stopGroup);
    process.off("SIGTERM", stopGroup);
  }
}
