/** What an OCI spec says about a process and its file system is so, in the guest as with runc. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { mustRun } from "../harness/command.ts";
import { containerdVersions } from "../harness/containerd.ts";
import { runContainer, runSpec, type Spec, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

describe.each(containerdVersions)("containerd %s: the process", (version) => {
  const daemon = useContainerd(version);

  /** Runs a shell line under a changed spec; it must succeed. */
  async function shell(line: string, edit: (spec: Spec) => void = () => {}): Promise<string> {
    const result = await runSpec(daemon(), (spec) => {
      spec.process.args = ["sh", "-c", line];
      edit(spec);
    });
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout;
  }

  test("has its environment, working directory and hostname", async () => {
    const output = await shell('echo "$COLOUR"; pwd; hostname', (spec) => {
      spec.process.env.push("COLOUR=dark blue");
      spec.process.cwd = "/home/user";
      spec.hostname = "named-by-spec";
    });
    expect(output).toBe("dark blue\n/home/user\nnamed-by-spec\n");
  });

  test("has its user, group, additional groups and umask", async () => {
    const output = await shell("id; umask", (spec) => {
      spec.process.user = { uid: 1000, gid: 1000, additionalGids: [29, 50], umask: 0o27 };
    });
    expect(output).toBe("uid=1000(user) gid=1000(user) groups=29(audio),50(staff)\n0027\n");
  });

  test("has just its capabilities", async () => {
    const output = await shell("grep -E '^Cap(Eff|Bnd|Prm)' /proc/self/status", (spec) => {
      const capabilities = ["CAP_CHOWN", "CAP_KILL"];
      spec.process["capabilities"] = { bounding: capabilities, effective: capabilities, permitted: capabilities };
    });
    // CHOWN is bit 0, KILL bit 5.
    expect(output.match(/0000000000000021/g)).toHaveLength(3);
  });

  test("has no capabilities when the spec names none, and does without those that do not exist", async () => {
    const show = "grep -hE '^Cap(Inh|Prm|Eff|Bnd|Amb)' /proc/self/status";
    const none = await shell(show, (spec) => delete spec.process["capabilities"]);
    expect(none.match(/\t0000000000000000$/gm)).toHaveLength(5);
    const known = await shell(show, (spec) => (spec.process["capabilities"] = { bounding: ["CAP_KILL", "CAP_UNKNOWN"] }));
    expect(known).toMatch(/^CapBnd:\t0000000000000020$/m);
    expect(known).toMatch(/^CapEff:\t0000000000000000$/m);
  });

  test("is root of its user namespace and nobody outside of it, and so is what is executed beside it", async () => {
    const volume = join(daemon().directory, "of-root");
    await mkdir(volume, { mode: 0o755 });
    await writeFile(join(volume, "secret"), "x", { mode: 0o600 });
    const flags = ["--uidmap", "0:100000:65536", "--gidmap", "0:200000:65536"];
    const options = { flags, mounts: [`type=bind,src=${volume},dst=/volume,options=rbind:rw`] };
    await using container = await startContainer(daemon(), ["sh", "-c", "echo mine >/file && exec sleep 600"], options);
    const look = "id -u; tr -s ' ' </proc/self/uid_map; tr -s ' ' </proc/1/gid_map; stat -c %u:%g /file /volume/secret; cat /volume/secret";
    const { stdout, stderr } = await container.exec(["sh", "-c", look]);
    expect(stdout).toBe("0\n 0 100000 65536\n 0 200000 65536\n0:0\n65534:65534\n");
    expect(stderr).toContain("Permission denied");
  });

  test("has no new privileges when the spec says so", async () => {
    expect(await shell("grep NoNewPrivs /proc/self/status", (spec) => (spec.process["noNewPrivileges"] = true))).toMatch(/1$/m);
    expect(await shell("grep NoNewPrivs /proc/self/status", (spec) => (spec.process["noNewPrivileges"] = false))).toMatch(/0$/m);
  });

  test("has its resource limits", async () => {
    const output = await shell("ulimit -n; ulimit -Hn", (spec) => {
      spec.process["rlimits"] = [{ type: "RLIMIT_NOFILE", soft: 123, hard: 456 }];
    });
    expect(output).toBe("123\n456\n");
  });

  test("has limits of 64 bits", async () => {
    const output = await shell("ulimit -c; ulimit -Hc; grep 'Max pending' /proc/self/limits | awk '{print $4, $5}'", (spec) => {
      spec.process["rlimits"] = [
        { type: "RLIMIT_CORE", soft: JSON.rawJSON("18446744073709551615"), hard: JSON.rawJSON("18446744073709551615") },
        { type: "RLIMIT_SIGPENDING", soft: JSON.rawJSON("9007199254740993"), hard: JSON.rawJSON("9223372036854775807") },
      ];
    });
    expect(output).toBe("unlimited\nunlimited\n9007199254740993 9223372036854775807\n");
  });

  test("shares those namespaces of the guest that the spec does not name", async () => {
    const output = await shell("test $$ != 1 && cat /proc/1/comm && hostname", (spec) => {
      spec.linux["namespaces"] = [{ type: "network" }];
      spec.linux["maskedPaths"] = spec.linux["readonlyPaths"] = [];
      spec.hostname = "the-pod";
    });
    expect(output).toMatch(/^(init|hadron-agent)\nthe-pod\n$/);
  });

  test("has the clocks of its own time namespace", async () => {
    const output = await shell("cat /proc/self/timens_offsets; test $(cut -d. -f1 /proc/uptime) -ge 5000000 && echo late", (spec) => {
      spec.linux["namespaces"] = ["pid", "network", "ipc", "uts", "mount", "time"].map((type) => ({ type }));
      spec.linux["timeOffsets"] = { boottime: { secs: 5000000 }, monotonic: { secs: 1, nanosecs: 7 } };
    });
    expect(output.replaceAll(/ +/g, " ")).toMatch(/^monotonic 1 7\nboottime 5000000 0\nlate\n$/);
  });

  test("is filtered by seccomp", async () => {
    const output = await shell("mkdir /tmp/x; echo $?; touch /tmp/y; echo $?", (spec) => {
      spec.linux["seccomp"] = {
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: ["SCMP_ARCH_X86_64"],
        syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
      };
    });
    expect(output).toBe("1\n0\n");
  });

  test("cannot read masked paths nor write read-only ones", async () => {
    const output = await shell("wc -c < /proc/interrupts; ls /sys/firmware | wc -l; echo x > /proc/sys/kernel/hostname; echo $?", (spec) => {
      spec.linux["maskedPaths"] = ["/proc/interrupts", "/sys/firmware"];
      spec.linux["readonlyPaths"] = ["/proc/sys"];
    });
    expect(output).toBe("0\n0\n1\n");
  });

  test("has its sysctls", async () => {
    const output = await shell("cat /proc/sys/kernel/shmmni /proc/sys/net/ipv4/ip_forward", (spec) => {
      spec.linux["sysctl"] = { "kernel.shmmni": "1234", "net.ipv4.ip_forward": "1" };
    });
    expect(output).toBe("1234\n1\n");
  });

  test("has its devices", async () => {
    const output = await shell("ls -l /dev/fuse /dev/mynull | awk '{print $1, $5, $6}'; echo gone > /dev/mynull; echo $?", (spec) => {
      spec.linux["devices"] = [
        { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
        { path: "/dev/mynull", type: "c", major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 },
      ];
    });
    expect(output).toBe("crw-rw-rw- 10, 229\ncrw-rw-rw- 1, 3\n0\n");
  });

  test("has its devices with their owners and modes", async () => {
    const output = await shell("ls -ln /dev/deep/zero /dev/fifo | awk '{print $1, $3, $4}'; head -c 2 /dev/deep/zero | wc -c", (spec) => {
      spec.linux["devices"] = [
        { path: "/dev/deep/zero", type: "u", major: 1, minor: 5, fileMode: 0o20640, uid: 5, gid: 6 },
        { path: "dev/fifo", type: "p" },
      ];
    });
    expect(output).toBe("crw-r----- 5 6\nprw-rw-rw- 0 0\n2\n");
  });

  test("uses only the devices that its rules allow", async () => {
    const open = (rules: unknown[]): Promise<string> =>
      shell("(: < /dev/fuse) 2>&1 | grep -c 'not permitted' || true", (spec) => {
        spec.linux["devices"] = [{ path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 }];
        spec.linux["resources"] = { devices: rules };
      });
    const nothing = { allow: false, access: "rwm" };
    expect(await open([nothing])).toBe("1\n");
    expect(await open([nothing, { allow: true, type: "c", major: 10, minor: 229, access: "rwm" }])).toBe("0\n");
  });
});

describe.each(containerdVersions)("containerd %s: the file system", (version) => {
  const daemon = useContainerd(version);

  async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const directory = await mkdtemp(join(daemon().directory, "volume-"));
    try {
      return await work(directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  }

  test("is writable, or read-only when the spec says so", async () => {
    expect((await runContainer(daemon(), ["touch", "/new"])).exitCode).toBe(0);
    const result = await runContainer(daemon(), ["sh", "-c", "touch /new; echo $?; touch /dev/shm/x; echo $?"], { flags: ["--read-only"] });
    expect(result.stdout).toBe("1\n0\n");
  });

  test("has tmpfs mounts with their options", async () => {
    const result = await runContainer(daemon(), ["sh", "-c", "grep ' /scratch ' /proc/mounts; echo x > /scratch/x && cat /scratch/x"], {
      mounts: ["type=tmpfs,src=tmpfs,dst=/scratch,options=nosuid:size=1m"],
    });
    expect(result.stdout).toMatch(/^tmpfs \/scratch tmpfs .*nosuid.*size=1024k.*\nx\n$/);
  });

  test("has file systems that need nothing of the host, and a device over a file", async () => {
    const result = await runSpec(daemon(), (spec) => {
      spec.process.args = ["sh", "-c", "grep -oE ' /(r|rel) (ramfs|tmpfs) ' /proc/mounts; echo gone > /etc/passwd; wc -c < /etc/passwd"];
      spec.mounts.push(
        { destination: "/r", type: "ramfs" },
        { destination: "rel", type: "tmpfs", options: ["nosuid"] },
        { destination: "/etc/passwd", type: "bind", source: "/dev/null", options: ["bind"] },
      );
    });
    expect(result, result.stderr).toMatchObject({ exitCode: 0, stdout: " /r ramfs \n /rel tmpfs \n0\n" });
  });

  test("has a directory of the host, whose changes each side sees", async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, "from-host"), "h");
      const result = await runContainer(daemon(), ["sh", "-c", "cat /v/from-host; echo g > /v/from-guest; mkdir /v/d; mv /v/from-host /v/d/moved"], {
        mounts: [`type=bind,src=${directory},dst=/v,options=rbind:rw`],
      });
      expect(result, result.stderr).toMatchObject({ stdout: "h", exitCode: 0 });
      expect(await readFile(join(directory, "from-guest"), "utf8")).toBe("g\n");
      expect(await readFile(join(directory, "d/moved"), "utf8")).toBe("h");
    });
  });

  test.each([
    ["rslave", "later\n"],
    ["rprivate", ""],
  ])("with %s sees of what the host mounts later: %j", async (propagation, seen) => {
    await withDirectory(async (directory) => {
      // Only what is mounted in a shared peer group spreads.
      await mustRun("mount", ["-t", "tmpfs", "-o", "mode=755", "shared", directory]);
      try {
        await mustRun("mount", ["--make-shared", directory]);
        await mkdir(join(directory, "below"));
        await using container = await startContainer(daemon(), ["sleep", "1000"], {
          mounts: [`type=bind,src=${directory},dst=/v,options=rbind:${propagation}`],
        });
        await mustRun("mount", ["-t", "tmpfs", "later", join(directory, "below")]);
        await writeFile(join(directory, "below/file"), "later\n");
        expect((await container.exec(["sh", "-c", "cat /v/below/file || true"])).stdout).toBe(seen);
      } finally {
        await mustRun("umount", ["--recursive", directory]);
      }
    });
  });

  test("has a single file of the host", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "file");
      await writeFile(file, "before\n");
      const result = await runContainer(daemon(), ["sh", "-c", "cat /etc/one; echo after > /etc/one"], {
        mounts: [`type=bind,src=${file},dst=/etc/one,options=bind:rw`],
      });
      expect(result, result.stderr).toMatchObject({ stdout: "before\n", exitCode: 0 });
      expect(await readFile(file, "utf8")).toBe("after\n");
    });
  });

  test("cannot write what is mounted read-only", async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, "file"), "kept");
      await mkdir(join(directory, "sub"));
      const result = await runContainer(
        daemon(),
        ["sh", "-c", "echo x > /v/file; echo $?; touch /v/sub/new; echo $?; mount -o remount,rw /v; echo x > /v/file; echo $?"],
        {
          mounts: [`type=bind,src=${directory},dst=/v,options=rbind:ro`],
          flags: ["--cap-add", "CAP_SYS_ADMIN"],
        },
      );
      expect(result.stdout, result.stderr).toBe("1\n1\n1\n");
      expect(await readFile(join(directory, "file"), "utf8")).toBe("kept");
    });
  });

  test("may lie in a directory whose name has commas, spaces and newlines", async () => {
    await withDirectory(async (directory) => {
      const odd = join(directory, "a,b c\nd:e");
      const result = await runSpec(daemon(), async (spec) => {
        const { rename } = await import("node:fs/promises");
        await rename(spec.root.path, odd);
        spec.root.path = odd;
        spec.process.args = ["sh", "-c", "echo works > /proof; cat /proof"];
      });
      expect(result, result.stderr).toMatchObject({ stdout: "works\n", exitCode: 0 });
      expect(await readFile(join(odd, "proof"), "utf8")).toBe("works\n");
    });
  });
});

describe.each(containerdVersions)("containerd %s: what cannot be had", (version) => {
  const daemon = useContainerd(version);

  test.each<[string, (spec: Spec) => void, RegExp]>([
    [
      "the host's network",
      (spec) => (spec.linux["namespaces"] = (spec.linux["namespaces"] as { type: string }[]).filter(({ type }) => type !== "network")),
      /host's network namespace/,
    ],
    ["a mount of a kind that the guest lacks", (spec) => spec.mounts.push({ destination: "/m", type: "nfs", source: "s:/" }), /"nfs"/],
    [
      "a mount source that is not there",
      (spec) => spec.mounts.push({ destination: "/m", type: "bind", source: "/no/such", options: ["bind"] }),
      /\/no\/such.*does not exist/,
    ],
    [
      "propagation to the host",
      (spec) => spec.mounts.push({ destination: "/m", type: "bind", source: "/tmp", options: ["rbind", "rshared"] }),
      /"rshared"/,
    ],
    ["what runc refuses", (spec) => spec.mounts.push({ destination: "/m", type: "bind", source: "/tmp" }), /neither the option "bind" nor "rbind"/],
  ])("%s is refused by name, and never with code Unknown", async (_name, edit, sentence) => {
    const result = await runSpec(daemon(), (spec) => edit(spec));
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(sentence);
    expect(result.stderr).not.toMatch(/: unknown$/m);
  });

  test("an annotation that does not exist is refused with what there is", async () => {
    const result = await runContainer(daemon(), ["true"], { annotations: { "io.hadron.vcpu": "2" } });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/io\.hadron\.vcpu\b.*does not exist.*io\.hadron\.vcpus/);
  });

  test("a configuration that is cut short is refused with its place", async () => {
    const path = join(daemon().directory, "cut.json");
    await writeFile(path, '{"vcpus": 1, "memory_mib": ');
    const result = await runContainer(daemon(), ["true"], { flags: ["--runtime-config-path", path] });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toContain(path);
    expect(result.stderr).toMatch(/line 1/);
    await rm(path);
  });

  test("an unknown key of the configuration is refused with what is allowed", async () => {
    const path = join(daemon().directory, "unknown.json");
    await writeFile(path, '{"memory": 512}');
    const result = await runContainer(daemon(), ["true"], { flags: ["--runtime-config-path", path] });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/no key "memory".*memory_mib/);
    await rm(path);
  });
});
