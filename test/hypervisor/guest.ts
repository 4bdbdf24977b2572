/** What the hypervisor tests boot, and how they talk to it. */
import { createHash } from "node:crypto";
import { closeSync, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { Host } from "../../src/host/host.ts";
import type { Join, KernelImage, Vsock } from "../../src/hypervisor/hypervisor.ts";
import type { Virtiofsd } from "../../src/hypervisor/virtiofsd.ts";
import { mustRun } from "../harness/command.ts";
import { build, cache, debianPackages, repository } from "../harness/paths.ts";

/** Where the runtime under test is installed; the variable is the one of src/host/native.ts. */
export const library = process.env["HADRON_LIB"] ?? join(build, "lib/hadron");
/** Debian 12's. */
export const debianVirtiofsd: Virtiofsd = { path: "/usr/lib/qemu/virtiofsd", style: "c" };
/** Where guest-init.c calls. */
export const guestPort = 1024;

export function kernelOf(kind: KernelImage["kind"]): KernelImage {
  return { kind, path: join(library, "kernel", `vmlinux-${kind}`) };
}

/**
 * The path of an initramfs with guest-init.c and the modules that the kernel needs. It is made when it is not in the cache, which takes minutes
 * in the lab.
 */
export async function guestInitramfs(kind: KernelImage["kind"]): Promise<string> {
  const [source, script] = [join(import.meta.dirname, "guest-init.c"), join(repository, "guest/image/build")];
  const modules = kind === "debian" ? await debianPackages("bookworm", "depends-of:linux-image-amd64") : [];
  const hash = createHash("sha256").update(modules.join());
  for (const path of [source, script]) {
    hash.update(await readFile(path));
  }
  const directory = join(cache, "hypervisor-tests");
  const finished = join(directory, `initramfs-${kind}-${hash.digest("hex").slice(0, 16)}.cpio`);
  if (existsSync(finished)) {
    return finished;
  }
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(`${finished}.new-`);
  try {
    const [init, output] = [join(work, "init"), join(work, "initramfs")];
    await mustRun("cc", ["-O2", "-static", "-Wall", "-Werror", "-o", init, source]);
    await mustRun(script, [init, join(build, "crun"), output, ...modules]);
    await rename(output, finished);
  } finally {
    await rm(work, { recursive: true });
  }
  return finished;
}

/** A directory as the shim makes one for a VM. */
export async function vmDirectory(): Promise<string> {
  const directory = join(await mkdtemp(join(tmpdir(), "hadron-test-")), "a, b");
  await mkdir(directory);
  return directory;
}

/** The guest's init, to which one line after the other can be said. */
export class Guest {
  readonly join: Join;
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;

  private constructor(join: Join, socket: Socket) {
    this.join = join;
    this.#socket = socket;
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    socket.on("error", () => undefined);
  }

  /** Reserves the port; the guest may be up already or boot later. */
  static async await(host: Pick<Host, "socketpair">, vsock: Vsock): Promise<Guest> {
    const [ours, theirs] = await host.socketpair();
    const socket = new Socket({ fd: ours, readable: true, writable: true });
    try {
      return new Guest(await vsock.accept(guestPort, theirs, "both"), socket);
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      closeSync(theirs);
    }
  }

  /** Says a line and returns the answer; waits for the guest to boot, if need be. */
  async say(line: string): Promise<string> {
    this.#socket.write(`${line}\n`);
    return await this.answer();
  }

  async answer(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) {
      throw new Error("The guest's stream has ended.");
    }
    return value;
  }

  /** Says a line that has no answer. */
  tell(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  hangUp(): void {
    this.#socket.destroy();
  }
}
