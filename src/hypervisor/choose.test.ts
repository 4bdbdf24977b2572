import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { chooseHypervisor, type HypervisorHost } from "./choose.ts";

const unused = (): Promise<never> => Promise.reject(new Error("choosing needs no sockets"));
const host: HypervisorHost = {
  socketpair: unused,
  listenUnix: unused,
  sendFds: unused,
  lendShare: unused,
  takeShareBack: unused,
  dial: unused,
  spawnVmm: unused,
  spawnProgram: unused,
  reapChild: unused,
  killProcess: unused,
  checkKvm: () => Promise.resolve(),
};

let library: string;
const path = (name: string): string => join(library, name);
const settings = (): { hypervisor: "auto" | "qemu" | "kvm"; qemuPath: string; virtiofsdPath: string } => ({
  hypervisor: "auto",
  qemuPath: path("qemu"),
  virtiofsdPath: path("virtiofsd"),
});

beforeEach(async () => {
  library = await mkdtemp(join(tmpdir(), "library-"));
  for (const name of ["qemu", "virtiofsd", "hadron-exec", "hadron-vsock", "hadron-vmm"]) {
    await writeFile(path(name), "#!/bin/false\n", { mode: 0o755 });
  }
});
afterEach(async () => {
  await rm(library, { recursive: true });
});

test.each(["auto", "qemu"] as const)("%s without KVM translates, and never shares by virtio-fs", async (hypervisor) => {
  const choice = await chooseHypervisor({ ...settings(), hypervisor }, library, host, { kvmMissing: "the CPU has none", tscKhz: 1 });
  expect(choice.hypervisor.name).toBe("qemu");
  expect(choice.hypervisor.capabilities).toEqual({
    acceleration: "tcg",
    sharedFs: "9p",
    maxVcpus: 16,
    deviceSlots: 22,
    pluggableSlots: { tuned: 5, debian: 0 },
    vhostNet: false,
    nicLimits: false,
    emptyDisks: "writable",
  });
  expect(choice.explanation).toMatch(/without KVM.*the CPU has none\.$/);
});

test("qemu with KVM shares directories by virtio-fs", async () => {
  const choice = await chooseHypervisor({ ...settings(), hypervisor: "qemu" }, library, host, {});
  expect(choice.hypervisor.capabilities).toMatchObject({ acceleration: "kvm", sharedFs: "virtiofs" });
  expect(choice.explanation).toMatch(/with KVM.*virtio-fs/);
});

test.each(["auto", "kvm"] as const)("%s takes our own VMM where there is KVM", async (hypervisor) => {
  const choice = await chooseHypervisor({ ...settings(), hypervisor }, library, host, {});
  expect(choice.hypervisor).toMatchObject({
    name: "kvm",
    capabilities: { acceleration: "kvm", sharedFs: "virtiofs", deviceSlots: 16, vhostNet: true, nicLimits: true, emptyDisks: "unseen" },
  });
  expect(choice.explanation).toMatch(/own VMM/);
});

describe("KVM that makes no VM is none", () => {
  const forbidden: HypervisorHost = { ...host, checkKvm: () => Promise.reject(new HadronError(Code.PERMISSION_DENIED, "/dev/kvm makes no VM")) };

  test("for QEMU, which translates then", async () => {
    const choice = await chooseHypervisor(settings(), library, forbidden, {});
    expect(choice.hypervisor.capabilities.acceleration).toBe("tcg");
    expect(choice.explanation).toMatch(/makes no VM\.$/);
  });

  test("for our own VMM, which is refused with what to do", async () => {
    await expect(chooseHypervisor({ ...settings(), hypervisor: "kvm" }, library, forbidden, {})).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: expect.stringMatching(/makes no VM.*"auto" or "qemu"/) as string,
    });
  });
});

test("kvm without a CPU for it is refused with what to do, and nothing is tried", async () => {
  const wanted = { ...settings(), hypervisor: "kvm" } as const;
  await expect(chooseHypervisor(wanted, library, { ...host, checkKvm: unused }, { kvmMissing: "the CPU has none" })).rejects.toMatchObject({
    code: Code.FAILED_PRECONDITION,
    message: expect.stringMatching(/the CPU has none.*"auto" or "qemu"/) as string,
  });
});

test.each(["virtiofsd", "hadron-exec", "hadron-vmm"])("our own VMM without %s is an error, also for auto", async (name) => {
  await rm(path(name));
  await expect(chooseHypervisor(settings(), library, host, {})).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    message: expect.stringContaining(path(name)) as string,
  });
});

test.each(["qemu", "virtiofsd", "hadron-exec", "hadron-vsock"])("a missing %s is named", async (name) => {
  await rm(path(name));
  await expect(chooseHypervisor({ ...settings(), hypervisor: "qemu" }, library, host, {})).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    message: expect.stringContaining(path(name)) as string,
  });
});

test("auto prefers the QEMU that was installed with Hadron", async () => {
  const choose = async (): Promise<string> =>
    (await chooseHypervisor({ ...settings(), qemuPath: "auto" }, library, host, { kvmMissing: "the CPU has none" })).explanation;
  await writeFile(path("qemu-system-x86_64"), "#!/bin/false\n", { mode: 0o644 });
  expect(await choose()).not.toContain(path("qemu-system-x86_64"));
  await chmod(path("qemu-system-x86_64"), 0o755);
  expect(await choose()).toContain(path("qemu-system-x86_64"));
});
