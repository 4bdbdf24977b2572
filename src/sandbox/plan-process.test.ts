import { describe, expect, it } from "vitest";

import type { ProcessSpec } from "./oci.ts";
import { planExec } from "./plan-process.ts";

const process: ProcessSpec = { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } };
const NONE = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };

function plan(exec: Partial<ProcessSpec>, init: Partial<ProcessSpec>): { planned: ProcessSpec; warnings: string[] } {
  const warnings: string[] = [];
  return { planned: planExec({ ...process, ...exec }, { ...process, ...init }, (sentence) => warnings.push(sentence)), warnings };
}

describe("an additional process", () => {
  it("has its own capabilities, or none of those that it does not name", () => {
    const { planned } = plan({ capabilities: { effective: ["CAP_KILL"] } }, { capabilities: { bounding: ["CAP_CHOWN"] } });
    expect(planned.capabilities).toEqual({ ...NONE, effective: ["CAP_KILL"] });
    expect(plan({ capabilities: {} }, { capabilities: { bounding: ["CAP_CHOWN"] } }).planned.capabilities).toEqual(NONE);
  });

  it("has those of the container's init when it says nothing of them", () => {
    const { planned, warnings } = plan({}, { capabilities: { bounding: ["CAP_CHOWN", "CAP_NEW"], ambient: ["CAP_KILL"] } });
    expect(planned.capabilities).toEqual({ ...NONE, bounding: ["CAP_CHOWN"], ambient: ["CAP_KILL"] });
    expect(warnings).toEqual([expect.stringContaining('"CAP_NEW"')]);
    expect(plan({}, {}).planned.capabilities).toEqual(NONE);
  });

  it("has nothing else of it", () => {
    const init: Partial<ProcessSpec> = {
      env: ["A=1"],
      rlimits: [{ type: "RLIMIT_CORE", hard: 1n, soft: 1n }],
      noNewPrivileges: true,
      oomScoreAdj: 5n,
    };
    expect(plan({}, init).planned).toEqual({ ...process, capabilities: NONE });
  });

  it("is checked as the init is", () => {
    expect(() => plan({ cwd: "x" }, {})).toThrow("process.cwd");
    expect(() => plan({ args: [] }, {})).toThrow("process.args");
  });
});
