/** The removal of a container, be it one with a program or the pod's own: once at a time, and not while it runs. */

import { Code, HadronError } from "../errors.ts";
import { nowNs } from "../time.ts";
import { type Exit, KILLED_STATUS } from "./process.ts";

export interface Deletable {
  readonly id: string;
  /** A ContainerStatus. */
  readonly status: string;
  readonly init: { readonly exit: Exit | undefined };
}

export class Deletion {
  #underWay = false;

  /**
   * Its exit, when `remove` has made an end of it. What failed can be done again.
   *
   * @throws HadronError FAILED_PRECONDITION for a container that runs, and while another call is under way
   */
  async run(container: Deletable, remove: () => Promise<void>): Promise<Exit> {
    const { id, status } = container;
    if (status !== "stopped" && status !== "created") {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${id} is ${status}; kill it before deleting it`);
    }
    if (this.#underWay) {
      throw new HadronError(Code.FAILED_PRECONDITION, `container ${id} is being deleted already`);
    }
    this.#underWay = true;
    try {
      await remove();
      return container.init.exit ?? { status: KILLED_STATUS, atNs: nowNs() };
    } finally {
      this.#underWay = false;
    }
  }
}
