/** Streams of vsock, and the socket pairs alone with a program of the host at the other end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { Host } from "../src/host/host.ts";
import { Guest, guestInitramfs } from "../test/hypervisor/guest.ts";
import { measure, median } from "./table.ts";
import { add, type Bench, type Figures, vmConfig } from "./vmm-pod.ts";

const BLOCK = 64_000;
const BLOCKS = 500;
const BYTES = BLOCK * BLOCKS;
const ROUND_TRIPS = 200;
const TRANSFERS = 3;

export async function benchVsock(bench: Bench, figures: Figures): Promise<void> {
  const { host, hypervisor } = bench;
  await using vm = await hypervisor.launch(vmConfig(bench, await guestInitramfs("tuned"), []), AbortSignal.timeout(300_000));
  const guest = await Guest.await(host, vm.vsock);
  add(figures, "vsock round trip", median(await measure(ROUND_TRIPS, 20, async () => void (await guest.say("cpus")))));
  const transfer = async (direction: "in" | "out", port: number, command: string): Promise<number> => {
    const [ours, theirs] = await host.socketpair();
    const joined = await vm.vsock.accept(port, theirs, direction);
    closeSync(theirs);
    return await rateOf(ours, direction, async () => {
      await guest.say(command);
      const { bytes, error } = await joined.ended;
      if (bytes !== BigInt(BYTES) || error !== undefined) {
        throw new Error(`a stream of ${BYTES} bytes has ended after ${bytes}: ${error}`);
      }
    });
  };
  for (let run = 0; run < TRANSFERS; run++) {
    add(figures, "vsock, guest to host", await transfer("out", 2000 + run, `send ${2000 + run} ${BYTES}`));
    add(figures, "vsock, host to guest", await transfer("in", 3000 + run, `receive ${3000 + run} ${BYTES}`));
  }
  guest.hangUp();
}

/** `root`: the directory with busybox, in bin. */
export async function vsockWithoutVm(host: Host, root: string, figures: Figures): Promise<void> {
  const start = async (...applet: string[]): Promise<{ fd: number; program: ChildProcess }> => {
    const [fd, theirs] = await host.socketpair();
    const program = spawn(join(root, "bin/busybox"), applet, { stdio: [theirs, theirs, "ignore"] });
    closeSync(theirs);
    return { fd, program };
  };
  const echo = await start("cat");
  const socket = new Socket({ fd: echo.fd, readable: true, writable: true });
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  const say = async (): Promise<void> => {
    socket.write("cpus\n");
    await lines.next();
  };
  add(figures, "vsock round trip", median(await measure(ROUND_TRIPS, 20, say)));
  socket.destroy();
  for (let run = 0; run < TRANSFERS; run++) {
    for (const [what, direction, applet] of [
      ["vsock, guest to host", "out", ["dd", "if=/dev/zero", `bs=${BLOCK}`, `count=${BLOCKS}`]],
      ["vsock, host to guest", "in", ["dd", "of=/dev/null", `bs=${BLOCK}`]],
    ] as const) {
      const { fd, program } = await start(...applet);
      add(figures, what, await rateOf(fd, direction, async () => void (await once(program, "exit"))));
    }
  }
}

/** MB/s, until the other end says that it has sent or received all. */
async function rateOf(fd: number, direction: "in" | "out", other: () => Promise<void>): Promise<number> {
  const socket = new Socket({ fd, readable: direction === "out", writable: direction === "in", allowHalfOpen: true });
  socket.resume();
  const began = performance.now();
  const ended = other();
  if (direction === "in") {
    socket.end(Buffer.alloc(BYTES));
  }
  await ended;
  const rate = BYTES / 1e6 / ((performance.now() - began) / 1000);
  socket.destroy();
  return rate;
}
