/** docs/differences.md is what the list says; `vitest -u` writes it. */
import { join } from "node:path";

import { expect, test } from "vitest";

import { repository } from "../harness/paths.ts";
import { DIFFERENCES, type Fact } from "./differences.ts";

const WHERE: Readonly<Record<Fact, string>> = {
  "9p": "without KVM",
  "virtio-fs": "with KVM",
  "host cgroup v1": "on a host with cgroup v1",
  "host cgroup v2": "on a host with cgroup v2",
};

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function page(): string {
  return `# What differs from runc

Hadron is compared with runc 1.1 field by field: the same specs, the same file operations and the same calls go to both (\`test/differential\`). What is not
in this list is the same, or is a fault; a test makes this page from the list that those tests judge by, and fails when an entry is no longer so.

${[row(["What", "runc", "Hadron", "Why"]), "|---|---|---|---|", ...DIFFERENCES.map(({ what, on, runc, hadron, why }) => row([on === undefined ? what : `${what} (${WHERE[on]})`, runc, hadron, why]))].join("\n")}
`;
}

test("docs/differences.md says what the list of differences says", async () => {
  await expect(page()).toMatchFileSnapshot(join(repository, "docs/differences.md"));
});
