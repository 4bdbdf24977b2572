/** containerd's Sandbox service: its methods in terms of the sandbox. containerd 2.x calls it where a runtime has `sandboxer = "shim"`. */

import type { ServiceHandlers } from "ttrpc-ts";

import { Code, HadronError } from "../errors.ts";
import { Metrics } from "../gen/metrics.ts";
import { packAny, timestampOf } from "../protobuf/well-known.ts";
import type { PodState, PodStatus } from "../sandbox/pod-lifecycle.ts";
import type { Exit } from "../sandbox/process.ts";
import type { Warn } from "../sandbox/refusal.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { nowNs, untilAborted } from "../time.ts";
import { metricsOfPod } from "./metrics.ts";
import { podRequestOf } from "./pod-sandbox-config.ts";
import type { RuntimeOptionsRead } from "./runtime-options.ts";
import type { SandboxV1 } from "./services.ts";

export interface SandboxServiceOptions {
  readonly sandbox: Pick<Sandbox, "id" | "createPod" | "startPod" | "stopPod" | "podStatus" | "podExited" | "podUsage">;
  /** What containerd said at the shim's start of the configuration that the pod is to run with. */
  readonly readOptions: () => Pick<RuntimeOptionsRead, "configuration">;
  readonly warn: Warn;
  /** Nothing is left to serve. */
  readonly shutdown: () => void;
  /** The pod came. */
  readonly populationChanged: () => void;
}

/** Go's names of what Node runs on. */
const ARCHITECTURES: Readonly<Partial<Record<NodeJS.Architecture, string>>> = { x64: "amd64", arm64: "arm64" };
/** Those of containerd's tasks, which its own sandboxes are. */
const PROCESS_STATUS: Readonly<Record<PodState, string>> = { created: "created", starting: "created", ready: "running", stopped: "stopped" };

export function createSandboxService({
  sandbox,
  readOptions,
  warn,
  shutdown,
  populationChanged,
}: SandboxServiceOptions): ServiceHandlers<typeof SandboxV1.table> {
  const requireOurs = (id: string): void => {
    if (id !== sandbox.id) {
      throw new HadronError(Code.NOT_FOUND, `there is no sandbox ${id} here; this shim serves ${sandbox.id}`);
    }
  };

  return {
    async createSandbox(request) {
      if (request.sandboxId !== sandbox.id) {
        throw new HadronError(Code.INVALID_ARGUMENT, `this shim was started for sandbox ${sandbox.id}, not for ${request.sandboxId}`);
      }
      const { spec, files } = podRequestOf(request, readOptions().configuration, warn);
      await sandbox.createPod(spec, files);
      populationChanged();
      return {};
    },

    async startSandbox({ sandboxId }, { signal }) {
      requireOurs(sandboxId);
      const { pid, createdAtNs } = await sandbox.startPod(signal);
      return { pid, createdAt: timestampOf(createdAtNs) };
    },

    async platform({ sandboxId }) {
      requireOurs(sandboxId);
      return { platform: { os: "linux", architecture: ARCHITECTURES[process.arch] ?? process.arch } };
    },

    async stopSandbox({ sandboxId }) {
      requireOurs(sandboxId);
      await sandbox.stopPod();
      return {};
    },

    async waitSandbox({ sandboxId }, { signal }) {
      requireOurs(sandboxId);
      const exit = await untilAborted(sandbox.podExited, signal);
      return { exitStatus: exit.status, exitedAt: timestampOf(exit.atNs) };
    },

    async sandboxStatus({ sandboxId, verbose }) {
      requireOurs(sandboxId);
      const status = sandbox.podStatus;
      return {
        sandboxId,
        pid: status.pid,
        state: status.state === "ready" ? "SANDBOX_READY" : "SANDBOX_NOTREADY",
        ...(status.createdAtNs > 0n && { createdAt: timestampOf(status.createdAtNs) }),
        ...exitField(status.exit),
        ...(verbose && { info: new Map([["info", infoOf(status)]]) }),
      };
    },

    async pingSandbox({ sandboxId }) {
      requireOurs(sandboxId);
      const { state } = sandbox.podStatus;
      if (state === "stopped") {
        throw new HadronError(Code.UNAVAILABLE, `sandbox ${sandboxId} is stopped`);
      }
      return {};
    },

    /** Whatever is left in it, and also when it could not be created. */
    async shutdownSandbox({ sandboxId }) {
      requireOurs(sandboxId);
      shutdown();
      return {};
    },

    async sandboxMetrics({ sandboxId }) {
      requireOurs(sandboxId);
      const usage = await sandbox.podUsage();
      return { metrics: { timestamp: timestampOf(nowNs()), id: sandboxId, data: packAny(Metrics, metricsOfPod(usage)) } };
    },

    /** containerd takes this for a shim that does without, and goes on. */
    async updateSandbox({ sandboxId }) {
      requireOurs(sandboxId);
      throw new HadronError(Code.UNIMPLEMENTED, "a sandbox cannot be updated: its VM keeps the size that it was started with; its containers can be");
    },
  };
}

function exitField(exit: Exit | undefined) {
  return exit === undefined ? {} : { exitedAt: timestampOf(exit.atNs) };
}

/** containerd 2.4 reads it as its own SandboxInfo, and adds to it. */
function infoOf({ pid, state }: PodStatus): string {
  return JSON.stringify({ pid, processStatus: PROCESS_STATUS[state] });
}
