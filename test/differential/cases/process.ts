/** config.md: process, hostname, domainname, and the program that is run. */
import { each, type SpecCase, variation, withNumbers } from "./case.ts";

const ALL_SETS = ["bounding", "effective", "inheritable", "permitted", "ambient"] as const;

const users: readonly SpecCase[] = [
  ...each(
    "process.user",
    [{ uid: 1000, gid: 1000 }, { uid: 1000 }, { gid: 1000 }, {}, { uid: 4294967294, gid: 4294967294 }, { uid: 65534, gid: 0 }],
    (spec, user) => void (spec.process.user = user),
    "create:/tmp/x",
    "create:/root/x",
    "stat:/proc/self",
  ),
  ...each(
    "process.user",
    [
      { uid: -1, gid: 0 },
      { uid: 4294967296, gid: 0 },
      { uid: "0", gid: 0 },
      { uid: 1.5, gid: 0 },
      { uid: 4294967295, gid: 0 },
    ],
    (spec, user) => void (spec.process.user = user),
  ),
  variation("process.user absent", (spec) => void Reflect.deleteProperty(spec.process, "user")),
  ...each(
    "process.user.additionalGids",
    [[], [29], [29, 50, 1000], [0], [29, 29], [4294967294], Array.from({ length: 100 }, (_, i) => 1000 + i)],
    (spec, additionalGids) => void (spec.process.user = { uid: 1000, gid: 1000, additionalGids }),
  ),
  ...each(
    "process.user.umask",
    [0, 0o22, 0o27, 0o77, 0o777, 0o1777, undefined],
    (spec, umask) => void (spec.process.user = { uid: 0, gid: 0, umask }),
    "create:/tmp/x",
    "mkdir:/tmp/y",
  ),
  variation("process.user.username", (spec) => void (spec.process.user = { uid: 0, gid: 0, username: "user" })),
  variation("user 1000 without a capability in the sets", (spec) => void (spec.process.user = { uid: 1000, gid: 1000 }), "create:/volume/x"),
];

const environments: readonly SpecCase[] = [
  ...each(
    "process.env",
    [
      [],
      ["A=1"],
      ["A=1", "A=2"],
      ["A"],
      ["=x"],
      [""],
      ["A="],
      ["A=b=c"],
      ["HOME=/elsewhere"],
      ["HOME="],
      ["PATH=/nowhere"],
      ["A=line\nline"],
      ["A=\u00e9"],
      ["PATH=/bin", "PATH=/nowhere"],
      ["TERM=dumb"],
    ],
    (spec, env) => void (spec.process.env = env),
  ),
  variation("process.env absent", (spec) => void Reflect.deleteProperty(spec.process, "env")),
  variation("process.env null", (spec) => void Object.assign(spec.process, { env: null })),
  variation("process.env of 100 kB", (spec) => void spec.process.env.push(`LONG=${"x".repeat(100_000)}`)),
  variation("process.env of a thousand", (spec) => void spec.process.env.push(...Array.from({ length: 1000 }, (_, i) => `V${i}=${i}`))),
  variation("HOME of user 1000", (spec) => void (spec.process.user = { uid: 1000, gid: 1000 })),
  variation("HOME of a user without an entry", (spec) => void (spec.process.user = { uid: 1234, gid: 1234 })),
];

const programs: readonly SpecCase[] = [
  ...each(
    "process.cwd",
    ["/", "/home/user", "/made/by/runtime", "/tmp/../etc", "/tmp/", "/link-to-work", "/link-out", "/etc/passwd", "relative", "", "/root"],
    (spec, cwd) => void (spec.process.cwd = cwd),
    "stat:/made/by/runtime",
    "stat:/made",
  ),
  variation("process.cwd that the user may not enter", (spec) => {
    spec.process.cwd = "/root";
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  variation("process.cwd absent", (spec) => void Reflect.deleteProperty(spec.process, "cwd")),
  variation(
    "process.cwd made for a user",
    (spec) => {
      spec.process.cwd = "/made/for/user";
      spec.process.user = { uid: 1000, gid: 1000 };
    },
    "stat:/made/for/user",
  ),
  ...each(
    "process.args",
    [
      ["/nowhere"],
      ["nowhere"],
      ["/etc/not-executable"],
      ["/etc/not-a-program"],
      ["/etc/no-interpreter"],
      ["/etc"],
      [""],
      ["/etc/only-root"],
      ["cat", "/etc/group"],
      ["bin/cat", "/etc/group"],
      ["./probe"],
      ["/probe", "", "two words", "\n", "\u00e9"],
      ["sh", "-c", "echo $0 $1", "zero", "one"],
      ["/etc/dangling"],
      ["/etc/passwd/x"],
      ["/probe", "x".repeat(100_000)],
    ],
    (spec, args) => void (spec.process.args = args),
  ),
  variation("process.args absent", (spec) => void Reflect.deleteProperty(spec.process, "args")),
  variation("process.args empty", (spec) => void (spec.process.args = [])),
  variation("process absent", (spec) => void Reflect.deleteProperty(spec, "process")),
  variation("process.args relative to cwd", (spec) => {
    spec.process.args = ["./busybox", "echo", "here"];
    spec.process.cwd = "/bin";
  }),
  ...each("a program of root's with mode 0744, run as", [0, 1000], (spec, uid) => {
    spec.process.args = ["/etc/only-root"];
    spec.process.user = { uid, gid: uid };
  }),
  variation("a program of root's with mode 0744, run without CAP_DAC_OVERRIDE", (spec) => {
    spec.process.args = ["/etc/only-root"];
    for (const set of ["bounding", "effective", "permitted"]) {
      spec.process.capabilities[set] = ["CAP_CHOWN"];
    }
  }),
  variation("a program without execute permission, run with all capabilities", (spec) => void (spec.process.args = ["/etc/not-executable"])),
  ...each("exit", [0, 1, 2, 42, 126, 127, 128, 137, 255], (spec, status) => void (spec.process.args = ["/probe", "exit", String(status)])),
  ...each("a child killed by", [1, 6, 9, 11, 15, 31], (spec, signal) => void (spec.process.args = ["/probe", "child-signal", String(signal)])),
  ...each("init that sends itself", [9, 15], (spec, signal) => void (spec.process.args = ["/probe", "signal", String(signal)])),
  variation("output of 1 MB on both streams", (spec) => void (spec.process.args = ["/probe", "flood", "1000000", "errors"])),
  variation("a child that outlives init", (spec) => void (spec.process.args = ["/probe", "orphan"])),
];

const capabilities: readonly SpecCase[] = [
  variation("process.capabilities absent", (spec) => void Reflect.deleteProperty(spec.process, "capabilities")),
  variation("process.capabilities null", (spec) => void Object.assign(spec.process, { capabilities: null })),
  variation("process.capabilities empty", (spec) => void (spec.process.capabilities = {})),
  ...each(
    "process.capabilities",
    [
      [],
      ["CAP_CHOWN"],
      ["CAP_UNKNOWN"],
      ["CAP_CHOWN", "CAP_UNKNOWN"],
      ["chown"],
      ["cap_chown"],
      ["CHOWN"],
      ["CAP_CHECKPOINT_RESTORE"],
      ["CAP_CHOWN", "CAP_CHOWN"],
      [""],
    ],
    (spec, list) => void (spec.process.capabilities = Object.fromEntries(ALL_SETS.map((set) => [set, list]))),
  ),
  ...ALL_SETS.map((only) => variation(`process.capabilities.${only} alone`, (spec) => void (spec.process.capabilities = { [only]: ["CAP_KILL"] }))),
  ...ALL_SETS.map((without) =>
    variation(`process.capabilities without ${without}`, (spec) => {
      spec.process.capabilities = Object.fromEntries(ALL_SETS.filter((set) => set !== without).map((set) => [set, ["CAP_KILL", "CAP_CHOWN"]]));
    }),
  ),
  variation("process.capabilities of user 1000", (spec) => void (spec.process.user = { uid: 1000, gid: 1000 })),
  variation(
    "process.capabilities, ambient of user 1000",
    (spec) => {
      spec.process.user = { uid: 1000, gid: 1000 };
      spec.process.capabilities = Object.fromEntries(ALL_SETS.map((set) => [set, ["CAP_NET_BIND_SERVICE", "CAP_CHOWN"]]));
    },
    "create:/root/x",
  ),
  variation(
    "process.capabilities, effective without permitted",
    (spec) => void (spec.process.capabilities = { bounding: ["CAP_KILL"], effective: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL"] }),
  ),
];

function limit(name: string, soft: number, hard: number): SpecCase {
  return variation(`process.rlimits RLIMIT_${name}`, (spec) => void (spec.process.rlimits = [{ type: `RLIMIT_${name}`, soft, hard }]));
}

const limits: readonly SpecCase[] = [
  variation("process.rlimits absent", (spec) => void Reflect.deleteProperty(spec.process, "rlimits")),
  variation("process.rlimits empty", (spec) => void (spec.process.rlimits = [])),
  // Below what a host grants without CAP_SYS_RESOURCE, so that runc may set them everywhere.
  ...["AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "RSS", "RTTIME", "STACK"].map((name) => limit(name, 100_000_000, 200_000_000)),
  ...["NICE", "RTPRIO"].map((name) => limit(name, 0, 0)),
  ...["NPROC", "SIGPENDING", "MEMLOCK", "MSGQUEUE"].map((name) => limit(name, 1000, 2000)),
  limit("NOFILE", 20, 30),
  variation("process.rlimits soft above hard", (spec) => void (spec.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 200, hard: 100 }])),
  variation(
    "process.rlimits twice",
    (spec) =>
      void (spec.process.rlimits = [
        { type: "RLIMIT_NOFILE", soft: 200, hard: 200 },
        { type: "RLIMIT_NOFILE", soft: 100, hard: 100 },
      ]),
  ),
  variation("process.rlimits unknown", (spec) => void (spec.process.rlimits = [{ type: "RLIMIT_UNKNOWN", soft: 1, hard: 1 }])),
  variation("process.rlimits without prefix", (spec) => void (spec.process.rlimits = [{ type: "NOFILE", soft: 100, hard: 100 }])),
  variation("process.rlimits without values", (spec) => void Object.assign(spec.process, { rlimits: [{ type: "RLIMIT_CORE" }] })),
  variation("process.rlimits negative", (spec) => void (spec.process.rlimits = [{ type: "RLIMIT_CORE", soft: -1, hard: -1 }])),
  variation(
    "process.rlimits unlimited",
    withNumbers((spec) => {
      spec.process.rlimits = [{ type: "RLIMIT_CORE", soft: "@", hard: "@" }];
      return { "@": "18446744073709551615" };
    }),
  ),
  variation(
    "process.rlimits above 2^53",
    withNumbers((spec) => {
      spec.process.rlimits = [{ type: "RLIMIT_AS", soft: "@", hard: "#" }];
      return { "@": "9223372036854775809", "#": "18446744073709551614" };
    }),
  ),
  variation(
    "process.rlimits above 2^64",
    withNumbers((spec) => {
      spec.process.rlimits = [{ type: "RLIMIT_AS", soft: "@", hard: "@" }];
      return { "@": "18446744073709551616" };
    }),
  ),
  variation(
    "process.rlimits 1e3",
    withNumbers((spec) => {
      spec.process.rlimits = [{ type: "RLIMIT_CORE", soft: "@", hard: "@" }];
      return { "@": "1e3" };
    }),
  ),
];

const rest: readonly SpecCase[] = [
  ...each("process.noNewPrivileges", [true, false, undefined, null, "true"], (spec, value) => void (spec.process["noNewPrivileges"] = value)),
  // Nothing below 0: that needs CAP_SYS_RESOURCE of the host.
  ...each("process.oomScoreAdj", [0, 1, 500, 1000, 1001, -1001, undefined, null], (spec, value) => void (spec.process["oomScoreAdj"] = value)),
  ...each("process.apparmorProfile", ["", "no-such-profile"], (spec, value) => void (spec.process["apparmorProfile"] = value)),
  ...each("process.selinuxLabel", ["", "system_u:system_r:x_t:s0"], (spec, value) => void (spec.process["selinuxLabel"] = value)),
  ...each(
    "process.scheduler",
    [{ policy: "SCHED_OTHER", nice: 5 }, { policy: "SCHED_BATCH" }, { policy: "SCHED_IDLE" }, { policy: "SCHED_UNKNOWN" }, {}],
    (spec, value) => void (spec.process["scheduler"] = value),
  ),
  ...each(
    "process.ioPriority",
    [
      { class: "IOPRIO_CLASS_BE", priority: 3 },
      { class: "IOPRIO_CLASS_IDLE", priority: 0 },
      { class: "UNKNOWN", priority: 0 },
    ],
    (spec, value) => void (spec.process["ioPriority"] = value),
  ),
  ...each("process.execCPUAffinity", [{ initial: "0" }], (spec, value) => void (spec.process["execCPUAffinity"] = value)),
  ...each("process.commandLine", ["cmd"], (spec, value) => void (spec.process["commandLine"] = value)),
  ...each("process.unknown", [1, "x", {}], (spec, value) => void (spec.process["somethingNew"] = value)),
  ...each(
    "process.consoleSize",
    [
      { width: 80, height: 24 },
      { width: 0, height: 0 },
    ],
    (spec, value) => void (spec.process["consoleSize"] = value),
  ),
  ...each("process.terminal without a terminal's stdio", [true, "yes"], (spec, value) => void (spec.process["terminal"] = value)),
  ...each(
    "hostname",
    ["a", "named-by-spec", "a.b.c", "", "x".repeat(63), "x".repeat(64), "x".repeat(65), "with space", undefined],
    (spec, hostname) => void Object.assign(spec, { hostname }),
  ),
  ...each("domainname", ["example.org", "", "x".repeat(64), "x".repeat(65)], (spec, domainname) => void (spec["domainname"] = domainname)),
  variation("hostname without a uts namespace", (spec) => {
    spec.hostname = "h";
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== "uts");
  }),
];

const terminals: readonly SpecCase[] = [
  { name: "a terminal", terminal: true, edit: (spec) => void (spec.process["terminal"] = true), look: ["stat:/dev/console", "lstat:/dev/console"] },
  {
    name: "a terminal of 100 x 30",
    terminal: true,
    edit: (spec) => void Object.assign(spec.process, { terminal: true, consoleSize: { width: 100, height: 30 } }),
  },
  {
    name: "a terminal of user 1000",
    terminal: true,
    edit: (spec) => void Object.assign(spec.process, { terminal: true, user: { uid: 1000, gid: 1000 } }),
  },
  {
    name: "a terminal without a tty group",
    terminal: true,
    edit: (spec) => {
      spec.process["terminal"] = true;
      for (const mount of spec.mounts) {
        if (mount.type === "devpts") {
          mount.options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0600"];
        }
      }
    },
  },
  {
    name: "a terminal without /dev/pts",
    terminal: true,
    edit: (spec) => {
      spec.process["terminal"] = true;
      spec.mounts = spec.mounts.filter(({ type }) => type !== "devpts");
    },
  },
  { name: "a terminal with stdin", terminal: true, stdin: true, edit: (spec) => void (spec.process["terminal"] = true) },
  { name: "stdin", stdin: true, edit: () => {} },
  { name: "a terminal's stdio without process.terminal", terminal: true, edit: () => {} },
];

export const PROCESS_CASES: readonly SpecCase[] = [...users, ...environments, ...programs, ...capabilities, ...limits, ...rest, ...terminals];
