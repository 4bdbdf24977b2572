/**
 * Lists the tasks of a containerd by asking their shims, whatever runtime they are of: what a ttrpc client looks like.
 *
 *     node examples/list-tasks.ts [containerd's state directory]
 *
 * Node 24 runs it as it is, the one in node_modules or your own; `make proto` first.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { connect } from "ttrpc-ts";

import { Status } from "../src/gen/task-types.ts";
import { TaskV2, TaskV3 } from "../src/shim/services.ts";

/** For a shim that hangs. */
const TIMEOUT_MS = 2_000;

const [state = "/run/containerd"] = process.argv.slice(2);
const tasks = join(state, "io.containerd.runtime.v2.task");

for (const namespace of await readdir(tasks)) {
  for (const id of await readdir(join(tasks, namespace))) {
    console.log([namespace, id, await describe(join(tasks, namespace, id), id)].join("\t"));
  }
}

/** The task's state and pid, or why they are not known. */
async function describe(bundle: string, id: string): Promise<string> {
  try {
    const { version, path } = await shimOf(bundle);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    await using client = await connect({ path }, { signal });
    const task = client.service(version === 3 ? TaskV3 : TaskV2);
    const { status, pid } = await task.state({ id }, { signal });
    const name = Object.entries(Status).find(([, value]) => value === status)?.[0] ?? `status ${status}`;
    return `${name}\t${pid}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where containerd has written down how a task's shim is called: containerd 2 as JSON, which 1.x did not have. */
async function shimOf(bundle: string): Promise<{ version: number; path: string }> {
  const text = await readFile(join(bundle, "bootstrap.json"), "utf8").catch(() => undefined);
  const { version, address } =
    text === undefined
      ? { version: 2, address: await readFile(join(bundle, "address"), "utf8") }
      : (JSON.parse(text) as { version: number; address: string });
  return { version, path: address.replace(/^unix:\/\//, "") };
}
