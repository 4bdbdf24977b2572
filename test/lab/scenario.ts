/**
 * What a pod does on a host with KVM: runs in the lab (tools/lab), where nothing is asserted. Each line of
 * standard output is one `Observation` as JSON; test/lab/kvm.test.ts says what they have to be. Files that it writes
 * anywhere are gone with the lab.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Containerd } from "../harness/containerd.ts";
import { mustRun } from "../harness/command.ts";
import { importImage } from "../harness/images.ts";
import { expectNoLeftovers, hostState } from "../harness/leftovers.ts";
import { killProcess, type Process, processes } from "../harness/processes.ts";
import { runContainer, type RunningContainer, startContainer } from "../harness/runtime.ts";

export interface Observation {
  readonly name: string;
  readonly value: unknown;
}

/** In the volumes: virtiofsd's answers may be kept by the guest for a second (cache=auto). */
const CACHE_MS = 1_500;
/** Started one after another, each read from the root file system by the guest. */
const PROGRAMS = 100;

/** Everything is slow here, and slower on a busy machine. */
const PATIENT = { timeoutMs: 240_000 };

const [program, ...libraries] = process.argv.slice(2);
if (program === undefined) throw new Error("usage: scenario.ts PACKAGE-OF-VIRTIOFSD PACKAGE-OF-LIBRARY...");

const flags = /^flags\s*:\s*(.*)$/m.exec(await readFile("/proc/cpuinfo", "utf8"))?.[1]?.split(" ");
observe("host", { svm: flags?.includes("svm"), release: (await readFile("/proc/sys/kernel/osrelease", "utf8")).trim() });

await using daemon = await Containerd.start("2.1");
await importImage(daemon, "busybox");
const clean = await hostState(daemon);

// A Create takes several times as long here, which must not count as idleness.
await configure({ idle_timeout_s: 3 });
await observeRun("run", []);
await configure({});
await observeContainer();
await observeDeath();
await observeVolumes("volumes, C");
await observeHalt();
await configure({ enable_annotations: ["io.hadron.kernel", "io.hadron.vcpus"] });
await observeRun("debian", ["io.hadron.kernel=debian", "io.hadron.vcpus=2"]);
await configure({ virtiofsd_path: await rustVirtiofsd(program, libraries) });
await observeVolumes("volumes, Rust");

function observe(name: string, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ name, value } satisfies Observation)}\n`);
}

async function configure(config: object): Promise<void> {
  await mkdir("/etc/hadron", { recursive: true });
  await writeFile("/etc/hadron/config.json", JSON.stringify({ boot_timeout_s: 180, agent_timeout_s: 120, ...config }));
}

async function observeRun(name: string, annotations: readonly string[]): Promise<void> {
  const from = (await readFile(daemon.logPath)).length;
  const started = performance.now();
  const script = "uname -r; nproc; grep -m1 -o hypervisor /proc/cpuinfo; grep -o ' / virtiofs' /proc/mounts; echo wrong >&2; exit 42";
  const { stdout, stderr, exitCode } = await runContainer(daemon, ["sh", "-c", script], {
    ...PATIENT,
    annotations: Object.fromEntries(annotations.map((text) => text.split("=") as [string, string])),
  });
  const ms = Math.round(performance.now() - started);
  // The shim's own words: what it took, and how long the parts of the boot were.
  const log = (await readFile(daemon.logPath)).subarray(from).toString();
  const explanation = /msg="(Pods run in [^"]*)"/.exec(log)?.[1];
  const boot = /^time.*guestKernelMs.*$/m.exec(log)?.[0];
  observe(name, { stdout: stdout.split("\n"), stderr, exitCode, ms, explanation, boot });
  await observeLeftovers(name);
}

async function observeContainer(): Promise<void> {
  {
    const volume = await makeVolume("volume");
    const mounts = [`type=bind,src=${volume},dst=/volume,options=rbind:rw`];
    await using container = await startContainer(daemon, ["sleep", "600"], { mounts, ...PATIENT });
    observe("processes", await podProcesses());
    await observeSharing("volume", container, volume);
    const { exitCode, stdout, stderr } = await container.exec(["sh", "-c", "echo out; echo err >&2; exit 3"]);
    observe("exec", { exitCode, stdout, stderr });
    const loop = `i=0; while [ $i -lt ${PROGRAMS} ]; do [ "$(/bin/busybox echo $i)" = $i ] || exit 1; i=$((i+1)); done; echo $i`;
    const many = await container.exec(["sh", "-c", loop], PATIENT);
    observe("programs", { exitCode: many.exitCode, stdout: many.stdout, expected: `${PROGRAMS}\n` });
    await container.kill("SIGKILL");
    await until(async () => (await container.status()) === "STOPPED", "the container has stopped");
    observe("removal", await container.remove());
  }
  await observeLeftovers("container");
}

/** Both sides change a directory and see what the other did. */
async function observeSharing(name: string, container: RunningContainer, volume: string): Promise<void> {
  const seen: string[] = [];
  const look = async (): Promise<void> => void seen.push((await container.exec(["cat", "/volume/file"])).stdout);
  await look();
  await writeFile(join(volume, "file"), "changed by the host\n");
  await new Promise((resolve) => setTimeout(resolve, CACHE_MS));
  await look();
  const write = await container.exec(["sh", "-c", "echo changed by the guest > /volume/file && echo new > /volume/new && ls /volume"]);
  const onHost = await Promise.all(["file", "new"].map(async (file) => await readFile(join(volume, file), "utf8").catch(String)));
  observe(name, { seen, write: write.stdout.split("\n"), exitCode: write.exitCode, onHost });
}

/** Two file systems, whose files have the same inode numbers, are two in the guest as well. */
async function observeVolumes(name: string): Promise<void> {
  const volumes = [await makeVolume(`${name} one`), await makeVolume(`${name} two`)];
  const mounts = volumes.map((source, index) => `type=bind,src=${source},dst=/${index},options=rbind:rw`);
  const script = "cat /0/file; echo changed > /0/file; cp /0/file /1/file && cat /1/file";
  const { stdout, stderr, exitCode } = await runContainer(daemon, ["sh", "-c", script], { mounts, ...PATIENT });
  observe(name, { stdout: stdout.split("\n"), stderr, exitCode, onHost: await readFile(join(volumes[1] ?? "", "file"), "utf8") });
  await observeLeftovers(name);
}

/** virtiofsd's death is the pod's. */
async function observeDeath(): Promise<void> {
  {
    await using container = await startContainer(daemon, ["sleep", "600"], PATIENT);
    const virtiofsd = (await processes()).find(({ exe }) => basename(exe) === "virtiofsd");
    if (virtiofsd === undefined) throw new Error("the pod has no virtiofsd");
    await killProcess(virtiofsd);
    await until(async () => (await container.status()) === "STOPPED", "the container has stopped");
    observe("death of virtiofsd", await container.remove());
  }
  await observeLeftovers("death of virtiofsd");
}

/** A guest that KVM cannot run any further. */
async function observeHalt(): Promise<void> {
  const kernel = "/run/lab-kernel";
  await writeFile(kernel, strayKernel());
  await configure({ kernel, initrd: kernel });
  const { stderr, exitCode } = await runContainer(daemon, ["true"], PATIENT);
  observe("halt", { stderr, exitCode });
  await configure({});
  await observeLeftovers("halt");
}

/** A kernel for PVH (the note says where to enter it) that jumps to where there is no memory. */
function strayKernel(): Buffer {
  const [base, code, note] = [0x100000, 0x1000, 0x1010];
  const file = Buffer.alloc(0x1024);
  // Elf64_Ehdr: ELF, 64 bits, little endian, version 1; an executable for x86-64 with two program headers.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const words = (offset: number, sizes: readonly [bytes: 2 | 4 | 8, value: number][]): void => {
    for (const [bytes, value] of sizes) {
      file.writeUIntLE(value, offset, Math.min(bytes, 6));
      offset += bytes;
    }
  };
  words(16, [[2, 2], [2, 62], [4, 1], [8, base], [8, 64], [8, 0], [4, 0], [2, 64], [2, 56], [2, 2]]);
  // Elf64_Phdr: PT_LOAD, readable and executable; PT_NOTE.
  words(64, [[4, 1], [4, 5], [8, code], [8, base], [8, base], [8, 7], [8, 7], [8, 0x1000]]);
  words(120, [[4, 4], [4, 4], [8, note], [8, 0], [8, 0], [8, 20], [8, 20], [8, 4]]);
  // mov $0xd0000000, %eax; jmp *%eax
  file.set([0xb8, 0, 0, 0, 0xd0, 0xff, 0xe0], code);
  // XEN_ELFNOTE_PHYS32_ENTRY (18) of "Xen".
  words(note, [[4, 4], [4, 4], [4, 18]]);
  file.write("Xen\0", note + 12, "latin1");
  words(note + 16, [[4, base]]);
  return file;
}

/**
 * The virtiofsd of a newer Debian, with its own libraries. A script starts it; where it lies is not where QEMU's own one is,
 * so it is taken for the one in Rust.
 */
async function rustVirtiofsd(directory: string, packages: readonly string[]): Promise<string> {
  const path = packages.map((root) => join(root, "usr/lib/x86_64-linux-gnu")).join(":");
  const loader = join(packages[0] ?? "", "usr/lib64/ld-linux-x86-64.so.2");
  const script = "/run/lab-virtiofsd";
  await writeFile(script, `#!/bin/sh\nexec ${loader} --library-path ${path} ${directory}/usr/libexec/virtiofsd "$@"\n`, { mode: 0o755 });
  return script;
}

async function observeLeftovers(name: string): Promise<void> {
  await expectNoLeftovers(daemon, clean, 20_000).then(
    () => observe(`leftovers of ${name}`, null),
    (error: unknown) => observe(`leftovers of ${name}`, String(error)),
  );
}

/** A tmpfs of its own with one file. */
async function makeVolume(name: string): Promise<string> {
  const directory = join("/mnt", name.replace(/\W+/g, "-"));
  await mkdir(directory, { recursive: true });
  await mustRun("mount", ["-t", "tmpfs", "tmpfs", directory]);
  await writeFile(join(directory, "file"), "written by the host\n");
  return directory;
}

/** What the pod's VM is made of: program and the arguments that say how the guest gets at its CPU and its files. */
async function podProcesses(): Promise<string[][]> {
  const telling = (process: Process): string[] =>
    process.args.filter((arg, index) => process.args[index - 1] === "-accel" || process.args[index - 1] === "-cpu" || arg.startsWith("vhost-user-fs"));
  const isPart = ({ exe }: Process): boolean => /^(qemu-system|virtiofsd|hadron-vsock)/.test(basename(exe));
  return (await processes()).filter(isPart).map((process) => [basename(process.exe), ...telling(process)]).sort();
}

async function until(done: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`a minute has passed, and it is not so that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
