/** Pods on a host with KVM: what is not so without it. Everything else that a pod does is in the other files, which the lab runs as well. */
import { mkdir, mkdtemp, readdir, readFile, readlink, rename, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { mustRun } from "../harness/command.ts";
import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { configFile, kvmMissing } from "../harness/machine.ts";
import { answerSum, makeBytes, NODE_IPV4, sendBytes, TestNode } from "../harness/network.ts";
import { inLab } from "../harness/patience.ts";
import { killProcess, type Process } from "../harness/processes.ts";
import { runContainer, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { newerVirtiofsd } from "../harness/virtiofsd.ts";
import { DaemonLog } from "./daemon-log.ts";
import { onlyPart, parts } from "./parts.ts";
import { strayKernel } from "./stray-kernel.ts";

/** Of a VM with KVM: its kernel and what that does about its CPU's faults, its CPUs, and where its root file system comes from. */
const LOOK_AROUND =
  "uname -r; cut -d : -f 1 /sys/devices/system/cpu/vulnerabilities/spectre_v[12]; nproc; " +
  "grep -m1 -o hypervisor /proc/cpuinfo; grep -o ' / virtiofs' /proc/mounts; echo wrong >&2; exit 42";

/** Its lines of spectre_v1 and spectre_v2. */
const MITIGATED = ["Mitigation", "Mitigation"];

test.runIf(inLab)("the lab has KVM", () => expect(kvmMissing).toBeUndefined());

const VHOST = "/dev/vhost-net";

/** What is said of it, and of a guest that goes astray; how many NICs a pod with one interface has from the start. */
const HYPERVISORS = [
  { hypervisor: "kvm", said: /Pods run in Hadron's own VMM/, astray: /the VM cannot go on: /, nics: 2 },
  { hypervisor: "qemu", said: /with KVM; directories are shared by virtio-fs\./, astray: /the guest's CPU cannot go on: .*KVM/, nics: 1 },
] as const;
const CASES = containerdVersions.flatMap((version) => HYPERVISORS.map((of) => ({ version, ...of })));

describe.skipIf(kvmMissing !== undefined).each(CASES)(
  `containerd $version with $hypervisor on KVM, a pod${kvmMissing === undefined ? "" : ` (not here: ${kvmMissing})`}`,
  ({ version, hypervisor, said, astray, nics }) => {
    const daemon = useContainerd(version);
    const configured = (settings: Readonly<Record<string, unknown>> = {}) => configFile(daemon(), { hypervisor, ...settings });

    test("has its files by virtio-fs, and ends as its program does", async () => {
      const log = await DaemonLog.from(daemon());
      // The daemon is not idle while a Create takes long.
      await using config = await configured({ idle_timeout_s: 3 });
      const { stdout, stderr, exitCode } = await runContainer(daemon(), ["sh", "-c", LOOK_AROUND], { flags: config.flags });
      expect(stdout.split("\n")).toEqual([expect.stringMatching(/-hadron$|-amd64$/), ...MITIGATED, "1", "hypervisor", " / virtiofs", ""]);
      expect({ stderr, exitCode }).toEqual({ stderr: "wrong\n", exitCode: 42 });
      await log.line(said);
      await log.line(/guestKernelMs/);
    });

    test("consists of its VMM and a virtiofsd for each share", async () => {
      await using config = await configured();
      await using volume = await volumeOf(daemon());
      await using _ = await startContainer(daemon(), ["sleep", "600"], { mounts: [volume.mount("/volume")], flags: config.flags });
      const [vmm, guest, vsock] = [await onlyPart(daemon(), "vmm"), await onlyPart(daemon(), "guest"), await onlyPart(daemon(), "vsock")];
      expect(await parts(daemon(), "virtiofsd")).toHaveLength(2);
      if (hypervisor === "qemu") {
        const fs = (share: number): unknown => expect.stringMatching(new RegExp(`^vhost-user-fs-(device|pci),chardev=device${share},`));
        expect(hardware(vmm)).toEqual(["kvm", "host", fs(0), fs(1)]);
        expect([guest.pid, vsock.command]).toEqual([vmm.pid, "hadron-vsock"]);
      } else {
        expect([guest.parent, vsock.pid]).toEqual([vmm.pid, guest.pid]);
        // Its jail: nothing of the host's files, and namespaces of its own.
        expect(await readdir(`/proc/${guest.pid}/root`)).toEqual([]);
        for (const kind of ["user", "mnt", "pid", "ipc", "uts", "net"]) {
          const [inside, outside] = await Promise.all([guest, vmm].map(({ pid }) => readlink(`/proc/${pid}/ns/${kind}`)));
          expect(inside, kind).not.toBe(outside);
        }
      }
    });

    test("ends with 137 when a virtiofsd is killed", async () => {
      await using config = await configured();
      await using container = await startContainer(daemon(), ["sleep", "600"], { flags: config.flags });
      const [virtiofsd] = await parts(daemon(), "virtiofsd");
      if (virtiofsd === undefined) {
        throw new Error("the pod has no virtiofsd");
      }
      await killProcess(virtiofsd);
      await expect.poll(() => container.status()).toBe("STOPPED");
      expect((await container.remove()).stderr).toMatch(/exit code 137\b/);
    });

    test("is given up when KVM cannot run its guest any further", async () => {
      const kernel = join(daemon().directory, "stray-kernel");
      await writeFile(kernel, strayKernel());
      await using config = await configured({ kernel, initrd: kernel });
      const { stderr, exitCode } = await runContainer(daemon(), ["true"], { flags: config.flags });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(astray);
    });

    test("runs with Debian's kernel on two CPUs", async () => {
      await using config = await configured({ kernel: "debian", vcpus: 2 });
      const { stdout, exitCode } = await runContainer(daemon(), ["sh", "-c", LOOK_AROUND], { flags: config.flags });
      expect(stdout.split("\n")).toEqual([expect.stringMatching(/-amd64$/), ...MITIGATED, "2", "hypervisor", " / virtiofs", ""]);
      expect(exitCode).toBe(42);
    });

    test.runIf(inLab).each([
      ["the host's kernel carries", true],
      ["the VMM carries, where the host has no vhost-net", false],
    ])("has a network of two queues that %s", async (_, withVhost) => {
      await using node = await TestNode.make();
      const { netns, ipv4 } = await node.pod();
      await using _hidden = withVhost ? undefined : await hideVhost();
      await using config = await configured({ vcpus: 2 });
      await using pod = await startContainer(daemon(), answerSum(5000), { flags: [...netns.flags, ...config.flags] });
      // Two for each NIC: of our own VMM's, one waits for an interface.
      const { pid } = await onlyPart(daemon(), "guest");
      const links = (await readdir(`/proc/${pid}/fd`)).map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => "closed meanwhile"));
      expect((await Promise.all(links)).filter((path) => path === VHOST)).toHaveLength(withVhost ? 2 * nics : 0);
      const sum = await node.netns.mustShell(makeBytes(4));
      expect(await node.netns.mustShell(sendBytes(ipv4, 5000))).toBe(sum);
      await using _server = await node.netns.startSum(6000);
      const sent = await pod.exec(["sh", "-c", `cd /tmp; ${makeBytes(4)}; ${sendBytes(NODE_IPV4, 6000)}`]);
      expect(sent.stdout).toMatch(/^(.*\n)\1$/);
    });

    test.each(["C", "Rust"])("keeps two volumes apart, whose files have the same numbers, with the virtiofsd in %s", async (language) => {
      await using config = await configured(language === "C" ? {} : { virtiofsd_path: await rustVirtiofsd(daemon()) });
      await using one = await volumeOf(daemon());
      await using two = await volumeOf(daemon());
      const script = "cat /one/file; echo changed > /one/file; cp /one/file /two/file && cat /two/file";
      const result = await runContainer(daemon(), ["sh", "-c", script], { mounts: [one.mount("/one"), two.mount("/two")], flags: config.flags });
      expect(result).toMatchObject({ stdout: "written by the host\nchanged\n", stderr: "", exitCode: 0 });
      expect(await readFile(join(two.path, "file"), "utf8")).toBe("changed\n");
    });
  },
);

/** Of the lab's own devices, for as long as the answer is not disposed. */
async function hideVhost(): Promise<AsyncDisposable> {
  await rename(VHOST, `${VHOST}-hidden`);
  return { [Symbol.asyncDispose]: async () => await rename(`${VHOST}-hidden`, VHOST) };
}

/** A file system of its own (of the host's memory) with one file. */
async function volumeOf(containerd: Containerd): Promise<{ readonly path: string; mount(destination: string): string } & AsyncDisposable> {
  const path = await mkdtemp(join(containerd.directory, "volume-"));
  await mustRun("mount", ["-t", "tmpfs", "tmpfs", path]);
  await writeFile(join(path, "file"), "written by the host\n");
  return {
    path,
    mount: (destination) => `type=bind,src=${path},dst=${destination},options=rbind:rw`,
    [Symbol.asyncDispose]: async () => {
      await mustRun("umount", [path]);
      await rmdir(path);
    },
  };
}

/** A script that starts it; where that lies is not where QEMU's own one is, so it is taken for the one in Rust. */
async function rustVirtiofsd(containerd: Containerd): Promise<string> {
  const directory = join(containerd.directory, "virtiofsd");
  await mkdir(directory, { recursive: true });
  const script = join(directory, "virtiofsd");
  await writeFile(script, `#!/bin/sh\nexec ${(await newerVirtiofsd()).join(" ")} "$@"\n`, { mode: 0o755 });
  return script;
}

/** The arguments that say how QEMU's guest gets at its CPU and its files. */
function hardware({ args }: Process): string[] {
  return args.filter((arg, index) => args[index - 1] === "-accel" || args[index - 1] === "-cpu" || arg.startsWith("vhost-user-fs"));
}
