/**
 * What Node cannot do itself: mounts, network namespaces, processes held by pidfds, descriptors that travel
 * over sockets. Every operation runs on libhadron's threads; nothing here waits on the event loop.
 *
 * A method that fails throws a HadronError whose sentence names the path or the process; its code follows
 * from the errno (error.ts). File descriptors are numbers: those that a method returns are the caller's to
 * close; those that it takes stay the caller's, and must stay open until the promise is settled.
 */
import { getSystemErrorName } from "node:util";

import { Code, HadronError } from "../errors.ts";
import { Calls } from "./calls.ts";
import { loadNative } from "./native.ts";
import { decodeNetwork, type HostNetwork } from "./network.ts";

/** A directory for a guest, which is the root of a mount namespace that nobody is in; what is mounted there goes with the last of them. */
export interface ShareDescriptors {
  /** Its namespace. */
  readonly namespace: number;
  /** The directory itself, read-only but for what is mounted in it. */
  readonly directory: number;
  /** The same where what is mounted on can be made. */
  readonly places: number;
}

export interface Mount {
  /** As in mount(8); "bind" for a bind mount. */
  readonly type: string;
  /** On the host. */
  readonly source: string;
  /** A path of the share, whose root is "/". What lies directly in the share is made, and anything deeper is there already; no symbolic link. */
  readonly target: string;
  /**
   * One word of mount(8) each ("ro", "rbind", "rslave", "loop", "lowerdir=/a:/b"): a comma does not separate.
   * `ro` and its like are for the topmost mount; the OCI specification's `rro` for all below it, too.
   * Without a word for it, the mount is private with all that is below it. `rslave`: what is mounted and unmounted below
   * the source of a bind later, if that is on a shared mount, is so below the target as well, never the other way round.
   */
  readonly options: readonly string[];
}

export interface MountDescription {
  /** Of the mount itself, not of its file system: "ro" or "rw", "nosuid", ... */
  readonly flags: readonly string[];
  /** Something is mounted below the path. */
  readonly hasOthersBelow: boolean;
}

export interface Unmount {
  readonly target: string;
  /** Also what is in use: it is gone from the tree at once, and closed by its last user. Default: false. */
  readonly detach?: boolean;
}

export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat (process-stat.ts): a later process with this pid is not meant. */
  readonly startTime: number;
}

export interface TaskSpawn {
  /** Path of hadron-task (native/task). */
  readonly program: string;
  /** From argv[0] on. */
  readonly args: readonly string[];
  /** Path of the network namespace that it enters. */
  readonly netns: string;
}

export interface VmmSpawn {
  /** Path of hadron-vmm (native/hadron-vmm). */
  readonly program: string;
  /** Path of the network namespace that it enters, or "new". */
  readonly netns: string;
  /** Its end of the control socket; it stays the caller's, who closes it when the promise is settled. */
  readonly socket: number;
}

export interface ProgramSpawn {
  /** Its path. */
  readonly program: string;
  /** From argv[1] on. */
  readonly args: readonly string[];
  /** It has copies of these, as its descriptors from 3 on. */
  readonly fds: readonly number[];
}

/** One of the two is null. */
export interface ChildEnd {
  readonly code: number | null;
  /** A number. */
  readonly signal: number | null;
}

export interface FdMessage {
  /** A unix stream socket; nobody else may write to it half a message meanwhile. */
  readonly socket: number;
  /** 1 byte to 16 KiB, sent as UTF-8 together with `fds` in one message. */
  readonly data: string;
  /** 1 to 253. */
  readonly fds: readonly number[];
  /** How long a full socket is waited for, in milliseconds; at most 60,000. Default: 5,000. */
  readonly timeoutMs?: number;
}

/** In one hierarchy of cgroups. */
export interface CgroupPlace {
  readonly mountPoint: string;
  /** Absolute, as if the mount point were "/". */
  readonly path: string;
  /** It has version 1's controller of this name. */
  readonly cpuset: boolean;
}

/** Two sockets of rtnetlink(7), which hold the namespace; they become the caller's. */
export interface NetworkSockets {
  /** For one call at a time. */
  readonly requests: number;
  readonly changes: number;
  /** It is the namespace of this process. */
  readonly own: boolean;
}

/** All connections to 127.0.0.1 and ::1 of a network namespace. */
export interface Loopback {
  readonly listener: number;
  readonly program: number;
}

export interface HostConnection {
  readonly fd: number;
  /** To which it was made. */
  readonly address: string;
  readonly port: number;
}

/** A server of the host. `netns`: path of the network namespace whose loopback it is on; `address`: one of that loopback. */
export type DialTarget =
  | { readonly kind: "tcp" | "udp"; readonly netns: string; readonly address: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** It lives as long as one of its descriptors, which become the caller's. */
export interface Tap {
  readonly index: number;
  /** With virtio-net's headers before each packet, non-blocking. */
  readonly queues: readonly number[];
}

/** Indexes of two interfaces. */
export interface Joint {
  readonly link: number;
  readonly tap: number;
}

export class Host implements AsyncDisposable {
  readonly #calls = new Calls();

  /** libhadron is loaded by the first operation. */
  constructor() {}

  async makeShares(count: number): Promise<ShareDescriptors[]> {
    const fds = (await this.#calls.call("makeShares", { count })).fds("fds", 3 * count);
    return Array.from({ length: count }, (_, index) => {
      const [namespace, directory, places] = fds.slice(3 * index) as [number, number, number];
      return { namespace, directory, places };
    });
  }

  /**
   * For a program that starts in the share's namespace with the root directory that is answered: it finds the host's files there, and the
   * share in the place of the directory `place`. Until `takeShareBack`; one at a time.
   */
  async lendShare(share: ShareDescriptors, place: string): Promise<string> {
    return (await this.#calls.call("lendShare", { share: placeOf(share), place })).string("root");
  }

  /** Who has made the share its root directory meanwhile keeps it; all else of the host is out of its reach. */
  async takeShareBack(share: ShareDescriptors): Promise<void> {
    await this.#calls.call("takeShareBack", placeOf(share));
  }

  /** Attaches the mount as a whole or not at all. */
  async mount(share: ShareDescriptors, mount: Mount): Promise<void> {
    const { type, source, target, options } = mount;
    await this.#calls.call("mount", { share: placeOf(share), type, source, target, options });
  }

  /** Undoes `ro` of a bind mount, of the topmost alone. False where its source is read-only itself. */
  async makeWritable(share: ShareDescriptors, mount: { readonly target: string; readonly source: string }): Promise<boolean> {
    const { target, source } = mount;
    return (await this.#calls.call("makeWritable", { share: placeOf(share), target, source })).boolean("writable");
  }

  /** The mount that a path of the share is on. */
  async describeMount(share: ShareDescriptors, target: string): Promise<MountDescription> {
    const answer = await this.#calls.call("describeMount", { share: placeOf(share), target });
    return { flags: answer.strings("flags"), hasOthersBelow: answer.boolean("othersBelow") };
  }

  /**
   * All mounts at and below `target`, the deepest first, and `target` itself if it lies directly in the share; how many there were.
   * FAILED_PRECONDITION when one is in use.
   */
  async umountTree(share: ShareDescriptors, options: Unmount): Promise<number> {
    const { target, detach = false } = options;
    return (await this.#calls.call("umountTree", { share: placeOf(share), target, detach })).number("unmounted");
  }

  /** Fulfilled when somebody has set the host's clock, or the host has slept. CANCELLED by the signal. */
  async clockSet(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#calls.wait("waitClockSet", {}, options.signal);
  }

  /** Sends a signal (a number) to this process and no other. `gone`: it had exited already. */
  async killProcess(process: ProcessId, signal: number): Promise<{ gone: boolean }> {
    const { pid, startTime } = process;
    return { gone: (await this.#calls.call("killProcess", { pid, startTime, signal })).boolean("gone") };
  }

  /**
   * Starts hadron-task, which dies with this process. `fd`, the reading end of its pipe, becomes the caller's; and so does
   * the child, which is to be reaped. Takes a tenth of the time of node:child_process, since nothing is copied.
   */
  async spawnTask(task: TaskSpawn): Promise<ProcessId & { readonly fd: number }> {
    const { program, args, netns } = task;
    const answer = await this.#calls.call("spawnTask", { program, arguments: args, netns });
    return { pid: answer.number("pid"), startTime: answer.number("startTime"), fd: answer.number("fd") };
  }

  /**
   * Starts hadron-vmm, which dies with this process. `fd`, the reading end of its standard error, becomes the caller's; and so does the
   * child, which is to be reaped.
   */
  async spawnVmm({ program, netns, socket }: VmmSpawn): Promise<ProcessId & { readonly fd: number }> {
    const answer = await this.#calls.call("spawnVmm", { program, netns, socket });
    return { pid: answer.number("pid"), startTime: answer.number("startTime"), fd: answer.number("fd") };
  }

  /**
   * Starts any other program, with nothing of this process but the descriptors. `fd`, the reading end of its standard error, becomes the
   * caller's; and so does the child, which is to be reaped.
   */
  async spawnProgram({ program, args, fds }: ProgramSpawn): Promise<ProcessId & { readonly fd: number }> {
    const answer = await this.#calls.call("spawnProgram", { program, arguments: args, fds });
    return { pid: answer.number("pid"), startTime: answer.number("startTime"), fd: answer.number("fd") };
  }

  /** Fulfilled when a child that one of these has made has exited and its pid is free. To be called once. */
  async reapChild(pid: number): Promise<ChildEnd> {
    const answer = await this.#calls.wait("reapChild", { pid }, undefined);
    return { code: answer.numberOrNull("code"), signal: answer.numberOrNull("signal") };
  }

  /** The whole message, or an error and nothing. DEADLINE_EXCEEDED when nobody reads. */
  async sendFds(message: FdMessage): Promise<void> {
    const { socket, data, fds, timeoutMs = 5_000 } = message;
    await this.#calls.call("sendFds", { socket, data, fds, timeoutMs });
  }

  /** Two connected unix stream sockets, non-blocking, close-on-exec. */
  async socketpair(): Promise<[number, number]> {
    const [one, other] = (await this.#calls.call("socketpair", {})).fds("fds", 2);
    return [one, other] as [number, number];
  }

  /**
   * A listening unix socket with mode 0600, blocking, close-on-exec. ALREADY_EXISTS when the path is taken,
   * INVALID_ARGUMENT when it is longer than 107 bytes.
   */
  async listenUnix(path: string, options: { readonly backlog?: number } = {}): Promise<number> {
    const { backlog = 128 } = options;
    return (await this.#calls.call("listenUnix", { path, backlog })).number("fd");
  }

  /** Makes a network namespace, which lives as long as its descriptor, and whatever is in it. */
  async createNetns(): Promise<number> {
    return (await this.#calls.call("createNetns", {})).number("fd");
  }

  /** Of the network namespace at `path`. */
  async openNetwork(path: string): Promise<NetworkSockets> {
    const answer = await this.#calls.call("openNetwork", { path });
    const [requests, changes] = answer.fds("fds", 2) as [number, number];
    return { requests, changes, own: answer.boolean("own") };
  }

  async readNetwork({ requests }: Pick<NetworkSockets, "requests">): Promise<HostNetwork> {
    const answer = await this.#calls.call("readNetwork", { fd: requests });
    return decodeNetwork(JSON.stringify(answer.object("network")));
  }

  /** Fulfilled when something has changed since the last time that this was. CANCELLED by the signal. */
  async networkChanged({ changes }: Pick<NetworkSockets, "changes">, signal: AbortSignal): Promise<void> {
    await this.#calls.wait("waitNetworkChange", { fd: changes }, signal);
  }

  /** Makes one in the network namespace at `netns`. */
  async openTap(netns: string, queues: number): Promise<Tap> {
    const answer = await this.#calls.call("openTap", { netns, queues });
    return { index: answer.number("index"), queues: answer.fds("fds", queues) };
  }

  /**
   * Sends on what comes in on one by the other, past the namespace's own stack, and sets the tap up with the interface's `mtu`. Nothing
   * is left when it fails. ALREADY_EXISTS when somebody has a qdisc for what comes in.
   */
  async joinLinks({ requests }: Pick<NetworkSockets, "requests">, { link, tap }: Joint, mtu: number): Promise<void> {
    await this.#calls.call("joinLinks", { fd: requests, link, tap, mtu });
  }

  /** Undoes `joinLinks`; what is not there is no error. */
  async separateLinks({ requests }: Pick<NetworkSockets, "requests">, { link, tap }: Joint): Promise<void> {
    await this.#calls.call("separateLinks", { fd: requests, link, tap });
  }

  /** Removes interfaces, also taps that are open: all of them take the kernel as long as one. What is not there is no error. */
  async removeLinks({ requests }: Pick<NetworkSockets, "requests">, links: readonly number[]): Promise<void> {
    await this.#calls.call("removeLinks", { fd: requests, links });
  }

  /**
   * Has all TCP connections to 127.0.0.1 and ::1 in the network namespace at `path` come to the listener, for as long as `program` is open. The
   * descriptors are the caller's.
   */
  async openLoopback(path: string): Promise<Loopback> {
    const [listener, program] = (await this.#calls.call("openLoopback", { path })).fds("fds", 2) as [number, number];
    return { listener, program };
  }

  /** A listener of this process's own network namespace, the caller's. "::" may be for IPv4 as well. ALREADY_EXISTS when somebody else listens there. */
  async listenTcp(address: string, port: number, ipv6Only: boolean): Promise<number> {
    return (await this.#calls.call("listenTcp", { address, port, ipv6Only })).number("fd");
  }

  /** A listener's next one, which is the caller's. CANCELLED by the signal. */
  async acceptConnection(listener: number, signal: AbortSignal): Promise<HostConnection> {
    for (;;) {
      const answer = await this.#calls.wait("acceptConnection", { fd: listener }, signal);
      const port = answer.number("port");
      if (port !== 0) {
        const [fd] = answer.fds("fds", 1) as [number];
        return { fd, port, address: answer.string("address") };
      }
    }
  }

  /** With the last close of the connection its other side is told that there is nobody. */
  async refuseConnection(fd: number): Promise<void> {
    await this.#calls.call("refuseConnection", { fd });
  }

  /** A non-blocking socket that is connected with it, the caller's. UNAVAILABLE or the like when nobody listens there. */
  async dial(target: DialTarget): Promise<number> {
    return (await this.#calls.call("dial", { ...target })).number("fd");
  }

  /** Has KVM make a virtual machine and end it. What it throws says why there is none. */
  async checkKvm(path = "/dev/kvm"): Promise<void> {
    await this.#calls.call("checkKvm", { path });
  }

  /**
   * Makes cgroups, with those above, which stay. Indexes of those that cannot be made since their hierarchy is mounted read-only; after a
   * failure some are there.
   */
  async makeCgroups(places: readonly CgroupPlace[]): Promise<number[]> {
    return (await this.#calls.call("makeCgroups", { places })).numbers("readOnly");
  }

  /** Takes a process there; after a failure it may be in some of them. */
  async enterCgroups(pid: number, directories: readonly string[]): Promise<void> {
    await this.#calls.call("enterCgroups", { pid, directories });
  }

  /** Takes a process there, or to the root of a hierarchy whose place does not take it; a sentence for each that does not. */
  async leaveCgroups(pid: number, places: readonly CgroupPlace[]): Promise<string[]> {
    return (await this.#calls.call("leaveCgroups", { pid, places })).strings("problems");
  }

  /** Removes directories of cgroups, which have two seconds to become empty: those that are gone, and why others are not. */
  async removeCgroups(directories: readonly string[]): Promise<{ gone: string[]; problem: string | undefined }> {
    const answer = await this.#calls.call("removeCgroups", { directories });
    return { gone: answer.strings("gone"), problem: answer.stringOrNull("problem") ?? undefined };
  }

  /**
   * Removes a directory and the one file that may be in it, under the lock that it is; what is not there is no error. False, and
   * nothing is touched, when somebody else holds the lock, who then decides.
   */
  async removeDirectory(path: string, file: string): Promise<boolean> {
    return (await this.#calls.call("removeDirectory", { path, file })).boolean("removed");
  }

  /**
   * Gives back the memory that this process can have again: free memory of malloc, and the pages of Node's code
   * and constants, which stay in the page cache and come back one by one as they are used. Takes a millisecond
   * or two, here and now: an answer that came later would bring back what it needs.
   */
  releaseMemory(): void {
    const errno = loadNative().releaseMemory();
    if (errno !== 0) {
      throw new HadronError(Code.INTERNAL, `the kernel does not take memory back: ${getSystemErrorName(-errno)}`);
    }
  }

  /** Operations that are under way fail with UNAVAILABLE; the kernel may still finish them. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls.close();
  }
}

/** As a request has it. */
function placeOf({ namespace, directory, places }: ShareDescriptors): Pick<ShareDescriptors, "namespace" | "directory" | "places"> {
  return { namespace, directory, places };
}
