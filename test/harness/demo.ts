/** `make demo`: an OCI image runs inside a virtual machine, on a private containerd, for a person to watch. */
import { release } from "node:os";

import { Containerd, type ContainerdVersion } from "./containerd.ts";
import { importImage } from "./images.ts";
import { expectNoLeftovers, hostState } from "./leftovers.ts";
import { configFile } from "./machine.ts";
import { hadron, runContainer, startContainer, uniqueId } from "./runtime.ts";

const version: ContainerdVersion = "2.1";
const id = uniqueId("demo");

console.log(`Starting a private containerd ${version}, and importing an image made of Debian's busybox ...`);
await using daemon = await Containerd.start(version);
const image = await importImage(daemon, "busybox");
await using config = await configFile(daemon, {});
const { flags } = config;
const before = await hostState(daemon);

console.log(`This machine runs Linux ${release()}. A container with the runtime ${hadron}:\n`);
await show(["sh", "-c", "uname -srn; grep -m1 'model name' /proc/cpuinfo; echo processes:; ps"]);
await show(["sh", "-c", "echo 'its exit code comes back'; exit 42"]);

console.log(`$ ctr run --detach --runtime ${hadron} ${image} ${id} sleep 600`);
{
  await using container = await startContainer(daemon, ["sleep", "600"], { id, flags });
  const command = ["sh", "-c", "cat /proc/uptime; free -m"];
  console.log(`$ ctr tasks exec --exec-id e1 ${id} ${command.map(quote).join(" ")}`);
  const started = performance.now();
  const result = await container.exec(command);
  print(result.stdout + result.stderr, started);
  await container.kill("SIGKILL");
}
await expectNoLeftovers(daemon, before);
console.log("The container is removed: no process, mount, socket, directory or cgroup of it is left on the host.");

async function show(command: readonly string[]): Promise<void> {
  console.log(`$ ctr run --rm --runtime ${hadron} ${image} ${id} ${command.map(quote).join(" ")}`);
  const started = performance.now();
  const result = await runContainer(daemon, command, { id, flags });
  const status = result.exitCode === 0 ? "" : `exit code ${result.exitCode}\n`;
  print(result.stdout + result.stderr + status, started);
  if (result.exitCode !== 0 && result.exitCode !== 42) {
    throw new Error(`The demo did not work. containerd's log:\n${await daemon.logTail()}`);
  }
}

function print(output: string, started: number): void {
  for (const line of output.trimEnd().split("\n")) {
    console.log(`  ${line}`);
  }
  console.log(`  (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
}

function quote(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
