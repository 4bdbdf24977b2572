/** What a guest's kernel is told, whoever runs it. */
import { Code, HadronError } from "../errors.ts";

export interface KernelWords {
  /** What the hypervisor itself has to say, beside what all of them have. */
  readonly own: readonly string[];
  /** Of the configuration. */
  readonly parameters: readonly string[];
}

/** COMMAND_LINE_SIZE of x86 is 2048, with the final zero. */
export const MAX_KERNEL_COMMAND_LINE = 2047;

/** What the tuned kernel's patches understand: the local APIC timers of TCG and of KVM count at 1 GHz; not measuring it saves 240 ms. */
export const TUNED_KERNEL_WORD = "lapic_timer_hz=1000000000";

const COMMON = [
  "console=ttyS0",
  "quiet",
  "panic=-1",
  // Mounts, cgroups and namespaces wait for grace periods of RCU, ordinary ones 20 to 30 ms each in an idle guest.
  "rcupdate.rcu_expedited=1",
  // A pod has the interfaces of its network and no others: drivers that are built in make some by themselves.
  "fb_tunnels=none",
  "dummy.numdummies=0",
  "ifb.numifbs=0",
];

/**
 * Parameters that are given twice count as given last, so the configuration's are at the end. `most`: bytes.
 *
 * @throws HadronError INVALID_ARGUMENT
 */
export function kernelCommandLine({ own, parameters }: KernelWords, most = MAX_KERNEL_COMMAND_LINE): string {
  const line = [...COMMON, ...own, ...parameters].join(" ");
  const bytes = Buffer.byteLength(line);
  if (bytes > most) {
    throw new HadronError(
      Code.INVALID_ARGUMENT,
      `the kernel command line has ${bytes} bytes; at most ${most} are possible: shorten the configured kernel parameters`,
    );
  }
  return line;
}
