/**
 * When the host's memory is short, its kernel kills what `oom_score_adj` points at. With runc that is each container's own
 * processes; here the memory is the VM's, and with the VM all of its containers are gone.
 *
 * So the VM's processes get the lowest of its containers' values: the kubelet computes them from the share of the
 * node's memory that was requested, and what the pod requests as a whole is at least what any of its containers does.
 * CRI's pause container does not count, for its -998 is meant for a process that has next to no memory. Kata leaves
 * all pods with the same value, so that the kernel cannot tell a guaranteed pod from a best-effort one. The process on
 * the host that stands for a container has that container's own value.
 */

import { Code, HadronError } from "../errors.ts";
import { readOomScoreAdj, writeOomScoreAdj } from "../host/oom-score.ts";
import type { Logger } from "../logger.ts";
import type { ProcessSpec, Spec } from "./oci.ts";
import { isSandboxContainer } from "./pod-spec.ts";

/** What of a container's spec is looked at. */
export interface OomSpec extends Pick<Spec, "annotations"> {
  readonly process?: Pick<ProcessSpec, "oomScoreAdj"> | undefined;
}

interface Member {
  /** Undefined: the spec says nothing, so it would have the daemon's. */
  readonly value: number | undefined;
  readonly isPause: boolean;
}

export class OomScores {
  readonly #log: Logger;
  readonly #members = new Map<string, Member>();
  #last: Promise<void> = Promise.resolve();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** A container that is about to run. `vmPids`: the processes of its VM. */
  async add(id: string, spec: OomSpec, hostPid: number, vmPids: readonly number[]): Promise<void> {
    const value = spec.process?.oomScoreAdj;
    const member = {
      value: value === undefined ? undefined : Number(value),
      isPause: isSandboxContainer(spec),
    };
    this.#members.set(id, member);
    await this.#serially(async () => {
      if (member.value !== undefined) {
        await this.#set([hostPid], member.value);
      }
      await this.#applyTo(vmPids);
    });
  }

  /** A container that is gone; the VM may be, too. */
  async remove(id: string, vmPids: readonly number[]): Promise<void> {
    this.#members.delete(id);
    if (this.#members.size > 0) {
      await this.#serially(() => this.#applyTo(vmPids));
    }
  }

  async #applyTo(vmPids: readonly number[]): Promise<void> {
    const own = await readOomScoreAdj(process.pid);
    await this.#set(vmPids, podOomScoreAdj([...this.#members.values()], own));
  }

  async #set(pids: readonly number[], value: number): Promise<void> {
    for (const pid of pids) {
      try {
        await writeOomScoreAdj(pid, value);
      } catch (error) {
        // Of a process that has died, somebody else tells. Without CAP_SYS_RESOURCE no value can be lowered, and a container
        // that asks for protection is better run without than not at all; in the guest it has its value.
        if (!(error instanceof HadronError) || error.code !== Code.NOT_FOUND) {
          this.#log.warn({ err: error }, "the host's kernel will choose the pod with another oom_score_adj than was asked for");
        }
      }
    }
  }

  async #serially(action: () => Promise<void>): Promise<void> {
    const result = this.#last.then(action);
    this.#last = result.catch(() => undefined);
    await result;
  }
}

/** For the VM. `own`: the value of what has none. */
export function podOomScoreAdj(members: readonly Member[], own: number): number {
  const workload = members.filter(({ isPause }) => !isPause);
  const values = (workload.length > 0 ? workload : members).map(({ value }) => value ?? own);
  return values.length > 0 ? Math.min(...values) : own;
}
