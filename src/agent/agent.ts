/**
 * The guest agent as `sandbox` sees it: proto/hadron/agent.proto in plain types. `ttrpc-agent.ts` is the
 * implementation; tests use one of their own.
 *
 * Every method rejects with a HadronError: UNAVAILABLE when the guest is gone or dead, or what the agent said. Only
 * those with a `timeoutMs` have a deadline: how long a call takes is up to the container's own limits. While one takes
 * long the agent is asked whether it lives, and has to answer within config `agent_timeout_s`.
 */
export interface Agent {
  /** The first call; answers when the guest is up. Aborting is up to the caller: booting takes as long as it takes. */
  createSandbox(request: CreateSandbox, signal: AbortSignal): Promise<SandboxInfo>;
  /**
   * Answers the guest pid of the init process. `storages`: what the guest mounts before it resolves the container's root;
   * undefined for none.
   */
  createContainer(containerId: string, specJson: string, storages: Storages | undefined, stdio: StdioPorts): Promise<number>;
  startContainer(containerId: string): Promise<void>;
  deleteContainer(containerId: string): Promise<void>;
  /** Answers the guest pid. */
  execProcess(containerId: string, execId: string, processJson: string, stdio: StdioPorts): Promise<number>;
  deleteProcess(containerId: string, execId: string): Promise<void>;
  /** Answers the exit status (0..255) when the process has exited; nothing is asked meanwhile. */
  waitProcess(containerId: string, execId: string): Promise<number>;
  signalProcess(containerId: string, execId: string, signal: number, all: boolean): Promise<void>;
  resizeTerminal(containerId: string, execId: string, size: TerminalSize): Promise<void>;
  pauseContainer(containerId: string): Promise<void>;
  resumeContainer(containerId: string): Promise<void>;
  listProcesses(containerId: string): Promise<GuestProcess[]>;
  /** cgroup v2 files by name, as the guest's kernel prints them. */
  containerStats(containerId: string): Promise<ReadonlyMap<string, string>>;
  updateContainer(containerId: string, resourcesJson: string): Promise<void>;
  sync(): Promise<void>;
  /** syncfs(2) on the file systems of these paths. It, and the next, leave a guest that is late alive. */
  writeBack(paths: readonly string[], timeoutMs: number): Promise<void>;
  releaseStorages(storages: Storages, timeoutMs: number): Promise<void>;
  /** The numbers in the guest of a disk that is in the VM, which its driver has from then on. NOT_FOUND without one that is not empty. */
  attachDisk(id: string): Promise<DeviceNumbers>;
  /** What was written is on it, and its driver lets go of it. What is not there is no error. Leaves a guest that is late alive. */
  detachDisk(id: string, timeoutMs: number): Promise<void>;
  /** The pod's network as it shall be, whole. Answers what could not be carried out and why, a sentence each. */
  setNetwork(network: GuestNetwork): Promise<readonly string[]>;
  /** Has a server of the guest joined with a stream to a vsock port of the host. FAILED_PRECONDITION if there is none. */
  connectLoopback(server: GuestServer, hostPort: number): Promise<void>;
  /** Told all servers of TCP in the guest, at once and whenever they are others. Ends with the connection to the agent; never rejects. */
  watchListeners(onListeners: (listeners: readonly { readonly address: string; readonly port: number }[]) => void): Promise<void>;
  /**
   * Listens in the guest: each connection, or flow of datagrams, is joined with a new stream to the host's port. ALREADY_EXISTS when somebody
   * listens there.
   */
  listen(at: GuestListener, hostPort: number, limit: number): Promise<void>;
  /** Connections go on. What is not there is no error. */
  unlisten(hostPort: number): Promise<void>;
  /**
   * Has a container see the guest's socket `source` in the place of the one that it has at `target`, until that is another one.
   * Idempotent. FAILED_PRECONDITION when no socket is there.
   */
  coverSocket(containerId: string, source: string, target: string): Promise<void>;
  /**
   * Corrects the guest's clock by the host's as it is now: forwards, or back as well. Answers by how much it was ahead,
   * nanoseconds; the time that the message took is part of that.
   */
  setClock(hostNs: bigint, backwards: boolean): Promise<bigint>;
  /** Calls back for every OOM kill until the connection ends; settles then. */
  watchOom(onOom: (containerId: string) => void): Promise<void>;
  /** Settles, never rejects, when the connection is gone. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Of a block device. */
export interface DeviceNumbers {
  readonly major: number;
  readonly minor: number;
}

export interface CreateSandbox {
  readonly realtimeNs: bigint;
  readonly hostname: string;
  readonly logLevel: string;
  /** Of the guest as a whole. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly shares: readonly GuestShare[];
}

export interface GuestShare {
  readonly fsType: string;
  readonly tag: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
}

/** Of TCP: at an address of the guest's, or on its loopback of the one family or else the other. */
export interface GuestServer {
  readonly port: number;
  readonly address?: string;
  readonly ipv6First: boolean;
}

/** `address`: "127.0.0.11:53", or the path of a unix socket, which is made for it. */
export interface GuestListener {
  readonly kind: "tcp" | "udp" | "unix";
  readonly address: string;
  /** Of a unix socket, whose directory is made if it is not there. Absent: as it comes. */
  readonly owner?: FileOwner;
}

/** What a container has of the shares, as paths of the guest. */
export interface Storages {
  /** Just below a share's mount point. */
  readonly paths: readonly string[];
  /** What is below such directories or in memory, and is bound to a path of its own. */
  readonly inner: readonly InnerDirectory[];
  readonly memory: readonly GuestMemory[];
}

export interface InnerDirectory {
  readonly directory: string;
  /** Relative. */
  readonly below: string;
  readonly recursive: boolean;
  readonly target: string;
}

/** A tmpfs of the guest, for all containers that name the same target; it stays as long as the guest. */
export interface GuestMemory {
  readonly target: string;
  /** 0n: as much as there is. */
  readonly sizeBytes: bigint;
  readonly owner: FileOwner;
  /** A directory in it that is made, with those above it, if nothing is there. Relative; "" for none. */
  readonly below: string;
  readonly belowOwner: FileOwner;
}

export interface FileOwner {
  /** All of chmod(2)'s twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface SandboxInfo {
  readonly agentVersion: string;
  readonly kernelRelease: string;
  /** Nanoseconds after the guest kernel's start. */
  readonly initEnteredNs: bigint;
  readonly requestReadNs: bigint;
}

/** Host vsock ports; 0 is /dev/null. */
export interface StdioPorts {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly size?: TerminalSize;
  readonly owner?: PipeOwner;
}

/** Who owns the pipes that are a process's streams, until they are given to its user; the group stays. Default: 0 and 0. */
export interface PipeOwner {
  readonly uid: number;
  readonly gid: number;
}

export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface GuestProcess {
  readonly pid: number;
  readonly execId: string;
}

/** What the guest's network shall be. Numbers are those of rtnetlink(7), addresses are text as ip(8) writes it. */
export interface GuestNetwork {
  readonly interfaces: readonly GuestInterface[];
  readonly routes: readonly GuestRoute[];
  readonly neighbours: readonly GuestNeighbour[];
  /** Of policy routing: messages of RTM_NEWRULE. */
  readonly rules: readonly Uint8Array[];
}

export interface GuestInterface {
  /** The hardware address with which the NIC was made (`Nic.hardwareAddress`): which one it is. */
  readonly slot: string;
  readonly name: string;
  readonly hardwareAddress: string;
  readonly mtu: number;
  /** IFF_*; those count that agent.proto names. */
  readonly flags: number;
  readonly addresses: readonly GuestAddress[];
  /** net.ipv4.conf.NAME.*, as the kernel has them (IFLA_INET_CONF); empty: the guest's own. */
  readonly ipv4Settings: Uint8Array;
  /** It listens to routers. */
  readonly acceptRa: boolean;
}

export interface GuestAddress {
  readonly address: string;
  readonly prefixLength: number;
  /** The other end, if that is what the prefix belongs to; else empty. */
  readonly peer: string;
  /** IPv4; empty for none. */
  readonly broadcast: string;
  /** IPv4's name of the address; empty for the interface's. */
  readonly label: string;
  readonly scope: number;
  /** IFA_F_*. */
  readonly flags: number;
  /** Of the prefix's route; 0: the kernel's default. */
  readonly metric: number;
  /** Seconds; 4294967295 is for ever. */
  readonly preferredS: number;
  readonly validS: number;
}

export interface GuestRoute {
  readonly table: number;
  /** With its prefix length, also "0.0.0.0/0". */
  readonly destination: string;
  /** More than one: a route of several paths. None: the type needs none (blackhole). */
  readonly nextHops: readonly GuestNextHop[];
  /** Empty for none, as are other addresses. */
  readonly source: string;
  /** RTN_*. */
  readonly type: number;
  readonly scope: number;
  readonly protocol: number;
  readonly metric: number;
  /** By RTAX_*: the MTU is 2. */
  readonly metrics: readonly { readonly kind: number; readonly value: number }[];
  readonly preference: number;
  readonly tos: number;
}

export interface GuestNextHop {
  readonly interface: string;
  readonly gateway: string;
  readonly onlink: boolean;
  /** 1 to 256. */
  readonly weight: number;
}

/** Permanent ones. */
export interface GuestNeighbour {
  readonly interface: string;
  readonly address: string;
  /** Empty with `proxy`. */
  readonly hardwareAddress: string;
  readonly proxy: boolean;
  readonly router: boolean;
}
