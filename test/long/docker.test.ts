/** What `docker run` can be asked for: the same of runc and of Hadron, whose answers are compared. `make test-long` runs it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { CommandResult } from "../harness/command.ts";
import { onlyNewest } from "../harness/containerd.ts";
import { Docker, IMAGE } from "../harness/docker.ts";
import { Netns } from "../harness/network.ts";
import { patient } from "../harness/patience.ts";
import { useContainerd } from "../harness/suite.ts";

/** What differs for a reason: the reason, and what Hadron says instead. */
type Difference = readonly [why: string, says: RegExp];

/** Options, and a line of a shell. `DIRECTORY` is one of the host with a file `f`, `CGROUP` one that the test may make. */
const RUNS: Readonly<Record<string, readonly [options: string, line: string, difference?: Difference]>> = {
  "capabilities by default": ["", "grep -E 'Cap|NoNew|Seccomp' /proc/self/status"],
  "few capabilities": ["--cap-drop ALL --cap-add NET_BIND_SERVICE", "grep Cap /proc/self/status"],
  "no new privileges": ["--security-opt no-new-privileges", "grep NoNew /proc/self/status"],
  "no seccomp": ["--security-opt seccomp=unconfined", "grep Seccomp: /proc/self/status"],
  "nothing that confines": [
    "--privileged",
    "grep CapEff /proc/self/status",
    ["the VM does not have the host's devices", /is a device of the host, which the VM does not have; .*privileged/],
  ],
  "sysctls of its network and of its IPC": [
    "--sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=4096",
    "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax",
  ],
  "the host's pids": ["--pid host", "grep -l dockerd /proc/[0-9]*/comm | wc -l", ["the processes of the host are outside of the VM", /^0\n$/]],
  "the host's IPC": [
    "--ipc host",
    "grep ' /dev/shm ' /proc/mounts",
    ["shared memory is memory of the guest, and the pod's", /^tmpfs \/dev\/shm tmpfs rw,relatime 0 0\n$/],
  ],
  "no shared memory": ["--ipc none", "grep -c ' /dev/shm ' /proc/mounts"],
  "shared memory of its own": ["--ipc private", "grep ' /dev/shm ' /proc/mounts"],
  "the host's name": ["--uts host", "hostname"],
  "the host's users": ["--userns host", "cat /proc/self/uid_map"],
  "the host's network": [
    "--network host",
    "ls /sys/class/net",
    ["it is outside of the VM, and passt has to be allowed", /host's network namespace, which cannot be had inside a VM; .*host_network/],
  ],
  "no network": ["--network none", "ip -o link | wc -l; ip address | grep -c inet"],
  "a tmpfs": ["--tmpfs /x:rw,noexec,nosuid,size=1m,mode=1770,uid=5", "grep ' /x ' /proc/mounts; stat -c '%a %u' /x"],
  "a tmpfs with a mode": ["--mount type=tmpfs,dst=/y,tmpfs-mode=700,tmpfs-size=65536", "grep ' /y ' /proc/mounts; stat -c %a /y"],
  "a directory for reading": ["--mount type=bind,src=DIRECTORY,dst=/b,ro", "cat /b/f; echo x >/b/f"],
  "a file for reading": ["-v DIRECTORY/f:/etc/f:ro", "cat /etc/f; stat -c %A /etc/f"],
  "a volume with what the image has there": ["-v /etc", "ls /etc"],
  "a volume without it": ["--mount type=volume,dst=/etc,volume-nocopy", "ls /etc"],
  "an anonymous volume": ["-v /data", "echo x >/data/x; cat /data/x; stat -c %a /data"],
  "a working directory that is not there": ["-w /no/such/directory", "pwd"],
  "name servers": ["--dns 1.2.3.4 --dns-search x.y --dns-option ndots:3", "grep -v '^#' /etc/resolv.conf | sort"],
  "a hardware address": ["--mac-address 02:42:ac:11:22:33", "cat /sys/class/net/eth0/address"],
  "a device by another name": ["--device /dev/zero:/dev/nothing", "head -c 3 /dev/nothing | od -An -tx1; stat -c '%F %t:%T %a' /dev/nothing"],
  "a tunnel": ["--device /dev/net/tun", "stat -c '%F %t:%T %a' /dev/net/tun"],
  "a device that only the host has": [
    "--device /dev/loop-control",
    "stat -c %F /dev/loop-control",
    ["the VM does not have it", /\/dev\/loop-control \(c 10:237\) is a device of the host/],
  ],
  "a user and a group": ["--group-add 1234 --user 65534", "id"],
  "a user that is not there": ["--user nosuch", "id"],
  "a score": ["--oom-score-adj 500", "cat /proc/self/oom_score_adj"],
  "too little memory": ["-m 20m", "dd if=/dev/zero of=/dev/null bs=100M count=1; echo $?"],
  // By the names of cgroup v2, which the guest has, or else of v1, which the host may have for runc.
  "little memory, and half of a CPU": [
    "-m 64m --memory-reservation 32m --memory-swap 128m --cpus 0.5 --cpu-shares 512",
    "cd /sys/fs/cgroup; own=.$(sed -n s/^0:://p /proc/self/cgroup); [ -d cpu ] && cat memory/memory.limit_in_bytes || cat $own/memory.max; " +
      "[ -d cpu ] && echo $(cat cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us) || cat $own/cpu.max",
  ],
  "a CPU": ["--cpuset-cpus 0", "nproc"],
  "a CPU that is not there": ["--cpuset-cpus 77", "nproc"],
  "few processes": ["--pids-limit 5", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait"],
  limits: ["--ulimit core=0 --ulimit nproc=50:60", "ulimit -c; grep processes /proc/self/limits"],
  "a cgroup above": ["--cgroup-parent CGROUP", "echo runs"],
  "a terminal": ["-t", "tty; echo $TERM"],
  "an init": ["--init", "cat /proc/1/comm; exit 42"],
  "another program than the image's": [
    "--entrypoint nosuch",
    "true",
    ["the sentence does not name runc", /exec: "nosuch": executable file not found in \$PATH/],
  ],
  "a signal to itself": ["", "kill -9 $$"],
  "a signal that PID 1 does not take": ["", "kill -15 $$; echo alive"],
  "an environment": ["-e A= -e B=x -h name", "env | sort"],
  "a name": ["-h a.b.c --domainname d.e", "hostname; cat /proc/sys/kernel/domainname /etc/hostname; tail -n 1 /etc/hosts | cut -f2"],
  "a root for reading": ["--read-only --tmpfs /run", "touch /a /run/a /tmp/a; ls -d /run/a"],
  "what is masked": ["", "ls /sys/firmware | wc -l; echo x >/proc/sys/kernel/panic; echo x >/sys/kernel/x; cat /proc/keys | wc -l"],
  "devices by default": ["", "cd /dev; stat -c '%n %A %U %G' full null random tty urandom zero pts shm mqueue ptmx"],
  "no log": ["--log-driver none", "echo x"],
  "standard input": ["-i", "cat | wc -c; echo end"],
  "a session": ["", "cut -d' ' -f4-8 /proc/1/stat; grep -E 'SigIgn|SigBlk' /proc/1/status"],
  descriptors: ["", "ls /proc/self/fd | wc -l; readlink /proc/self/fd/0"],
  "what every process has": ["", "cat /proc/self/oom_score_adj /proc/self/setgroups /proc/self/timerslack_ns; umask; ulimit -s"],
};

describe.each(onlyNewest)("containerd %s: Docker", (version) => {
  const host = Netns.make();
  const daemon = useContainerd(version, { images: [], network: async () => (await host).path });
  let docker: Docker;
  let directory: string;

  beforeAll(async () => {
    docker = await Docker.start(daemon(), await host);
    // It mounts the host's network for the first who asks, and keeps it so.
    await docker.must(["run", "--rm", "--network", "host", IMAGE, "true"]);
    return async () => await docker[Symbol.asyncDispose]();
  }, patient(300_000));
  beforeAll(async () => {
    directory = join(daemon().directory, "given");
    await mkdir(directory);
    await writeFile(join(directory, "f"), "content\n");
  });
  afterAll(async () => {
    await (await host)[Symbol.asyncDispose]();
  });

  test.each(Object.entries(RUNS))("answers as with runc: %s", async (_, [options, line, difference]) => {
    const given = options.replaceAll("DIRECTORY", directory).replaceAll("CGROUP", daemon().cgroupParent).split(" ").filter(Boolean);
    const answer = async (runtime: string): Promise<Pick<CommandResult, "stdout" | "stderr" | "exitCode">> => {
      const command = ["run", "--rm", "--runtime", runtime, ...given, IMAGE, "sh", "-c", line];
      const { stdout, stderr, exitCode } = await docker.run(command, { stdin: "abc\n" });
      return { stdout, stderr, exitCode };
    };
    const [runc, hadron] = [await answer("runc"), await answer("hadron")];
    if (difference === undefined) {
      expect(hadron).toEqual(runc);
      return;
    }
    const [why, says] = difference;
    // An entry that no longer says what is so fails too.
    expect(hadron, why).not.toEqual(runc);
    expect(hadron.stdout + hadron.stderr, why).toMatch(says);
  });
});
