/** A container's shim, called as containerd calls it: for what ctr does not show, such as status codes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { type Client, connect, type ServiceClient, TtrpcError } from "ttrpc-ts";

import { TaskV2, TaskV3 } from "../../src/shim/services.ts";
import type { Containerd } from "../harness/containerd.ts";

type Task = ServiceClient<typeof TaskV2.table>;

/** Dispose it to close the connection. */
export class TaskClient implements AsyncDisposable {
  readonly client: Client;
  readonly task: Task;

  private constructor(client: Client, task: Task) {
    this.client = client;
    this.task = task;
  }

  static async connect(daemon: Containerd, containerId: string): Promise<TaskClient> {
    const address = await addressOf(daemon.bundle(containerId));
    const client = await connect({ path: address.replace(/^unix:\/\//, "") });
    // Both versions are the same service; each is used by the containerd that it belongs to.
    return new TaskClient(client, client.service(daemon.version.startsWith("1.") ? TaskV2 : TaskV3));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

/** Hadron answers containerd with an address alone, runc's shim since 2.0 with more. */
async function addressOf(bundle: string): Promise<string> {
  try {
    return await readFile(join(bundle, "address"), "utf8");
  } catch {
    return (JSON.parse(await readFile(join(bundle, "bootstrap.json"), "utf8")) as { address: string }).address;
  }
}

/** The status code and the sentence of a call that must fail. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof TtrpcError) {
      return { code: error.code, message: error.message };
    }
    throw error;
  }
  throw new Error("the call succeeded");
}
