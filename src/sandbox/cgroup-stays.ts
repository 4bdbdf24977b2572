/**
 * The daemon's stays in its pod's cgroup, one for each VM. The kernel takes 5 to 20 ms to put it there, so the first one begins
 * when the daemon starts, if it can tell where it will be: before anybody asks for a VM.
 */

import { type CgroupPath, CgroupStay, type CgroupOptions } from "../host/cgroup.ts";
import type { Logger } from "../logger.ts";
import { podCgroup } from "./pod-cgroup.ts";

export interface CgroupStaysOptions extends Pick<CgroupOptions, "host" | "journal" | "pid"> {
  readonly podId: string;
  /** Of the pod's directory. */
  readonly name: string;
  readonly log: Logger;
}

interface Expected {
  readonly above: CgroupPath;
  readonly entering: Promise<CgroupStay>;
}

export class CgroupStays implements AsyncDisposable {
  readonly #options: CgroupStaysOptions;
  #expected: Expected | undefined;
  /** Somebody has asked for one, or none will be any more. */
  #asked = false;

  constructor(options: CgroupStaysOptions) {
    this.#options = options;
  }

  /** That the first VM's will be below this one, unless that is there already. Whether it can be is told to who makes the VM. */
  expect(above: CgroupPath): void {
    if (this.#asked) {
      return;
    }
    this.#asked = true;
    const entering = this.#begin(above);
    entering.catch(() => undefined);
    this.#expected = { above, entering };
  }

  /** The stay is the caller's; it is to end before the next one begins. */
  async enter(above: CgroupPath): Promise<CgroupStay> {
    this.#asked = true;
    const expected = this.#expected;
    if (expected === undefined || !isSame(expected.above, above)) {
      await this[Symbol.asyncDispose]();
      return await this.#begin(above);
    }
    this.#expected = undefined;
    return await expected.entering;
  }

  /** Ends what was expected and did not come. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#asked = true;
    const expected = this.#expected;
    this.#expected = undefined;
    await (await expected?.entering.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async #begin(above: CgroupPath): Promise<CgroupStay> {
    const { podId, name, log, ...options } = this.#options;
    const stay = await CgroupStay.enter({ ...options, place: podCgroup(above, podId, name), warn: (sentence) => log.warn({}, sentence) });
    log.debug({ directories: stay.directories.length }, "the daemon is in the pod's cgroup");
    return stay;
  }
}

function isSame(one: CgroupPath, other: CgroupPath): boolean {
  return one.path === other.path && one.relative === other.relative;
}
