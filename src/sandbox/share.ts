/**
 * A directory that the guest sees, and what is mounted in it. It is the root of a mount namespace of its own, which this object
 * holds and nobody is in: the host does not see what is mounted there, is not kept from unmounting or removing what it was mounted from,
 * and loses all of it with this process. So nothing of it is in the journal.
 */
import { Code, HadronError } from "../errors.ts";
import { close } from "../host/files.ts";
import type { Host, Mount, MountDescription, ShareDescriptors } from "../host/host.ts";
import type { Logger } from "../logger.ts";
import { sleep } from "../time.ts";

/**
 * Between the attempts to unmount what is in use, in milliseconds. What the guest has let go of is closed by its file
 * server a moment later, which nobody tells. That is virtiofsd: without KVM the first attempt was enough in 93 of 93
 * removals, on two CPUs with a load of 16.
 */
const PATIENCE_MS = [2, 5, 10, 20, 50, 100, 200, 400, 800];

export type MountHost = Pick<Host, "makeShares" | "mount" | "makeWritable" | "describeMount" | "umountTree">;

export class Share implements AsyncDisposable {
  readonly #host: MountHost;
  readonly #log: Logger;
  /** For the VM. */
  readonly descriptors: ShareDescriptors;
  #closed = false;

  private constructor(host: MountHost, log: Logger, descriptors: ShareDescriptors) {
    this.#host = host;
    this.#log = log;
    this.descriptors = descriptors;
  }

  static async make(count: number, host: MountHost, log: Logger): Promise<Share[]> {
    return (await host.makeShares(count)).map((descriptors) => new Share(host, log, descriptors));
  }

  /** Where this process sees what is at a path of the share. */
  seen(path: string): string {
    return `/proc/self/fd/${this.descriptors.directory}${path}`;
  }

  /** As `Host.mount`. */
  async mount(mount: Mount): Promise<void> {
    await this.#host.mount(this.descriptors, mount);
  }

  /** As `Host.makeWritable`. */
  async makeWritable(mount: { readonly target: string; readonly source: string }): Promise<boolean> {
    return await this.#host.makeWritable(this.descriptors, mount);
  }

  async describe(path: string): Promise<MountDescription> {
    return await this.#host.describeMount(this.descriptors, path);
  }

  /** All at and below `target`, which goes with it. Idempotent, also for what was mounted half way. */
  async unmount(target: string): Promise<void> {
    for (const pause of PATIENCE_MS) {
      try {
        await this.#host.umountTree(this.descriptors, { target });
        return;
      } catch (error) {
        if (!(error instanceof HadronError) || error.code !== Code.FAILED_PRECONDITION) {
          throw error;
        }
        await sleep(pause);
      }
    }
    // It is gone from the tree at once, and from the kernel with its last user, who is none of the pod's.
    await this.#host.umountTree(this.descriptors, { target, detach: true });
    this.#log.warn({ path: target }, "a mount of the pod was in use on the host when it was removed; it goes with its last user");
  }

  /** What is still mounted goes with the last who has the directory. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      const { namespace, directory, places } = this.descriptors;
      await Promise.all([namespace, directory, places].map((fd) => close(fd)));
    }
  }
}
