/** What the runners say of how many tests passed. */

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** The names of the tests that failed, for the end of a log of which nobody has more than the end. */
  failures: string[];
}

export function emptyCounts(): Counts {
  return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

/** Adds every "test result:" line of `cargo test`, of which there is one for each test binary, and the tests that failed. */
export function addCargoOutput(counts: Counts, output: string): void {
  counts.failures.push(...Array.from(output.matchAll(/^test (.+) \.\.\. FAILED$/gm), ([, name]) => name ?? ""));
  const results = output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm);
  for (const [, passed, failed, ignored] of results) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
    counts.skipped += Number(ignored);
  }
}

/** Adds the report of vitest's json reporter. Throws when it is something else. */
export function addVitestReport(counts: Counts, report: unknown): void {
  if (!isReport(report)) {
    throw new Error("vitest's report does not look as expected");
  }
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  for (const { name, status, assertionResults } of report.testResults) {
    const failed = assertionResults.filter((test) => test.status === "failed");
    counts.failures.push(...failed.map((test) => `${name}: ${test.fullName}`));
    // A file that cannot be loaded, or whose setup fails, has no failed test: its tests never ran.
    if (status === "failed" && failed.length === 0) {
      counts.failed += 1;
      counts.failures.push(name);
    }
  }
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
}

function isReport(value: unknown): value is VitestReport {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const report = value as Partial<Record<keyof VitestReport, unknown>>;
  const counted = [report.numPassedTests, report.numFailedTests, report.numPendingTests, report.numTodoTests];
  return counted.every((count) => typeof count === "number") && Array.isArray(report.testResults);
}
