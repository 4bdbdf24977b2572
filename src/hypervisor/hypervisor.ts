/**
 * What the rest of Hadron knows of a hypervisor.
 *
 * A hypervisor runs virtual machines; it knows neither containers nor OCI. What one can do is said as
 * data in `capabilities`, so that no caller ever asks which one it is talking to.
 *
 * What a VM's processes need to be told of Linux, whoever starts them:
 *
 * - They die with the daemon by PR_SET_PDEATHSIG, which the kernel sends when the *thread* ends that started them. libhadron's pool
 *   threads end when they are idle: it starts them on the thread that lives as long as its handle (native/libhadron/src/reactor.rs).
 * - Node reaps its own children, each by its pid, and no others. These are reaped by Host.reapChild: until then the pid is taken, and
 *   the process is a zombie that looks alive to kill(2).
 */
import type { ProcessId, ShareDescriptors } from "../host/host.ts";

export interface Hypervisor {
  /** As the configuration spells it: "qemu" or "kvm". */
  readonly name: string;
  readonly capabilities: Capabilities;
  /**
   * Creates the VM's processes, owned by the returned object. The guest's kernel runs when this answers: a port that its
   * /init dials by itself is to be reserved at once.
   * When it throws, nothing that it made is left. Aborting `signal` is an error like any other.
   */
  launch(config: VmConfig, signal: AbortSignal): Promise<Vm>;
}

export interface Capabilities {
  /** How a directory of the host gets into the guest. */
  readonly sharedFs: "9p" | "virtiofs";
  /** Whether the guest's code runs on the CPU ("kvm") or is translated ("tcg"). */
  readonly acceleration: "kvm" | "tcg";
  readonly maxVcpus: number;
  /** How many devices of all kinds a VM can have, beside those that each has (vsock, random numbers). */
  readonly deviceSlots: number;
  /** How many there can be, with the NICs that are to be plugged, for NICs to be plugged into a running VM at all; by the kernel's kind. */
  readonly pluggableSlots: Readonly<Record<KernelImage["kind"], number>>;
  /** Whether the host's kernel may carry packets (`Nic.vhost`). */
  readonly vhostNet: boolean;
  /** Whether NICs can have a limit (`Nic.limit`). Disks always can. */
  readonly nicLimits: boolean;
  /**
   * What a disk without a medium is: "unseen" by the guest, and takes any; or there from the start, and for media that can be
   * written to.
   */
  readonly emptyDisks: "unseen" | "writable";
}

export interface VmConfig {
  /** A directory of this VM's own for sockets; exists, and stays the caller's. At most 90 bytes long. */
  readonly directory: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly kernel: KernelImage;
  /** Path of the initramfs. */
  readonly initrd: string;
  /** Appended to the kernel command line. */
  readonly kernelParameters: readonly string[];
  /** In the order in which the guest finds them; at most `deviceSlots`. */
  readonly devices: readonly Device[];
  /** NICs that `Vm.plug` may add; absent: none. */
  readonly pluggedNics?: number;
  /** Of the VM's process. */
  readonly netns: NetworkNamespace;
  /** One line of the guest's console, without its end. Never more than 4 KiB at once. */
  readonly onConsoleLine: (line: string) => void;
  /** A line that one of the VM's processes wrote to its standard error: for the log. At most 4 KiB. */
  readonly onDiagnostic?: (program: string, line: string) => void;
  /** Told of every process of the VM as soon as it has been spawned; awaited before `launch` answers. */
  readonly onProcess: (process: VmProcess) => Promise<void>;
  /** Asked when the VM is gone: whether the host's kernel has killed a process of it for want of memory. */
  readonly outOfMemory?: () => boolean;
}

/** A new one, or the one bound to a path. */
export type NetworkNamespace = "new" | { readonly path: string };

export interface VmProcess extends ProcessId {
  /** "vmm": the one that runs the guest. */
  readonly role: "vmm" | "helper";
  /** For a person: "qemu", "hadron-vsock". */
  readonly name: string;
}

export interface KernelImage {
  /** ELF vmlinux or bzImage. */
  readonly path: string;
  /** "tuned": built from guest/kernel, virtio-mmio on the command line. "debian": modules, PCI. */
  readonly kind: "tuned" | "debian";
}

/** What is plugged into a VM. A new kind of device is a variant here, and nothing else of the interface changes. */
export type Device = SharedDirectory | Nic | StreamNic | Disk;

/** A directory of the host as a file system, by whatever `sharedFs` says. */
export interface SharedDirectory {
  readonly kind: "share";
  readonly tag: string;
  /** It stays the caller's. What is mounted in it later is seen as well. */
  readonly share: ShareDescriptors;
}

/** A network interface of the guest, whose other side is a tap device of the host. */
export interface Nic {
  readonly kind: "nic";
  /** As "02:00:00:00:00:01". By it the guest knows which NIC is which; what it is called on a network is the guest's matter. */
  readonly hardwareAddress: string;
  /**
   * Descriptors of the tap device, which has headers of virtio-net (IFF_VNET_HDR): one for each pair of queues. They and
   * `vhost` stay the caller's, who may close them when `launch` has answered.
   */
  readonly queues: readonly number[];
  /** Descriptors of /dev/vhost-net, one for each of `queues`; or none. Only if `Capabilities.vhostNet`. */
  readonly vhost: readonly number[];
  /** Of both directions together. Only if `Capabilities.nicLimits`, and without `vhost`: what the host's kernel carries nobody counts. */
  readonly limit?: RateLimit | undefined;
}

/** A network interface of the guest whose packets go over a stream socket, each behind its length, 4 bytes, the highest one first: as passt has it. */
export interface StreamNic {
  readonly kind: "stream-nic";
  readonly hardwareAddress: string;
  /** Connected; stays the caller's, who may close it when `launch` has answered. */
  readonly socket: number;
}

/** MAX_QUEUES of native/vmm/src/devices/block. */
export const MAX_DISK_QUEUES = 64;

/** A block device of the guest. */
export interface Disk {
  readonly kind: "disk";
  /** Its serial number, by which the guest knows which one it is: a letter, and at most 19 more letters and digits. */
  readonly id: string;
  /** Pairs of requests and answers that can be on their way on different CPUs: at most one for each, and `MAX_DISK_QUEUES`. */
  readonly queues: number;
  /** Undefined: none yet, see `Vm.insertDisk`. */
  readonly medium: Medium | undefined;
  /** Of reads and writes together, whatever the medium is. */
  readonly limit?: RateLimit | undefined;
}

/** What is beyond the one or the other waits. A limit that was not used for a while lets a tenth of a second's pass at once. */
export interface RateLimit {
  /** 0: no limit. */
  readonly bytesPerSecond: number;
  /** Requests or packets; 0: no limit. */
  readonly operationsPerSecond: number;
}

/** What a disk is on the host. */
export interface Medium {
  /**
   * Descriptor of a block device or a raw file, open for reading, and for writing unless it is `readOnly`. It stays the caller's, who may
   * close it when `launch` or `insertDisk` has answered.
   */
  readonly fd: number;
  readonly readOnly: boolean;
  /** The descriptor is open with O_DIRECT: the host caches nothing of it. */
  readonly direct: boolean;
  /** When a write of the guest counts as done: the host has it, and a flush brings it to the disk; it is on the disk; or the host has it, and nobody cares. */
  readonly cache: "writeBack" | "writeThrough" | "unsafe";
}

/** A running virtual machine. Dispose it to kill it and to release all that it held. */
export interface Vm extends AsyncDisposable {
  /** The process whose network namespace is the pod's, and whose death is the VM's. */
  readonly pid: number;
  /** All of the VM's processes, that one included; it does not outlive any of them. */
  readonly pids: readonly number[];
  readonly vsock: Vsock;
  /** Settles once, never rejects: when the VM is gone, for whatever reason. */
  readonly exited: Promise<VmExit>;
  /** Stops the virtual CPUs / lets them go on. */
  pause(signal: AbortSignal): Promise<void>;
  resume(signal: AbortSignal): Promise<void>;
  /**
   * Gives a disk a medium, which has none. The guest is not told: its driver has to be made to look. FAILED_PRECONDITION for a medium that the
   * disk does not take (`Capabilities.emptyDisks`).
   */
  insertDisk(id: string, medium: Medium, signal: AbortSignal): Promise<void>;
  /** Takes the medium out, whatever the guest does with it; no process of the VM has it open afterwards. */
  ejectDisk(id: string, signal: AbortSignal): Promise<void>;
  /** Gives the running guest another NIC, as far as `VmConfig.pluggedNics` goes. Its descriptors stay the caller's, who may close them then. */
  plug(nic: Nic, signal: AbortSignal): Promise<void>;
  /** Kills the VM without asking the guest; answers when its processes are reaped. Idempotent. */
  stop(): Promise<void>;
}

export interface VmExit {
  /** Why, for a person: "the guest's kernel panicked", "qemu was killed by SIGKILL". */
  readonly reason: string;
  /** True when `stop` was the cause. */
  readonly expected: boolean;
  /** What `VmConfig.outOfMemory` said. */
  readonly outOfMemory?: boolean;
}

/**
 * The VM's vsock device, seen from the host. Streams are joined to file descriptors, so that their bytes
 * flow without JavaScript.
 */
export interface Vsock {
  /**
   * Reserves a host port and joins the first stream that the guest opens to it with `fd`.
   * `fd` is duplicated before the promise is fulfilled; the caller's copy stays the caller's.
   *
   * - "in": bytes of fd go to the guest; fd's end of file shuts the stream down.
   * - "out": bytes of the guest go to fd; the guest's shutdown closes fd.
   * - "both": fd is a stream socket.
   * - "datagrams": fd is a connected datagram socket; in the stream, its length stands before each datagram, two bytes, the higher one first.
   */
  accept(port: number, fd: number, direction: JoinDirection): Promise<Join>;
  /**
   * Makes a door of a host port, which takes stream after stream: each waits for the answer to its knock. Those beyond `limit`, waiting
   * and joined ones together, are refused without a knock. `onKnock` must not throw.
   */
  listen(port: number, limit: number, onKnock: (knock: Knock) => void): Promise<Door>;
}

/** A stream that waits at a door. One of the two is to be called, `refuse` also when `join` fails. */
export interface Knock {
  /** As `Vsock.accept`; the join is known by `port`. Fails also when the guest has given up. */
  join(port: number, fd: number, direction: JoinDirection): Promise<Join>;
  refuse(): Promise<void>;
}

export interface Door extends AsyncDisposable {
  readonly port: number;
  /** Takes no more streams, and refuses those that wait; joins go on. Idempotent. */
  close(): Promise<void>;
}

export type JoinDirection = "in" | "out" | "both" | "datagrams";

export interface Join extends AsyncDisposable {
  readonly port: number;
  /** Bytes moved so far, for "is it still flowing". */
  progress(): Promise<bigint>;
  /** Settles once, never rejects. Every byte that came before the end has been written to fd. */
  readonly ended: Promise<JoinEnd>;
  /** Breaks the join now; bytes that are under way are lost. Idempotent. */
  close(): Promise<void>;
}

export interface JoinEnd {
  readonly bytes: bigint;
  /** Absent when the stream came to its ordinary end. */
  readonly error?: string;
}
