/** Docker on containerd: the same is asked of runc. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { onlyNewest } from "../harness/containerd.ts";
import { Docker, IMAGE } from "../harness/docker.ts";
import { LoopDevice } from "../harness/loop-device.ts";
import { Netns } from "../harness/network.ts";
import { patient } from "../harness/patience.ts";
import { uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

describe.each(onlyNewest)("containerd %s: Docker", (version) => {
  const host = Netns.make();
  const daemon = useContainerd(version, { images: [], network: async () => (await host).path });
  let docker: Docker;

  beforeAll(async () => {
    docker = await Docker.start(daemon(), await host);
    return async () => await docker[Symbol.asyncDispose]();
  }, patient(300_000));
  afterAll(async () => {
    await (await host)[Symbol.asyncDispose]();
  });

  describe.each([
    ["runc", 8080],
    ["hadron", 8081],
  ])("with %s", (runtime, port) => {
    const flags = ["--runtime", runtime];
    const once = ["run", "--rm", ...flags];

    test("runs programs with what Docker gives them", async () => {
      const shell = ["sh", "-c", "cat; hostname; id -u; echo $A; ulimit -n; grep -c 1.2.3.4 /etc/hosts; stat -f -c %b /dev/shm; exit 7"];
      const given = [
        "-i",
        "--hostname",
        "h",
        "--user",
        "1000",
        "-e",
        "A=b",
        "--ulimit",
        "nofile=100:200",
        "--add-host",
        "x:1.2.3.4",
        "--shm-size",
        "16m",
      ];
      const { stdout, exitCode } = await docker.run([...once, ...given, IMAGE, ...shell], { stdin: "input\n" });
      expect([stdout, exitCode]).toEqual(["input\nh\n1000\nb\n100\n1\n4096\n", 7]);
      const refused = await docker.run([...once, IMAGE, "absent"]);
      expect([refused.exitCode, refused.stderr]).toEqual([127, expect.stringContaining("executable file not found in $PATH")]);
    });

    test("mounts volumes, and keeps a root file system read-only", async () => {
      const directory = join(daemon().directory, uniqueId());
      await mkdir(directory);
      const volumes = ["-v", `${directory}:/v`, "-v", `${uniqueId()}:/named`, "--tmpfs", "/t:size=4m", "--read-only"];
      const line = "echo x >/v/file; echo y >/named/file; df /t | tail -1 | tr -s ' ' | cut -d' ' -f2; touch /q 2>&1";
      const { stdout } = await docker.run([...once, ...volumes, IMAGE, "sh", "-c", line]);
      expect(stdout).toBe("4096\ntouch: /q: Read-only file system\n");
      expect(await readFile(join(directory, "file"), "utf8")).toBe("x\n");
      const refused = await docker.run([...once, "-v", `${directory}/file:/bin`, IMAGE, "true"]);
      expect([refused.exitCode, refused.stderr]).toEqual([125, expect.stringMatching(new RegExp(`${directory}/file.*[Nn]ot a directory`))]);
    });

    test("has block devices of the host, by other names and for reading only", async () => {
      await using loop = await LoopDevice.make(1 << 20);
      const [writer, reader] = ["rwm", "r"].map((access) => ["--device", `${loop.path}:/dev/xvda:${access}`]);
      const write = "printf docker | dd of=/dev/xvda bs=512 conv=sync,fsync 2>/dev/null; stat -c %F /dev/xvda";
      expect(await docker.must([...once, ...(writer ?? []), IMAGE, "sh", "-c", write])).toBe("block special file\n");
      const read = "head -c 6 /dev/xvda; echo; echo x 2>/dev/null >/dev/xvda || echo refused";
      expect(await docker.must([...once, ...(reader ?? []), IMAGE, "sh", "-c", read])).toBe("docker\nrefused\n");
    });

    test("is in Docker's network, and in another one while it runs", async () => {
      const [network, name] = [uniqueId("net"), uniqueId()];
      await docker.must(["network", "create", network]);
      await docker.must(["run", "-d", "--name", name, ...flags, IMAGE, "sleep", "600"]);
      const seen = async (): Promise<string> => await docker.must(["exec", name, "ip", "-o", "-4", "address"]);
      const addressIn = async (which: string): Promise<string> => {
        const format = `{{with index .NetworkSettings.Networks "${which}"}}{{.IPAddress}}/{{.IPPrefixLen}}{{end}}`;
        return (await docker.must(["inspect", "-f", format, name])).trim();
      };
      expect(await seen()).toContain(await addressIn("bridge"));
      await docker.must(["network", "connect", network, name]);
      await expect.poll(seen).toContain(await addressIn(network));
      await docker.must(["network", "disconnect", network, name]);
      await expect.poll(seen).not.toContain("eth1");
      await docker.must(["rm", "-f", name]);
      await docker.must(["network", "rm", network]);
    });

    test("serves others in its network by name, and the host by a published port", async () => {
      const [network, name] = [uniqueId("net"), uniqueId()];
      await docker.must(["network", "create", network]);
      const serve = "mkdir /www; echo page >/www/index.html; exec httpd -f -p 80 -h /www";
      await docker.must(["run", "-d", "--name", name, ...flags, "--network", network, "-p", `${port}:80`, IMAGE, "sh", "-c", serve]);
      const get = (address: string, to: number): string => `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${address} ${to}`;
      const other = async (line: string): Promise<string> => (await docker.run([...once, "--network", network, IMAGE, "sh", "-c", line])).stdout;
      const address = `$(nslookup ${name} 127.0.0.11 | sed -n 's/^Address: //p')`;
      await expect.poll(async () => await other(get(address, 80))).toMatch(/\npage\n$/);
      expect(await (await host).mustShell(get("127.0.0.1", port))).toMatch(/\npage\n$/);
      await docker.must(["rm", "-f", name]);
      await docker.must(["network", "rm", network]);
    });

    test("is looked at, changed, started again and stopped", async () => {
      const name = uniqueId();
      const loop = 'trap "echo usr1; exit 3" USR1; echo started; while :; do sleep 0.1; done';
      await docker.must(["run", "-d", "--name", name, ...flags, "--health-cmd", "true", "--health-interval", "1s", IMAGE, "sh", "-c", loop]);
      const file = join(daemon().directory, name);
      await writeFile(file, "data\n");
      await docker.must(["cp", file, `${name}:/file`]);
      await expect.poll(async () => (await docker.run(["exec", name, "cat", "/file"])).stdout).toBe("data\n");
      await docker.must(["exec", name, "sh", "-c", "echo inside >/other"]);
      await docker.must(["cp", `${name}:/other`, file]);
      expect(await readFile(file, "utf8")).toBe("inside\n");
      expect((await docker.must(["diff", name])).trim().split("\n").toSorted()).toEqual(["A /file", "A /other"]);
      expect(await docker.must(["stats", "--no-stream", "--format", "{{.PIDs}}", name])).toMatch(/^[1-9]/);
      await docker.must(["pause", name]);
      await docker.must(["unpause", name]);
      const state = async (field: string): Promise<string> => (await docker.must(["inspect", "-f", `{{.State.${field}}}`, name])).trim();
      await expect.poll(async () => await state("Health.Status")).toBe("healthy");
      await docker.must(["restart", "-t", "0", name]);
      expect(await docker.must(["exec", name, "cat", "/file"])).toBe("data\n");
      // The shell has its trap when it has said so a second time.
      await expect.poll(async () => await docker.must(["logs", name])).toBe("started\nstarted\n");
      await docker.must(["kill", "-s", "USR1", name]);
      expect(await docker.must(["wait", name])).toBe("3\n");
      expect(await docker.must(["logs", name])).toBe("started\nstarted\nusr1\n");
      await docker.must(["rm", name]);
    });

    test("says that a container was killed for want of memory", async () => {
      const name = uniqueId();
      const limits = ["--memory", "32m", "--memory-swap", "32m"];
      const hog = ["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"];
      expect(await docker.run(["run", "--name", name, ...flags, ...limits, IMAGE, ...hog])).toMatchObject({ exitCode: 137 });
      expect(await docker.must(["inspect", "-f", "{{.State.OOMKilled}}", name])).toBe("true\n");
      await docker.must(["rm", name]);
    });
  });

  test("refuses by a sentence what two VMs cannot share", async () => {
    const name = uniqueId();
    await docker.must(["run", "-d", "--name", name, "--runtime", "hadron", IMAGE, "sleep", "600"]);
    const joined = async (flag: string): Promise<string> =>
      (await docker.run(["run", "--rm", "--runtime", "hadron", flag, `container:${name}`, IMAGE, "true"])).stderr;
    expect(await joined("--pid")).toMatch(/pid namespace .* is not one of this pod's VM/);
    expect(await joined("--network")).toMatch(/interface eth0 cannot be joined with the pod's VM/);
    await docker.must(["rm", "-f", name]);
  });
});
