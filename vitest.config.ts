import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

import { inLab, patient } from "./test/harness/patience.ts";
import { containerd17, differential, eachVersion, notInLab, withoutContainerd } from "./test/selection.ts";

// How long expect.poll waits. Its default of a second is what one `ctr` may take on a busy machine. In the lab's only CPU
// each look takes time from what is looked for.
const poll = { timeout: patient(20_000), interval: patient(50) };

const unit: TestProjectInlineConfiguration = {
  test: {
    name: "unit",
    include: ["src/**/*.test.ts", "packages/**/*.test.ts", "tools/**/*.test.ts"],
    exclude: ["**/node_modules/**"],
    // Beside daemons, virtual machines and compilers, what takes milliseconds may take seconds.
    testTimeout: 60_000,
    expect: { poll },
  },
};

/** What runs real daemons and real virtual machines. */
function endToEnd(name: string, { env, ...files }: NonNullable<TestProjectInlineConfiguration["test"]>): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      // Each file has daemons and virtual machines of its own, and the machine may have two cores.
      fileParallelism: false,
      // A process for each file: what a test starts is told to die with it.
      pool: "forks",
      testTimeout: patient(120_000),
      hookTimeout: patient(120_000),
      expect: { poll },
      // ctr would say it between what the containers say.
      env: { CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS: "true", ...env },
      ...files,
    },
  };
}

const allFiles = ["test/**/*.test.ts", "!test/{kubernetes,long}/**"];
const everyFile = process.env["HADRON_TEST_ALL"] !== undefined;
const versionFiles = (selected: Readonly<Record<string, string>>): TestProjectInlineConfiguration["test"] => ({
  include: everyFile ? allFiles : Object.keys(selected),
  exclude: withoutContainerd,
});
const named = process.env["HADRON_TEST_CONTAINERD"];

export default defineConfig({
  test: {
    // So that the tests need no `make` before.
    globalSetup: ["tools/proto.ts"],
    projects: inLab
      ? [endToEnd("lab", { include: allFiles, exclude: Object.keys(notInLab), globalSetup: ["test/lab/setup.ts"] })]
      : [
          unit,
          // Started by test/kubernetes/run, with what it names.
          ...(process.env["HADRON_KUBERNETES"] === undefined ? [] : [endToEnd("kubernetes", { include: ["test/kubernetes/*.test.ts"] })]),
          // With the newest containerd, if HADRON_TEST_CONTAINERD does not name others.
          endToEnd("e2e", { include: allFiles, exclude: differential }),
          endToEnd("differential", { include: differential }),
          // With the others: what depends on containerd, or everything.
          endToEnd("versions", { ...versionFiles(eachVersion), env: { HADRON_TEST_CONTAINERD: named ?? "1.6,2.1" } }),
          ...(named === undefined ? [endToEnd("containerd-1.7", { ...versionFiles(containerd17), env: { HADRON_TEST_CONTAINERD: "1.7" } })] : []),
          // What takes minutes: `make test-long`.
          ...(process.env["HADRON_TEST_LONG"] === undefined ? [] : [endToEnd("long", { include: ["test/long/*.test.ts"] })]),
        ],
  },
});
