/** The real QEMU without KVM, the real hadron-vsock and hadron-exec. */
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { Code } from "../../src/errors.ts";
import { Qemu } from "../../src/hypervisor/qemu/qemu.ts";
import { type Expected, testVirtiofsd, testVms } from "./cases.ts";
import { debianVirtiofsd, library } from "./guest.ts";
import { choose, Vms } from "./vms.ts";

const vms = new Vms((host) => choose("qemu", host));

const QEMU: Expected = {
  vmm: "qemu",
  processes: ["vmm qemu", "helper hadron-vsock"],
  vcpus: [1, 2, 4],
  mount: "",
  noKernel: { code: Code.INTERNAL, message: /qemu exited with status 1: .*\/no\/kernel/ },
  noDirectory: /qemu exited .*Not a directory/,
  noNetns: /qemu exited .*\/no\/netns/,
  serverEnded: /^the process virtiofsd exited with status 0/,
};

testVms(vms, QEMU);

// Which is for KVM; data that the guest's CPU copies is safe under TCG as well.
describe("with virtiofsd", () => {
  testVirtiofsd(vms, QEMU, (virtiofsd = debianVirtiofsd) => {
    return new Qemu({
      qemu: "/usr/bin/qemu-system-x86_64",
      hadronExec: join(library, "hadron-exec"),
      hadronVsock: join(library, "hadron-vsock"),
      host: vms.host,
      acceleration: "tcg",
      tscKhz: undefined,
      virtiofsd,
    });
  });
});

test("the death of the vsock process ends the VM", async () => {
  const { vm, guest } = await vms.launchWithGuest(vms.config("tuned"));
  await guest.say("cpus");
  process.kill(vms.pidOf("hadron-vsock"), "SIGKILL");
  expect(await vm.exited).toEqual({ reason: "the vsock process was killed by SIGKILL", expected: false, outOfMemory: false });
  expect((await guest.join.ended).error).toMatch(/vsock process is gone/);
  await expect(vm.vsock.accept(3000, 0, "in")).rejects.toMatchObject({ code: Code.UNAVAILABLE });
  guest.hangUp();
});
