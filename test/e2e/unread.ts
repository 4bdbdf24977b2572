/** Output that is under way when its reader dies. */
import type { Containerd } from "../harness/containerd.ts";
import { RunningContainer, runArgs, uniqueId } from "../harness/runtime.ts";
import { Attached } from "./attached.ts";

/** More than the 64 KiB of a FIFO, so that the rest waits on its way; less than what all buffers on that way take. */
const BYTES = 200_000;
const WRITER = `echo up; until [ -e /go ]; do sleep 0.1; done; head -c ${BYTES} /dev/zero; touch /written; sleep 600`;

/** Starts a container that has written more than anybody will read; dispose the answer to kill and remove it. */
export async function startUnread(daemon: Containerd, annotations: Readonly<Record<string, string>> = {}): Promise<RunningContainer> {
  const container = new RunningContainer(daemon, uniqueId());
  try {
    {
      await using attached = new Attached(daemon, [...runArgs({ id: container.id, annotations }), "sh", "-c", WRITER]);
      await attached.output(/up/);
    }
    // Nobody reads the output any more. Only then it flows: how much ctr read before its end nobody knows.
    const written = await container.exec(["sh", "-c", "touch /go; until [ -e /written ]; do sleep 0.1; done"]);
    if (written.exitCode !== 0) {
      throw new Error(`the container did not write ${BYTES} bytes: ${written.stderr}`);
    }
  } catch (error) {
    await container[Symbol.asyncDispose]();
    throw error;
  }
  return container;
}
