import { describe, expect, it } from "vitest";

import type { SeccompSpec } from "./oci.ts";
import { planSeccomp } from "./plan-seccomp.ts";

describe("a seccomp filter", () => {
  it("without default action and rules is none", () => {
    expect(planSeccomp({ defaultAction: "" })).toBeUndefined();
    expect(planSeccomp({ defaultAction: "", syscalls: [], flags: ["SECCOMP_FILTER_FLAG_LOG"] })).toBeUndefined();
  });

  it("comes as it was written, with all bits, whatever its names of system calls are", () => {
    const filter: SeccompSpec = {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 38n,
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64"],
      flags: [],
      syscalls: [
        { names: ["nosuchcall"], action: "SCMP_ACT_ALLOW" },
        {
          names: ["ioctl"],
          action: "SCMP_ACT_TRACE",
          errnoRet: 0n,
          args: [{ index: 5n, value: 2n ** 64n - 1n, valueTwo: 2n ** 63n, op: "SCMP_CMP_MASKED_EQ" }],
        },
      ],
    };
    expect(planSeccomp(filter)).toEqual(filter);
  });

  it("has a number for the program only where an action takes one, of 16 bits", () => {
    expect(
      planSeccomp({
        defaultAction: "SCMP_ACT_ALLOW",
        defaultErrnoRet: 1n,
        syscalls: [
          { names: ["mkdir"], action: "SCMP_ACT_KILL", errnoRet: 3n },
          { action: "SCMP_ACT_ERRNO", errnoRet: 65_537n },
        ],
      }),
    ).toEqual({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [
        { names: ["mkdir"], action: "SCMP_ACT_KILL" },
        { names: [], action: "SCMP_ACT_ERRNO", errnoRet: 1n },
      ],
    });
  });

  it("without SCMP_ACT_NOTIFY has no listener", () => {
    expect(planSeccomp({ defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/x", listenerMetadata: "y" })).toEqual({ defaultAction: "SCMP_ACT_ALLOW" });
  });

  it("with SCMP_ACT_NOTIFY in a rule is refused", () => {
    expect(() => planSeccomp({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" }] })).toThrow(
      /syscalls\[0\]\.action .*listener/,
    );
  });
});
