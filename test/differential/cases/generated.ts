/** Specs that nobody thought of: every field at once, each with any of its valid values. */
import fc from "fast-check";

import type { ContainerOptions } from "../container.ts";

const id = fc.oneof(fc.constantFrom(0, 1, 29, 1000, 65534), fc.nat(2_000_000_000));
const CAPABILITIES = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "NET_BIND_SERVICE",
  "NET_RAW",
  "SYS_CHROOT",
  "MKNOD",
  "AUDIT_WRITE",
].map((name) => `CAP_${name}`);
const PATHS = ["/etc/passwd", "/etc", "/work", "/tmp", "/var/log", "/proc/interrupts", "/sys/kernel", "/nowhere", "/dev/null"];

const user = fc.record(
  { uid: id, gid: id, additionalGids: fc.uniqueArray(id, { maxLength: 5 }), umask: fc.nat(0o777) },
  { requiredKeys: ["uid", "gid"] },
);
/** Sets as the kernel takes them: permitted within bounding, effective within permitted. */
const capabilities = fc
  .subarray(CAPABILITIES)
  .chain((bounding) =>
    fc
      .subarray(bounding)
      .chain((permitted) => fc.record({ bounding: fc.constant(bounding), permitted: fc.constant(permitted), effective: fc.constant(permitted) })),
  );
const limit = fc
  .tuple(fc.constantFrom("CORE", "CPU", "FSIZE", "DATA", "NPROC", "STACK", "SIGPENDING"), fc.integer({ min: 1_000, max: 90_000 }), fc.nat(1_000_000))
  .map(([name, soft, more]) => ({
    type: `RLIMIT_${name}`,
    soft: name === "STACK" || name === "DATA" || name === "FSIZE" ? soft + 100_000_000 : soft,
    hard: name === "NPROC" || name === "SIGPENDING" ? soft : soft + 100_000_000 + more,
  }));
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,10}$/);
const environment = fc
  .uniqueArray(
    fc.tuple(
      word,
      fc.string({ maxLength: 20 }).filter((text) => !text.includes("\0")),
    ),
    { maxLength: 6, selector: ([name]) => name },
  )
  .map((list) => list.map(([name, value]) => `${name}=${value}`));
const flags = fc.subarray(["nosuid", "nodev", "noexec", "ro", "noatime"]);

const spec = fc.record(
  {
    process: fc.record(
      {
        user,
        capabilities,
        rlimits: fc.uniqueArray(limit, { maxLength: 4, selector: ({ type }) => type }),
        env: environment,
        cwd: fc.constantFrom("/", "/tmp", "/etc", "/work", "/new/one"),
        noNewPrivileges: fc.boolean(),
        oomScoreAdj: fc.integer({ min: 1, max: 1000 }),
      },
      { requiredKeys: [] },
    ),
    hostname: fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/),
    readonly: fc.boolean(),
    // On a directory of mode 1777, and without a mode: runc 1.1 does not carry that out.
    tmpfs: fc.tuple(flags, fc.constantFrom("size=64k", "size=2m")).map(([some, size]) => [...some, size]),
    volume: flags.map((some) => ["rbind", ...some]),
    maskedPaths: fc.subarray(PATHS),
    readonlyPaths: fc.subarray(PATHS),
    mkdirIsRefused: fc.boolean(),
    shmmni: fc.integer({ min: 1, max: 30_000 }),
    arguments: fc.array(
      fc.string({ maxLength: 10 }).filter((text) => !text.includes("\0") && !text.includes(":")),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

export type Generated = typeof spec extends fc.Arbitrary<infer T> ? T : never;

export const GENERATED: fc.Arbitrary<Generated> = spec;

export function optionsOf(generated: Generated): ContainerOptions {
  return {
    edit(target, places) {
      Object.assign(target.process, generated.process);
      target.process.args = [
        "/probe",
        "view",
        ...(generated.arguments ?? []),
        "create:/volume/x",
        "create:/work/x",
        "create:/tmp/x",
        "mkdir:/tmp/y",
        "read:/proc/sys/kernel/shmmni",
        "stat:/volume",
      ];
      if (generated.hostname !== undefined) {
        target.hostname = generated.hostname;
      }
      if (generated.readonly !== undefined) {
        target.root.readonly = generated.readonly;
      }
      if (generated.tmpfs !== undefined) {
        target.mounts.push({ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: generated.tmpfs });
      }
      if (generated.volume !== undefined) {
        target.mounts.push({ destination: "/volume", type: "bind", source: places.volume, options: generated.volume });
      }
      Object.assign(target.linux, { maskedPaths: generated.maskedPaths ?? [], readonlyPaths: generated.readonlyPaths ?? [] });
      if (generated.shmmni !== undefined) {
        target.linux["sysctl"] = { "kernel.shmmni": String(generated.shmmni) };
      }
      if (generated.mkdirIsRefused === true) {
        target.linux["seccomp"] = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO" }] };
      }
    },
  };
}
