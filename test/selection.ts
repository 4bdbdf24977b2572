/**
 * Which test files run where. All of them run with the newest containerd here, and (`make test-lab`) in the lab; a new file
 * needs no line here. What is listed costs time on every build, or saves it, for the reason beside it.
 */

/** The files that `make test` runs with containerd 1.6 and 2.1 as well; `make test-all` runs every file with each. */
export const eachVersion: Readonly<Record<string, string>> = {
  "test/harness/harness.test.ts": "what the tests themselves want of each containerd",
  "test/e2e/lifecycle.test.ts": "that a container runs, and how its end is told, goes through containerd and its ctr",
  "test/e2e/events.test.ts": "containerd makes its own of the shim's events, each version in another way",
  "test/e2e/process.test.ts": "each call of the task service, and its errors, as each version's ctr makes and shows them",
  "test/e2e/stdio.test.ts": "containerd makes the FIFOs, and closes stdin",
  "test/e2e/terminal.test.ts": "the same, with a terminal's size",
  "test/e2e/pod.test.ts": "what a restarted containerd does with the tasks that it finds changed in 1.7",
  "test/e2e/failure.test.ts": "what containerd does when a shim is gone changed with each version",
  "test/e2e/sandbox.test.ts": "the Sandbox service came with 2.0, and each version calls it in another way",
};

/** Those that it runs with containerd 1.7 too, which in all else is 1.6 or 2.1. */
export const containerd17: Readonly<Record<string, string>> = {
  "test/e2e/pod.test.ts": "what a restarted containerd does with the tasks that it finds changed with it",
  "test/e2e/sandbox.test.ts": "its CRI knows no Sandbox service, and crictl no older one",
  "test/e2e/stdio.test.ts": "its ctr closes what it still reads, since 1.7.3",
};

/** What is compared with runc. `make test` runs it beside the others: it starts and stops pods, and harms none. */
export const differential = ["test/differential/*.test.ts"];

/** What has nothing to do with containerd. */
export const withoutContainerd = [...differential, "test/hypervisor/*.test.ts", "test/harness/{counts,selection}.test.ts"];

/**
 * The files that `make test` runs in the lab too, where pods have KVM and virtio-fs; `make test-lab` runs all. Behind them
 * the seconds of one core that they take there, 20 minutes together. A pod is 10 to 15 of them, an additional
 * container 4; 25 pass before the first test.
 */
export const everyBuildInLab: Readonly<Record<string, string>> = {
  "test/e2e/kvm.test.ts": "what is so with KVM only", // 180
  "test/hypervisor/kvm.test.ts": "our own VMM as the daemon has it, with a guest that obeys the test", // 90
  "test/e2e/files.test.ts": "the guest and the host change the same files", // 40
  "test/differential/files.test.ts": "what a file can do by virtio-fs, and what not", // 110
  "test/e2e/pod.test.ts": "several containers in one guest, and a containerd that comes and goes", // 160
  "test/e2e/pod-churn.test.ts": "virtiofsd holds what the guest has not forgotten of a container that is to go", // 150
  "test/e2e/stdio.test.ts": "bytes between a KVM guest's queues and the FIFOs", // 170
  "test/e2e/failure.test.ts": "what dies, and that nothing of a pod stays, of which more processes are there", // 260
};

/** What cannot run in the lab. A single test that cannot says so itself. */
export const notInLab: Readonly<Record<string, string>> = {
  "test/hypervisor/qemu.test.ts": "is about QEMU without KVM, and starts it without",
  "test/harness/*.test.ts": "is about the tests themselves",
};
