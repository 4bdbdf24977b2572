/** Our own VMM, hadron-vmm in its jail: where there is KVM, as in the lab. */
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { Code } from "../../src/errors.ts";
import { Kvm } from "../../src/hypervisor/kvm/kvm.ts";
import { kvmMissing } from "../harness/machine.ts";
import { type Expected, testVirtiofsd, testVms } from "./cases.ts";
import { debianVirtiofsd, library } from "./guest.ts";
import { choose, Vms } from "./vms.ts";

const KVM: Expected = {
  vmm: "hadron-vmm",
  processes: ["vmm hadron-vmm"],
  // The lab has one CPU itself.
  vcpus: [1, 2],
  mount: " virtiofs",
  noKernel: { code: Code.NOT_FOUND, message: /\/no\/kernel cannot be opened/ },
  noDirectory: /virtiofsd exited/,
  noNetns: /hadron-vmm exited .*\/no\/netns/,
  serverEnded: /^the VM cannot go on: the directory rootfs stops: virtiofsd has ended/,
};

describe.skipIf(kvmMissing !== undefined)(`with KVM${kvmMissing === undefined ? "" : ` (not here: ${kvmMissing})`}`, () => {
  const vms = new Vms((host) => choose("kvm", host));

  testVms(vms, KVM);

  describe("with virtiofsd", () => {
    testVirtiofsd(vms, KVM, (virtiofsd = debianVirtiofsd) => {
      return new Kvm({
        hadronVmm: join(library, "hadron-vmm"),
        hadronExec: join(library, "hadron-exec"),
        host: vms.host,
        virtiofsd,
        kvmDevice: "/dev/kvm",
      });
    });
  });

  test("the death of the process in the jail is told", async () => {
    const { vm, guest } = await vms.launchWithGuest(vms.config("tuned"));
    await guest.say("cpus");
    const [outer, jailed, ...others] = vm.pids;
    expect([outer, others]).toEqual([vm.pid, []]);
    process.kill(jailed ?? 0, "SIGKILL");
    expect(await vm.exited).toEqual({ reason: "hadron-vmm was killed by SIGKILL", expected: false, outOfMemory: false });
    guest.hangUp();
  });
});
