/** Which kernel and which initramfs a VM boots. */
import { constants } from "node:fs";
import { join } from "node:path";

import { Code, HadronError } from "../errors.ts";
import { access } from "../host/files.ts";
import type { KernelImage } from "./hypervisor.ts";

/** The keys of the configuration that decide. */
export interface GuestImageSettings {
  /** "auto", "tuned", "debian", or the path of a kernel that has built in what the tuned one has. */
  readonly kernel: string;
  /** "auto" or a path. */
  readonly initrd: string;
}

export interface GuestImage {
  readonly kernel: KernelImage;
  readonly initrd: string;
}

/** NR_CPUS of the tuned kernel. */
export const MAX_VCPUS = 16;

const HOW_TO_GET = {
  tuned: `"make kernel" builds it`,
  debian: `"make kernel-debian" unpacks it`,
} as const;

/** `libraryDirectory`: PREFIX/lib/hadron. NOT_FOUND for a file that is missing, with what makes it. */
export async function resolveGuestImage(settings: GuestImageSettings, libraryDirectory: string): Promise<GuestImage> {
  const kernel = await resolveKernel(settings.kernel, libraryDirectory);
  if (settings.initrd !== "auto") {
    await requireReadable(settings.initrd, "the configured initrd", "name the path of an initramfs, or auto");
    return { kernel, initrd: settings.initrd };
  }
  const initrd = join(libraryDirectory, `initramfs-${kernel.kind}.cpio`);
  await requireReadable(initrd, "the initramfs", `"make image" makes it`);
  return { kernel, initrd };
}

async function resolveKernel(setting: string, libraryDirectory: string): Promise<KernelImage> {
  if (setting !== "auto" && setting !== "tuned" && setting !== "debian") {
    await requireReadable(setting, "the configured kernel", "name auto, tuned, debian, or the path of a vmlinux or bzImage");
    return { path: setting, kind: "tuned" };
  }
  const path = (kind: "tuned" | "debian"): string => join(libraryDirectory, "kernel", `vmlinux-${kind}`);
  if (setting !== "auto") {
    await requireReadable(path(setting), `the kernel "${setting}"`, HOW_TO_GET[setting]);
    return { path: path(setting), kind: setting };
  }
  for (const kind of ["tuned", "debian"] as const) {
    if (await isReadable(path(kind))) {
      return { path: path(kind), kind };
    }
  }
  throw new HadronError(
    Code.NOT_FOUND,
    `there is no kernel for the guest: neither ${path("tuned")} (${HOW_TO_GET.tuned}) nor ${path("debian")} (${HOW_TO_GET.debian})`,
  );
}

async function requireReadable(path: string, what: string, remedy: string): Promise<void> {
  if (!(await isReadable(path))) {
    throw new HadronError(Code.NOT_FOUND, `${what}, ${path}, cannot be read; ${remedy}`);
  }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
