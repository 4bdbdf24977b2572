/** What /proc/PID/stat says of a process (proc_pid_stat(5)). */
import { readFileSync } from "node:fs";

import { Code, HadronError } from "../errors.ts";
import { errorOfSystemCall } from "./error.ts";

export interface ProcessStat {
  readonly pid: number;
  /** Up to 15 bytes of the program's name; may contain any character. */
  readonly comm: string;
  /** One letter; "Z" and "X" are processes that have exited already. */
  readonly state: string;
  readonly parentPid: number;
  /** Fields 10 and 12, of all threads: page faults without and with a read of the disk. */
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** Field 22: clock ticks since boot. With the pid it names a process for as long as the host is up. */
  readonly startTime: number;
  /** Fields 14 and 15, of all threads: clock ticks (USER_HZ, 100 a second). */
  readonly userTicks: number;
  readonly systemTicks: number;
}

/**
 * Reads it synchronously: procfs answers from memory, and a caller that has just started a process needs
 * the answer before anything else runs. Undefined when there is no such process.
 */
export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code;
    if (errno === "ENOENT" || errno === "ESRCH") {
      return undefined;
    }
    throw cause instanceof HadronError ? cause : errorOfSystemCall(cause, `the state of process ${pid} cannot be read`);
  }
}

/**
 * The children that the main thread of a process has started (proc_tid_children(5)), which is exact for one that starts nothing more: none of a
 * process that has ended.
 */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  } catch (cause) {
    if (readProcessStat(pid) === undefined) {
      return [];
    }
    throw errorOfSystemCall(cause, `the children of process ${pid} cannot be read (which wants CONFIG_PROC_CHILDREN of the host's kernel)`);
  }
}

/** Field 22 of /proc/PID/stat. NOT_FOUND when there is no such process. */
export function processStartTime(pid: number): number {
  const stat = readProcessStat(pid);
  if (stat === undefined) {
    throw new HadronError(Code.NOT_FOUND, `there is no process ${pid}: it has exited already`);
  }
  return stat.startTime;
}

/** The second field is in parentheses but not escaped: only its last ")" is known to be its end. */
export function parseProcessStat(text: string): ProcessStat {
  const open = text.indexOf(" (");
  const close = text.lastIndexOf(") ");
  const pid = Number(text.slice(0, open));
  // fields[0] is field 3.
  const fields =
    close === -1
      ? []
      : text
          .slice(close + 2)
          .trimEnd()
          .split(" ");
  const [state, parentPid] = fields;
  const number = (field: number): number => Number(fields[field - 3] ?? "");
  const [minorFaults, majorFaults, userTicks, systemTicks, startTime] = [number(10), number(12), number(14), number(15), number(22)];
  if (open < 1 || close < open || fields.length < 20 || state === undefined || !Number.isSafeInteger(startTime)) {
    throw new HadronError(Code.INTERNAL, `this is not the text of a /proc/PID/stat: ${JSON.stringify(text.slice(0, 200))}`);
  }
  const comm = text.slice(open + 2, close);
  return { pid, comm, state, parentPid: Number(parentPid), minorFaults, majorFaults, startTime, userTicks, systemTicks };
}
