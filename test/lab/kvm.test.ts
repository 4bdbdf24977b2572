/**
 * Pods on a host with KVM. This machine need not be one: the lab (tools/lab) is, emulated, and slow for it. One lab runs
 * the scenario once; the tests say what it must have seen.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { run, tail } from "../harness/command.ts";
import { imageArchive } from "../harness/images.ts";
import { debianPackages, repository } from "../harness/paths.ts";
import type { Observation } from "./scenario.ts";

/** It takes two minutes on an idle machine with two cores. */
const LAB_S = 1200;

const lab = join(repository, "tools/lab");
const check = await run(lab, ["--check"]);
const obstacle = check.exitCode === 0 ? "" : check.stderr.trim();

describe.skipIf(obstacle !== "")(`with KVM, a pod${obstacle && ` (not here: ${obstacle})`}`, () => {
  const observed = new Map<string, unknown>();
  let output = "";

  beforeAll(async () => {
    // What is not in the cache cannot be fetched from within.
    const [virtiofsd] = await debianPackages("trixie", "virtiofsd");
    const libraries = await debianPackages("trixie", "libc6", "libseccomp2", "libcap-ng0", "libgcc-s1");
    await debianPackages("forky", "containerd");
    await debianPackages("bookworm", "runc");
    await imageArchive("busybox");
    const scenario = join(import.meta.dirname, "scenario.ts");
    const { stdout, stderr, exitCode } = await run(lab, [process.execPath, scenario, virtiofsd ?? "", ...libraries], {
      env: { ...process.env, HADRON_LAB_TIMEOUT: String(LAB_S) },
      timeoutMs: (LAB_S + 60) * 1000,
    });
    output = `The lab's exit status is ${exitCode}. ${tail(stderr)}`;
    for (const line of stdout.trimEnd().split("\n")) {
      const { name, value } = JSON.parse(line) as Observation;
      observed.set(name, value);
      console.log(line);
    }
    if (exitCode !== 0) console.error(output);
  }, (LAB_S + 1200) * 1000);

  /** An observation that is missing is explained by what the lab said last. */
  function seen(name: string): unknown {
    if (!observed.has(name)) throw new Error(`The scenario did not come to "${name}". ${output}`);
    return observed.get(name);
  }

  test("is run by a host whose CPU has SVM", () => {
    expect(seen("host")).toMatchObject({ svm: true });
  });

  test("runs in QEMU with KVM and virtio-fs, and ends as its program does", () => {
    expect(seen("run")).toMatchObject({
      stdout: [expect.stringMatching(/-hadron$|-amd64$/), "1", "hypervisor", " / virtiofs", ""],
      stderr: "wrong\n",
      exitCode: 42,
      explanation: expect.stringMatching(/with KVM; directories are shared by virtio-fs\.$/) as unknown,
      boot: expect.stringContaining("guestKernelMs") as unknown,
    });
    // The release is not the host's.
    const { release } = seen("host") as { release: string };
    expect((seen("run") as { stdout: string[] }).stdout[0]).not.toBe(release);
  });

  test("consists of QEMU, the vsock process and a virtiofsd for each share", () => {
    const fs = (share: number): unknown => expect.stringMatching(new RegExp(`^vhost-user-fs-(device|pci),chardev=share${share},`));
    expect(seen("processes")).toEqual([
      ["hadron-vsock"],
      ["qemu-system-x86_64", "kvm", "host", fs(0), fs(1)],
      ["virtiofsd"],
      ["virtiofsd"],
    ]);
  });

  test("shares a directory with the host, and each side sees what the other changed", () => {
    expect(seen("volume")).toEqual({
      seen: ["written by the host\n", "changed by the host\n"],
      write: ["file", "new", ""],
      exitCode: 0,
      onHost: ["changed by the guest\n", "new\n"],
    });
  });

  test("runs additional processes", () => {
    expect(seen("exec")).toEqual({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
  });

  test("starts programs from its root file system, one after another, and each does what it should", () => {
    const { expected, ...result } = seen("programs") as { expected: string };
    expect(result).toEqual({ exitCode: 0, stdout: expected });
  });

  test("ends by a signal and can be removed", () => {
    expect(seen("removal")).toMatchObject({ stderr: expect.stringContaining("137") as unknown });
  });

  test("ends with 137 when a virtiofsd is killed", () => {
    expect(seen("death of virtiofsd")).toMatchObject({ stderr: expect.stringContaining("137") as unknown });
  });

  test("is given up when KVM cannot run its guest any further", () => {
    expect(seen("halt")).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/the guest's CPU cannot go on: .*KVM/) as unknown });
  });

  test("runs with Debian's kernel on two CPUs", () => {
    expect(seen("debian")).toMatchObject({
      stdout: [expect.stringMatching(/-amd64$/), "2", "hypervisor", " / virtiofs", ""],
      exitCode: 42,
    });
  });

  test.each(["C", "Rust"])("keeps the files of two volumes apart, with the virtiofsd in %s", (language) => {
    expect(seen(`volumes, ${language}`)).toEqual({
      stdout: ["written by the host", "changed", ""],
      stderr: "",
      exitCode: 0,
      onHost: "changed\n",
    });
  });

  test.each(["run", "container", "death of virtiofsd", "halt", "debian", "volumes, C", "volumes, Rust"])("leaves nothing behind (%s)", (name) => {
    expect(seen(`leftovers of ${name}`)).toBeNull();
  });
});
