/**
 * The VMM's control socket (native/hadron-vmm): one JSON object a line. Our requests are `start`, once and with all descriptors of the VM,
 * `pause` and `resume`, `insert` with the descriptor of a disk, and `eject`; each is answered by its id, with `error` when it failed. By itself the VMM says
 * `{"event":"complaint","message":...}` of what the guest does against the rules, and as its last word `{"event":"ended","cause":...}`.
 */
import { Socket } from "node:net";

import { Code, HadronError } from "../../errors.ts";
import type { Host } from "../../host/host.ts";
import { LineClient, type Message } from "../../host/line-client.ts";
import type { InsertedDevice, VmmStart } from "./machine.ts";

/** Why the guest came to its end. */
export interface GuestEnd {
  /** "reset": it asked for that. "fault": what its CPUs did cannot be carried out, or a device failed for a reason of the host's. */
  readonly cause: "reset" | "shutdown" | "fault";
  /** In words, for a "fault". */
  readonly message: string;
}

const MAX_LINE_BYTES = 64 << 10;

export class VmmControl {
  /** The VMM says nothing more. */
  readonly ended: Promise<void>;
  readonly #client: LineClient;
  readonly #onComplaint: (sentence: string) => void;
  #end: GuestEnd | undefined;
  #onSent: () => void = () => undefined;

  /** `fd`: our end of the control socket; becomes this object's, until `close`. `onComplaint` must not throw. */
  constructor(host: Pick<Host, "sendFds">, fd: number, onComplaint: (sentence: string) => void) {
    this.#onComplaint = onComplaint;
    // Half open: the descriptor must stay ours until nobody sends over it any more.
    const socket = new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
    const ended = Promise.withResolvers<void>();
    this.ended = ended.promise;
    this.#client = new LineClient(socket, {
      peer: "the VMM",
      maxLineBytes: MAX_LINE_BYTES,
      onNews: (message) => this.#hear(message),
      onEnd: () => ended.resolve(),
      write: (data, fds) => (fds.length > 0 ? host.sendFds({ socket: fd, data, fds }).finally(() => this.#onSent()) : undefined),
    });
  }

  /** What the VMM said of its guest's end, if it did. */
  get end(): GuestEnd | undefined {
    return this.#end;
  }

  /** Answers when the guest runs. The descriptors stay the caller's, who may close them when `onSent` is called. */
  async start({ config, fds }: VmmStart, onSent: () => void, signal: AbortSignal): Promise<void> {
    this.#onSent = onSent;
    await this.#request("start", { config }, signal, fds);
  }

  async pause(signal: AbortSignal): Promise<void> {
    await this.#request("pause", {}, signal);
  }

  async resume(signal: AbortSignal): Promise<void> {
    await this.#request("resume", {}, signal);
  }

  /** Puts a disk into a vacant place, by its number among the configuration's devices. The descriptors stay the caller's. */
  async insert(place: number, { device, fds }: InsertedDevice, signal: AbortSignal): Promise<void> {
    await this.#request("insert", { place, device }, signal, fds);
  }

  async eject(place: number, signal: AbortSignal): Promise<void> {
    await this.#request("eject", { place }, signal);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    await this.#client.close("it was stopped");
  }

  /** INTERNAL with the VMM's words when it refuses, UNAVAILABLE when it is gone, `abortError` by the signal. */
  async #request(op: string, members: Message, signal: AbortSignal, fds: readonly number[] = []): Promise<void> {
    const { error } = await this.#client.request({ op, ...members }, { what: `the VMM's answer to "${op}"`, fds, signal });
    if (error !== undefined) {
      throw new HadronError(
        Code.INTERNAL,
        `the VMM refused to ${op} ${op === "insert" || op === "eject" ? "a disk" : "the VM"}: ${typeof error === "string" ? error : JSON.stringify(error)}`,
      );
    }
  }

  #hear({ event, cause, message }: Message): void {
    const words = typeof message === "string" ? message : "";
    if (event === "complaint") {
      this.#onComplaint(words);
    } else if (event === "ended" && (cause === "reset" || cause === "shutdown" || cause === "fault")) {
      this.#end ??= { cause, message: words };
    }
  }
}
