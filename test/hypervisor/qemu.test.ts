/** The real QEMU, the real hadron-vsock and hadron-exec, and a guest that obeys the test. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Code } from "../../src/errors.ts";
import { Host, type ShareDescriptors } from "../../src/host/host.ts";
import { chooseHypervisor } from "../../src/hypervisor/choose.ts";
import type { Hypervisor, KernelImage, SharedDirectory, Vm, VmConfig, VmProcess } from "../../src/hypervisor/hypervisor.ts";
import { Qemu } from "../../src/hypervisor/qemu/qemu.ts";
import type { Virtiofsd } from "../../src/hypervisor/virtiofsd.ts";
import { mustRun } from "../harness/command.ts";
import { openDescriptors } from "../harness/descriptors.ts";
import { newerVirtiofsd } from "../harness/virtiofsd.ts";
import { buildInitramfs, Guest, kernelOf, library, vmDirectory } from "./guest.ts";

type Kind = KernelImage["kind"];

let host: Host;
let hypervisor: Hypervisor;
let images: string;
const initrds = new Map<Kind, string>();

/** Of the test that runs. */
let directory: string;
let vms: Vm[];
let processes: VmProcess[];
let lines: string[];
let diagnostics: string[];
let lineArrived: () => void;
let descriptors: string[];
/** Of directories. */
let shared: number[];

beforeAll(async () => {
  host = new Host();
  // Opens what the host keeps open, so that it does not look like something that a VM left.
  for (const fd of await host.socketpair()) {
    closeSync(fd);
  }
  const choice = await chooseHypervisor({ hypervisor: "auto", qemuPath: "auto", virtiofsdPath: "auto" }, library, host);
  hypervisor = choice.hypervisor;
  images = await mkdtemp(join(tmpdir(), "hadron-test-"));
  for (const kind of ["tuned", "debian"] as const) {
    initrds.set(kind, await buildInitramfs(images, kind));
  }
});
afterAll(async () => {
  await rm(images, { recursive: true });
  await host[Symbol.asyncDispose]();
});

beforeEach(async () => {
  directory = await vmDirectory();
  vms = [];
  processes = [];
  lines = [];
  diagnostics = [];
  lineArrived = () => undefined;
  descriptors = openDescriptors();
  shared = [];
});
afterEach(async () => {
  await Promise.all(vms.map((vm) => vm.stop()));
  shared.forEach(closeSync);
  for (const { pid, name } of processes) {
    expect(existsSync(`/proc/${pid}`), `${name} (${pid}) is left`).toBe(false);
  }
  expect(readdirSync(directory)).toEqual([]);
  await rm(dirname(directory), { recursive: true });
  expect(openDescriptors()).toEqual(descriptors);
});

function config(kind: Kind, change: Partial<VmConfig> = {}): VmConfig {
  return {
    directory,
    vcpus: 1,
    memoryMiB: 256,
    kernel: kernelOf(kind),
    initrd: initrds.get(kind) ?? "",
    kernelParameters: [],
    devices: [],
    netns: "new",
    onConsoleLine: (line) => {
      lines.push(line);
      lineArrived();
    },
    onDiagnostic: (name, line) => diagnostics.push(`${name}: ${line}`),
    onProcess: (process) => {
      processes.push(process);
      return Promise.resolve();
    },
    ...change,
  };
}

function share(tag: string, path: string): SharedDirectory {
  const fd = openSync(path, "r");
  shared.push(fd);
  return { kind: "share", tag, share: { namespace: fd, directory: fd, places: fd } };
}

const soon = (): AbortSignal => AbortSignal.timeout(60_000);

async function launch(vmConfig: VmConfig, on = hypervisor): Promise<Vm> {
  const vm = await on.launch(vmConfig, soon());
  vms.push(vm);
  return vm;
}

async function launchWithGuest(vmConfig: VmConfig, on = hypervisor): Promise<{ vm: Vm; guest: Guest }> {
  const vm = await launch(vmConfig, on);
  return { vm, guest: await Guest.await(host, vm.vsock) };
}

async function consoleLine(pattern: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    reject(new Error(`No console line matches ${pattern.source}; there are: ${lines.join(" | ")}`));
  }, 60_000);
  lineArrived = () => {
    const line = lines.find((each) => pattern.test(each));
    if (line !== undefined) {
      resolve(line);
    }
  };
  lineArrived();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    lineArrived = () => undefined;
  }
}

function pidOf(name: string): number {
  const found = processes.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`There was no process ${name}.`);
  }
  return found.pid;
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

describe.each(["tuned", "debian"] as const)("the %s kernel", (kind) => {
  test.each([1, 2, 4])("boots with %d virtual CPUs, and its guest is heard", async (vcpus) => {
    const { vm, guest } = await launchWithGuest(config(kind, { vcpus, kernelParameters: ["hadron_test=1"] }));
    expect(readdirSync(directory), "nobody needs the socket any more").toEqual([]);
    expect(await guest.say("cpus")).toBe(String(vcpus));
    expect(await guest.say("cmdline")).toContain(" hadron_test=1");
    expect(await consoleLine(/init is up/)).toBe("init is up");
    expect(processes.map(({ role, name }) => `${role} ${name}`)).toEqual(["helper hadron-vsock", "vmm qemu"]);
    expect(diagnostics, "nothing to warn of").toEqual([]);
    expect(vm.pid).toBe(pidOf("qemu"));
    expect(await readlink(`/proc/${vm.pid}/ns/net`)).not.toBe(await readlink("/proc/self/ns/net"));
    expect(guest.join.port).toBe(1024);
    guest.tell("reboot");
    expect(await vm.exited).toEqual({ reason: "the guest rebooted", expected: false, outOfMemory: false });
    guest.hangUp();
  });

  test("shares directories, whatever they are called, and what is mounted in them later", async () => {
    const place = join(dirname(directory), "one, two\n,,three four");
    await mkdir(join(place, "later"), { recursive: true });
    await writeFile(join(place, "file"), "of the host\n");
    const { guest } = await launchWithGuest(config(kind, { devices: [share("other", images), share("rootfs", place)] }));
    expect(await guest.say("mount rootfs")).toBe("ok");
    expect(await guest.say("read /mnt/file")).toBe("of the host");
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", join(place, "later")]);
    try {
      await writeFile(join(place, "later/file"), "mounted later\n");
      expect(await guest.say("read /mnt/later/file")).toBe("mounted later");
      expect(await guest.say("write /mnt/later/answer of the guest")).toBe("ok");
      expect(await readFile(join(place, "later/answer"), "utf8")).toBe("of the guest\n");
    } finally {
      await mustRun("umount", [join(place, "later")]);
    }
    guest.hangUp();
  });

  test("streams arrive whole", async () => {
    const count = 10_000_001;
    const { vm, guest } = await launchWithGuest(config(kind));
    const [ours, theirs] = await host.socketpair();
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
    const vm = await launch(config(kind, { kernelParameters: ["test=panic"] }));
    const { reason, expected } = await vm.exited;
    expect(reason).toMatch(/^the guest's kernel panicked: Attempted to kill init! exitcode=0x00000300/);
    expect(expected).toBe(false);
    expect(await consoleLine(/Kernel panic/)).toContain("Attempted to kill init");
  });
});

test("a stopped VM leaves nothing, however often it is stopped", async () => {
  const { vm, guest } = await launchWithGuest(config("tuned"));
  await guest.say("cpus");
  await Promise.all([vm.stop(), vm.stop(), vm[Symbol.asyncDispose]()]);
  expect(await vm.exited).toEqual({ reason: "the VM was stopped", expected: true, outOfMemory: false });
  expect(processes.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect((await guest.join.ended).error).toBeDefined();
  guest.hangUp();
  await expect(vm.pause(soon())).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

test("the death of QEMU is told", async () => {
  const { vm, guest } = await launchWithGuest(config("tuned"));
  await guest.say("cpus");
  process.kill(pidOf("qemu"), "SIGKILL");
  expect(await vm.exited).toEqual({ reason: "qemu was killed by SIGKILL", expected: false, outOfMemory: false });
  expect((await guest.join.ended).error).toBeDefined();
  await expect(guest.say("cpus")).rejects.toThrow(/ended/);
  guest.hangUp();
});

test("the death of the vsock process ends the VM", async () => {
  const { vm, guest } = await launchWithGuest(config("tuned"));
  await guest.say("cpus");
  process.kill(pidOf("hadron-vsock"), "SIGKILL");
  expect(await vm.exited).toEqual({ reason: "the vsock process was killed by SIGKILL", expected: false, outOfMemory: false });
  expect((await guest.join.ended).error).toMatch(/vsock process is gone/);
  await expect(vm.vsock.accept(3000, 0, "in")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  guest.hangUp();
});

test("a paused VM does nothing until it is resumed", async () => {
  const { vm, guest } = await launchWithGuest(config("tuned"));
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
    const vm = await launch(config("tuned", { netns: { path } }));
    expect(await readlink(`/proc/${vm.pid}/ns/net`)).toBe(await readlink(path));
  } finally {
    owner.kill("SIGKILL");
    await new Promise((resolve) => owner.once("close", resolve));
  }
});

describe("with virtiofsd", () => {
  // Which is for KVM; data that the guest's CPU copies is safe under TCG as well.
  const virtiofsd = { path: "/usr/lib/qemu/virtiofsd", style: "c" } as const;

  function withVirtiofsd(change: Partial<Virtiofsd> = {}): Hypervisor {
    return new Qemu({
      qemu: "/usr/bin/qemu-system-x86_64",
      hadronExec: join(library, "hadron-exec"),
      hadronVsock: join(library, "hadron-vsock"),
      host,
      acceleration: "tcg",
      tscKhz: undefined,
      virtiofsd: { ...virtiofsd, ...change },
    });
  }

  test("shares a directory, and what is mounted in it later", async () => {
    const place = join(dirname(directory), "shared");
    await mkdir(join(place, "later"), { recursive: true });
    const { vm, guest } = await launchWithGuest(config("tuned", { devices: [share("rootfs", place)] }), withVirtiofsd());
    expect(processes.map(({ name }) => name)).toEqual(["hadron-vsock", "virtiofsd", "qemu"]);
    expect(readdirSync(directory)).toEqual([]);
    expect(await guest.say("mount rootfs virtiofs")).toBe("ok");
    await mustRun("mount", ["-t", "tmpfs", "tmpfs", join(place, "later")]);
    try {
      await writeFile(join(place, "later/file"), "mounted later\n");
      expect(await guest.say("read /mnt/later/file")).toBe("mounted later");
    } finally {
      process.kill(pidOf("virtiofsd"), "SIGKILL");
      expect((await vm.exited).reason).toMatch(/^the process virtiofsd was killed by SIGKILL/);
      await vm.stop();
      await mustRun("umount", [join(place, "later")]);
    }
    guest.hangUp();
  });

  test("the one in Rust shares what is mounted for the pod and nothing of the host, twice", async () => {
    const program = join(dirname(directory), "virtiofsd");
    await writeFile(program, `#!/bin/sh\nexec ${(await newerVirtiofsd()).join(" ")} "$@"\n`, { mode: 0o755 });
    const source = join(dirname(directory), "source");
    await mkdir(source);
    await writeFile(join(source, "file"), "of the pod\n");
    const [made] = await host.makeShares(1);
    const descriptors = made as ShareDescriptors;
    shared.push(...Object.values(descriptors));
    await host.mount(descriptors, { type: "bind", source, target: "/1", options: ["bind"] });
    const devices = [{ kind: "share", tag: "rootfs", share: descriptors } as const];
    // The second finds the share as the first one left it.
    for (const later of ["/2", "/3"]) {
      const { vm, guest } = await launchWithGuest(config("tuned", { devices }), withVirtiofsd({ path: program, style: "rust" }));
      expect(await guest.say("mount rootfs virtiofs")).toBe("ok");
      expect(await guest.say("read /mnt/1/file")).toBe("of the pod");
      await host.mount(descriptors, { type: "bind", source, target: later, options: ["bind"] });
      expect(await guest.say(`read /mnt${later}/file`)).toBe("of the pod");
      for (const path of ["proc/version", "etc/passwd", "../etc/passwd", "host", "share"]) {
        expect(await guest.say(`read /mnt/${path}`)).not.toMatch(/^(Linux|root)/);
      }
      expect(readdirSync(`/proc/${pidOf("virtiofsd")}/root`)).toEqual(later === "/2" ? ["1", "2"] : ["1", "2", "3"]);
      await vm.stop();
      guest.hangUp();
      processes.length = 0;
    }
  });

  test("the death of QEMU is told, though virtiofsd ends with it", async () => {
    const { vm, guest } = await launchWithGuest(config("tuned", { devices: [share("rootfs", dirname(directory))] }), withVirtiofsd());
    process.kill(pidOf("qemu"), "SIGKILL");
    expect((await vm.exited).reason).toBe("qemu was killed by SIGKILL");
    guest.hangUp();
  });

  test("a virtiofsd that ends in good order ends the VM all the same", async () => {
    const { vm, guest } = await launchWithGuest(config("tuned", { devices: [share("rootfs", dirname(directory))] }), withVirtiofsd());
    process.kill(pidOf("virtiofsd"), "SIGTERM");
    expect((await vm.exited).reason).toMatch(/^the process virtiofsd exited with status 0/);
    guest.hangUp();
  });

  test("a virtiofsd that does not start is quoted", async () => {
    const devices = [share("rootfs", "/dev/null")];
    await expect(withVirtiofsd().launch(config("tuned", { devices }), soon())).rejects.toMatchObject({
      code: Code.INTERNAL,
      message: expect.stringMatching(/virtiofsd exited with status 1/) as string,
    });
  });
});

describe("a launch that fails leaves nothing", () => {
  test.each<[string, (controller: AbortController) => Partial<VmConfig>]>([
    ["when hadron-vsock starts", (controller) => ({ onProcess: abortAt("hadron-vsock", controller) })],
    ["when QEMU starts", (controller) => ({ onProcess: abortAt("qemu", controller) })],
  ])("given up %s", async (_, change) => {
    const controller = new AbortController();
    await expect(hypervisor.launch(config("tuned", change(controller)), controller.signal)).rejects.toMatchObject({
      code: Code.CANCELLED,
      message: expect.stringContaining("no more") as string,
    });
    expect(processes.length).toBeGreaterThan(0);
  });

  test("given up before it begins", async () => {
    await expect(hypervisor.launch(config("tuned"), AbortSignal.abort(new Error("no more")))).rejects.toMatchObject({ code: Code.CANCELLED });
    expect(processes).toEqual([]);
  });

  test.each<[string, () => Partial<VmConfig>, Partial<{ code: Code; message: RegExp }>]>([
    [
      "a kernel that is not there",
      () => ({ kernel: { kind: "tuned", path: "/no/kernel" } }),
      { code: Code.INTERNAL, message: /qemu exited with status 1: .*\/no\/kernel/ },
    ],
    [
      "a share that is no directory",
      () => ({ devices: [share("rootfs", "/dev/null")] }),
      { code: Code.INTERNAL, message: /qemu exited .*Not a directory/ },
    ],
    [
      "a network namespace that is not there",
      () => ({ netns: { path: "/no/netns" } }),
      { code: Code.INTERNAL, message: /qemu exited .*\/no\/netns/ },
    ],
    ["too many CPUs", () => ({ vcpus: 99 }), { code: Code.INVALID_ARGUMENT, message: /99/ }],
    [
      "a journal that cannot be written",
      () => ({ onProcess: note(() => Promise.reject(new Error("the disk is full"))) }),
      { message: /disk is full/ },
    ],
    ["a directory that is not there", () => ({ directory: "/no/directory" }), { message: /\/no\/directory/ }],
  ])("%s", async (_, change, { code, message }) => {
    const failure: unknown = await hypervisor.launch(config("tuned", change()), soon()).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ message: expect.stringMatching(message ?? /./) as string, ...(code === undefined ? {} : { code }) });
  });

  function note(then: () => Promise<void>): VmConfig["onProcess"] {
    return (process) => {
      processes.push(process);
      return then();
    };
  }

  function abortAt(wanted: string, controller: AbortController): VmConfig["onProcess"] {
    return (process) => {
      processes.push(process);
      if (process.name === wanted) {
        controller.abort(new Error("no more"));
      }
      return Promise.resolve();
    };
  }
});
