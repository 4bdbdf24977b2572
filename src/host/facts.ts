/** What of the host decides how VMs run on it. */
import { constants, open as openCallback } from "node:fs";
import { promisify } from "node:util";

import { close, readFile } from "./files.ts";

const open = promisify(openCallback);

export interface HostFacts {
  /** Why KVM cannot be used, as the end of a sentence; absent when it can. */
  readonly kvmMissing?: string;
  /** Rate of the time stamp counter in kHz; absent when it is not constant or not known. */
  readonly tscKhz?: number;
}

export async function readHostFacts(cpuinfoPath = "/proc/cpuinfo", kvmPath = "/dev/kvm"): Promise<HostFacts> {
  const cpuinfo = await readFile(cpuinfoPath, "utf8");
  const tscKhz = tscKhzOf(cpuinfo);
  const kvmMissing = await whyNoKvm(cpuinfo, kvmPath);
  return {
    ...(kvmMissing === undefined ? {} : { kvmMissing }),
    ...(tscKhz === undefined ? {} : { tscKhz }),
  };
}

/**
 * /dev/kvm alone proves nothing: there are kernels whose KVM only emulates, far too slowly to boot Linux.
 * The flags say that the CPU has it, the device that we may use it.
 */
async function whyNoKvm(cpuinfo: string, kvmPath: string): Promise<string | undefined> {
  const flags = flagsOf(cpuinfo);
  if (!flags.has("vmx") && !flags.has("svm")) {
    return "the CPU offers neither vmx nor svm (/proc/cpuinfo)";
  }
  try {
    await close(await open(kvmPath, constants.O_RDWR));
    return undefined;
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? "an error";
    return `${kvmPath} cannot be opened (${errno})`;
  }
}

/**
 * From "bogomips": with a constant TSC the kernel does not measure its delay loop but derives it from the
 * TSC's rate (lpj_fine in arch/x86/kernel/tsc.c), and prints twice that rate in MHz with two decimals,
 * which is exact to 5 kHz. "cpu MHz" would change with the CPU's frequency.
 */
export function tscKhzOf(cpuinfo: string): number | undefined {
  const flags = flagsOf(cpuinfo);
  const bogomips = /^bogomips\s*:\s*(\d+\.\d+)$/m.exec(cpuinfo)?.[1];
  if (bogomips === undefined || !flags.has("constant_tsc")) {
    return undefined;
  }
  const khz = Math.round(Number(bogomips) * 500);
  return khz > 0 ? khz : undefined;
}

function flagsOf(cpuinfo: string): ReadonlySet<string> {
  return new Set(/^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(" "));
}
