/**
 * A daemon that cannot start. containerd has its address already and is about to call: the reason is the answer to
 * whatever it calls, until it says Shutdown.
 */

import { type ListenTarget, Server, type ServiceHandlers } from "ttrpc-ts";

import { Code, HadronError, messageOf } from "../errors.ts";
import { unlink } from "../host/files.ts";
import { SandboxV1, TaskV2, TaskV3 } from "./services.ts";

/** Of a containerd that does not call. */
const PATIENCE_MS = 10_000;
/** For the last answers to leave. */
const ANSWER_MS = 1_000;

/** Answers when containerd knows, or does not want to. `socket`: the path that `listener` is bound to. */
export async function tellStartFailure(listener: ListenTarget, socket: string, error: unknown): Promise<void> {
  const code = error instanceof HadronError ? error.code : Code.INTERNAL;
  const failure = new HadronError(code, `the shim daemon cannot start: ${messageOf(error)}`, { cause: error });
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, PATIENCE_MS);
  const refuse = async (): Promise<never> => {
    throw failure;
  };
  const handlers: ServiceHandlers<typeof TaskV2.table> = {
    create: refuse,
    start: refuse,
    delete: refuse,
    exec: refuse,
    state: refuse,
    wait: refuse,
    kill: refuse,
    pids: refuse,
    pause: refuse,
    resume: refuse,
    checkpoint: refuse,
    resizePty: refuse,
    closeIO: refuse,
    update: refuse,
    stats: refuse,
    connect: refuse,
    async shutdown() {
      over.resolve();
      return {};
    },
  };
  const sandbox: ServiceHandlers<typeof SandboxV1.table> = {
    createSandbox: refuse,
    startSandbox: refuse,
    platform: refuse,
    stopSandbox: refuse,
    waitSandbox: refuse,
    sandboxStatus: refuse,
    pingSandbox: refuse,
    sandboxMetrics: refuse,
    updateSandbox: refuse,
    async shutdownSandbox() {
      over.resolve();
      return {};
    },
  };
  const server = new Server();
  server.addService(TaskV2, handlers).addService(TaskV3, handlers).addService(SandboxV1, sandbox);
  await server.listen(listener);
  await over.promise;
  clearTimeout(timer);
  await server.shutdown(AbortSignal.timeout(ANSWER_MS));
  // A new `start` of this pod is to make a daemon of its own, which may fare better.
  await unlink(socket).catch(() => undefined);
}
