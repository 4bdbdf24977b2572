/** A pod with the host's network, on a "host" that the test makes: the network of a node, in which containerd and the shim daemon run. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { configFile } from "../harness/machine.ts";
import { answerSum, makeBytes, Netns, sendBytes } from "../harness/network.ts";
import { newerPasst } from "../harness/passt.ts";
import { patient } from "../harness/patience.ts";
import { readProcess } from "../harness/processes.ts";
import { runContainer, runSpec, type Spec, startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { onlyPart, parts } from "./parts.ts";

const [OWN, NEIGHBOUR] = ["10.77.0.2", "10.77.0.1"];

describe.each(containerdVersions)("containerd %s: the host's network", (version) => {
  // The host, and a machine on its network.
  const networks = Promise.all([Netns.make(), Netns.make()]);
  const daemon = useContainerd(version, { images: ["busybox", "python"], network: async () => (await networks)[0].path });
  let host: Netns;
  let neighbour: Netns;
  let passt: string;

  beforeAll(async () => {
    [host, neighbour] = await networks;
    await host.ip(`link add eth0 type veth peer name eth0 netns ${neighbour.name}`);
    for (const [netns, ...addresses] of [
      [host, `${OWN}/24`, "fd00:77::2/64"],
      [neighbour, `${NEIGHBOUR}/24`, "fd00:77::1/64", "10.78.0.1/32"],
    ] as const) {
      for (const address of addresses) {
        await netns.ip(`address add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`);
      }
      await netns.ip("link set eth0 up");
    }
    await host.ip(`route add default via ${NEIGHBOUR}`);
    await host.ip("-6 route add default via fd00:77::1");
    passt = await newerPasst(daemon().directory);
    return async () => {
      await host[Symbol.asyncDispose]();
      await neighbour[Symbol.asyncDispose]();
    };
  });

  const allowed = (settings: Readonly<Record<string, unknown>> = {}) =>
    configFile(daemon(), { host_network: "passt", passt_path: passt, ...settings });

  test("is refused unless the configuration allows it", async () => {
    const { exitCode, stderr } = await runContainer(daemon(), ["true"], { flags: ["--net-host"] });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('set host_network to "passt" in the configuration');
  });

  test("is refused with a limit of the NIC, which passt does not have", async () => {
    await using config = await allowed({ nic_limit_mib_per_s: 1 });
    const { exitCode, stderr } = await runContainer(daemon(), ["true"], { flags: ["--net-host", ...config.flags] });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("nic_limit_mib_per_s cannot be kept: passt, which carries the host's network, has no such limit");
  });

  test("carries what the pod sends, with the host's addresses", async () => {
    await using config = await allowed();
    await using _sum = await neighbour.startSum(5000);
    await using pod = await startContainer(daemon(), ["sleep", "600"], { flags: ["--net-host", ...config.flags] });
    const shell = async (line: string): Promise<string> => {
      const { stdout, stderr } = await pod.exec(["sh", "-c", line]);
      return `${stdout}${stderr}`;
    };
    const addresses = await shell("ip address show eth0");
    expect(addresses).toContain(`inet ${OWN}/24`);
    expect(addresses).toContain("inet6 fd00:77::2/64");
    expect(await shell("ip route")).toContain(`default via ${NEIGHBOUR} dev eth0`);
    // On the link, through the gateway, and by IPv6; 8 MiB with their sum.
    const sum = await shell(`cd /tmp; ${makeBytes(8)}`);
    for (const address of [NEIGHBOUR, "10.78.0.1", "fd00:77::1"]) {
      expect(await shell(`cd /tmp; ${sendBytes(address, 5000)}`)).toBe(sum);
    }
    // What the host serves on its loopback alone stays its own; at its address it is the pod's, too.
    await using _own = host.start(process.execPath, "-e", 'require("node:net").createServer().listen(5002, "127.0.0.1")');
    await expect.poll(() => host.mustShell("netstat -ltn")).toContain("127.0.0.1:5002 ");
    for (const address of ["127.0.0.1", OWN, NEIGHBOUR]) {
      expect((await pod.exec(["nc", "-w", "2", address, "5002"])).stderr).toMatch(/refused|timed out/);
    }
  });

  test("carries datagrams, and leads to a resolver on the host's loopback", async () => {
    await using config = await allowed();
    const echo = (address: string, port: number): string => `
      const udp = require("node:dgram").createSocket("udp4");
      udp.on("message", (text, { port, address }) => udp.send(Buffer.concat([text, Buffer.from(" to " + address)]), port, address));
      udp.bind(${port}, "${address}");
      require("node:net").createServer((socket) => socket.end()).listen(${port}, "${address}");`;
    await using _far = neighbour.start(process.execPath, "-e", echo(NEIGHBOUR, 5003));
    await using _resolver = host.start(process.execPath, "-e", echo("127.0.0.53", 53));
    await expect.poll(() => neighbour.mustShell("netstat -ltn")).toContain(":5003 ");
    await expect.poll(() => host.mustShell("netstat -ltn")).toContain("127.0.0.53:53 ");
    const resolvConf = join(host.directory, "resolv.conf");
    await writeFile(resolvConf, "nameserver 127.0.0.53\n");
    const script = `
import socket
for server in ("${NEIGHBOUR}", 5003), ("127.0.0.53", 53):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(20)
        asker.sendto(b"datagram", server)
        print(asker.recvfrom(100))`;
    // ctr mounts the machine's own resolv.conf with --net-host.
    const edit = (spec: Spec): void => {
      const namespaces = spec.linux["namespaces"] as { type: string }[];
      spec.linux["namespaces"] = namespaces.filter(({ type }) => type !== "network");
      spec.mounts.push({ destination: "/etc/resolv.conf", type: "bind", source: resolvConf, options: ["rbind", "ro"] });
      spec.process.args = ["python3", "-c", script];
    };
    const { stdout } = await runSpec(daemon(), edit, { image: "python", flags: config.flags });
    // Each sees the host.
    expect(stdout).toBe(`(b'datagram to ${OWN}', ('${NEIGHBOUR}', 5003))\n(b'datagram to 127.0.0.1', ('127.0.0.53', 53))\n`);
  });

  test("has the pod's servers, as they come and go", async () => {
    await using config = await allowed();
    const flags = ["--net-host", ...config.flags];
    const line = `${answerSum(6000).join(" ")} & echo there >/tmp/file; httpd -p 127.0.0.1:6001 -h /tmp; httpd -p ${OWN}:6002 -h /tmp; exec sleep 600`;
    await using pod = await startContainer(daemon(), ["sh", "-c", line], { flags });
    const listening = (): Promise<string> => host.mustShell("netstat -ltn");
    for (const port of [6000, 6001, 6002]) {
      await expect.poll(listening, { timeout: patient(20_000) }).toContain(`:${port} `);
    }
    const sum = await neighbour.mustShell(makeBytes(8));
    expect(await neighbour.mustShell(sendBytes(OWN, 6000))).toBe(sum);
    expect(await neighbour.mustShell(sendBytes("fd00:77::2", 6000))).toBe(sum);
    expect(await neighbour.mustShell(`wget -q -O - http://${OWN}:6002/file`)).toBe("there\n");
    expect(await host.mustShell("wget -q -O - http://127.0.0.1:6001/file")).toBe("there\n");
    // What is on the pod's loopback alone is on the host's alone.
    expect((await neighbour.shell(`nc -w 2 ${OWN} 6001 </dev/null`)).stderr).toContain("refused");
    await pod.exec(["killall", "httpd"]);
    await expect.poll(listening, { timeout: patient(20_000) }).not.toContain(":6001 ");
  });

  test("goes with the pod, and the pod with what carries it", async () => {
    await using config = await allowed();
    await using pod = await startContainer(daemon(), ["sleep", "600"], { flags: ["--net-host", ...config.flags] });
    const { pid } = await onlyPart(daemon(), "passt");
    process.kill(pid, "SIGKILL");
    await expect.poll(() => pod.status(), { timeout: patient(20_000) }).toBe("STOPPED");
    await pod[Symbol.asyncDispose]();
    expect(await parts(daemon(), "passt")).toEqual([]);

    await using other = await startContainer(daemon(), ["sleep", "600"], { flags: ["--net-host", ...config.flags] });
    const passtNow = await onlyPart(daemon(), "passt");
    process.kill((await onlyPart(daemon(), "daemon")).pid, "SIGKILL");
    await expect.poll(() => readProcess(passtNow.pid), { timeout: patient(20_000) }).toBe(undefined);
    await expect.poll(() => other.status(), { timeout: patient(20_000) }).not.toBe("RUNNING");
  });
});
