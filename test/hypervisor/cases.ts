/** What holds for a VM whoever runs it, with a guest that obeys the test. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync, readlinkSync } from "node:fs";
import { mkdir, readFile, readlink, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { dirname, join } from "node:path";

import { describe, expect, test } from "vitest";

import { Code } from "../../src/errors.ts";
import type { ShareDescriptors } from "../../src/host/host.ts";
import type { Disk, Hypervisor, Medium, VmConfig } from "../../src/hypervisor/hypervisor.ts";
import type { Virtiofsd } from "../../src/hypervisor/virtiofsd.ts";
import { mustRun } from "../harness/command.ts";
import { newerVirtiofsd } from "../harness/virtiofsd.ts";
import type { Guest } from "./guest.ts";
import { soon, type Vms } from "./vms.ts";

/** What differs. */
export interface Expected {
  /** The name of the process that runs the guest. */
  readonly vmm: string;
  /** Role and name of the processes of a VM without shares, in the order in which they start. */
  readonly processes: readonly string[];
  readonly vcpus: readonly number[];
  /** What guest-init.c's `mount` is to be told behind the tag. */
  readonly mount: "" | " virtiofs";
  /** With which a launch fails. */
  readonly noKernel: { readonly code: Code; readonly message: RegExp };
  readonly noDirectory: RegExp;
  readonly noNetns: RegExp;
  /** Why it is gone when a file server ended in good order. */
  readonly serverEnded: RegExp;
}

/** The bytes that `send` of guest-init.c writes, as a checksum. */
function patternSum(count: number): string {
  const pattern = Buffer.alloc(
    251 * 256,
    Uint8Array.from({ length: 251 }, (_, index) => index),
  );
  const hash = createHash("sha256");
  for (let left = count; left > 0; left -= pattern.length) {
    hash.update(pattern.subarray(0, Math.min(left, pattern.length)));
  }
  return hash.digest("hex");
}

async function readAll(socket: Socket): Promise<{ bytes: number; sum: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sum: hash.digest("hex") };
}

/** The virtio device ("virtio3") that is a disk of the guest. */
async function holding(guest: Guest, disk: string): Promise<string> {
  for (let number = 0; number < 16; number++) {
    if (!(await guest.say(`read /sys/bus/virtio/devices/virtio${number}/block/${disk}/size`)).startsWith("error")) {
      return `virtio${number}`;
    }
  }
  throw new Error(`no device is the disk ${disk}`);
}

export function testVms(vms: Vms, { vmm, vcpus: counts, mount, ...expected }: Expected): void {
  describe.each(["tuned", "debian"] as const)("the %s kernel", (kind) => {
    test.each(counts)("boots with %d virtual CPUs, and its guest is heard", async (vcpus) => {
      const { vm, guest } = await vms.launchWithGuest(vms.config(kind, { vcpus, kernelParameters: ["hadron_test=1"] }));
      expect(readdirSync(vms.directory), "nobody needs the socket any more").toEqual([]);
      expect(await guest.say("cpus")).toBe(String(vcpus));
      expect(await guest.say("cmdline")).toContain(" hadron_test=1");
      expect(await vms.consoleLine(/init is up/)).toBe("init is up");
      expect(vms.processes.map(({ role, name }) => `${role} ${name}`)).toEqual(expected.processes);
      expect(vms.diagnostics, "nothing to warn of").toEqual([]);
      expect(vm.pid).toBe(vms.pidOf(vmm));
      expect(await readlink(`/proc/${vm.pid}/ns/net`)).not.toBe(await readlink("/proc/self/ns/net"));
      expect(guest.join.port).toBe(1024);
      guest.tell("reboot");
      expect(await vm.exited).toEqual({ reason: "the guest rebooted", expected: false, outOfMemory: false });
      guest.hangUp();
    });

    test("shares directories, whatever they are called, and what is mounted in them later", async () => {
      const place = join(dirname(vms.directory), "one, two\n,,three four");
      await mkdir(join(place, "later"), { recursive: true });
      await writeFile(join(place, "file"), "of the host\n");
      const { vm, guest } = await vms.launchWithGuest(
        vms.config(kind, { devices: [vms.share("other", import.meta.dirname), vms.share("rootfs", place)] }),
      );
      expect(await guest.say(`mount rootfs${mount}`)).toBe("ok");
      expect(await guest.say("read /mnt/file")).toBe("of the host");
      await mustRun("mount", ["-t", "tmpfs", "tmpfs", join(place, "later")]);
      try {
        await writeFile(join(place, "later/file"), "mounted later\n");
        expect(await guest.say("read /mnt/later/file")).toBe("mounted later");
        expect(await guest.say("write /mnt/later/answer of the guest")).toBe("ok");
        expect(await readFile(join(place, "later/answer"), "utf8")).toBe("of the guest\n");
      } finally {
        // virtiofsd holds what the guest has not forgotten.
        await vm.stop();
        await mustRun("umount", [join(place, "later")]);
      }
      guest.hangUp();
    });

    test("streams arrive whole", async () => {
      const count = 10_000_001;
      const { vm, guest } = await vms.launchWithGuest(vms.config(kind));
      const [ours, theirs] = await vms.host.socketpair();
      const stream = await vm.vsock.accept(2000, theirs, "out");
      closeSync(theirs);
      const received = readAll(new Socket({ fd: ours }));
      expect(await guest.say(`send 2000 ${count}`)).toBe("ok");
      expect(await stream.ended).toEqual({ bytes: BigInt(count) });
      expect(await received).toEqual({ bytes: count, sum: patternSum(count) });
      expect(await guest.say("send 2001 1"), "nobody has reserved it").toBe("error: no connection");
      guest.hangUp();
    });

    test("a panic is told in the kernel's words", async () => {
      const vm = await vms.launch(vms.config(kind, { kernelParameters: ["test=panic"] }));
      const { reason, expected: wanted } = await vm.exited;
      expect(reason).toMatch(/^the guest's kernel panicked: Attempted to kill init! exitcode=0x00000300/);
      expect(wanted).toBe(false);
      expect(await vms.consoleLine(/Kernel panic/)).toContain("Attempted to kill init");
    });
  });

  describe.each(["tuned", "debian"] as const)("disks and the %s kernel", (kind) => {
    test("are there from the start, or come and go", async () => {
      const place = dirname(vms.directory);
      const files = new Map<string, string>();
      const medium = async (name: string, readOnly = false): Promise<Medium> => {
        const path = join(place, name);
        files.set(name, path);
        await writeFile(path, Buffer.concat([Buffer.from(`this is ${name}\n`)], 1 << 20));
        const fd = openSync(path, readOnly ? "r" : "r+");
        vms.shared.push(fd);
        return { fd, readOnly, direct: false, cache: "writeBack" };
      };
      const disk = (id: string, found: Medium | undefined): Disk => ({ kind: "disk", id, queues: 1, medium: found });
      const devices = [disk("a", await medium("first")), disk("b", await medium("second", true)), disk("c", undefined)];
      const { vm, guest } = await vms.launchWithGuest(vms.config(kind, { devices }));
      const content = async (name: string): Promise<string> => (await readFile(files.get(name) ?? "", "latin1")).split("\n")[0] ?? "";
      const named = async (serial: string): Promise<string> => {
        for (const name of ["vda", "vdb", "vdc"]) {
          if ((await guest.say(`read /sys/block/${name}/serial`)) === serial) {
            return name;
          }
        }
        return "none";
      };
      const open = (): string[] =>
        vm.pids
          .flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`)))
          .filter((path) => path.startsWith(place));

      const [a, b] = [await named("a"), await named("b")];
      expect(await guest.say(`read /dev/${a}`)).toBe("this is first");
      expect(await guest.say(`write /dev/${a} of the guest`)).toBe("ok");
      expect(await content("first")).toBe("of the guest");
      expect(await guest.say(`read /dev/${b}`)).toBe("this is second");
      expect(await guest.say(`write /dev/${b} of the guest`)).not.toBe("ok");
      expect(await guest.say(`read /sys/block/${b}/ro`)).toBe("1");

      const unseen = vms.hypervisor.capabilities.emptyDisks === "unseen";
      expect(await named("c")).toBe(unseen ? "none" : "vdc");
      // By the number of the place, or of the device.
      const bus = unseen ? "platform/drivers/virtio-mmio" : "virtio/drivers/virtio_blk";
      const device = unseen ? "LNRO0005:05" : await holding(guest, "vdc");
      for (const name of ["third", "fourth"]) {
        if (!unseen && name === "third") {
          await guest.say(`write /sys/bus/${bus}/unbind ${device}`);
        }
        await vm.insertDisk("c", await medium(name), soon());
        await guest.say(`write /sys/bus/${bus}/bind ${device}`);
        const c = await named("c");
        expect(await guest.say(`read /sys/block/${c}/size`)).toBe("2048");
        expect(await guest.say(`read /dev/${c}`)).toBe(`this is ${name}`);
        expect(await guest.say(`write /dev/${c} more of the guest`)).toBe("ok");
        expect(await content(name)).toBe("more of the guest");
        await expect(vm.insertDisk("c", await medium("never"), soon())).rejects.toMatchObject({ code: Code.INTERNAL });
        await guest.say(`write /sys/bus/${bus}/unbind ${device}`);
        await vm.ejectDisk("c", soon());
        expect(open().filter((path) => path.endsWith(name) || path.endsWith("never"))).toEqual([]);
      }
      await expect(vm.ejectDisk("c", soon())).rejects.toMatchObject({ code: Code.INTERNAL });
      await expect(vm.ejectDisk("d", soon())).rejects.toMatchObject({ code: Code.NOT_FOUND });
      await (unseen
        ? vm.insertDisk("c", await medium("readable", true), soon())
        : expect(vm.insertDisk("c", await medium("readable", true), soon())).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION }));
      expect(await guest.say("cpus")).toBe("1");
      guest.hangUp();
    });
  });

  test("a stopped VM leaves nothing, however often it is stopped", async () => {
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned"));
    await guest.say("cpus");
    await Promise.all([vm.stop(), vm.stop(), vm[Symbol.asyncDispose]()]);
    expect(await vm.exited).toEqual({ reason: "the VM was stopped", expected: true, outOfMemory: false });
    expect(vms.processes.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect((await guest.join.ended).error).toBeDefined();
    guest.hangUp();
    await expect(vm.pause(soon())).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });

  test(`the death of ${vmm} is told`, async () => {
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned"));
    await guest.say("cpus");
    process.kill(vms.pidOf(vmm), "SIGKILL");
    expect(await vm.exited).toEqual({ reason: `${vmm} was killed by SIGKILL`, expected: false, outOfMemory: false });
    expect((await guest.join.ended).error).toBeDefined();
    await expect(guest.say("cpus")).rejects.toThrow(/ended/);
    guest.hangUp();
  });

  test("a paused VM does nothing until it is resumed", async () => {
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned"));
    await guest.say("cpus");
    await vm.pause(soon());
    let answered = false;
    const answer = guest.say("cpus").finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    await vm.resume(soon());
    expect(await answer).toBe("1");
    guest.hangUp();
  });

  test("the VM is in the network namespace that it is told", async () => {
    const owner = spawn("unshare", ["--net", "sh", "-c", "echo up; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await new Promise((resolve) => owner.stdout.once("data", resolve));
      const path = `/proc/${owner.pid}/ns/net`;
      const vm = await vms.launch(vms.config("tuned", { netns: { path } }));
      expect(await readlink(`/proc/${vm.pid}/ns/net`)).toBe(await readlink(path));
    } finally {
      owner.kill("SIGKILL");
      await new Promise((resolve) => owner.once("close", resolve));
    }
  });

  describe("a launch that fails leaves nothing", () => {
    test.each(expected.processes)("given up when %s starts", async (process) => {
      const controller = new AbortController();
      const config = vms.config("tuned", { onProcess: abortAt(process.split(" ")[1] ?? "", controller) });
      await expect(vms.hypervisor.launch(config, controller.signal)).rejects.toMatchObject({
        code: Code.CANCELLED,
        message: expect.stringContaining("no more") as string,
      });
      expect(vms.processes.length).toBeGreaterThan(0);
    });

    test("given up before it begins", async () => {
      await expect(vms.hypervisor.launch(vms.config("tuned"), AbortSignal.abort(new Error("no more")))).rejects.toMatchObject({
        code: Code.CANCELLED,
      });
      expect(vms.processes).toEqual([]);
    });

    test.each<[string, () => Partial<VmConfig>, Partial<{ code: Code; message: RegExp }>]>([
      ["a kernel that is not there", () => ({ kernel: { kind: "tuned", path: "/no/kernel" } }), expected.noKernel],
      [
        "a share that is no directory",
        () => ({ devices: [vms.share("rootfs", "/dev/null")] }),
        { code: Code.INTERNAL, message: expected.noDirectory },
      ],
      ["a network namespace that is not there", () => ({ netns: { path: "/no/netns" } }), { code: Code.INTERNAL, message: expected.noNetns }],
      ["too many CPUs", () => ({ vcpus: 99 }), { code: Code.INVALID_ARGUMENT, message: /99/ }],
      [
        "a journal that cannot be written",
        () => ({ onProcess: note(() => Promise.reject(new Error("the disk is full"))) }),
        { message: /disk is full/ },
      ],
      [
        "a directory that is not there",
        () => ({ directory: "/no/directory", devices: [vms.share("rootfs", vms.directory)] }),
        { message: /\/no\/directory/ },
      ],
    ])("%s", async (_, change, { code, message }) => {
      const failure: unknown = await vms.hypervisor.launch(vms.config("tuned", change()), soon()).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ message: expect.stringMatching(message ?? /./) as string, ...(code === undefined ? {} : { code }) });
    });

    function note(then: () => Promise<void>): VmConfig["onProcess"] {
      return (process) => {
        vms.processes.push(process);
        return then();
      };
    }

    function abortAt(wanted: string, controller: AbortController): VmConfig["onProcess"] {
      return (process) => {
        vms.processes.push(process);
        if (process.name === wanted) {
          controller.abort(new Error("no more"));
        }
        return Promise.resolve();
      };
    }
  });
}

/** `withVirtiofsd`: one that shares directories by it; Debian 12's, if nothing else is said. */
export function testVirtiofsd(vms: Vms, { vmm, processes, serverEnded }: Expected, withVirtiofsd: (virtiofsd?: Virtiofsd) => Hypervisor): void {
  test("shares a directory, and what is mounted in it later", async () => {
    const place = join(dirname(vms.directory), "shared");
    await mkdir(join(place, "later"), { recursive: true });
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned", { devices: [vms.share("rootfs", place)] }), withVirtiofsd());
    expect(vms.processes.map(({ role, name }) => `${role} ${name}`).toSorted()).toEqual([...processes, "helper virtiofsd"].toSorted());
    expect(readdirSync(vms.directory)).toEqual([]);
    expect(await guest.say("mount rootfs virtiofs")).toBe("ok");
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", join(place, "later")]);
    try {
      await writeFile(join(place, "later/file"), "mounted later\n");
      expect(await guest.say("read /mnt/later/file")).toBe("mounted later");
    } finally {
      process.kill(vms.pidOf("virtiofsd"), "SIGKILL");
      expect((await vm.exited).reason).toMatch(/^the process virtiofsd was killed by SIGKILL/);
      await vm.stop();
      await mustRun("umount", [join(place, "later")]);
    }
    guest.hangUp();
  });

  test("the one in Rust shares what is mounted for the pod and nothing of the host, twice", async () => {
    const program = join(dirname(vms.directory), "virtiofsd");
    await writeFile(program, `#!/bin/sh\nexec ${(await newerVirtiofsd()).join(" ")} "$@"\n`, { mode: 0o755 });
    const source = join(dirname(vms.directory), "source");
    await mkdir(source);
    await writeFile(join(source, "file"), "of the pod\n");
    const [made] = await vms.host.makeShares(1);
    const descriptors = made as ShareDescriptors;
    vms.shared.push(...Object.values(descriptors));
    await vms.host.mount(descriptors, { type: "bind", source, target: "/1", options: ["bind"] });
    const devices = [{ kind: "share", tag: "rootfs", share: descriptors } as const];
    // The second finds the share as the first one left it.
    for (const later of ["/2", "/3"]) {
      const { vm, guest } = await vms.launchWithGuest(vms.config("tuned", { devices }), withVirtiofsd({ path: program, style: "rust" }));
      expect(await guest.say("mount rootfs virtiofs")).toBe("ok");
      expect(await guest.say("read /mnt/1/file")).toBe("of the pod");
      await vms.host.mount(descriptors, { type: "bind", source, target: later, options: ["bind"] });
      expect(await guest.say(`read /mnt${later}/file`)).toBe("of the pod");
      for (const path of ["proc/version", "etc/passwd", "../etc/passwd", "host", "share"]) {
        expect(await guest.say(`read /mnt/${path}`)).not.toMatch(/^(Linux|root)/);
      }
      expect(readdirSync(`/proc/${vms.pidOf("virtiofsd")}/root`)).toEqual(later === "/2" ? ["1", "2"] : ["1", "2", "3"]);
      await vm.stop();
      guest.hangUp();
      vms.processes.length = 0;
    }
  });

  test(`the death of ${vmm} is told, though virtiofsd ends with it`, async () => {
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned", { devices: [vms.share("rootfs", dirname(vms.directory))] }), withVirtiofsd());
    process.kill(vms.pidOf(vmm), "SIGKILL");
    expect((await vm.exited).reason).toBe(`${vmm} was killed by SIGKILL`);
    guest.hangUp();
  });

  test("a virtiofsd that ends in good order ends the VM all the same", async () => {
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned", { devices: [vms.share("rootfs", dirname(vms.directory))] }), withVirtiofsd());
    process.kill(vms.pidOf("virtiofsd"), "SIGTERM");
    expect((await vm.exited).reason).toMatch(serverEnded);
    guest.hangUp();
  });

  test("a virtiofsd that does not start is quoted", async () => {
    const devices = [vms.share("rootfs", "/dev/null")];
    await expect(withVirtiofsd().launch(vms.config("tuned", { devices }), soon())).rejects.toMatchObject({
      code: Code.INTERNAL,
      message: expect.stringMatching(/virtiofsd exited with status 1/) as string,
    });
  });
}
