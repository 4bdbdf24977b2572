/** The real host and hadron-exec; hadron-vmm and virtiofsd are programs of the test's, which play them. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { openDescriptors } from "../../../test/harness/descriptors.ts";
import { Code } from "../../errors.ts";
import { Host, type ShareDescriptors } from "../../host/host.ts";
import { processStartTime } from "../../host/process-stat.ts";
import type { VmConfig, VmProcess } from "../hypervisor.ts";
import { type KvmHost, type KvmOptions, KvmVm } from "./vm.ts";

const library = process.env["HADRON_LIB"] ?? join(import.meta.dirname, "../../../build/lib/hadron");

/** Its control socket is its standard input. `behave` is called with each request, and may answer. */
const vmm = (behave: string): string => `
const net = require("node:net");
const control = new net.Socket({ fd: 0, readable: true, writable: true });
const say = (message) => control.write(JSON.stringify(message) + "\\n");
const behave = (request) => { ${behave} };
let text = "";
control.on("data", (chunk) => {
  text += chunk;
  for (let end; (end = text.indexOf("\\n")) >= 0; text = text.slice(end + 1)) behave(JSON.parse(text.slice(0, end)));
});
control.on("end", () => process.exit(0));
`;
const OBEDIENT = `say({ id: request.id });`;
const VIRTIOFSD = `#!/bin/sh\nexec sleep 600\n`;

let real: Host;
let directory: string;
let played: ChildProcess[];
let requests: unknown[];
let processes: VmProcess[];
let descriptors: string[];
let vms: KvmVm[];

beforeAll(async () => {
  real = new Host();
  // Opens what the host keeps open.
  await real.createNetns().then((fd) => closeSync(fd));
});
afterAll(async () => {
  await real[Symbol.asyncDispose]();
});

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kvm-vm-"));
  [played, requests, processes, vms] = [[], [], [], []];
  descriptors = openDescriptors();
});
afterEach(async () => {
  await Promise.all(vms.map((vm) => vm.stop()));
  for (const { pid, name } of processes) {
    expect(existsSync(`/proc/${pid}`), `${name} (${pid}) is left`).toBe(false);
  }
  expect(readdirSync(directory).filter((name) => name.endsWith(".sock"))).toEqual([]);
  await rm(directory, { recursive: true });
  await expect.poll(openDescriptors).toEqual(descriptors);
});

function hostWith(behave: string): KvmHost {
  return {
    socketpair: () => real.socketpair(),
    listenUnix: (path) => real.listenUnix(path),
    dial: (target) => real.dial(target),
    sendFds: (message) => {
      requests.push(JSON.parse(message.data));
      return real.sendFds(message);
    },
    lendShare: (share, place) => real.lendShare(share, place),
    takeShareBack: (share) => real.takeShareBack(share),
    spawnVmm: async ({ program, netns, socket }) => {
      expect([program, netns]).toEqual(["/lib/hadron-vmm", "new"]);
      const child = spawn(process.execPath, ["-e", vmm(behave)], { stdio: [socket, "ignore", "pipe"] });
      played.push(child);
      const pid = child.pid ?? 0;
      // Node reads it here, the VM a copy.
      const [read, write] = await real.socketpair();
      const copy = new Socket({ fd: write, readable: true, writable: true });
      child.stderr?.pipe(copy);
      return { pid, startTime: processStartTime(pid), fd: read };
    },
    spawnProgram: (program) => real.spawnProgram(program),
    reapChild: async (pid) => {
      const child = played.find((each) => each.pid === pid);
      if (child === undefined) {
        return await real.reapChild(pid);
      }
      if (child.exitCode === null && child.signalCode === null) {
        await once(child, "exit");
      }
      return {
        code: child.exitCode,
        signal: child.signalCode === null ? null : constants.signals[child.signalCode],
      };
    },
    killProcess: (id, signal) => real.killProcess(id, signal),
  };
}

async function options(behave: string): Promise<KvmOptions> {
  const path = join(directory, "virtiofsd");
  await writeFile(path, VIRTIOFSD, { mode: 0o755 });
  return {
    hadronVmm: "/lib/hadron-vmm",
    hadronExec: join(library, "hadron-exec"),
    host: hostWith(behave),
    virtiofsd: { path, style: "c" },
    kvmDevice: "/dev/null",
  };
}

function config(change: Partial<VmConfig> = {}): VmConfig {
  return {
    directory,
    vcpus: 1,
    memoryMiB: 128,
    kernel: { kind: "tuned", path: "/bin/true" },
    initrd: "/bin/false",
    kernelParameters: [],
    devices: [],
    netns: "new",
    onConsoleLine: () => undefined,
    onProcess: (process) => {
      processes.push(process);
      return Promise.resolve();
    },
    ...change,
  };
}

async function launch(behave: string, change: Partial<VmConfig> = {}, signal = AbortSignal.timeout(20_000)): Promise<KvmVm> {
  const vm = await KvmVm.launch(await options(behave), config(change), signal);
  vms.push(vm);
  return vm;
}

async function withShare(use: (share: ShareDescriptors) => Promise<void>): Promise<void> {
  const [share] = (await real.makeShares(1)) as [ShareDescriptors];
  try {
    await use(share);
  } finally {
    Object.values(share).forEach(closeSync);
  }
}

test("a VM starts, pauses, goes on and is stopped", async () => {
  await withShare(async (share) => {
    const vm = await launch(OBEDIENT, { devices: [{ kind: "share", tag: "rootfs", share }] });
    expect(processes.map(({ role, name }) => `${role} ${name}`)).toEqual(["vmm hadron-vmm", "helper virtiofsd"]);
    expect(vm.pid).toBe(processes[0]?.pid);
    expect(vm.pids).toEqual(processes.map(({ pid }) => pid));
    expect(requests).toMatchObject([{ id: 1, op: "start", config: { vcpus: 1, devices: [{}, {}, {}, { kind: "fs", tag: "rootfs" }] } }]);
    expect(readdirSync(directory), "nobody needs the socket any more").toEqual(["virtiofsd"]);
    await vm.pause(AbortSignal.timeout(5000));
    await vm.resume(AbortSignal.timeout(5000));
    await Promise.all([vm.stop(), vm.stop(), vm[Symbol.asyncDispose]()]);
    expect(await vm.exited).toEqual({ reason: "the VM was stopped", expected: true, outOfMemory: false });
    await expect(vm.pause(AbortSignal.timeout(5000))).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  });
});

test("a disk comes into its place, and goes", async () => {
  const fd = openSync("/dev/null", "r");
  const medium = { fd, readOnly: true, direct: false, cache: "writeBack" } as const;
  const vm = await launch(OBEDIENT, { devices: [{ kind: "disk", id: "disk0", queues: 1, medium: undefined }] });
  await vm.insertDisk("disk0", medium, AbortSignal.timeout(5000));
  closeSync(fd);
  await vm.ejectDisk("disk0", AbortSignal.timeout(5000));
  const device = { kind: "block", file: 0, readOnly: true, serial: "disk0", queues: 1, cache: "writeBack" };
  expect(requests).toMatchObject([
    { op: "start", config: { devices: [{}, {}, {}, { kind: "vacant" }] } },
    { op: "insert", place: 3, device },
  ]);
  await expect(vm.ejectDisk("disk1", AbortSignal.timeout(5000))).rejects.toMatchObject({ code: Code.NOT_FOUND });
});

test.each<[string, string, string, string[]?]>([
  ["killed", `process.kill(process.pid, "SIGKILL")`, "hadron-vmm was killed by SIGKILL"],
  [
    "at its end",
    `say({ event: "complaint", message: "the NIC 0 stops" }); say({ event: "ended", cause: "reset" }); control.end(() => process.exit(0))`,
    "the guest rebooted",
    ["hadron-vmm: the NIC 0 stops"],
  ],
  [
    "in disorder",
    `process.stderr.write("hadron-vmm: the thread vcpu0 called socket\\n", () => process.exit(1))`,
    "hadron-vmm exited with status 1: hadron-vmm: the thread vcpu0 called socket",
    ["hadron-vmm: hadron-vmm: the thread vcpu0 called socket"],
  ],
])("a VMM that is %s", async (_, end, reason, said = []) => {
  const diagnostics: string[] = [];
  const behave = `${OBEDIENT} if (request.op === "pause") { ${end} }`;
  const vm = await launch(behave, { onDiagnostic: (program, line) => diagnostics.push(`${program}: ${line}`) });
  await vm.pause(AbortSignal.timeout(5000)).catch(() => undefined);
  expect(await vm.exited).toEqual({ reason, expected: false, outOfMemory: false });
  expect(diagnostics).toEqual(said);
  await expect(vm.vsock.accept(3000, 0, "in")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

test("a VM goes with its file server, and a lack of memory is told", async () => {
  await withShare(async (share) => {
    const vm = await launch(OBEDIENT, { devices: [{ kind: "share", tag: "rootfs", share }], outOfMemory: () => true });
    process.kill(processes[1]?.pid ?? 0, "SIGKILL");
    const exit = await vm.exited;
    expect(exit.reason).toMatch(/^the process virtiofsd was killed by SIGKILL, for want of memory: /);
    expect(exit.outOfMemory).toBe(true);
  });
});

describe("a launch that fails leaves nothing", () => {
  test.each<[string, string, RegExp]>([
    ["a VMM that refuses", `say({ id: request.id, error: "there is no kernel" })`, /refused to start the VM: there is no kernel/],
    ["a VMM that dies", `process.kill(process.pid, "SIGKILL")`, /^the VM did not start: hadron-vmm was killed by SIGKILL/],
    ["a VMM that does not understand", `control.write("what?\\n")`, /^the VM did not start: hadron-vmm exited with status 0/],
  ])("%s", async (_, behave, message) => {
    await expect(launch(behave)).rejects.toMatchObject({ code: Code.INTERNAL, message: expect.stringMatching(message) as string });
  });

  test("a file server that cannot serve, of which the VMM says that it hung up", async () => {
    await withShare(async (share) => {
      const of = await options(`say({ id: request.id, error: "virtiofsd is gone" })`);
      await writeFile(of.virtiofsd.path, "#!/bin/sh\nprintf 'not a directory' >&2\nexit 3\n");
      // The VMM is told of the VM when the other one has ended: what it says is no line before that.
      const exited = Promise.withResolvers<void>();
      const host: KvmHost = { ...of.host, sendFds: (message) => exited.promise.then(() => of.host.sendFds(message)) };
      const onDiagnostic = (): void => exited.resolve();
      const launched = KvmVm.launch(
        { ...of, host },
        config({ devices: [{ kind: "share", tag: "rootfs", share }], onDiagnostic }),
        AbortSignal.timeout(20_000),
      );
      await expect(launched).rejects.toMatchObject({
        code: Code.INTERNAL,
        message: expect.stringMatching(/^the VM did not start: the process virtiofsd exited with status 3: not a directory/) as string,
      });
    });
  });

  test.each(["hadron-vmm", "virtiofsd"])("given up when %s starts", async (name) => {
    const controller = new AbortController();
    await withShare(async (share) => {
      const launched = launch(
        OBEDIENT,
        {
          devices: [{ kind: "share", tag: "rootfs", share }],
          onProcess: (process) => {
            processes.push(process);
            if (process.name === name) {
              controller.abort(new Error("no more"));
            }
            return Promise.resolve();
          },
        },
        controller.signal,
      );
      await expect(launched).rejects.toMatchObject({ code: Code.CANCELLED, message: expect.stringContaining("no more") as string });
      expect(requests).toEqual([]);
    });
  });

  test("given up while the VMM starts the guest", async () => {
    const controller = new AbortController();
    const launched = launch(`process.stderr.write("asked\\n")`, { onDiagnostic: () => controller.abort(new Error("no more")) }, controller.signal);
    await expect(launched).rejects.toMatchObject({ code: Code.CANCELLED, message: expect.stringContaining("no more") as string });
  });

  test.each<[string, () => Partial<VmConfig>, Partial<{ code: Code; message: RegExp }>]>([
    ["a kernel that is not there", () => ({ kernel: { kind: "tuned", path: "/no/kernel" } }), { code: Code.NOT_FOUND, message: /\/no\/kernel/ }],
    ["an initramfs that is not there", () => ({ initrd: "/no/initrd" }), { code: Code.NOT_FOUND, message: /\/no\/initrd/ }],
    [
      "a journal that cannot be written",
      () => ({
        onProcess: (process) => {
          processes.push(process);
          return Promise.reject(new Error("the disk is full"));
        },
      }),
      { message: /disk is full/ },
    ],
  ])("%s", async (_, change, { code, message }) => {
    await expect(launch(OBEDIENT, change())).rejects.toMatchObject({
      message: expect.stringMatching(message ?? /./) as string,
      ...(code === undefined ? {} : { code }),
    });
    expect(requests).toEqual([]);
  });
});
