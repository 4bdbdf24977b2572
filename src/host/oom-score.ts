/** oom_score_adj of processes (proc_pid_oom_score_adj(5)): whom the kernel kills first when memory is short. */
import { errorOfSystemCall } from "./error.ts";
import { readFile, writeFile } from "./files.ts";

const pathOf = (pid: number): string => `/proc/${pid}/oom_score_adj`;

/** -1000 (never) to 1000 (first). */
export async function readOomScoreAdj(pid: number): Promise<number> {
  try {
    return Number(await readFile(pathOf(pid), "utf8"));
  } catch (cause) {
    throw errorOfSystemCall(cause, `the oom_score_adj of process ${pid} cannot be read`);
  }
}

/** PERMISSION_DENIED for less than what a process with CAP_SYS_RESOURCE once set, NOT_FOUND without such a process. */
export async function writeOomScoreAdj(pid: number, value: number): Promise<void> {
  try {
    await writeFile(pathOf(pid), String(value));
  } catch (cause) {
    throw errorOfSystemCall(cause, `the oom_score_adj of process ${pid} cannot be set to ${value}`);
  }
}
