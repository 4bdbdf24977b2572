/**
 * One line of a pod's journal: a thing that exists on the host for the pod.
 *
 * `process PID STARTTIME daemon`, `process PID STARTTIME ROLE NAME`, `mount PATH`, `directory PATH`, `file PATH`,
 * `cgroup PATH`, `qdisc LINK NETNS`: fields are separated by one space, every field is percent-encoded byte by byte (RFC 3986's unreserved characters and `/` stay as
 * they are), so that a line never contains a space or a line feed of its own. The launcher reads the same
 * lines; test/vectors/journal.json is the common truth.
 */
import { Code, HadronError } from "../errors.ts";

/** A process, by what it is for the pod: its VMM, a helper of the VM, the process that stands for a container. */
export type ProcessEntry = {
  readonly kind: "process";
  readonly pid: number;
  /** Field 22 of /proc/PID/stat, in clock ticks since boot: tells a process from a later one with its pid. */
  readonly startTime: number;
} & (
  | { readonly role: "daemon" }
  | { readonly role: NamedRole; /** For a person: the program's; of a container its id, by which the launcher finds it. */ readonly name: string }
);

type NamedRole = (typeof NAMED_ROLES)[number];
const NAMED_ROLES = ["vmm", "helper", "container"] as const;

/** What takes the packets that come in on an interface of a network namespace. */
export interface QdiscEntry {
  readonly kind: "qdisc";
  /** Index of the interface. */
  readonly link: number;
  /** Absolute path of the namespace. */
  readonly netns: string;
}

/** A cgroup is the directory of one, in one hierarchy. */
type PathKind = (typeof PATH_KINDS)[number];
const PATH_KINDS = ["mount", "directory", "file", "cgroup"] as const;

export type JournalEntry = ProcessEntry | QdiscEntry | { readonly kind: PathKind; /** Absolute. */ readonly path: string };

const UNRESERVED = /^[A-Za-z0-9._~/-]$/;
/** pid_t's largest value. */
const MAX_PID = 0x7fff_ffff;
/** An int of the kernel's. */
const MAX_LINK = 0x7fff_ffff;

/** The line without its line feed. INVALID_ARGUMENT for what no line can say. */
export function encodeEntry(entry: JournalEntry): string {
  if (entry.kind === "process") {
    const { pid, startTime } = entry;
    if (!Number.isInteger(pid) || pid < 1 || pid > MAX_PID) {
      throw invalid(`the pid ${pid} cannot be written to the journal: it must be between 1 and ${MAX_PID}`);
    }
    if (!Number.isSafeInteger(startTime) || startTime < 0) {
      throw invalid(`the start time ${startTime} cannot be written to the journal: it must be a whole number of ticks`);
    }
    return `process ${pid} ${startTime} ${entry.role === "daemon" ? entry.role : `${entry.role} ${encodeField(entry.name)}`}`;
  }
  if (entry.kind === "qdisc") {
    const { link, netns } = entry;
    if (!Number.isInteger(link) || link < 1 || link > MAX_LINK) {
      throw invalid(`the interface ${link} cannot be written to the journal: it must be between 1 and ${MAX_LINK}`);
    }
    checkPath(netns);
    return `qdisc ${link} ${encodeField(netns)}`;
  }
  checkPath(entry.path);
  return `${entry.kind} ${encodeField(entry.path)}`;
}

/** The entry that a line (without its line feed) stands for. DATA_LOSS when it stands for none. */
export function decodeEntry(line: string): JournalEntry {
  const [kind, ...fields] = line.split(" ");
  const [first, second] = fields;
  try {
    if (kind === "process") {
      const entry = decodeProcess(decodeNumber(first), decodeNumber(second), fields.slice(2));
      encodeEntry(entry);
      return entry;
    }
    if (kind === "qdisc" && fields.length === 2) {
      const entry: QdiscEntry = { kind, link: decodeNumber(first), netns: decodeField(second) };
      encodeEntry(entry);
      return entry;
    }
    const pathKind = PATH_KINDS.find((each) => each === kind);
    if (pathKind !== undefined && fields.length === 1) {
      const path = decodeField(first);
      checkPath(path);
      return { kind: pathKind, path };
    }
  } catch (cause) {
    throw new HadronError(Code.DATA_LOSS, `the journal's line ${JSON.stringify(line)} cannot be read`, { cause });
  }
  throw new HadronError(
    Code.DATA_LOSS,
    `the journal's line ${JSON.stringify(line)} cannot be read: it is none of "process PID STARTTIME daemon", "process PID STARTTIME ROLE NAME", ` +
      `"mount PATH", "directory PATH", "file PATH", "cgroup PATH", "qdisc LINK NETNS"`,
  );
}

function decodeProcess(pid: number, startTime: number, fields: readonly string[]): ProcessEntry {
  const [word, name] = fields;
  if (word === "daemon" && fields.length === 1) {
    return { kind: "process", pid, startTime, role: word };
  }
  const role = NAMED_ROLES.find((each) => each === word);
  if (role === undefined || fields.length !== 2) {
    throw invalid(`a process is "daemon", or one of ${NAMED_ROLES.join(", ")} with a name`);
  }
  return { kind: "process", pid, startTime, role, name: decodeField(name) };
}

function checkPath(path: string): void {
  if (!path.startsWith("/") || path.includes("\0")) {
    throw invalid(`the path ${JSON.stringify(path)} cannot be in the journal: it must be absolute and without zero bytes`);
  }
}

function encodeField(field: string): string {
  if (field === "") {
    throw invalid("an empty field cannot be written to the journal");
  }
  let encoded = "";
  for (const byte of Buffer.from(field, "utf8")) {
    const character = String.fromCharCode(byte);
    encoded += UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

function decodeField(field: string | undefined): string {
  if (field === undefined || field === "") {
    throw invalid("a field is empty");
  }
  // Throws on escapes that are cut short, not hexadecimal, or not UTF-8.
  return decodeURIComponent(field);
}

function decodeNumber(field: string | undefined): number {
  if (field === undefined || !/^[0-9]+$/.test(field)) {
    throw invalid(`${JSON.stringify(field)} is not a number.`);
  }
  return Number(field);
}

function invalid(message: string): HadronError {
  return new HadronError(Code.INVALID_ARGUMENT, message);
}
