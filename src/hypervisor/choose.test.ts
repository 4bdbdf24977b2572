import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Code } from "../errors.ts";
import { chooseHypervisor } from "./choose.ts";
import type { QemuHost } from "./qemu/qemu.ts";

const unused = (): Promise<never> => Promise.reject(new Error("choosing needs no sockets"));
const host: QemuHost = { socketpair: unused, listenUnix: unused, sendFds: unused, lendShare: unused, takeShareBack: unused };

let library: string;
const path = (name: string): string => join(library, name);
const settings = (): { hypervisor: "auto" | "qemu" | "kvm"; qemuPath: string; virtiofsdPath: string } => ({
  hypervisor: "auto",
  qemuPath: path("qemu"),
  virtiofsdPath: path("virtiofsd"),
});

beforeEach(async () => {
  library = await mkdtemp(join(tmpdir(), "library-"));
  for (const name of ["qemu", "virtiofsd", "hadron-exec", "hadron-vsock"]) {
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
    cheapDeviceSlots: 6,
    vhostNet: false,
  });
  expect(choice.explanation).toMatch(/without KVM.*the CPU has none\.$/);
});

test("with KVM directories are shared by virtio-fs", async () => {
  const choice = await chooseHypervisor(settings(), library, host, {});
  expect(choice.hypervisor.capabilities).toMatchObject({ acceleration: "kvm", sharedFs: "virtiofs" });
  expect(choice.explanation).toMatch(/with KVM.*virtio-fs/);
});

test("kvm is refused with what to do", async () => {
  await expect(chooseHypervisor({ ...settings(), hypervisor: "kvm" }, library, host, {})).rejects.toMatchObject({
    code: Code.FAILED_PRECONDITION,
    message: expect.stringContaining(`"auto" or "qemu"`) as string,
  });
});

test.each(["qemu", "virtiofsd", "hadron-exec", "hadron-vsock"])("a missing %s is named", async (name) => {
  await rm(path(name));
  await expect(chooseHypervisor(settings(), library, host, {})).rejects.toMatchObject({
    code: Code.NOT_FOUND,
    message: expect.stringContaining(path(name)) as string,
  });
});

test("auto prefers the QEMU that was installed with Hadron", async () => {
  const choose = async (): Promise<string> => (await chooseHypervisor({ ...settings(), qemuPath: "auto" }, library, host, {})).explanation;
  await writeFile(path("qemu-system-x86_64"), "#!/bin/false\n", { mode: 0o644 });
  expect(await choose()).not.toContain(path("qemu-system-x86_64"));
  await chmod(path("qemu-system-x86_64"), 0o755);
  expect(await choose()).toContain(path("qemu-system-x86_64"));
});
