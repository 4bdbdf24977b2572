/** config-linux.md but for resources and devices, and what is beside `linux`. */
import type { Spec } from "../../../tools/default-spec.ts";
import { each, type SpecCase, variation, withNumbers } from "./case.ts";

const namespaces: readonly SpecCase[] = [
  ...["pid", "ipc", "uts", "mount", "network", "cgroup"].map((type) =>
    variation(`without the ${type} namespace`, (spec) => {
      spec.linux.namespaces = spec.linux.namespaces.filter((namespace) => namespace.type !== type);
    }),
  ),
  variation("with a cgroup namespace", (spec) => void spec.linux.namespaces.push({ type: "cgroup" }), "read:/proc/self/cgroup"),
  variation("with a time namespace", (spec) => void spec.linux.namespaces.push({ type: "time" })),
  variation("namespaces twice", (spec) => void spec.linux.namespaces.push({ type: "pid" })),
  variation("an unknown namespace", (spec) => void spec.linux.namespaces.push({ type: "unknown" })),
  variation("a namespace of an empty type", (spec) => void spec.linux.namespaces.push({ type: "" })),
  variation("a namespace by a path that is not there", (spec) => {
    spec.linux.namespaces = spec.linux.namespaces.map((namespace) =>
      namespace.type === "ipc" ? { type: "ipc", path: "/proc/999999999/ns/ipc" } : namespace,
    );
  }),
  variation("a namespace by a path of another kind", (spec) => {
    spec.linux.namespaces = spec.linux.namespaces.map((namespace) =>
      namespace.type === "ipc" ? { type: "ipc", path: "/proc/1/ns/uts" } : namespace,
    );
  }),
  variation("a namespace by a relative path", (spec) => {
    spec.linux.namespaces = spec.linux.namespaces.map((namespace) => (namespace.type === "ipc" ? { type: "ipc", path: "ipc" } : namespace));
  }),
];

const own = [{ containerID: 0, hostID: 100000, size: 65536 }];
const userNamespaces: readonly SpecCase[] = [
  ...each(
    "a user namespace with the mappings",
    [
      own,
      [
        { containerID: 0, hostID: 0, size: 10 },
        { containerID: 10, hostID: 100000, size: 60000 },
      ],
      [{ containerID: 0, hostID: 0, size: 4294967295 }],
      [{ containerID: 0, hostID: 1000, size: 1 }],
      [
        { containerID: 0, hostID: 100000, size: 10 },
        { containerID: 5, hostID: 200000, size: 10 },
      ],
      [
        { containerID: 0, hostID: 100000, size: 10 },
        { containerID: 10, hostID: 100000, size: 10 },
      ],
      [{ containerID: 0, hostID: 100000, size: 0 }],
      [{ containerID: 1, hostID: 100000, size: 10 }],
      [{ containerID: 0, hostID: 4294967290, size: 100 }],
      [{ containerID: 0, hostID: 4294967296, size: 1 }],
      [{ containerID: -1, hostID: 0, size: 1 }],
      [],
    ],
    (spec, mappings) => inUserNamespace(spec, mappings, mappings),
    "read:/proc/self/uid_map",
    "read:/proc/self/gid_map",
    "stat:/etc/passwd",
    "stat:/dev/null",
    "create:/etc/x",
    "create:/dev/shm/x",
    "write:/dev/null",
    "ls:/dev",
    "mkdir:/sys/fs/cgroup/x",
    "write:/proc/sys/kernel/hostname",
  ),
  variation("a user namespace without gidMappings", (spec) => inUserNamespace(spec, own, undefined)),
  variation("a user namespace without uidMappings", (spec) => inUserNamespace(spec, undefined, own)),
  variation("mappings without a user namespace", (spec) => {
    inUserNamespace(spec, own, own);
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "user");
  }),
  ...each(
    "in a user namespace, process.user",
    [
      { uid: 1000, gid: 1000 },
      { uid: 65535, gid: 0 },
      { uid: 65536, gid: 0 },
      { uid: 0, gid: 70000 },
      { uid: 0, gid: 0, additionalGids: [5, 1000] },
      { uid: 0, gid: 0, additionalGids: [70000] },
    ],
    (spec, user) => {
      inUserNamespace(spec, own, own);
      spec.process["user"] = user;
    },
    "create:/dev/shm/x",
    "stat:/proc/self/fd/1",
  ),
  variation("in a user namespace, without capabilities", (spec) => {
    inUserNamespace(spec, own, own);
    Reflect.deleteProperty(spec.process, "capabilities");
  }),
  variation(
    "in a user namespace, with a terminal",
    (spec) => {
      inUserNamespace(spec, own, own);
      spec.process["terminal"] = true;
    },
    "stat:/dev/pts/0",
    "stat:/dev/console",
  ),
  variation(
    "in a user namespace, a tmpfs with uid and gid",
    (spec) => {
      inUserNamespace(spec, own, own);
      spec.mounts.push({ destination: "/volume", type: "tmpfs", source: "tmpfs", options: ["uid=1000", "gid=1000"] });
    },
    "stat:/volume",
  ),
  variation(
    "in a user namespace, a device",
    (spec) => {
      inUserNamespace(spec, own, own);
      spec.linux["devices"] = [{ path: "/dev/second-zero", type: "c", major: 1, minor: 5, fileMode: 0o600, uid: 5, gid: 5 }];
    },
    "stat:/dev/second-zero",
    "write:/dev/second-zero",
  ),
  variation(
    "in a user namespace, masked and read-only paths",
    (spec) => {
      inUserNamespace(spec, own, own);
      spec.linux.maskedPaths = ["/proc/keys", "/sys/firmware"];
      spec.linux.readonlyPaths = ["/proc/sys"];
    },
    "read:/proc/keys",
    "ls:/sys/firmware",
    "write:/proc/sys/kernel/hostname",
  ),
  variation("a user namespace by a path that is not there", (spec) => {
    inUserNamespace(spec, own, own);
    spec.linux.namespaces = spec.linux.namespaces.map((namespace) =>
      namespace.type === "user" ? { type: "user", path: "/proc/999999999/ns/user" } : namespace,
    );
  }),
];

function inUserNamespace(spec: Spec, uidMappings: unknown, gidMappings: unknown): void {
  spec.linux.namespaces.push({ type: "user" });
  Object.assign(spec.linux, { uidMappings, gidMappings });
}

const paths: readonly SpecCase[] = [
  ...each(
    "linux.maskedPaths",
    [
      [],
      ["/etc/passwd"],
      ["/etc"],
      ["/nowhere"],
      ["/etc/dangling"],
      ["/link-to-work"],
      ["relative"],
      ["/proc/interrupts", "/sys/firmware"],
      ["/probe"],
      [""],
      ["/work/../etc/group"],
    ],
    (spec, maskedPaths) => void (spec.linux.maskedPaths = maskedPaths),
    "read:/etc/passwd",
    "ls:/etc",
    "stat:/etc/passwd",
    "write:/etc/passwd",
    "ls:/work",
    "read:/proc/interrupts",
    "read:/etc/group",
    "ls:/sys/firmware",
  ),
  variation("linux.maskedPaths absent", (spec) => void Reflect.deleteProperty(spec.linux, "maskedPaths"), "stat:/proc/keys"),
  ...each(
    "linux.readonlyPaths",
    [
      [],
      ["/etc"],
      ["/etc/passwd"],
      ["/nowhere"],
      ["/link-to-work"],
      ["/etc/dangling"],
      ["relative"],
      ["/dev"],
      ["/dev/null"],
      ["/"],
      ["//"],
      ["/run", "/run"],
      ["/etc/passwd", "/etc"],
      [""],
    ],
    (spec, readonlyPaths) => void (spec.linux.readonlyPaths = readonlyPaths),
    "create:/etc/x",
    "write:/etc/passwd",
    "create:/work/x",
    "create:/dev/x",
    "write:/dev/null",
    "create:/run/x",
    "write:/proc/sys/kernel/hostname",
  ),
  variation("linux.readonlyPaths absent", (spec) => void Reflect.deleteProperty(spec.linux, "readonlyPaths"), "write:/proc/sys/kernel/hostname"),
  variation(
    "linux.readonlyPaths on a mount with flags",
    (spec) => {
      spec.mounts.push({ destination: "/volume", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "noexec", "noatime"] });
      spec.linux.readonlyPaths = ["/volume"];
    },
    "create:/volume/x",
  ),
];

const sysctls: readonly SpecCase[] = [
  ...each(
    "linux.sysctl",
    [
      {},
      { "kernel.shmmni": "1234" },
      { "kernel.shmmax": "18446744073692774399" },
      { "kernel.sem": "32000 1024000000 500 32000" },
      { "kernel.msgmax": "8192" },
      { "fs.mqueue.msg_max": "20" },
      { "net.ipv4.ip_forward": "1" },
      { "net/ipv4/ip_forward": "1" },
      { "net.ipv4.ping_group_range": "0 1000" },
      { "kernel.hostname": "by-sysctl" },
      { "kernel.domainname": "by-sysctl" },
      { "kernel.panic": "10" },
      { "vm.swappiness": "10" },
      { "fs.file-max": "1000000" },
      { "no.such.sysctl": "1" },
      { "net.no.such": "1" },
      { "kernel.shmmni": "nonsense" },
      { "kernel.shmmni": "" },
      { "": "1" },
      { "../etc/passwd": "1" },
      { "net.ipv4.conf.lo/x.forwarding": "1" },
      { "net.ipv4.ip_unprivileged_port_start": "0" },
    ] as Record<string, string>[],
    (spec, sysctl) => void (spec.linux["sysctl"] = sysctl),
    "read:/proc/sys/kernel/shmmni",
    "read:/proc/sys/kernel/shmmax",
    "read:/proc/sys/kernel/sem",
    "read:/proc/sys/net/ipv4/ip_forward",
    "read:/proc/sys/net/ipv4/ping_group_range",
    "read:/proc/sys/kernel/hostname",
    "read:/proc/sys/fs/mqueue/msg_max",
    "read:/proc/sys/kernel/msgmax",
  ),
  variation("linux.sysctl of ipc without its namespace", (spec) => {
    spec.linux["sysctl"] = { "kernel.shmmni": "1234" };
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "ipc");
  }),
];

const MKDIR = { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" };

function filter(name: string, seccomp: Record<string, unknown> | null, ...look: string[]): SpecCase {
  return variation(`seccomp ${name}`, (spec) => void (spec.linux["seccomp"] = seccomp), "mkdir:/tmp/x", ...look);
}

function allowing(spec: Spec, rule: Record<string, unknown>): void {
  spec.linux["seccomp"] = { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"], syscalls: [rule] };
}

/** All that the probe calls to print its view, and what any Go program does; nothing of what makes a container. */
const ENOUGH = [
  "read",
  "write",
  "open",
  "openat",
  "close",
  "fstat",
  "newfstatat",
  "stat",
  "lstat",
  "lseek",
  "mmap",
  "mprotect",
  "munmap",
  "brk",
  "ioctl",
  "fcntl",
  "readlink",
  "readlinkat",
  "getdents64",
  "getcwd",
  "uname",
  "getpid",
  "getppid",
  "getsid",
  "getpgid",
  "getrlimit",
  "prlimit64",
  "sched_getparam",
  "sched_getscheduler",
  "getpriority",
  "ioprio_get",
  "personality",
  "prctl",
  "arch_prctl",
  "set_tid_address",
  "set_robust_list",
  "rseq",
  "getrandom",
  "exit_group",
  "exit",
  "rt_sigaction",
  "rt_sigprocmask",
  "execve",
  "futex",
  "writev",
  "mkdir",
  "rmdir",
  "epoll_create1",
  "epoll_ctl",
  "epoll_pwait",
  "eventfd2",
  "pipe2",
  "nanosleep",
  "clock_gettime",
  "tgkill",
  "gettid",
  "sched_yield",
  "rt_sigreturn",
  "sigaltstack",
  "madvise",
  "statfs",
  "fstatfs",
];

const X86_64 = "SCMP_ARCH_X86_64";

/** With system calls that are newer than those that the profile allows; 100 is older, and those above 2^30 are x32's. */
function newer(name: string, profile: Record<string, unknown>, ...look: string[]): SpecCase {
  return filter(
    `and new calls, ${name}`,
    { ...profile, syscalls: [{ names: ENOUGH, action: "SCMP_ACT_ALLOW" }] },
    "syscall:441",
    "syscall:452",
    "syscall:500",
    ...look,
  );
}

const seccomp: readonly SpecCase[] = [
  filter("null", null),
  filter("empty", {}),
  filter("that allows all", { defaultAction: "SCMP_ACT_ALLOW" }),
  filter("that allows all but mkdir", { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"], syscalls: [MKDIR] }),
  filter("with errnoRet", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, errnoRet: 38 }] }),
  filter("with errnoRet 0", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, errnoRet: 0 }] }),
  filter("without names", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ action: "SCMP_ACT_ERRNO" }] }),
  filter("with an unknown system call", {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["mkdir", "mkdirat", "no_such_call"], action: "SCMP_ACT_ERRNO" }],
  }),
  filter("with an unknown action", { defaultAction: "SCMP_ACT_NONSENSE" }),
  filter("with an unknown architecture", { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_NONSENSE"] }),
  filter("with more architectures", {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [MKDIR],
  }),
  filter("with a foreign architecture", { defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_AARCH64"], syscalls: [MKDIR] }),
  filter("that kills the process", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, action: "SCMP_ACT_KILL_PROCESS" }] }),
  filter("that kills the thread", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, action: "SCMP_ACT_KILL" }] }),
  filter("that traps", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, action: "SCMP_ACT_TRAP" }] }),
  filter("that logs", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, action: "SCMP_ACT_LOG" }] }),
  filter("that traces", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, action: "SCMP_ACT_TRACE" }] }),
  filter("with conditions", {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: 11, args: [{ index: 0, value: 0xffffffff, op: "SCMP_CMP_EQ" }] }],
  }),
  filter("with a masked condition", {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ ...MKDIR, args: [{ index: 1, value: 0o777, valueTwo: 0o777, op: "SCMP_CMP_MASKED_EQ" }] }],
  }),
  filter("with an unknown operator", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, args: [{ index: 0, value: 0, op: "NONSENSE" }] }] }),
  filter("with the seventh argument", {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ ...MKDIR, args: [{ index: 7, value: 0, op: "SCMP_CMP_EQ" }] }],
  }),
  filter("as an allow-list that is enough for the program", {
    defaultAction: "SCMP_ACT_ERRNO",
    syscalls: [{ names: ENOUGH, action: "SCMP_ACT_ALLOW" }],
  }),
  filter("as an allow-list with defaultErrnoRet", {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: 38,
    syscalls: [{ names: ENOUGH.filter((name) => name !== "mkdir"), action: "SCMP_ACT_ALLOW" }],
  }),
  filter("that kills by default", { defaultAction: "SCMP_ACT_KILL_PROCESS", syscalls: [{ names: ENOUGH, action: "SCMP_ACT_ALLOW" }] }),
  newer("by default", { defaultAction: "SCMP_ACT_ERRNO", architectures: [X86_64] }, "syscall:100"),
  newer("without architectures", { defaultAction: "SCMP_ACT_ERRNO" }, "syscall:100"),
  newer("with defaultErrnoRet", { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 13, architectures: [X86_64] }, "syscall:100"),
  newer("that kills", { defaultAction: "SCMP_ACT_KILL_PROCESS", architectures: [X86_64] }),
  newer("that traces", { defaultAction: "SCMP_ACT_TRACE", architectures: [X86_64] }, "syscall:100"),
  newer("that logs", { defaultAction: "SCMP_ACT_LOG", architectures: [X86_64] }, "syscall:100"),
  newer(
    "of three architectures",
    { defaultAction: "SCMP_ACT_ERRNO", architectures: [X86_64, "SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
    "syscall:100",
    "syscall:1073741924",
    "syscall:1073742276",
  ),
  filter("with flags", { defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"], syscalls: [MKDIR] }),
  filter("with tsync", { defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_TSYNC"], syscalls: [MKDIR] }),
  filter("with an unknown flag", { defaultAction: "SCMP_ACT_ALLOW", flags: ["NONSENSE"] }),
  filter("with notify", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ ...MKDIR, action: "SCMP_ACT_NOTIFY" }] }),
  filter("of a user", { defaultAction: "SCMP_ACT_ALLOW", syscalls: [MKDIR] }),
  variation(
    "seccomp without no_new_privs",
    (spec) => {
      allowing(spec, MKDIR);
      spec.process["noNewPrivileges"] = false;
    },
    "mkdir:/tmp/x",
  ),
  variation(
    "seccomp without no_new_privs as user 1000",
    (spec) => {
      allowing(spec, MKDIR);
      spec.process["noNewPrivileges"] = false;
      spec.process.user = { uid: 1000, gid: 1000 };
    },
    "mkdir:/tmp/x",
  ),
  variation(
    "seccomp with a value of 64 bits",
    withNumbers((spec) => {
      allowing(spec, { ...MKDIR, args: [{ index: 0, value: "@", op: "SCMP_CMP_EQ" }] });
      return { "@": "18446744073709551615" };
    }),
    "mkdir:/tmp/x",
  ),
];

const rest: readonly SpecCase[] = [
  // Never a spec without `linux`: runc then mounts in the host's own mount namespace.
  ...each(
    "linux.personality",
    [{ domain: "LINUX" }, { domain: "LINUX32" }, { domain: "NONSENSE" }, { domain: "LINUX", flags: ["X"] }],
    (spec, value) => void (spec.linux["personality"] = value),
  ),
  ...each("linux.mountLabel", ["", "system_u:object_r:x_t:s0"], (spec, value) => void (spec.linux["mountLabel"] = value)),
  ...each("linux.timeOffsets", [{}, { boottime: { secs: 1 } }], (spec, value) => void (spec.linux["timeOffsets"] = value)),
  ...each("linux.intelRdt", [null, {}, { closID: "x" }], (spec, value) => void (spec.linux["intelRdt"] = value)),
  ...each("linux.unknown", [1, {}], (spec, value) => void (spec.linux["somethingNew"] = value)),
  ...each("linux.cgroupsPath", ["", undefined, "a:b:c"], (spec, value) => void Object.assign(spec.linux, { cgroupsPath: value })),
  ...each(
    "annotations",
    [{}, { a: "b" }, { "": "" }, { "run.oci.keep_original_groups": "1" }, { "org.opencontainers.image.stopSignal": "SIGKILL" }],
    (spec, value) => void Object.assign(spec.annotations, value),
  ),
  ...each("ociVersion", ["1.0.0", "1.0.2-dev", "1.2.1", "1.3.0", "2.0.0", "0.6.0", "", "nonsense"], (spec, value) => void (spec.ociVersion = value)),
  variation("ociVersion absent", (spec) => void Reflect.deleteProperty(spec, "ociVersion")),
  ...each(
    "hooks",
    [
      {},
      { prestart: [] },
      { poststop: null },
      { poststart: [{ path: "/bin/true" }] },
      { prestart: [{ path: "/bin/false" }] },
      { createContainer: [{ path: "/nowhere" }] },
      { startContainer: [{ path: "/bin/true" }] },
    ],
    (spec, value) => void (spec["hooks"] = value),
  ),
  variation(
    "hooks, what one in the container is told",
    (spec) => void (spec["hooks"] = { startContainer: [{ path: "/bin/sh", args: ["sh", "-c", "cat >/tmp/state"] }] }),
    "read:/tmp/state",
  ),
  ...each(
    "solaris, windows, vm and zos",
    [{ solaris: {} }, { windows: {} }, { vm: {} }, { zos: {} }],
    (spec, value) => void Object.assign(spec, value),
  ),
  variation("an unknown field", (spec) => void (spec["somethingNew"] = { a: 1 })),
  variation("config.json with a byte order mark", (spec) => `\ufeff${JSON.stringify(spec)}`),
  variation("config.json with a field twice", (spec) =>
    JSON.stringify(spec).replace('"ociVersion"', '"hostname":"first","hostname":"second","ociVersion"'),
  ),
  variation("config.json with a field in other letters", (spec) => JSON.stringify(spec).replace('"process"', '"Process"').replace('"cwd"', '"CWD"')),
  variation("config.json with trailing text", (spec) => `${JSON.stringify(spec)} x`),
  variation("config.json with trailing blanks", (spec) => `\n\t ${JSON.stringify(spec)}\n\n`),
  variation("config.json cut short", (spec) => JSON.stringify(spec).slice(0, -1)),
  variation("config.json empty", () => ""),
  variation("config.json null", () => "null"),
  variation("config.json a list", () => "[]"),
  variation("config.json with a comment", (spec) => `// comment\n${JSON.stringify(spec)}`),
  variation("config.json with a NUL in a string", (spec) => JSON.stringify(spec).replace('"/probe"', '"/pro\\u0000be"')),
  variation("config.json with half a surrogate", (spec) => JSON.stringify(spec).replace('"view"', '"view","read:\\ud800"')),
];

export const LINUX_CASES: readonly SpecCase[] = [...namespaces, ...userNamespaces, ...paths, ...sysctls, ...seccomp, ...rest];
