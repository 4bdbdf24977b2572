/** `linux.seccomp` (runc: specconv, SetupSeccomp, and libcontainer/seccomp). */

import type { SeccompSpec } from "./oci.ts";
import { requireOneOf } from "./plan-process.ts";
import { invalid, unsupported } from "./refusal.ts";

const ACTIONS: ReadonlySet<string> = new Set(
  ["KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG", "NOTIFY"].map((name) => `SCMP_ACT_${name}`),
);
const OPERATORS: ReadonlySet<string> = new Set(["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"].map((name) => `SCMP_CMP_${name}`));
/** runc knows big-endian ones too, but libseccomp adds none of them to a filter for x86. */
const ARCHITECTURES: ReadonlySet<string> = new Set(
  ["X86", "X86_64", "X32", "ARM", "AARCH64", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC64LE", "RISCV64"].map((name) => `SCMP_ARCH_${name}`),
);
const FLAGS: ReadonlySet<string> = new Set(["TSYNC", "SPEC_ALLOW", "LOG"].map((name) => `SECCOMP_FILTER_FLAG_${name}`));
/** Those that tell the program a number; for all others runc ignores one, and crun refuses it. */
const WITH_NUMBER: ReadonlySet<string> = new Set(["SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"]);
/** A system call has no more arguments. */
const MAX_ARGUMENTS = 6n;

/** undefined: no filter. Names of system calls that the guest's libseccomp does not know are ignored there, as by runc. */
export function planSeccomp(seccomp: SeccompSpec): SeccompSpec | undefined {
  if (seccomp.defaultAction === "" && (seccomp.syscalls ?? []).length === 0) {
    return undefined;
  }
  requireAction("linux.seccomp.defaultAction", seccomp.defaultAction);
  for (const architecture of seccomp.architectures ?? []) {
    requireOneOf("an entry of linux.seccomp.architectures", architecture, ARCHITECTURES);
  }
  for (const flag of seccomp.flags ?? []) {
    requireOneOf("an entry of linux.seccomp.flags", flag, FLAGS);
  }
  const syscalls = seccomp.syscalls?.map((rule, index) => {
    const field = `linux.seccomp.syscalls[${index}]`;
    requireAction(`${field}.action`, rule.action);
    if (rule.names?.includes("") === true) {
      throw invalid(`${field}.names has an empty name`);
    }
    for (const argument of rule.args ?? []) {
      requireOneOf(`${field}.args' op`, argument.op, OPERATORS);
      if (argument.index >= MAX_ARGUMENTS) {
        throw invalid(`${field}.args has the index ${argument.index}; system calls have 6 arguments, from 0 to 5`);
      }
    }
    const { errnoRet, ...rest } = rule;
    return { names: [], ...rest, ...numberOf("errnoRet", rule.action, errnoRet) };
  });
  // Without SCMP_ACT_NOTIFY nobody listens, and runc does not look at them.
  const { listenerPath: _path, listenerMetadata: _metadata, defaultErrnoRet, ...rest } = seccomp;
  return { ...rest, ...numberOf("defaultErrnoRet", seccomp.defaultAction, defaultErrnoRet), ...(syscalls && { syscalls }) };
}

function requireAction(field: string, action: string): void {
  requireOneOf(field, action, ACTIONS);
  if (action === "SCMP_ACT_NOTIFY") {
    throw unsupported(
      `${field} is SCMP_ACT_NOTIFY, which needs a listener on the host, and that cannot reach into the VM (linux.seccomp.listenerPath)`,
    );
  }
}

/** The kernel has 16 bits for it; runc cuts off the rest. */
function numberOf<K extends string>(key: K, action: string, value: bigint | undefined): { [key in K]?: bigint } {
  return (value !== undefined && WITH_NUMBER.has(action) ? { [key]: BigInt.asUintN(16, value) } : {}) as { [key in K]?: bigint };
}
