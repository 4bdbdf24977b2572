/**
 * What differs from runc, all of it. docs/differences.md is made from the first list, and the tests fail over a
 * difference that is in neither, and over an entry that nothing matches any more.
 */

export type Part = "spec" | "files" | "calls";

/** What decides whether an entry applies on this machine. */
export type Fact = "9p" | "virtio-fs" | "host cgroup v1" | "host cgroup v2";

export interface Match {
  readonly part: Part;
  /** Of the case; default: every one. */
  readonly name?: RegExp;
  readonly field: RegExp;
  /** Of the values. Default: any. */
  readonly runc?: RegExp;
  readonly hadron?: RegExp;
}

export interface Entry {
  /** What it is about: a row's title. */
  readonly what: string;
  /** Only there. */
  readonly on?: Fact;
  /** It depends on the two kernels, so there may be nothing of it. */
  readonly dependsOnKernels?: true;
  /** It depends on what runc gets to first, so there may be nothing of it. */
  readonly dependsOnTiming?: true;
  readonly matches: readonly Match[];
}

export interface Reason extends Entry {
  /** What a user sees with each. */
  readonly runc: string;
  readonly hadron: string;
  readonly why: string;
}

const REFUSED = /^refused at create$/;
const RUNS = /^exit/;

/** What differs for a reason. */
export const DIFFERENCES: readonly Reason[] = [
  // The guest has a kernel of its own.
  {
    what: "Limits that the spec does not name, and signals that are ignored",
    runc: "those of containerd's service",
    hadron: "those of the guest's kernel, which follow the VM's memory; no signal",
    why: "The processes are children of the guest's init, not of a daemon of the host.",
    // Where the soft limit is the hard one, as no case sets it.
    matches: [
      {
        part: "spec",
        field: /^limit\.(NPROC|SIGPENDING|MEMLOCK|MSGQUEUE|NOFILE|CORE)$/,
        runc: /^(\d+) \1$/,
        hadron: /^((\d+) \2|1024 (524288|4096)|0 18446744073709551615)$/,
      },
      { part: "spec", field: /^status\.SigIgn$/, hadron: /^0+$/ },
    ],
  },
  {
    what: "Speculative store bypass and the filter of core dumps, where the spec has nothing to say",
    runc: "as the host's kernel has it",
    hadron: "as the guest's kernel has it",
    why: "The guest has a kernel of its own.",
    dependsOnKernels: true,
    matches: [{ part: "spec", field: /^(status\.Speculation_Store_Bypass|coredump_filter)$/ }],
  },
  {
    what: "Files of /proc and /sys that only one kernel has, and their masks",
    runc: "the host kernel's",
    hadron: "the guest kernel's",
    why: "The guest has a kernel of its own.",
    dependsOnKernels: true,
    matches: [
      {
        part: "spec",
        field: /^mount\.\/(proc\/(kcore|sysrq-trigger|keys|timer_list|asound|acpi|scsi|latency_stats|sched_debug)|sys\/firmware)( |$)/,
      },
      { part: "spec", field: /^(read:\/proc\/interrupts|ls:\/sys\/firmware|ls:\/proc\/bus)/ },
      { part: "spec", field: /^(lstat:\/dev\/core|(ls:\/dev|dev)\.\/dev\/k?core)/ },
      { part: "spec", name: /^a file, destination "\/proc\/sys\/kernel\/ns_last_pid"$/, field: /^end$/ },
    ],
  },
  {
    what: "System calls and abilities of a newer or older Linux",
    runc: "those of the host's kernel",
    hadron: "those of the guest's kernel",
    why: "The guest has a kernel of its own: 6.12 by `make kernel`, 6.1 out of Debian's package.",
    dependsOnKernels: true,
    matches: [
      { part: "files", field: /^fchmodat2/ },
      { part: "spec", name: /^seccomp and new calls, that logs$/, field: /^syscall:452$/ },
      { part: "files", name: /tmpfs|shm/, field: /^(O_DIRECT|setxattr|getxattr|listxattr|removexattr|unlinked xattr)/ },
      // Debian's 6.1 lets root set them without CAP_SYS_ADMIN, and looks at the mount before the size.
      { part: "files", field: /^[sg]etxattr (security|70000 bytes)$/, runc: /^(0|5|EROFS)$/, hadron: /^(EPERM|ENODATA|E2BIG)$/ },
    ],
  },
  {
    what: "cgroups",
    runc: "v1 or v2, as the host has them",
    hadron: "v2",
    why: "The guest has a cgroup hierarchy of its own, with the container's limits in it.",
    on: "host cgroup v1",
    matches: [
      { part: "spec", field: /^mount\.\/sys\/fs\/cgroup/ },
      { part: "spec", field: /^read:\/proc\/self\/cgroup$/ },
      { part: "spec", name: /^cgroup$/, field: /^create:\/sys\/fs\/cgroup\/x/ },
      {
        part: "spec",
        name: /linux.resources (cpu\.(shares (1|262145)|realtime)|memory\.(swappiness|kernel)|unified (pids|memory))/,
        field: /^end$/,
        runc: REFUSED,
        hadron: RUNS,
      },
    ],
  },
  {
    what: "A memory limit below what is in use",
    runc: "refused by cgroup v1",
    hadron: "taken; the kernel makes room, by ending a process if it must",
    why: "That is how cgroup v2 has it.",
    on: "host cgroup v1",
    matches: [{ part: "calls", name: /^update \{"memory":\{"limit":1\}\}$/, field: /./ }],
  },
  {
    what: "Limits and numbers of devices below -1, which is for no limit and for all numbers",
    runc: "no limit of pids, and refused, by cgroup v1; refused, and all numbers, by cgroup v2",
    hadron: "no limit of pids; refused",
    why: "Where runc is of two minds, a limit is not to stop a container, and a rule is not to open more than it says.",
    on: "host cgroup v2",
    matches: [
      { part: "spec", name: /^linux\.resources \{"pids":\{"limit":-2\}\}$/, field: /^end$/, runc: REFUSED, hadron: RUNS },
      { part: "spec", name: /^linux\.resources \{"devices":.*"major":-2/, field: /^end$/, runc: RUNS, hadron: REFUSED },
    ],
  },
  {
    what: "A device that may be read but not written, or the other way round, where all others are allowed",
    runc: "can be opened to read and write with cgroup v2, as runc asks its rule only whether it covers all of that; with cgroup v1 it cannot",
    hadron: "cannot be opened to read and write",
    why: "A rule that denies writing denies it.",
    on: "host cgroup v2",
    matches: [
      {
        part: "spec",
        name: /^linux\.resources\.devices in a row: \+rwm, -rw c:10:229, \+r c:10:229$/,
        field: /^device:c,10,229$/,
        runc: / both ok$/,
        hadron: / both EPERM$/,
      },
    ],
  },
  {
    what: "A device rule that allows what no letter says",
    runc: "refused by cgroup v1",
    hadron: "allows nothing",
    why: "With cgroup v2 runc has it so.",
    on: "host cgroup v1",
    matches: [{ part: "spec", name: /^linux\.resources\.devices with unknown access$/, field: /^end$/, runc: REFUSED, hadron: RUNS }],
  },
  {
    what: "CPU shares as weights of cgroup v2",
    runc: "1024 stays 1024 in cgroup v1",
    hadron: "1024 is 39, as runc 1.1 makes it on cgroup v2; later versions make it 100",
    why: "The two have other scales.",
    on: "host cgroup v1",
    matches: [{ part: "spec", name: /^linux\.resources cpu\.shares/, field: /^cgroup\.cpu weight$/ }],
  },
  {
    what: "`ro` of sysfs",
    runc: "on the mount and on the file system",
    hadron: "on the mount",
    why: "A sysfs belongs to a network namespace, and the guest itself is the pod's, with its init's sysfs in it.",
    matches: [
      { part: "spec", field: /^mount\.\/(sys(\/.*)?|volume)( #\d+)? super options$/, runc: /^ro$/, hadron: /^rw$/ },
      { part: "spec", name: /^sysfs on /, field: /^mount\..* super options$/, runc: /^ro$/, hadron: /^rw$/ },
    ],
  },
  {
    what: "Network sysctls of two containers with network namespaces of their own in one pod",
    runc: "each has its own",
    hadron: "they share them",
    why: "A pod has one network namespace, which is the guest itself.",
    matches: [{ part: "spec", name: /^linux\.sysctl/, field: /^read:\/proc\/sys\/net\// }],
  },
  {
    what: "`oom_score_adj` without `process.oomScoreAdj`",
    runc: "that of the shim",
    hadron: "0",
    why: "It says who goes first among the host's processes; in the guest only the pod's own processes are compared.",
    matches: [{ part: "spec", field: /^oom_score_adj$/, hadron: /^0/ }],
  },
  {
    what: "Sizes in percent of a tmpfs",
    runc: "of the host's memory",
    hadron: "of the VM's memory",
    why: "The memory is the guest's.",
    matches: [{ part: "spec", name: /^tmpfs with \["size=10%"\]$/, field: /^mount\.\/volume super options$/ }],
  },
  // The boundary of the VM.
  {
    what: "FIFOs of the host as volumes",
    runc: "mounted",
    hadron: "refused by name",
    why: "What is at their other end is not in the guest.",
    matches: [{ part: "spec", name: /^a FIFO of the host$/, field: /^end$/, runc: RUNS, hadron: REFUSED }],
  },
  {
    what: "Devices of the host",
    runc: "made",
    hadron:
      "block devices are disks of the VM, with the guest's numbers; others are refused by name, but for memory devices, ttys, /dev/net/tun and /dev/fuse",
    why: "The guest does not have them.",
    matches: [
      {
        part: "spec",
        name: /^linux\.devices (a block device|a device of the host|with a large number)$/,
        field: /^end$/,
        runc: RUNS,
        hadron: REFUSED,
      },
    ],
  },
  {
    what: "Memory devices such as /dev/null as volumes",
    runc: "the host's",
    hadron: "the guest's",
    why: "They are the same everywhere, and the guest's need no way to the host.",
    matches: [{ part: "spec", name: /^\/dev\/null of the host$/, field: /^mount\.\/volume\/null (super )?options$/ }],
  },
  {
    what: "/dev/shm of the host as a volume",
    runc: "the host's",
    hadron: "the pod's",
    why: "Shared memory has to be memory of the guest.",
    matches: [
      { part: "spec", name: /^the host's \/dev\/shm$/, field: /^(mount\.\/dev\/shm #2|(dev\.|stat:)\/dev\/shm\/(file|hadron-diff-shared)$)/ },
    ],
  },
  {
    what: "In a user namespace: devices, standard streams, /dev/mqueue, and /sys/fs/cgroup that the spec does not mount",
    runc: "the host's devices, and those that it lacks are refused; streams and the mqueue's group are nobody's; an empty directory",
    hadron:
      "the guest's devices, and those that it lacks are made; streams are the user's, and the mqueue's group root's; the pod's cgroups, read-only",
    why: "What runc takes from the host comes from the guest, and sysfs as well: it belongs to the network namespace, which is the pod's.",
    matches: [
      {
        part: "spec",
        name: /user namespace/,
        field: /^mount\.\/dev\/(null|random|full|tty|zero|urandom) options$/,
        hadron: /^rw,nosuid,noexec,relatime$/,
      },
      { part: "spec", name: /user namespace/, field: /^(dev|ls:\/dev)\.\/dev\/mqueue$/, runc: /0:65534$/, hadron: /0:0$/ },
      { part: "spec", name: /user namespace/, field: /^(fd\.[12]|stat:\/proc\/self\/fd\/1)$/, runc: /65534:65534$/ },
      { part: "spec", name: /user namespace/, field: /^mkdir:\/sys\/fs\/cgroup\/x$/, hadron: /^EROFS$/ },
      { part: "spec", name: /user namespace/, field: /^mount\.\/sys\/fs\/cgroup( |$)/, runc: /^\(absent\)$/ },
      { part: "spec", name: /user namespace, a device$/, field: /^end$/, runc: REFUSED, hadron: RUNS },
    ],
  },
  {
    what: "Id-mapped mounts",
    runc: "as the host's kernel can",
    hadron: "refused by name",
    why: "Not done yet.",
    matches: [{ part: "spec", name: /^(mounts with uidMappings|a volume with \["bind","idmap"\])$/, field: /^end$/, hadron: REFUSED }],
  },
  {
    what: "Namespaces of the host",
    runc: "joined by their paths, and shared where the spec names none",
    hadron: "paths are refused by name; a namespace that the spec does not name is the guest's, but for the network's, which is refused",
    why: "The host's are outside the VM.",
    matches: [
      { part: "spec", name: /^without the network namespace$/, field: /^end$/, hadron: REFUSED },
      { part: "spec", name: /^without the pid namespace$/, field: /^p?pid$/ },
    ],
  },
  {
    what: "What a startContainer hook is told",
    runc: 'status "created", its own pid, bundle and annotations',
    hadron: 'status "starting" and no pid; bundle and root are the guest\'s; no annotations',
    why: "It runs in the container, and crun tells it there.",
    matches: [{ part: "spec", name: /^hooks, what one in the container is told$/, field: /^read:\/tmp\/state$/, hadron: /"status":"starting"/ }],
  },
  {
    what: "Intel RDT",
    runc: "ignored where the host has none",
    hadron: "refused by name",
    why: "It is a feature of the host's CPU that the VM does not have.",
    matches: [{ part: "spec", name: /^linux\.intelRdt/, field: /^end$/, runc: RUNS, hadron: REFUSED }],
  },
  {
    what: "SELinux labels",
    runc: "applied, or refused where the host has none",
    hadron: "left out, with a line in the log",
    why: "The VM is what confines the pod, and the guest's kernel has no SELinux.",
    matches: [{ part: "spec", name: /^(process\.selinuxLabel|linux\.mountLabel)/, field: /^end$/, runc: REFUSED, hadron: RUNS }],
  },
  {
    what: "Numbers of the host's CPUs and memory nodes, and of block devices that the container does not have; weights of block I/O; huge pages",
    runc: "used, or refused where there is no such thing",
    hadron: "ignored; `mpol` of a tmpfs is refused",
    why: "The guest has its own.",
    matches: [
      { part: "spec", name: /^(linux\.resources \{"hugepageLimits"|tmpfs with \["mpol=)/, field: /^end$/ },
      { part: "spec", name: /^linux\.resources blockIO\.(throttle|weight)/, field: /^end$/, runc: REFUSED, hadron: RUNS },
      { part: "spec", name: /^linux\.resources cpu\.cpus/, field: /^end$/, runc: REFUSED, hadron: RUNS },
      { part: "calls", name: /^update \{"cpu":\{"cpus"/, field: /./ },
    ],
  },
  {
    what: "Checkpoints",
    runc: "by CRIU",
    hadron: "refused by name",
    why: "A container's memory is in the VM of its pod.",
    matches: [{ part: "calls", field: /checkpoint$/, hadron: /^code 12$/ }],
  },
  {
    what: "Mount propagation `shared`",
    runc: "what the container mounts is mounted on the host too",
    hadron: "refused by name",
    why: "It cannot cross the boundary of a VM.",
    matches: [
      { part: "spec", name: /^(linux\.rootfsPropagation "r?shared"|a volume with \["rbind","r?shared"\])$/, field: /^end$/, hadron: REFUSED },
    ],
  },
  {
    what: "File systems that the host has mounted in a volume, or mounts there later",
    runc: "mounts of their own in the container, each with its flags of the host",
    hadron:
      "part of the volume's one mount: its `nosuid`, `nodev` and `noexec` are theirs too, and the only ones; `ro`, which is for the topmost, is kept by the host, and /proc/self/mountinfo says `rw`",
    why: "The guest has one mount for what it has from one place of the host, where file systems come and go.",
    matches: [{ part: "spec", name: /^host mounts/, field: /^(mount\.\/volume|run:\/volume\/below)/ }],
  },
  {
    what: "Volumes that the host has mounted read-only",
    runc: "writable where the spec asks for `rrw`, or for any other flag but `ro`",
    hadron: "read-only",
    why: "The host said so, and no container may undo it.",
    matches: [{ part: "spec", name: /^host mounts.*read-only/, field: /^(create|write):\/volume/, hadron: /^(EROFS|\(absent\))$/ }],
  },
  {
    what: "The mount option `nosymfollow`, mounts of type overlay and devtmpfs",
    runc: "carried out",
    hadron: "refused by name",
    why: "Not done yet.",
    matches: [{ part: "spec", name: /nosymfollow|^overlay$|type "devtmpfs"$/, field: /^end$/, hadron: REFUSED }],
  },
  {
    what: "File systems of the kernel such as debugfs",
    runc: "those of the host's kernel",
    hadron: "those of the guest's kernel",
    why: "The guest has a kernel of its own.",
    dependsOnKernels: true,
    matches: [{ part: "spec", name: /^(debugfs|securityfs|binfmt_misc|bpf|ramfs)$/, field: /^end$/ }],
  },
  // What runc 1.1 does not know.
  {
    what: "Fields that came with a later runtime specification than runc 1.1's",
    runc: "1.1 ignores or refuses them",
    hadron:
      "`domainname`, `scheduler`, `ioPriority`, `personality`, the time namespace, flags of seccomp filters, CPU burst and idle, the mount option `defaults` do what the specification says",
    why: "Later versions of runc have them too.",
    matches: [
      { part: "spec", field: /^(domainname|scheduler|ioprio|machine|personality|cgroup\.cpu (burst|idle))$/ },
      { part: "spec", name: /^linux\.resources cpu\.idle$/, field: /^cgroup\.cpu weight$/ },
      {
        part: "spec",
        name: /^(domainname|process\.(scheduler|ioPriority)|linux\.(personality|timeOffsets)|with a time namespace|seccomp with (flags|tsync)|tmpfs with \["defaults"\])/,
        field: /^end$/,
      },
    ],
  },
  // The calls.
  {
    what: "Codes of refusals",
    runc: "often Unknown (2)",
    hadron:
      "the code that says whose fault it is: InvalidArgument, NotFound, AlreadyExists, FailedPrecondition; Unimplemented only for a method that is not there",
    why: "So that the caller can act on it.",
    matches: [{ part: "calls", field: /^\d/, runc: /^code 2$/, hadron: /^code \d+$/ }],
  },
  {
    what: "State of an additional process",
    runc: "its name stands in `id`, and `exec_id` is empty",
    hadron: "`id` is the container's and `exec_id` the process's",
    why: "That is what the fields mean.",
    matches: [{ part: "calls", field: /state e$/, runc: /exec , .*id false/, hadron: /exec e, .*id true/ }],
  },
  {
    what: "An additional process whose program cannot be started",
    runc: "stays created, with status 0",
    hadron: "is stopped, with status 255",
    why: "It never comes to run.",
    matches: [{ part: "calls", name: /^exec of a missing program$/, field: /(wait|delete) e$/ }],
  },
  {
    what: "A container that is deleted before its start",
    runc: "status 0, no exit event",
    hadron: "status 137, with an exit event",
    why: "It is killed, and everything that ends says so.",
    matches: [{ part: "calls", name: /^create, delete without start$/, field: /(delete|^events of c)$/ }],
  },
  {
    what: "SIGTERM before the start",
    runc: "ends the container with status 2",
    hadron: "is ignored, as the kernel does it for an init without a handler",
    why: "What waits for the start in runc is a Go program that dies of it.",
    matches: [{ part: "calls", name: /^create, kill 15$/, field: /./ }],
  },
  {
    what: "The end of a terminal's input before the start, which hangs up",
    dependsOnTiming: true,
    runc: "ends the container with status 2",
    hadron: "the container can be started, with a terminal that nobody has the other end of",
    why: "What waits for the start in runc is a Go program that dies of SIGHUP.",
    matches: [{ part: "calls", name: /^closeIO of a terminal before start$/, field: /./ }],
  },
  {
    what: "Exit events",
    dependsOnTiming: true,
    runc: "two for one exit, when start or kill ran twice; now and then after Delete's",
    hadron: "one, before Delete's",
    why: "One exit is one event.",
    matches: [
      { part: "calls", field: /^events of /, runc: /^create, start, delete (\d+), exit \1$/, hadron: /^create, start, exit (\d+), delete \1$/ },
      {
        part: "calls",
        name: /^(two clients start one container|exec twice by one name)$/,
        field: /^events of c( e)?$/,
        runc: /exit 137, (delete 137, )?exit 137/,
      },
    ],
  },
  {
    what: "CloseIO before the start",
    dependsOnTiming: true,
    runc: "now and then loses what was written, and never tells the end: its shim opens standard input in the background",
    hadron: "all that was written, and the end",
    why: "Standard input is open before Create is answered.",
    matches: [
      {
        part: "calls",
        name: /^closeIO before start$/,
        field: /^(4 c: wait|5 c: output|6 c: delete|events of c)$/,
        runc: /^(code 4|open: copying\n|code 2|create, start)$/,
        hadron: /^(status 0|copying\nearly\n|create, start, exit 0, delete 0)$/,
      },
    ],
  },
  {
    what: "CloseIO that does not name stdin",
    runc: "closes it all the same",
    hadron: "closes nothing",
    why: "The request says what is to be closed.",
    matches: [{ part: "calls", name: /^closeIO without stdin set/, field: /./ }],
  },
  {
    what: "An empty name of an additional process; resources of another type",
    runc: "accepted",
    hadron: "refused by name",
    why: "The first means the container's own process, and the second would change nothing in silence.",
    matches: [{ part: "calls", name: /^(exec with an empty name|update with another type)$/, field: /./ }],
  },
  {
    what: "Kill with `all` of what has exited, until Delete",
    runc: "accepted",
    hadron: "NotFound, as every kill of what has exited",
    why: "There is nobody to kill.",
    matches: [{ part: "calls", name: /^kill after the exit$/, field: /kill 9 \{"all":true\}$/ }],
  },
  {
    what: "Start of an additional process that was refused because the container has exited",
    dependsOnTiming: true,
    runc: "FailedPrecondition",
    hadron: "NotFound",
    why: "There is no such process.",
    matches: [{ part: "calls", name: /^exec after the exit$/, field: /start e$/ }],
  },
  {
    what: "Sizes of terminals above 65535",
    runc: "cut to 16 bits",
    hadron: "refused by name",
    why: "There is no such terminal.",
    matches: [{ part: "calls", name: /^resize to (65536|4294967295)/, field: /./ }],
  },
  {
    what: "The size of a terminal whose process has not started yet",
    runc: "forgotten for additional processes",
    hadron: "kept",
    why: "The program then sees it from its first moment.",
    matches: [{ part: "calls", name: /^resize of an exec$/, field: /output e$/ }],
  },
  {
    what: "Stats of a stopped container",
    runc: "what is left in its cgroup",
    hadron: "refused by name",
    why: "Its cgroup in the guest is gone with its processes.",
    matches: [{ part: "calls", name: /^every call for a stopped one$/, field: /stats$/ }],
  },
  // The spec.
  {
    what: "The option `mode=` of a tmpfs",
    runc: "1.1 gives it the mode of the directory below all the same",
    hadron: "carried out",
    why: "The spec asks for it, and later versions of runc do it.",
    matches: [{ part: "spec", name: /^(tmpfs (with .*mode=|twice)|a root file system with \/dev of mode 000$)/, field: /^stat:\/(volume|dev)$/ }],
  },
  {
    what: "How masks, /dev/console and the modes of tmpfs look in /proc/self/mountinfo",
    runc: "masks are /dev/null of the container and a tmpfs with `ro`; the console has the flags of /dev/pts; a mode is set by chmod",
    hadron: "masks are /dev/null of the guest and a tmpfs of size 0, read-only both; the console has none; a mode is an option",
    why: "They are made by crun there, and do the same.",
    matches: [
      { part: "spec", field: /^mount\.\/dev\/console options$/ },
      { part: "spec", field: /^mount\..* super options$/, hadron: /(^|,)(mode=\d+,|size=0k)/ },
      {
        part: "spec",
        name: /^(linux\.maskedPaths|generated)/,
        field: /^mount\..*/,
        hadron: /^(tmpfs|\/|devtmpfs|ro,relatime|\/null|mode=755,nr_inodes=.*|rw,size=0k)$/,
      },
    ],
  },
  {
    what: "`/` among the masked and read-only paths",
    runc: "the root file system is read-only, and all of it is mounted a second time over /, where nobody gets to it; `..` makes that alone read-only",
    hadron: "the root file system is read-only",
    why: "The second mount serves nothing.",
    matches: [
      { part: "spec", name: /^linux\.readonlyPaths(, odd: "\.{1,2}"| \["\/+"\])$/, field: /^mount\..* #\d+( |$)/, hadron: /^\(absent\)$/ },
      { part: "spec", name: /^linux\.readonlyPaths, odd: "\.\."$/, field: /^(mount\.\/ options|(write|create):.*)$/ },
      { part: "spec", name: /^linux\.maskedPaths, odd: "\.{1,2}"$/, field: /^mount\.\/ #2/, hadron: /^\(absent\)$/ },
    ],
  },
  {
    what: "proc and sysfs on a path through a symbolic link",
    runc: "refused",
    hadron: "mounted where the link leads in the container",
    why: "As every other mount. The mount point itself must be a directory, and no link, with both.",
    matches: [{ part: "spec", name: /^(proc|sysfs) on \/link-(to-work|out)\/x$/, field: /^end$/, runc: REFUSED, hadron: RUNS }],
  },
  {
    what: "The option `tmpcopyup` of anything but a tmpfs",
    runc: "ignored",
    hadron: "refused by name",
    why: "Nothing would be copied.",
    matches: [{ part: "spec", name: /^a volume with \["bind","tmpcopyup"\]$/, field: /^end$/, hadron: REFUSED }],
  },
  {
    what: "HOME, when /etc/passwd is no list of users",
    runc: "empty: missing fields count as 0 and as no home directory; refused when it is a directory",
    hadron: "/",
    why: "There is no such user.",
    matches: [
      {
        part: "spec",
        name: /^(a file on a file|a root file system with \/etc\/passwd with fields missing)$/,
        field: /^env$/,
        runc: /HOME=\\012$/,
        hadron: /HOME=\/\\012$/,
      },
      { part: "spec", name: /^a root file system with \/etc\/passwd a directory$/, field: /^end$/, runc: REFUSED, hadron: RUNS },
    ],
  },
  {
    what: "A spec without /proc, or with its own processes covered there",
    runc: "refused",
    hadron: "runs",
    why: "runc needs a /proc in the container for its own work.",
    matches: [
      {
        part: "spec",
        name: /^(no mounts|mounts absent|without \/proc|config\.json with mounts (null|\[\{.*null\]\}\])|tmpfs, destination "\/proc\/(self\/fd|1)"|linux\.maskedPaths, odd: "\/proc\/self")$/,
        field: /^end$/,
        runc: REFUSED,
        hadron: RUNS,
      },
    ],
  },
  {
    what: "A program that may be executed and cannot be: of no known format, without its interpreter, with too many arguments",
    runc: "starts, and exits with 1",
    hadron: "refused at Start with the reason",
    why: "The caller hears why.",
    matches: [
      {
        part: "spec",
        name: /^(process\.args \["\/etc\/(not-a-program|no-interpreter)"\]|an argument of 131072 bytes|a variable of 131,072 bytes|arguments of 2.2 MB)$/,
        field: /^end$/,
        runc: /^exit 1$/,
        hadron: /^refused at start$/,
      },
    ],
  },
  {
    what: "/proc/self/exe as the program",
    runc: "not found",
    hadron: "crun",
    why: "At that moment it is the runtime's, and with crun nobody can write to it.",
    matches: [{ part: "spec", name: /^process\.args \["\/proc\/self\/exe"/, field: /^stderr$/ }],
  },
  {
    what: "NUL in a text",
    runc: "a hostname is cut off there; a program does not start, and exits with 1",
    hadron: "refused by name",
    why: "The kernel takes none.",
    matches: [{ part: "spec", name: /^(process\.args .*\\u0000|hostname "nul\\u0000x"$)/, field: /^end$/, runc: RUNS, hadron: REFUSED }],
  },
  {
    what: "Specs above 8 MB",
    runc: "read",
    hadron: "refused by name",
    why: "Memory of the daemon is that of the host.",
    matches: [{ part: "spec", name: /^config\.json of 9 MB$/, field: /^end$/, hadron: REFUSED }],
  },
  {
    what: "A working directory that is a link to nothing; a device on one",
    runc: "refused; made where the link leads",
    hadron: "made where the link leads; not made",
    why: "crun follows links for directories, and for devices it does not.",
    matches: [
      { part: "spec", name: /^process\.cwd "\/etc\/dangling"$/, field: /^end$/, runc: REFUSED, hadron: RUNS },
      { part: "spec", name: /^a device, path "\/etc\/dangling"$/, field: /^stat:\/etc\/nowhere$/, hadron: /^ENOENT$/ },
    ],
  },
  {
    what: "Limits of open files and of CPU time that leave nothing",
    dependsOnTiming: true,
    runc: "refused, since it opens files below them; with no CPU time a program may come to its end",
    hadron: "the program runs, with them",
    why: "The limits are set later.",
    matches: [{ part: "spec", name: /^process\.rlimits .*"RLIMIT_(NOFILE|CPU)","soft":[03],/, field: /^end$/ }],
  },
  {
    what: "An image whose /dev is a symbolic link",
    runc: "refused, or without /dev/fd, /dev/ptmx and their like",
    hadron: "as any other",
    why: "Links are followed inside the container.",
    matches: [{ part: "spec", name: /^a root file system with \/dev a link/, field: /^(end|dev\.\/dev\/.*)$/, hadron: /^(exit 0|link to .*)$/ }],
  },
  {
    what: "A mount on /dev/ptmx",
    runc: "refused",
    hadron: "mounted",
    why: "runc has to make a link of its own there.",
    matches: [{ part: "spec", name: /, destination "\/dev\/ptmx"$/, field: /^end$/, runc: REFUSED, hadron: RUNS }],
  },
  {
    what: "Locks, shared mappings and notifications of one file of the host for two containers of a pod",
    on: "virtio-fs",
    runc: "reach from one to the other",
    hadron:
      "do not, where their volumes differ in propagation or in `bind` and `rbind`, where the first is `rro` or the file alone and the second is not, or where the second is a directory above the first",
    why: "Each of these is a mount of its own on the host, and virtiofsd takes a file on two mounts for two files.",
    matches: [
      {
        part: "calls",
        name: /^one directory for two: (rro first|r(slave|private) first|bind and rbind|the lower one first|the file alone first)$/,
        field: / locks$/,
        hadron: /^taken and taken of one file$/,
      },
    ],
  },
  // Files by 9p.
  {
    what: "Files: what the 9p protocol has no message for",
    runc: "as the host's file system has it",
    hadron: "O_TMPFILE, renameat2's flags, fallocate, SEEK_DATA, birth times, file handles, inode flags and leases are refused or missing",
    why: "Without KVM the pod's files come by 9p. With KVM they come by virtio-fs, which has most of it.",
    on: "9p",
    matches: [
      {
        part: "files",
        field:
          /^(O_TMPFILE|renameat2|fallocate|punch hole|zero range|collapse range|insert range|SEEK_|statx gives|name_to_handle_at|FS_IOC_GETFLAGS|lease)/,
      },
    ],
  },
  // Files by virtio-fs.
  {
    what: "Files: what virtiofsd does not do",
    runc: "as the host's file system has it",
    hadron:
      "O_TMPFILE, birth times, inode flags, ACLs, `trusted.*` attributes and fallocate's collapsing and inserting are refused or missing; file handles are there also where overlayfs has none",
    why: "With KVM the pod's files come by virtio-fs. Its server has no CAP_SYS_ADMIN, which `trusted.*` needs, is not asked for ACLs ([why](file-systems.md)), and has no messages for the others.",
    on: "virtio-fs",
    matches: [
      {
        part: "files",
        field:
          /^(O_TMPFILE|(collapse|insert) range|statx gives|FS_IOC_GETFLAGS|name_to_handle_at$|l?[sg]etxattr (trusted|(default )?acl)|acl inherited$)/,
      },
    ],
  },
  {
    what: "Files: an open file that was unlinked or replaced",
    runc: "can be opened again by /proc/PID/fd, and be given extended attributes",
    hadron: "both fail with ENOENT; all else works",
    why: "QEMU's 9p server goes by the name for these. For the rest the guest's kernel does not ask it, or asks by the descriptor; another kernel than ours does ask ([more](file-systems.md)).",
    on: "9p",
    matches: [{ part: "files", field: /^unlinked (xattr|open by proc)$/ }],
  },
];

export interface Fault extends Entry {
  /** The kind of mistake that is behind it. */
  readonly kind: string;
}

/** Known faults, to be mended: what differs without a reason. An entry goes with its fault. */
export const FAULTS: readonly Fault[] = [
  {
    kind: "files by 9p",
    what: "extended attributes: empty values, security.*, file capabilities, trusted.*, ACLs",
    on: "9p",
    matches: [{ part: "files", field: /^(setxattr|getxattr|listxattr|lsetxattr|capability|acl)/ }],
  },
];
