import { expect, test } from "vitest";

import { addCargoOutput, addVitestReport, emptyCounts } from "./counts.ts";

test("adds the results of every test binary of cargo", () => {
  const counts = emptyCounts();
  addCargoOutput(
    counts,
    [
      "running 2 tests",
      "test a ... ok",
      "test module::b ... FAILED",
      "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
      "test result: FAILED. 10 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
    ].join("\n"),
  );
  expect(counts).toEqual({ passed: 12, failed: 3, skipped: 1, failures: ["module::b"] });
});

test("adds vitest's report, and counts a file whose tests never ran as a failure", () => {
  const counts = emptyCounts();
  addVitestReport(counts, {
    numPassedTests: 4,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [
      { name: "a.test.ts", status: "passed", assertionResults: [{ fullName: "is", status: "passed" }] },
      {
        name: "b.test.ts",
        status: "failed",
        assertionResults: [
          { fullName: "does", status: "failed" },
          { fullName: "has", status: "passed" },
        ],
      },
      { name: "c.test.ts", status: "failed", assertionResults: [] },
      { name: "d.test.ts", status: "failed", assertionResults: [{ fullName: "can", status: "skipped" }] },
    ],
  });
  expect(counts).toEqual({ passed: 4, failed: 3, skipped: 3, failures: ["b.test.ts: does", "c.test.ts", "d.test.ts"] });
});

test("refuses what is no report", () => {
  expect(() => addVitestReport(emptyCounts(), { numPassedTests: "4" })).toThrow(/does not look as expected/);
});
