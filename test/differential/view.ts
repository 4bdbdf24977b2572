/** What the probe printed, as fields that can be compared: what must differ between a host and a VM is made one. */
import type { Outcome } from "./pod.ts";

export type Fields = ReadonlyMap<string, string>;

/** Everything that came of a process, field by field. */
export function fieldsOf(outcome: Outcome): Fields {
  const fields = new Map<string, string>([["end", outcome.end]]);
  if (outcome.end.startsWith("refused")) {
    return fields;
  }
  // A terminal ends its lines with both.
  const lines = outcome.stdout.split(/\r?\n/);
  if (lines.some((line) => line.startsWith("end\t"))) {
    for (const line of lines) {
      const tab = line.indexOf("\t");
      if (tab < 0) {
        continue;
      }
      add(fields, line.slice(0, tab), line.slice(tab + 1));
    }
  } else {
    fields.set("stdout", outcome.stdout);
  }
  fields.set("stderr", outcome.stderr);
  return fields;
}

function add(fields: Map<string, string>, key: string, value: string): void {
  // Two mounts on one directory, say.
  let unique = key;
  for (let n = 2; fields.has(unique); n += 1) {
    unique = `${key} #${n}`;
  }
  if (key.startsWith("mount.")) {
    addMount(fields, unique, value);
  } else if (key.startsWith("cgroup.")) {
    fields.set(unique, cgroupValue(key, value, fields.get("cgroup.memory")));
  } else {
    fields.set(unique, value);
  }
}

/** File systems that have files of the host behind them: which one it is, is not the container's business. */
const FILES = new Set(["ext4", "xfs", "btrfs", "overlay", "9p", "virtiofs"]);

function addMount(fields: Map<string, string>, key: string, value: string): void {
  const match = /^(\S+) (\S+) propagation (.*) root (\S+) super (.*)$/.exec(value);
  const [, type = "", options = "", propagation = "", root = "", superOptions = ""] = match ?? [];
  // A directory of the host may be on a tmpfs of the host; the container's own is mounted whole.
  const files = FILES.has(type) || (type === "tmpfs" && root !== "/");
  const cgroup = type === "cgroup" || type === "cgroup2";
  fields.set(key, files ? "files" : cgroup ? "cgroup" : type);
  fields.set(`${key} options`, options);
  fields.set(`${key} propagation`, propagation);
  if (files || cgroup) {
    return;
  }
  fields.set(`${key} root`, root);
  // How a tmpfs numbers its inodes is a choice of the kernel's configuration, which it prints or not.
  const words = superOptions.split(",").filter((word) => !/^inode(32|64)$/.test(word));
  fields.set(`${key} super options`, words.sort().join(","));
}

/** `FILE TEXT` of a cgroup; v1's values in the words of v2. */
function cgroupValue(key: string, value: string, memoryLimit: string | undefined): string {
  const [file = "", text = ""] = value.replaceAll("\\012", "").split(/ (.*)/);
  switch (file) {
    case "memory.limit_in_bytes":
      return unlimited(text) ? "max" : text;
    case "memory.soft_limit_in_bytes":
      // A limit that memory is pushed back to there, one that it is kept up to here; none is 0.
      return unlimited(text) ? "0" : text;
    case "memory.memsw.limit_in_bytes":
      // Memory and swap together there.
      return unlimited(text) || memoryLimit === undefined || memoryLimit === "max" ? "max" : String(BigInt(text) - BigInt(memoryLimit));
    case "cpu.shares":
      return String(weightOf(Number(text)));
    case "cpu.cfs_quota_us":
      return text === "-1" ? "max" : text;
    case "cpu.cfs_period_us":
      return text;
    case "cpu.max":
      return (key === "cgroup.cpu quota" ? text.split(" ")[0] : text.split(" ")[1]) ?? "";
    default:
      return text;
  }
}

function unlimited(text: string): boolean {
  return BigInt(text) > 1n << 62n;
}

/** As runc 1.3 and crun make one of the other: 2 is 1, 1024 is 100, 262144 is 10000. */
function weightOf(shares: number): number {
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}
