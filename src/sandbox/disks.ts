/**
 * The disks of a pod's VM: block devices of the host that its containers have.
 *
 * The VM is made with those of its first container, and with places for more, since in a pod of CRI the containers come when the VM runs
 * already. One device is one disk, whichever containers have it, so that what one writes another one reads; its last container's end takes it out
 * of the VM, and nobody has it open any more.
 */

import type { Agent } from "../agent/agent.ts";
import { Code, HadronError, messageOf } from "../errors.ts";
import { openBlockDevice, type OpenBlockDevice } from "../host/block-device.ts";
import { close } from "../host/files.ts";
import type { Capabilities, Disk, Medium, RateLimit, Vm } from "../hypervisor/hypervisor.ts";
import type { Logger } from "../logger.ts";
import { allDone } from "../time.ts";
import { diskKey, type DiskPlan } from "./plan-disks.ts";
import { unsupported } from "./refusal.ts";

/**
 * How long the guest may take to write back what it has cached of a disk, and to let go of it. The last process that closes a device waits for
 * the most of that already.
 */
const DETACH_TIMEOUT_MS = 30_000;

export interface PodDisksOptions {
  readonly open?: typeof openBlockDevice;
  readonly log: Logger;
}

/** What the hypervisor can, and what is asked of it. */
export interface DiskOptions {
  readonly emptyDisks: Capabilities["emptyDisks"];
  /** Places beside those of the first container's disks. */
  readonly spare: number;
  readonly queues: number;
  /** Of each. */
  readonly limit?: RateLimit | undefined;
}

type DiskVm = Pick<Vm, "insertDisk" | "ejectDisk" | "exited">;
type DiskAgent = Pick<Agent, "attachDisk" | "detachDisk">;

/** A disk of the VM, with or without a device in it. */
interface Place {
  readonly id: string;
  /** Whether what was in it first, or would be, cannot be written to. */
  readonly madeReadOnly: boolean;
  content: Content | undefined;
  /** The guest, or the VMM, may still have what was in it. */
  lost: boolean;
}

interface Content {
  readonly key: string;
  readonly device: OpenBlockDevice;
  /** Nobody asked to write to it. */
  readonly askedReadOnly: boolean;
  numbers: { readonly major: bigint; readonly minor: bigint } | undefined;
  users: number;
}

/** A container's share of a disk. */
export interface PodDisk extends AsyncDisposable {
  /** In the guest. */
  readonly numbers: { readonly major: bigint; readonly minor: bigint };
}

export class PodDisks implements AsyncDisposable {
  readonly #open: typeof openBlockDevice;
  readonly #log: Logger;
  readonly #places: Place[] = [];
  /** Those that the hypervisor has not opened yet. */
  readonly #opened = new Set<number>();
  #takesAny = false;
  /** What all of them have. */
  #common: Pick<Disk, "queues" | "limit"> = { queues: 1 };
  #vm: DiskVm | undefined;
  #agent: DiskAgent | undefined;
  #gone = false;
  /** One after the other. */
  #last: Promise<void> = Promise.resolve();

  constructor({ open = openBlockDevice, log }: PodDisksOptions) {
    this.#open = open;
    this.#log = log;
  }

  /** To be called once, before the VM. What it has opened when it throws is closed with this object. */
  async make(plans: readonly DiskPlan[], { emptyDisks, spare, queues, limit }: DiskOptions): Promise<void> {
    this.#takesAny = emptyDisks === "unseen";
    this.#common = { queues, limit };
    for (const plan of plans) {
      const content = await this.#openFor(plan);
      this.#places.push({ id: idOf(this.#places.length), madeReadOnly: content.device.readOnly, content, lost: false });
    }
    for (let left = spare; left > 0; left--) {
      this.#places.push({ id: idOf(this.#places.length), madeReadOnly: false, content: undefined, lost: false });
    }
  }

  /** What the VM is to be made with. */
  get devices(): Disk[] {
    return this.#places.map(({ id, content }) => ({ kind: "disk", id, ...this.#common, medium: content && mediumOf(content) }));
  }

  /** For when the hypervisor has them. */
  async closeMedia(): Promise<void> {
    const opened = [...this.#opened];
    this.#opened.clear();
    await allDone(opened.map((fd) => close(fd)));
  }

  /** From here on containers can have them. */
  attach(vm: DiskVm, agent: DiskAgent): void {
    this.#vm = vm;
    this.#agent = agent;
    void vm.exited.then(() => {
      this.#gone = true;
    });
  }

  /** Until it is disposed of. FAILED_PRECONDITION when the VM has no place for it. */
  async acquire(plan: DiskPlan, signal: AbortSignal): Promise<PodDisk> {
    return await this.#serially(async () => {
      const place = this.#placeOf(plan) ?? (await this.#insert(plan, signal));
      const { content } = place;
      if (content === undefined) {
        throw new HadronError(Code.INTERNAL, `the disk ${place.id} has lost its device`);
      }
      content.users++;
      let released = false;
      const release = async (): Promise<void> => {
        if (!released) {
          released = true;
          await this.#serially(() => this.#release(place));
        }
      };
      try {
        const numbers = (content.numbers ??= await this.#attach(place.id));
        return { numbers, [Symbol.asyncDispose]: release };
      } catch (error) {
        await this.#release(place);
        throw error;
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeMedia();
  }

  #placeOf(plan: DiskPlan): Place | undefined {
    const place = this.#places.find(({ content }) => content?.key === diskKey(plan));
    if (place?.content?.askedReadOnly === true && !plan.readOnly) {
      throw unsupported(
        `${nameOf(plan)} is in the pod's VM for reading only, as the container before has asked for it: create the one that writes to it first`,
      );
    }
    return place;
  }

  async #insert(plan: DiskPlan, signal: AbortSignal): Promise<Place> {
    const content = await this.#openFor(plan);
    try {
      const { readOnly } = content.device;
      const place = this.#places.find((each) => each.content === undefined && !each.lost && (this.#takesAny || each.madeReadOnly === readOnly));
      if (place === undefined) {
        throw unsupported(this.#noPlace(plan, readOnly));
      }
      await this.#vmOf().insertDisk(place.id, mediumOf(content), signal);
      place.content = content;
      return place;
    } finally {
      await this.closeMedia();
    }
  }

  #noPlace(plan: DiskPlan, readOnly: boolean): string {
    const what = `${nameOf(plan)} cannot come into the pod's VM, which runs already`;
    if (!this.#takesAny && readOnly) {
      return `${what}: with QEMU a device that is only read has to be the first container's`;
    }
    return this.#takesAny
      ? `${what}: its ${this.#places.length} places for disks are taken`
      : `${what}, without a free place for a disk: set spare_disks in the configuration, or the pod's annotation io.hadron.spare_disks`;
  }

  async #openFor(plan: DiskPlan): Promise<Content> {
    const device = await this.#open(nameOf(plan), plan);
    this.#opened.add(device.fd);
    return { key: diskKey(plan), device, askedReadOnly: plan.readOnly, numbers: undefined, users: 0 };
  }

  async #attach(id: string): Promise<NonNullable<Content["numbers"]>> {
    if (this.#agent === undefined) {
      throw new HadronError(Code.INTERNAL, "the VM has not booted");
    }
    const { major, minor } = await this.#agent.attachDisk(id);
    return { major: BigInt(major), minor: BigInt(minor) };
  }

  /** Nobody else gets a place that the guest has not let go of. Never rejects. */
  async #release(place: Place): Promise<void> {
    const { content, id } = place;
    if (content === undefined || --content.users > 0 || this.#gone) {
      return;
    }
    try {
      await this.#agent?.detachDisk(id, DETACH_TIMEOUT_MS);
    } catch (error) {
      place.lost = true;
      this.#warn(error, "the guest did not let go of a disk, which is taken away from it");
    }
    place.content = undefined;
    try {
      await this.#vmOf().ejectDisk(id, AbortSignal.timeout(DETACH_TIMEOUT_MS));
    } catch (error) {
      place.lost = true;
      this.#warn(error, "a disk stays in the pod's VM");
    }
  }

  #warn(error: unknown, sentence: string): void {
    // A VM that is gone has none.
    if (!this.#gone && !(error instanceof HadronError && error.code === Code.UNAVAILABLE)) {
      this.#log.warn({ err: messageOf(error) }, sentence);
    }
  }

  #vmOf(): DiskVm {
    if (this.#vm === undefined) {
      throw new HadronError(Code.INTERNAL, "the VM has not booted");
    }
    return this.#vm;
  }

  #serially<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action);
    this.#last = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

function idOf(number: number): string {
  return `disk${number}`;
}

function mediumOf({ device: { fd, readOnly, direct } }: Content): Medium {
  return { fd, readOnly, direct, cache: "writeBack" };
}

function nameOf({ path, major, minor }: DiskPlan): string {
  return `the device ${path} (b ${major}:${minor})`;
}
