/** Specs of somebody who looks for what was not thought of: where two readers might read, or two runtimes do, different things. */
import { chmod, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Spec } from "../../../tools/default-spec.ts";
import { each, mounting, type SpecCase, variation } from "./case.ts";

const text = (name: string, change: (json: string) => string, ...look: string[]): SpecCase =>
  variation(`config.json ${name}`, (spec) => change(JSON.stringify(spec)), ...look);

/** config.json as one program reads it and another. */
const json: readonly SpecCase[] = [
  text("with a section twice", (spec) => spec.replace('"process":', '"process":{"cwd":"/tmp","env":["A=1","B=2","C=3"]},"process":')),
  text("with a section twice, the second in little", (spec) => spec.replace(/}$/, ',"process":{"cwd":"/tmp"}}')),
  text(
    "with a list twice",
    (spec) => spec.replace(/}$/, ',"mounts":[{},{"destination":"/volume","options":["size=1m"]},{"type":"tmpfs"}]}'),
    "stat:/volume",
  ),
  text("with a shorter list first", (spec) => spec.replace('"mounts":', '"mounts":[{"options":["ro"]}],"mounts":'), "create:/dev/x"),
  text(
    "with a map twice",
    (spec) => spec.replace('"linux":{', '"linux":{"sysctl":{"kernel.shmmni":"1234"},"sysctl":{"kernel.msgmni":"77"},'),
    "read:/proc/sys/kernel/shmmni",
    "read:/proc/sys/kernel/msgmni",
  ),
  text("with a section twice, the second null", (spec) => spec.replace(/}$/, ',"hostname":"h","hostname":null}')),
  text("with a key in capitals, and once more in small letters", (spec) =>
    spec.replace(/}$/, ',"HOSTNAME":"large","hostname":"small","Hostname":"mixed"}'),
  ),
  text(
    "with a long s and a kelvin sign for s and k",
    (spec) =>
      spec.replace('"process"', '"proce\u017f\u017f"').replace('"masKedPaths"', '"mas\u212aedPaths"').replace('"maskedPaths"', '"mas\u212aedPaths"'),
    "stat:/proc/keys",
  ),
  text("with an escaped key", (spec) => spec.replace('"cwd":"/"', '"c\\u0077d":"/tmp"')),
  text("with __proto__", (spec) => spec.replace("{", '{"__proto__":{"hostname":"by-proto","process":null},"constructor":1,')),
  text("with __proto__ in linux and process", (spec) =>
    spec.replace('"linux":{', '"linux":{"__proto__":{"maskedPaths":null},').replace('"process":{', '"process":{"__proto__":{"cwd":"/tmp"},'),
  ),
  text("with __proto__ among the sysctls", (spec) => spec.replace('"linux":{', '"linux":{"sysctl":{"__proto__":"1"},')),
  text("with __proto__ among the annotations", (spec) => spec.replace('"annotations":{', '"annotations":{"__proto__":"1","constructor":"x",')),
  text("nested ten thousand deep", (spec) => spec.replace("{", `{"x":${"[".repeat(10_001)}${"]".repeat(10_001)},`)),
  text("nested nine thousand deep", (spec) => spec.replace("{", `{"x":${"[".repeat(9_000)}${"]".repeat(9_000)},`)),
  text("with a number that no type holds, in a field that nobody knows", (spec) =>
    spec.replace("{", '{"x":1e999999,"y":-0.0,"z":123456789012345678901234567890,'),
  ),
  ...["-0", "0.0", "1e0", "01", ".5", "true", '"1"'].map((number) =>
    text(`with uid ${number}`, (spec) => spec.replace('"uid":0', `"uid":${number}`)),
  ),
  ...["null", "[null]", "{}", '"x"', "[1]", "[[]]"].map((value) =>
    text(`with args ${value}`, (spec) => spec.replace(/"args":\[[^\]]*\]/, `"args":${value}`)),
  ),
  ...[
    "[null]",
    '[{"destination":null,"type":"tmpfs"}]',
    "{}",
    "null",
    '[{"destination":"/volume","type":"tmpfs","options":[null]}]',
    '[{"destination":"/volume","type":"tmpfs","options":"ro"}]',
  ].map((value) => text(`with mounts ${value}`, (spec) => spec.replace(/"mounts":\[.*?\}\],"linux"/, `"mounts":${value},"linux"`))),
  ...["root", "process", "hostname", "annotations", "hooks"].map((key) =>
    text(`with ${key} null`, (spec) => spec.replace(/}$/, `,${JSON.stringify(key)}:null}`).replace(`"${key}":{`, `"unused${key}":{`)),
  ),
  ...["maskedPaths", "readonlyPaths"].map((key) =>
    text(
      `with ${key} of null`,
      (spec) => spec.replace('"linux":{', `"linux":{"${key}":[null],`).replace(new RegExp(`"${key}":\\[("/[^\\]]*)\\]`), `"unused${key}":[$1]`),
      "stat:/proc/keys",
    ),
  ),
  text("with a tab in a string", (spec) => spec.replace('"/probe"', '"/pro\tbe"')),
  text("with an escape that is none", (spec) => spec.replace('"/probe"', '"/pro\\xbe"')),
  text("with single quotes", (spec) => spec.replaceAll('"', "'")),
  text("with a comma too many", (spec) => spec.replace(/}$/, ",}")),
  text("in UTF-16's escapes", (spec) => spec.replace('"/probe"', '"\\u002f\\u0070robe"').replace('"view"', '"view","read:/\\ud83d\\ude00"')),
  variation("config.json with invalid UTF-8", (spec) =>
    Buffer.from(
      JSON.stringify(spec).replace('"view"', '"view","read:/@@"').replace("{", '{"hostname":"a@@b",').replaceAll("@@", "\u00ff\u00fe"),
      "latin1",
    ),
  ),
  variation("config.json in UTF-16", (spec) => Buffer.from(JSON.stringify(spec), "utf16le")),
  text("of 9 MB", (spec) => `${" ".repeat(9_000_000)}${spec}`),
];

const MANY = Array.from({ length: 40 }, (_, index) => 2000 + index);

const processes: readonly SpecCase[] = [
  ...([131_071, 131_072] as const).map((size) => variation(`an argument of ${size} bytes`, (spec) => void spec.process.args.push("x".repeat(size)))),
  variation("a variable of 131,072 bytes", (spec) => void spec.process.env.push(`V=${"x".repeat(131_070)}`)),
  variation(
    "arguments of 1.5 MB",
    (spec) => void (spec.process.args = ["/probe", "exit", "3", ...Array.from({ length: 15 }, () => "x".repeat(100_000))]),
  ),
  variation(
    "arguments of 2.2 MB",
    (spec) => void (spec.process.args = ["/probe", "exit", "3", ...Array.from({ length: 22 }, () => "x".repeat(100_000))]),
  ),
  variation(
    "a hundred thousand arguments",
    (spec) => void (spec.process.args = ["/probe", "exit", "3", ...Array.from({ length: 100_000 }, () => "x")]),
  ),
  ...each(
    "process.args",
    [
      ["", "x"],
      ["/probe\u0000x"],
      ["/probe", "exit", "4\u00005"],
      [" /probe"],
      ["/probe/"],
      ["/./probe", "exit", "3"],
      ["../probe", "exit", "3"],
      ["/bin/../probe", "exit", "3"],
      ["/proc/self/exe", "exit", "3"],
      ["-"],
      ["~/x"],
      ["/link-to-work"],
      ["/dev/null"],
      ["/bin/sh"],
      [`/${"x".repeat(256)}`],
      [`/${"x/".repeat(2100)}`],
    ],
    (spec, args) => void (spec.process.args = args),
  ),
  ...each(
    "process.env",
    [
      ["PATH=", "A=1"],
      ["PATH=relative"],
      ["PATH=/nowhere:/bin"],
      ["A\u0000B=1"],
      ["A=1\u00002"],
      ["A=1", "PATH"],
      [" =1"],
      ["A=\t"],
      ["=A=1"],
      ["HOME=/a", "HOME=/b"],
      ["CONTAINER=x", "container=y"],
      ["_LIBCONTAINER_X=1", "NOTIFY_SOCKET=/x", "LISTEN_FDS=3", "LISTEN_PID=1"],
      ["LD_PRELOAD=/x.so"],
      [`${"N".repeat(1000)}=1`],
    ],
    (spec, env) => {
      spec.process.env = env;
      spec.process.args[0] = env.some((entry) => entry.startsWith("PATH")) ? "cat" : "/probe";
      if (spec.process.args[0] === "cat") {
        spec.process.args = ["cat", "/proc/self/environ"];
      }
    },
  ),
  ...each(
    "process.cwd",
    [
      "/etc/dangling",
      "/x\u0000y",
      `/${"x".repeat(255)}`,
      `/${"x".repeat(256)}`,
      `/${`${"x".repeat(250)}/`.repeat(17)}`,
      `/${"x/".repeat(200)}`,
      "//",
      "/..",
      "/../../tmp",
      "/proc",
      "/proc/self",
      "/proc/1/root",
      "/proc/self/fd",
      "/dev/null",
      "/dev/shm/new",
      "/link-to-work/new",
      "/etc/passwd/new",
      " ",
      "/with\nline",
      "/volume/./../tmp",
    ],
    (spec, cwd) => void (spec.process.cwd = cwd),
  ),
  variation(
    "process.cwd in a volume",
    (spec, places) => {
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] });
      spec.process.cwd = "/volume/made";
      spec.process.user = { uid: 1000, gid: 1000 };
    },
    "stat:/volume/made",
  ),
  variation("process.cwd in a read-only root", (spec) => {
    spec.root.readonly = true;
    spec.process.cwd = "/made";
  }),
  variation("process.cwd of another user, without DAC_OVERRIDE", (spec) => {
    spec.process.cwd = "/root";
    spec.process.user = { uid: 1000, gid: 0 };
    spec.process.capabilities = {};
  }),
  ...each(
    "process.user",
    [
      { uid: 0, gid: 0, additionalGids: MANY },
      { uid: 1000, gid: 1000, additionalGids: [...MANY, ...MANY] },
      { uid: 0, gid: 0, additionalGids: null },
      { uid: 0, gid: 0, umask: -1 },
      { uid: 0, gid: 0, umask: 4294967295 },
      { uid: 0, gid: 0, username: "nobody-there" },
      { uid: 0, gid: 0, username: "user" },
      { UID: 1000, Gid: 1000 },
      { uid: 2147483647, gid: 2147483647 },
      { uid: 2147483648, gid: 0 },
    ],
    (spec, user) => void (spec.process.user = user),
  ),
  variation(
    "process.user with more groups than there may be",
    (spec) => void (spec.process.user = { uid: 0, gid: 0, additionalGids: Array.from({ length: 65_537 }, (_, index) => index) }),
  ),
  ...each(
    "process.capabilities.bounding",
    [null, ["CAP_CHOWN "], ["CAP_chown"], ["ALL"], ["CAP_ALL"], ["CAP_0"], ["CAP_LAST_CAP"]],
    (spec, bounding) => void (spec.process.capabilities = { bounding, permitted: [], effective: [] } as unknown as Record<string, string[]>),
  ),
  ...each(
    "process.rlimits",
    [
      [{ type: "rlimit_nofile", soft: 1, hard: 1 }],
      [{ type: "RLIMIT_NOFILE ", soft: 64, hard: 64 }],
      [{ type: "", soft: 1, hard: 1 }],
      [{ soft: 1, hard: 1 }],
      [{ type: "RLIMIT_CORE", hard: 5 }],
      [
        { type: "RLIMIT_CORE", soft: 7, hard: 9 },
        { type: "RLIMIT_CORE", soft: 0, hard: 0 },
      ],
      [{ type: "RLIMIT_NOFILE", soft: 3, hard: 3 }],
      [{ type: "RLIMIT_NOFILE", soft: 0, hard: 0 }],
      [{ type: "RLIMIT_NPROC", soft: 0, hard: 0 }],
      [{ type: "RLIMIT_FSIZE", soft: 0, hard: 0 }],
      [{ type: "RLIMIT_AS", soft: 4096, hard: 4096 }],
      [{ type: "RLIMIT_CPU", soft: 0, hard: 0 }],
      [{ type: "RLIMIT_NOFILE", soft: 2000000000, hard: 2000000000 }],
      null,
    ],
    (spec, rlimits) => void Object.assign(spec.process, { rlimits }),
  ),
  ...each("process.oomScoreAdj", [1.5, "1", -1000.5, 4294967296], (spec, value) => void (spec.process["oomScoreAdj"] = value)),
  ...each(
    "process.consoleSize",
    [{ width: -1, height: 1 }, { width: 4294967296, height: 1 }, null],
    (spec, value) => void (spec.process["consoleSize"] = value),
  ),
  ...each(
    "process.scheduler",
    [{ policy: "SCHED_FIFO", priority: 1 }, { policy: "SCHED_RR", priority: 200 }, { policy: "sched_other" }, null],
    (spec, value) => void (spec.process["scheduler"] = value),
  ),
  ...each(
    "process.ioPriority",
    [{ class: "IOPRIO_CLASS_RT", priority: 0 }, { class: "IOPRIO_CLASS_BE", priority: 8 }, { class: "" }, null],
    (spec, value) => void (spec.process["ioPriority"] = value),
  ),
  ...each(
    "hostname",
    ["with\nline", "nul\u0000x", "UPPER", "-dash", "\u00e9\u00e8", "a/b"],
    (spec, hostname) => void Object.assign(spec, { hostname }),
  ),
];

const destinations: readonly SpecCase[] = [
  ...[
    "/volume/../../../volume",
    "/..",
    "/../volume",
    "//volume//",
    "/volume/.",
    "/link-out/../volume",
    "/etc/dangling/x",
    "/link-to-work/../volume",
    "/volume/\u00e9",
    "/volume/line\nfeed",
    `/volume/${"x".repeat(255)}`,
    `/volume/${"x".repeat(256)}`,
    `/${"d/".repeat(100)}x`,
    "/volume\u0000x",
    ".",
    "..",
    "volume/",
    "/proc/scsi",
    "/proc/fs/x",
    "/proc/self/fd",
    "/proc/1",
    "/proc/uptime",
    "/proc/sys",
    "/sys/kernel",
    "/sys/fs/cgroup",
    "/dev/pts/x",
    "/dev/x/y",
    "/dev/null",
    "/dev/shm/x",
    "/dev/fd",
    "/dev/fd/x",
    "/dev/stdin",
    "/dev/ptmx",
    "/run/x/y",
    "/etc/passwd",
    "/probe",
  ].map((destination) =>
    mounting(
      `tmpfs, destination ${JSON.stringify(destination.length > 60 ? `${destination.slice(0, 20)}... of ${destination.length}` : destination)}`,
      { destination, type: "tmpfs", source: "tmpfs", options: ["size=1m"] },
      "stat:/volume",
      "stat:/work",
      "stat:/run/x",
      "stat:/dev/x",
      "stat:/dev/shm",
    ),
  ),
  ...[
    "/",
    "/proc",
    "/sys",
    "/dev",
    "/dev/pts",
    "/proc/sys",
    "/proc/self",
    "/proc/scsi",
    "/proc/1/root",
    "/sys/fs",
    "/etc",
    "/bin",
    "/probe",
    ".",
    "volume",
    "/volume/../work",
    "/link-out",
    "/link-out/new",
    "/etc/dangling",
    "/dev/fd/x",
    "/dev/ptmx",
  ].map((destination) =>
    variation(
      `a volume, destination ${JSON.stringify(destination)}`,
      async (spec, places) => {
        await writeFile(join(places.volume, "file"), "content\n");
        spec.mounts.push({ destination, type: "bind", source: places.volume, options: ["rbind"] });
      },
      "read:/volume/file",
      "read:/work/file",
      "read:/work/new/file",
      "lstat:/etc/dangling",
      "ls:/etc/file",
      "stat:/dev/pts",
    ),
  ),
  ...[
    "/proc/uptime",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/loadavg",
    "/proc/version",
    "/proc/sys/kernel/hostname",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/net/dev",
    "/proc/self/status",
    "/dev/null",
    "/dev/console",
    "/dev/tty",
    "/dev/stdin",
    "/dev/new",
    "/sys/kernel/notes",
    "/etc",
    "/link-out/file",
    "/etc/dangling",
    "/.",
    "/volume/",
  ].map((destination) =>
    variation(
      `a file, destination ${JSON.stringify(destination)}`,
      async (spec, places) => {
        await writeFile(join(places.volume, "file"), "content\n");
        spec.mounts.push({ destination, type: "bind", source: join(places.volume, "file"), options: ["bind"] });
      },
      `read:${destination}`,
      "read:/work/file",
      "lstat:/dev/stdin",
    ),
  ),
];

/** A rootfs that somebody made for the purpose; its template is the tests' own. */
function hostile(name: string, prepare: (rootfs: string, spec: Spec) => Promise<unknown>, ...look: string[]): SpecCase {
  return variation(`a root file system with ${name}`, async (spec, { rootfs }) => void (await prepare(rootfs, spec)), ...look);
}

const images: readonly SpecCase[] = [
  hostile(
    "/proc a link",
    async (rootfs) => {
      await moveAway(rootfs, "proc");
      await symlink("/work", join(rootfs, "proc"));
    },
    "stat:/work/self",
  ),
  hostile("/sys a link", async (rootfs) => {
    await moveAway(rootfs, "sys");
    await symlink("/work", join(rootfs, "sys"));
  }),
  hostile(
    "/dev a link",
    async (rootfs) => {
      await moveAway(rootfs, "dev");
      await symlink("/work", join(rootfs, "dev"));
    },
    "stat:/work/null",
  ),
  hostile("/dev a link to /", async (rootfs) => {
    await moveAway(rootfs, "dev");
    await symlink("/", join(rootfs, "dev"));
  }),
  hostile(
    "/dev a link that leads out",
    async (rootfs) => {
      await moveAway(rootfs, "dev");
      await symlink("../../../../work", join(rootfs, "dev"));
    },
    "stat:/work/null",
  ),
  hostile("/run a loop of links", async (rootfs) => {
    await moveAway(rootfs, "run");
    await symlink("run", join(rootfs, "run"));
  }),
  hostile("/dev a file", async (rootfs) => {
    await moveAway(rootfs, "dev");
    await writeFile(join(rootfs, "dev"), "");
  }),
  hostile("/dev of mode 000", async (rootfs) => await chmod(join(rootfs, "dev"), 0), "stat:/dev"),
  hostile(
    "/dev/null a file, without a tmpfs there",
    async (rootfs, spec) => {
      await writeFile(join(rootfs, "dev/null"), "text");
      spec.mounts = spec.mounts.filter(({ destination }) => !destination.startsWith("/dev"));
    },
    "lstat:/dev/null",
    "lstat:/dev/zero",
  ),
  hostile(
    "/dev/null a link, without a tmpfs there",
    async (rootfs, spec) => {
      await symlink("/etc/group", join(rootfs, "dev/null"));
      spec.mounts = spec.mounts.filter(({ destination }) => !destination.startsWith("/dev"));
    },
    "lstat:/dev/null",
    "lstat:/etc/group",
  ),
  hostile(
    "/dev/fd a directory, without a tmpfs there",
    async (rootfs, spec) => {
      await mkdir(join(rootfs, "dev/fd"));
      spec.mounts = spec.mounts.filter(({ destination }) => !destination.startsWith("/dev"));
    },
    "lstat:/dev/fd",
    "lstat:/dev/stdin",
  ),
  hostile(
    "/dev/ptmx a file, without a tmpfs there",
    async (rootfs, spec) => {
      await writeFile(join(rootfs, "dev/ptmx"), "text");
      spec.mounts = spec.mounts.filter(({ destination }) => destination !== "/dev");
    },
    "lstat:/dev/ptmx",
  ),
  hostile("/etc/passwd a link that leads out", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await symlink("../../../../etc/shadow", join(rootfs, "etc/passwd"));
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  hostile("/etc/passwd a directory", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await mkdir(join(rootfs, "etc/passwd"));
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  hostile("/etc/passwd that nobody may read", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await writeFile(join(rootfs, "etc/passwd"), "user:x:1000:1000::/home/user:/bin/sh\n", { mode: 0o000 });
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  hostile("/etc/passwd of odd lines", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await writeFile(
      join(rootfs, "etc/passwd"),
      "\n#comment\nbroken\nx:x:notanumber:0::/wrong:/\n:x:1000:1000::/nameless:/bin/sh\nuser:x:1000:1000::/second:/bin/sh\n",
    );
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  hostile("/etc/passwd with fields missing", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await writeFile(join(rootfs, "etc/passwd"), "user:x:1000\n");
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  hostile("/etc/passwd with no home", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await writeFile(join(rootfs, "etc/passwd"), "user:x:1000:1000:::/bin/sh\n");
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
  hostile("a home with = and blanks", async (rootfs, spec) => {
    await moveAway(rootfs, "etc/passwd");
    await writeFile(join(rootfs, "etc/passwd"), "user:x:1000:1000::/home/a b=c:/bin/sh");
    spec.process.user = { uid: 1000, gid: 1000 };
  }),
];

async function moveAway(rootfs: string, name: string): Promise<void> {
  await rename(join(rootfs, name), join(rootfs, `${name}-moved`));
}

const options: readonly SpecCase[] = [
  ...[
    ["copy-symlink"],
    ["src-nofollow"],
    ["dest-nofollow"],
    ["ro,nosuid"],
    ["RO"],
    ["ro "],
    ["size=0"],
    ["size=100%"],
    ["size=1k", "nr_inodes=1"],
    ["size=-1"],
    ["nr_inodes=0"],
    ["mode=8"],
    ["mode=07777"],
    ["uid=-1"],
    ["gid=4294967295"],
    ["uid=99999999999"],
    ["mpol=interleave"],
    ["x-mount.mkdir"],
    ["x=\u0000y"],
    ["user"],
    ["noauto", "nofail"],
    ["move"],
    ["rbindx"],
    ["tmpcopyup", "ro"],
    ["nosuid", "suid", "nosuid"],
    ["private", "slave"],
    ["shared", "private"],
    ["rslave", "unbindable"],
    ["relatime", "noatime"],
    ["noatime", "relatime"],
    ["strictatime", "noatime"],
    ["nodiratime", "noatime", "diratime"],
    ["size=1m,mode=700"],
    [`x=${"y".repeat(5000)}`],
  ].map((list) =>
    mounting(
      `tmpfs with ${JSON.stringify(list).slice(0, 60)}`,
      { destination: "/volume", type: "tmpfs", source: "tmpfs", options: list },
      "stat:/volume",
      "create:/volume/x",
    ),
  ),
  ...[
    ["copy-symlink"],
    ["src-nofollow"],
    ["dest-nofollow"],
    ["ro,nosuid"],
    ["x=\u0000y"],
    ["noexec", "exec"],
    ["nodev", "nosuid", "noexec", "ro"],
    ["noatime", "relatime"],
    ["strictatime", "noatime"],
    ["sync"],
    ["dirsync"],
    ["mand"],
    ["lazytime"],
    ["remount"],
    ["remount", "ro"],
    ["silent", "loud"],
    ["private", "slave"],
    ["slave", "private"],
    ["rnoatime", "noatime"],
    ["rrelatime", "rnoatime"],
    ["rnosuid", "rsuid"],
    ["rro", "rw"],
    ["rro", "rrw"],
    ["rrw", "ro"],
    ["rdiratime"],
    ["rnodiratime", "rdiratime"],
    ["rstrictatime", "rrelatime"],
  ].map((list) =>
    variation(
      `a volume with ${JSON.stringify(["rbind", ...list])}, too`,
      async (spec, places) => {
        await writeFile(join(places.volume, "file"), "content\n");
        spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind", ...list] });
      },
      "create:/volume/x",
      "read:/volume/file",
    ),
  ),
  ...[
    "bind",
    "TMPFS",
    "tmpfs ",
    "none",
    "rbind",
    "9p",
    "virtiofs",
    "devtmpfs",
    "fuse",
    "ext4",
    "overlayfs",
    "tmpfs\u0000x",
    "hugetlbfs",
    "autofs",
    "nfs",
    "pipefs",
  ].map((type) => mounting(`a mount of type ${JSON.stringify(type)}`, { destination: "/volume", type, source: "x" })),
  ...["", ".", "..", "volume/../volume", "/volume\u0000x", "relative/missing", "/etc/hostname/x"].map((source) =>
    variation(
      `a volume from ${JSON.stringify(source)}`,
      (spec) => void spec.mounts.push({ destination: "/volume", type: "bind", source, options: ["bind", "ro"] }),
    ),
  ),
  mounting("mqueue with a size", { destination: "/volume", type: "mqueue", source: "mqueue", options: ["size=1m"] }),
  mounting("mqueue with mode", { destination: "/volume", type: "mqueue", source: "mqueue", options: ["mode=700"] }),
  mounting(
    "devpts twice",
    { destination: "/volume", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0600", "gid=29", "max=1"] },
    "stat:/volume/ptmx",
  ),
  mounting("devpts with nonsense", { destination: "/volume", type: "devpts", source: "devpts", options: ["nonsense=1"] }),
  mounting("proc with subset", { destination: "/volume", type: "proc", source: "proc", options: ["subset=pid"] }, "stat:/volume/uptime"),
  mounting("proc with gid and hidepid", { destination: "/volume", type: "proc", source: "proc", options: ["hidepid=invisible", "gid=29"] }),
  mounting("a volume on a volume's file", { destination: "/volume/file", type: "tmpfs", source: "tmpfs" }, "stat:/volume/file"),
  variation(
    "a volume and a tmpfs on one place",
    (spec, places) => {
      spec.mounts.push(
        { destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] },
        { destination: "/volume", type: "tmpfs", source: "tmpfs", options: ["ro"] },
      );
    },
    "create:/volume/x",
  ),
  variation(
    "the same volume twice on one place, ro and rw",
    (spec, places) => {
      for (const option of ["ro", "rw"]) {
        spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind", option] });
      }
    },
    "create:/volume/x",
  ),
  variation(
    "the same volume ro and rw on two places",
    (spec, places) => {
      for (const [destination, option] of [
        ["/volume", "ro"],
        ["/work", "rw"],
      ] as const) {
        spec.mounts.push({ destination, type: "bind", source: places.volume, options: ["rbind", option] });
      }
    },
    "create:/volume/x",
    "create:/work/x",
  ),
  variation(
    "a mount point in a read-only volume",
    (spec, places) => {
      spec.mounts.push(
        { destination: "/volume", type: "bind", source: places.volume, options: ["rbind", "ro"] },
        { destination: "/volume/new", type: "tmpfs", source: "tmpfs" },
      );
    },
    "stat:/volume/new",
  ),
  variation(
    "a mount point through a link of a volume",
    async (spec, places) => {
      await symlink("/etc", join(places.volume, "out"));
      spec.mounts.push(
        { destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] },
        { destination: "/volume/out/new", type: "tmpfs", source: "tmpfs" },
      );
    },
    "stat:/etc/new",
    "lstat:/volume/out",
  ),
  variation(
    "a mount point through a link of a volume that leads up",
    async (spec, places) => {
      await symlink("../../../../../../etc", join(places.volume, "out"));
      spec.mounts.push(
        { destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] },
        { destination: "/volume/out/new", type: "bind", source: places.volume, options: ["bind"] },
      );
    },
    "stat:/etc/new",
  ),
];

const PATHS = [
  "/proc/../etc/passwd",
  "/etc/../../etc/passwd",
  "/link-out",
  "/link-out/x",
  "/proc",
  "/proc/self",
  "/proc/1/environ",
  "/dev",
  "/dev/null",
  "/dev/shm",
  "/dev/pts",
  "/sys",
  "/sys/fs",
  "/run",
  "/tmp",
  "//etc//passwd",
  "/etc/passwd/x",
  "/etc/passwd\u0000x",
  ".",
  "..",
  "etc/passwd",
  "/bin/sh",
];
const LOOK_PATHS = [
  "read:/etc/passwd",
  "write:/etc/passwd",
  "create:/work/x",
  "ls:/work",
  "create:/dev/x",
  "write:/dev/null",
  "create:/dev/shm/x",
  "create:/run/x",
  "create:/tmp/x",
  "read:/bin/sh/x",
  "stat:/sys/kernel",
] as const;

const linux: readonly SpecCase[] = [
  ...PATHS.filter((path) => path !== "/proc").map((path) =>
    variation(`linux.maskedPaths, odd: ${JSON.stringify(path)}`, (spec) => void (spec.linux.maskedPaths = [path]), ...LOOK_PATHS),
  ),
  ...PATHS.map((path) =>
    variation(`linux.readonlyPaths, odd: ${JSON.stringify(path)}`, (spec) => void (spec.linux.readonlyPaths = [path]), ...LOOK_PATHS),
  ),
  variation(
    "linux.maskedPaths of a volume and a file in it",
    async (spec, places) => {
      await writeFile(join(places.volume, "file"), "content\n");
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] });
      spec.linux.maskedPaths = ["/volume/file"];
    },
    "read:/volume/file",
    "create:/volume/x",
  ),
  variation(
    "linux.readonlyPaths of a volume, a tmpfs in it",
    (spec, places) => {
      spec.mounts.push(
        { destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] },
        { destination: "/volume/x", type: "tmpfs", source: "tmpfs" },
      );
      spec.linux.readonlyPaths = ["/volume"];
    },
    "create:/volume/y",
    "create:/volume/x/y",
  ),
  variation(
    "linux.maskedPaths and readonlyPaths, the same",
    (spec) => {
      spec.linux.maskedPaths = ["/etc/passwd", "/etc"];
      spec.linux.readonlyPaths = ["/etc/passwd", "/etc"];
    },
    ...LOOK_PATHS,
  ),
  variation(
    "linux.maskedPaths, the same twice",
    (spec) => void (spec.linux.maskedPaths = ["/etc/passwd", "/etc/passwd", "/etc", "/etc"]),
    ...LOOK_PATHS,
  ),
  ...each(
    "linux.sysctl",
    [
      { "kernel.shm_rmid_forced": "1" },
      { "kernel.msgmni": "77", "kernel.msgmnb": "1" },
      { "kernel/shmmni": "99" },
      { "kernel.shmmni": " 12 " },
      { "kernel.shmmni": "-1" },
      { "kernel.shmmni": "1\n2" },
      { "kernel.shmmni": "1\u00002" },
      { "fs.mqueue.queues_max": "3" },
      { "fs.mqueue.no_such": "3" },
      { "kernel.ns_last_pid": "100" },
      { "user.max_user_namespaces": "1" },
      { "kernel.yama.ptrace_scope": "1" },
      { "net.core.somaxconn": "100" },
      { "net.ipv4.ip_local_port_range": "1024 65000" },
      { "net.unix.max_dgram_qlen": "20" },
      { "net.ipv6.conf.all.disable_ipv6": "1" },
      { "net.ipv4.conf.all.forwarding": "1" },
      { "net.ipv4.ip_forward": "yes" },
      { "net.../../kernel/ostype": "1" },
      { "net/../kernel/ostype": "1" },
      { net: "1" },
      { "net.": "1" },
      { "kernel.sem": "1 2" },
      { "KERNEL.SHMMNI": "1" },
      { "kernel.shmmni.": "1" },
      { "kernel..shmmni": "1" },
      { "kernel.shm_next_id": "5" },
      { "kernel.core_pattern": "|/x" },
      { "fs.mqueue/msg_max": "20" },
      { "fs/mqueue/msg_max": "20" },
      { "fs/mqueue.msg_max": "20" },
    ] as Record<string, string>[],
    (spec, sysctl) => void (spec.linux["sysctl"] = sysctl),
    "read:/proc/sys/kernel/shmmni",
    "read:/proc/sys/kernel/shm_rmid_forced",
    "read:/proc/sys/kernel/msgmni",
    "read:/proc/sys/fs/mqueue/queues_max",
    "read:/proc/sys/fs/mqueue/msg_max",
  ),
  ...each(
    "annotations",
    [
      { "run.oci.handler": "krun" },
      { "run.oci.handler": "wasm" },
      { "run.oci.hooks.stderr": "/tmp/x", "run.oci.hooks.stdout": "/tmp/y" },
      { "run.oci.seccomp.receiver": "/tmp/x" },
      { "run.oci.seccomp.plugins": "/x.so" },
      { "run.oci.seccomp_fail_unknown_syscall": "1" },
      { "run.oci.seccomp_bpf_data": "AAAA" },
      { "run.oci.pidfd_receiver": "/tmp/x" },
      { "run.oci.timens_offset": "monotonic 100 0" },
      { "run.oci.mount_context_type": "rootcontext" },
      { "run.oci.systemd.subgroup": "x" },
      { "run.oci.systemd.force_cgroup_v1": "/x" },
      { "run.oci.delegate-cgroup": "x" },
      { "module.wasm.image/variant": "compat" },
      { "io.kubernetes.cri.untrusted-workload": "true" },
      { "com.docker.network.x": "y", "io.container.manager": "libpod" },
    ] as Record<string, string>[],
    (spec, value) => void Object.assign(spec.annotations, value),
  ),
  ...each(
    "linux.seccomp",
    [
      { defaultAction: "SCMP_ACT_ALLOW", architectures: ["amd64"] },
      { defaultAction: "SCMP_ACT_ALLOW", architectures: ["scmp_arch_x86_64"] },
      { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/nowhere" },
      { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 4096, syscalls: [] },
      { defaultAction: "ALLOW" },
      {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [
          { names: ["mkdir", "mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 5 },
          { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 6 },
        ],
      },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ALLOW" }] },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ name: "mkdir", action: "SCMP_ACT_ERRNO" }] },
      {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [
          {
            names: ["mkdir", "mkdirat"],
            action: "SCMP_ACT_ERRNO",
            args: [
              { index: 1, value: 511, op: "SCMP_CMP_EQ" },
              { index: 1, value: 0, op: "SCMP_CMP_NE" },
            ],
          },
        ],
      },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 65535 }] },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_TRACE", errnoRet: 5 }] },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["MKDIR"], action: "SCMP_ACT_ERRNO" }] },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["83"], action: "SCMP_ACT_ERRNO" }] },
      { defaultAction: "SCMP_ACT_ALLOW", syscalls: null, flags: null, architectures: null },
      {
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86_64"],
        syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }],
      },
      { defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_NEW_LISTENER"] },
      { defaultAction: "SCMP_ACT_ALLOW", flags: ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"] },
    ] as Record<string, unknown>[],
    (spec, seccomp) => void (spec.linux["seccomp"] = seccomp),
    "mkdir:/tmp/x",
  ),
  ...each("linux.namespaces with an empty path", ["pid", "ipc", "uts", "mount", "network", "cgroup"], (spec, type) => {
    spec.linux.namespaces = [...spec.linux.namespaces.filter((namespace) => namespace.type !== type), { type, path: "" }];
  }),
  ...each("linux.namespaces, type", ["PID", "pid ", "net", "mnt", "ipc\u0000"], (spec, type) => void spec.linux.namespaces.push({ type })),
  ...["//", "/./"].map((separator) =>
    variation(`linux.cgroupsPath with ${separator}`, (spec) => void (spec.linux.cgroupsPath = spec.linux.cgroupsPath.replace(/\/(?=d-)/, separator))),
  ),
  ...each(
    "linux.resources",
    [
      { hugepageLimits: [{ pageSize: "2MB", limit: 0 }] },
      { hugepageLimits: [] },
      { rdma: {} },
      { network: {} },
      { pids: { limit: -2 } },
      { pids: null, cpu: null, memory: null, blockIO: null },
      { cpu: { shares: 1, quota: 0, period: 0 } },
      { cpu: { quota: -5 } },
      { cpu: { cpus: "", mems: "" } },
      { blockIO: {} },
      { blockIO: { weight: 0 } },
      { memory: { limit: -2 } },
      { memory: { swap: 0 } },
      { memory: { kernelTCP: 0 } },
      { memory: { limit: 9223372036854774784 } },
      { unified: {} },
      { devices: [{ allow: false }] },
      { devices: [{ allow: true, type: "a", access: "rwm" }] },
      { devices: [{ allow: true, type: "A", access: "rwm" }] },
      { devices: [{ allow: true, type: "c", major: -1, minor: -1, access: "rwm" }] },
      { devices: [{ allow: true, type: "c", major: 1, minor: 3, access: "rrr" }] },
      { devices: [{ allow: false, type: "c", major: 1, minor: 3, access: "r" }] },
      { devices: [{ allow: true, type: "c", major: -2, minor: 3, access: "r" }] },
      { devices: [{ allow: true, type: "b", access: "m" }] },
    ] as Record<string, unknown>[],
    (spec, value) => void Object.assign(spec.linux.resources, value),
    "device:c,1,3",
    "device:c,10,229",
    "write:/dev/null",
  ),
];

const NULL = { type: "c", major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 };

const devices: readonly SpecCase[] = [
  ...[
    "/dev/../work/x",
    "/link-to-work/null",
    "/link-out/null",
    "/",
    "/dev",
    "/proc/x",
    "/etc/dangling",
    "/etc/passwd",
    "/etc/passwd/x",
    "/dev/shm",
    "/dev/shm/x",
    "/dev/pts/ptmx",
    "/dev/fd/x",
    "/dev/null/x",
    "/sys/x",
    "/run/x/null",
    "/dev/a b",
    "/dev/x\u0000y",
    `/dev/${"x".repeat(256)}`,
    "/dev//double",
    "/dev/stdin",
    "/dev/ptmx",
    "/dev/console",
    "/tmp/../../x",
    ".",
  ].map((path) =>
    variation(
      `a device, path ${JSON.stringify(path.length > 100 ? "too long" : path)}`,
      (spec) => {
        spec.linux["devices"] = [{ path, ...NULL }];
        spec.linux.resources["devices"] = [{ allow: true, access: "rwm" }];
      },
      "stat:/work/x",
      "stat:/work/null",
      "lstat:/etc/dangling",
      "stat:/etc/nowhere",
      "stat:/etc/passwd",
      "stat:/run/x/null",
      "stat:/x",
    ),
  ),
  ...each(
    "a device's mode",
    [0o7777, 0o4755, 0o20000, 0o170777, 4294967295],
    (spec, fileMode) => void (spec.linux["devices"] = [{ path: "/dev/mynull", ...NULL, fileMode }]),
    "stat:/dev/mynull",
  ),
  variation(
    "devices of one path and two types",
    (spec) =>
      void (spec.linux["devices"] = [
        { path: "/dev/x", type: "p", fileMode: 0o600 },
        { path: "/dev/x", ...NULL },
      ]),
    "stat:/dev/x",
  ),
  variation(
    "devices of one path in two words",
    (spec) =>
      void (spec.linux["devices"] = [
        { path: "/dev/x", ...NULL },
        { path: "/dev/./x", ...NULL, fileMode: 0o600 },
      ]),
    "stat:/dev/x",
  ),
  variation(
    "devices one in the other",
    (spec) =>
      void (spec.linux["devices"] = [
        { path: "/dev/x", ...NULL },
        { path: "/dev/x/y", ...NULL },
      ]),
  ),
  variation(
    "a device on a mount",
    (spec, places) => {
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind"] });
      spec.linux["devices"] = [{ path: "/volume/null", ...NULL }];
    },
    "stat:/volume/null",
  ),
  variation(
    "a device in a read-only volume",
    (spec, places) => {
      spec.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: ["rbind", "ro"] });
      spec.linux["devices"] = [{ path: "/volume/null", ...NULL }];
    },
    "stat:/volume/null",
  ),
  variation(
    "a device on a read-only root",
    (spec) => {
      spec.root.readonly = true;
      spec.linux["devices"] = [{ path: "/work/null", ...NULL }];
    },
    "stat:/work/null",
  ),
  variation(
    "a device of a user's id",
    (spec) => void (spec.linux["devices"] = [{ path: "/dev/x", ...NULL, uid: 4294967295, gid: 4294967295 }]),
    "stat:/dev/x",
  ),
  variation(
    "a hundred devices",
    (spec) => void (spec.linux["devices"] = Array.from({ length: 100 }, (_, index) => ({ path: `/dev/n${index}`, ...NULL }))),
    "stat:/dev/n99",
  ),
];

export const ATTACK_CASES: readonly SpecCase[] = [...json, ...processes, ...destinations, ...images, ...options, ...linux, ...devices];
