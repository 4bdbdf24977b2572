/**
 * Every key of Hadron's configuration: this table is what files and annotations are checked against, what
 * `Config` is typed from and what docs/configuration.md is tested against.
 */

interface Common {
  /** One sentence or two for docs/configuration.md. */
  readonly doc: string;
  /**
   * Whether `io.hadron.KEY` may exist on a pod at all (it must be in `enable_annotations` as well). What names a
   * file of the host, or a limit for others, is for the file only.
   */
  readonly annotation: boolean;
}

interface IntegerKey extends Common {
  readonly type: "integer";
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** The key that holds the largest value that an annotation may ask for. */
  readonly ceiling?: string;
}

interface ChoiceKey extends Common {
  readonly type: "choice";
  readonly default: string;
  readonly choices: readonly string[];
  /** An absolute path is allowed as well, though not in an annotation. */
  readonly path?: true;
}

interface StringsKey extends Common {
  readonly type: "strings";
  readonly default: readonly string[];
  /** What each element looks like. */
  readonly pattern: RegExp;
  /** The same in words: "a list of ...". */
  readonly allowed: string;
}

export type Key = IntegerKey | ChoiceKey | StringsKey;

export const ANNOTATION_PREFIX = "io.hadron.";

export const DEBUG_LEVELS = ["Off", "Error", "Warn", "Info", "Debug", "Trace"] as const;

export const SCHEMA = {
  hypervisor: {
    type: "choice",
    default: "auto",
    choices: ["auto", "qemu", "kvm"],
    annotation: true,
    doc: "What runs the virtual machines: QEMU, or Hadron's own VMM, which needs a CPU with vmx or svm, a /dev/kvm that makes virtual machines, and virtiofsd. `auto` takes our own where it can be had. What runs a pod's VM, and why, is a line in the log.",
  },
  kernel: {
    type: "choice",
    default: "auto",
    choices: ["auto", "tuned", "debian"],
    path: true,
    annotation: true,
    doc: "The guest's kernel: the one that `make kernel` builds, Debian's, or the path of an ELF vmlinux or bzImage that has what the tuned one has built in. `auto` takes the tuned one if it is installed.",
  },
  initrd: {
    type: "choice",
    default: "auto",
    choices: ["auto"],
    path: true,
    annotation: false,
    doc: "The guest's initramfs. `auto` takes the installed one that fits the kernel.",
  },
  vcpus: {
    type: "integer",
    default: 1,
    min: 1,
    max: 240,
    ceiling: "max_vcpus",
    annotation: true,
    doc: "Virtual CPUs of a pod's VM. A pod whose own CPU limit is higher gets as many as that limit needs.",
  },
  memory_mib: {
    type: "integer",
    default: 512,
    min: 128,
    max: 1_048_576,
    ceiling: "max_memory_mib",
    annotation: true,
    doc: "Memory of a pod's VM in MiB. Its containers share what is left of it after the boot, less a sixteenth (8 to 64 MiB) for the guest itself. A pod whose own memory limit is higher gets that, and what the guest needs beside it.",
  },
  max_vcpus: {
    type: "integer",
    default: 16,
    min: 1,
    max: 240,
    annotation: false,
    doc: "The most virtual CPUs that a pod can get, by annotation or by its own limit.",
  },
  max_memory_mib: {
    type: "integer",
    default: 32_768,
    min: 128,
    max: 1_048_576,
    annotation: false,
    doc: "The most memory in MiB that an annotation can ask for.",
  },
  spare_nics: {
    type: "integer",
    default: 1,
    min: 0,
    max: 16,
    annotation: true,
    doc: "NICs that a pod's VM has beside one for each interface that its network namespace has at the start: for interfaces that come later (`docker network connect`). A namespace that has none yet (`ctr run --cni`, Docker) counts as one with one, unless this is 0. An interface beyond that is not seen inside until the pod is started anew.",
  },
  spare_disks: {
    type: "integer",
    default: 0,
    min: 0,
    max: 16,
    annotation: true,
    doc: "Places for disks that a pod's VM in QEMU has beside the block devices of its first container: for containers that come when the VM runs, as all of CRI's do ([block devices](volumes.md#block-devices)). Hadron's own VMM has eight in any case, which the guest does not see.",
  },
  disk_limit_mib_per_s: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1_048_576,
    annotation: true,
    doc: "The most that a pod reads and writes on each of its [block devices](volumes.md#block-devices), in MiB per second; 0 is no limit.",
  },
  disk_limit_operations_per_s: {
    type: "integer",
    default: 0,
    min: 0,
    max: 10_000_000,
    annotation: true,
    doc: "The same in operations per second, whatever their size.",
  },
  nic_limit_mib_per_s: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1_048_576,
    annotation: true,
    doc: "The most that each NIC of a pod sends and receives, both together, in MiB (not megabits) per second; 0 is no limit. Only Hadron's own VMM can do that: with another value than 0, pods in QEMU and pods with the host's network are refused ([other ways](network.md#limits)).",
  },
  host_network: {
    type: "choice",
    default: "refuse",
    choices: ["refuse", "passt"],
    annotation: false,
    doc: "What becomes of a pod that has the host's network instead of one of its own (`hostNetwork: true`, `ctr run --net-host`). With `passt` its packets are carried with the host's addresses ([what that is](network.md#the-hosts-network)).",
  },
  passt_path: {
    type: "choice",
    default: "auto",
    choices: ["auto"],
    path: true,
    annotation: false,
    doc: "The passt binary, used with `host_network` only. `auto` takes the one in PATH (package `passt`).",
  },
  kernel_parameters: {
    type: "strings",
    default: [],
    // Anything else could end the parameter, or the command line, early.
    pattern: /^[\x21\x23-\x7e]+$/,
    allowed: "kernel parameters, printable ASCII without spaces and quotation marks",
    annotation: true,
    doc: "Appended to the guest's kernel command line. Spaces separate them in an annotation.",
  },
  qemu_path: {
    type: "choice",
    default: "auto",
    choices: ["auto"],
    path: true,
    annotation: false,
    doc: "The QEMU binary. `auto` takes `PREFIX/lib/hadron/qemu-system-x86_64` if it is there (`make build` gets QEMU 10.0 from Debian 12's backports), else the one in PATH. With QEMU 7.2, which Debian 12 itself has, pods without KVM cannot make FIFOs, device nodes and unix sockets in their file systems.",
  },
  virtiofsd_path: {
    type: "choice",
    default: "auto",
    choices: ["auto"],
    path: true,
    annotation: false,
    doc: "The virtiofsd binary; only used with KVM. `auto` looks where Debian has it (package `virtiofsd`, in Debian 12 `qemu-system-common`), then in PATH; without one, QEMU shares directories by 9p, and Hadron's own VMM cannot be had.",
  },
  debug_level: {
    type: "choice",
    default: "Info",
    choices: DEBUG_LEVELS,
    annotation: true,
    doc: "What is logged, by the shim daemon and by the agent in the guest. `containerd --log-level debug` makes it at least `Debug`.",
  },
  idle_timeout_s: {
    type: "integer",
    default: 30,
    min: 1,
    max: 3600,
    annotation: false,
    doc: "Seconds after which a shim daemon without any container exits by itself.",
  },
  boot_timeout_s: {
    type: "integer",
    default: 60,
    min: 1,
    max: 3600,
    annotation: false,
    doc: "Seconds that a guest may take from the start of its VM until its agent answers; then it is killed and the Create fails.",
  },
  agent_timeout_s: {
    type: "integer",
    default: 30,
    min: 1,
    max: 3600,
    annotation: false,
    doc: "Seconds within which the agent has to answer whether it lives. It is asked while a request takes longer than a second; how long the request itself takes is up to the container's own limits.",
  },
  enable_annotations: {
    type: "strings",
    default: ["io.hadron.vcpus", "io.hadron.memory_mib"],
    pattern: /^io\.hadron\.[a-z_*]+$/,
    allowed: "annotation names, in which `*` stands for any characters",
    annotation: false,
    doc: "The annotations that pods may set. Whoever can create a pod can set them, so the default has only those that have a ceiling.",
  },
} as const satisfies Readonly<Record<string, Key>>;

export type KeyName = keyof typeof SCHEMA;

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

type ValueOf<K extends Key> = K extends { readonly type: "integer" }
  ? number
  : K extends { readonly type: "strings" }
    ? readonly string[]
    : K extends { readonly choices: readonly (infer C)[]; readonly path: true }
      ? C | `/${string}`
      : K extends { readonly choices: readonly (infer C)[] }
        ? C
        : never;

/** `memory_mib` of the file is `memoryMib` here, and so on. */
export type Config = { readonly [N in KeyName as Camel<N>]: ValueOf<(typeof SCHEMA)[N]> };

/** What has been said so far, by the file's own key names. */
export type Settings = { readonly [N in KeyName]?: unknown };

export const KEY_NAMES = Object.keys(SCHEMA) as readonly KeyName[];

export function keyOf(name: KeyName): Key {
  return SCHEMA[name];
}

export function isKeyName(name: string): name is KeyName {
  return Object.hasOwn(SCHEMA, name);
}

export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
