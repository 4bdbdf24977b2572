/**
 * containerd's Task service (v2 and v3, which are the same but for the name): its 17 methods in terms of the
 * sandbox, and the events that belong to each. Messages of containerd are known here and in `events` only.
 */

import type { ServiceHandlers } from "ttrpc-ts";

import { Code, HadronError } from "../errors.ts";
import { Metrics } from "../gen/metrics.ts";
import type { Any } from "../gen/protobuf.ts";
import { ProcessDetails } from "../gen/runc-options.ts";
import { TaskCreate, TaskDelete, TaskExecAdded, TaskExecStarted, TaskExit, TaskOOM, TaskPaused, TaskResumed, TaskStart } from "../gen/task-events.ts";
import type { ProcessInfo } from "../gen/task-types.ts";
import type { Init } from "../protobuf/message.ts";
import { packAny, timestampOf } from "../protobuf/well-known.ts";
import type { Container, ContainerStatus, SandboxObserver } from "../sandbox/container.ts";
import type { Exit, Process } from "../sandbox/process.ts";
import { unsupported } from "../sandbox/refusal.ts";
import type { CreateContainer, Sandbox } from "../sandbox/sandbox.ts";
import { untilAborted } from "../time.ts";
import { decodeProcess, decodeResources, readSpec } from "./bundle.ts";
import type { EventPublisher } from "./events.ts";
import { metricsOf } from "./metrics.ts";
import type { RuntimeOptionsRead } from "./runtime-options.ts";
import type { TaskV2 } from "./services.ts";

/** containerd.v1.types.Status. */
const TASK_STATUS: Readonly<Record<ContainerStatus, number>> = { created: 1, running: 2, stopped: 3, paused: 4, pausing: 5 };

/** What is asked of a Container. */
export type TaskContainer = Pick<
  Container,
  | "bundle"
  | "status"
  | "init"
  | "process"
  | "wait"
  | "start"
  | "addExec"
  | "deleteExec"
  | "kill"
  | "resize"
  | "closeStdin"
  | "pause"
  | "resume"
  | "processes"
  | "stats"
  | "update"
>;

/** What is asked of a Sandbox. */
export interface TaskSandbox extends Pick<Sandbox, "empty" | "delete"> {
  create(request: CreateContainer, signal: AbortSignal): Promise<TaskContainer>;
  container(id: string): TaskContainer;
  find(id: string): TaskContainer | undefined;
}

/** Where events go: an EventPublisher. */
export type EventSink = Pick<EventPublisher, "publish">;

export interface TaskServiceOptions {
  readonly sandbox: TaskSandbox;
  readonly events: EventSink;
  /** What a Create request's options say: which configuration, and who owns its streams. */
  readonly readOptions: (options: Any | undefined) => Pick<RuntimeOptionsRead, "configuration" | "pipeOwner">;
  /** Nothing is left to serve. */
  readonly shutdown: () => void;
  /** A container came or went. */
  readonly populationChanged: () => void;
}

export function createTaskService(options: TaskServiceOptions): ServiceHandlers<typeof TaskV2.table> {
  const { sandbox, events } = options;

  return {
    async create(request, { signal }) {
      if (request.checkpoint !== "") {
        throw unsupported("restoring a container from a checkpoint is not supported");
      }
      const { configuration, pipeOwner } = options.readOptions(request.options);
      const spec = await readSpec(request.bundle);
      const stdio = { stdin: request.stdin, stdout: request.stdout, stderr: request.stderr, terminal: request.terminal };
      let container: TaskContainer;
      try {
        const { id, bundle, rootfs } = request;
        container = await sandbox.create({ id, bundle, spec, configuration, rootfs, stdio, pipeOwner }, signal);
      } finally {
        options.populationChanged();
      }
      const { pid } = container.init;
      events.publish("/tasks/create", TaskCreate, {
        containerId: request.id,
        bundle: request.bundle,
        rootfs: request.rootfs,
        io: stdio,
        checkpoint: request.checkpoint,
        pid,
      });
      return { pid };
    },

    async start(request) {
      const container = sandbox.container(request.id);
      const process = await container.start(request.execId);
      return { pid: process.pid };
    },

    async delete(request) {
      const container = sandbox.container(request.id);
      if (request.execId !== "") {
        const process = await container.deleteExec(request.execId);
        return { pid: process.pid, ...exitFields(process.exit) };
      }
      const { pid } = container.init;
      const exit = await sandbox.delete(request.id);
      events.publish("/tasks/delete", TaskDelete, { containerId: request.id, pid, ...exitFields(exit) });
      options.populationChanged();
      return { pid, ...exitFields(exit) };
    },

    async exec(request) {
      const container = sandbox.container(request.id);
      if (request.execId === "") {
        throw new HadronError(Code.INVALID_ARGUMENT, "the exec_id of an additional process must not be empty");
      }
      container.addExec(request.execId, decodeProcess(request.spec), {
        stdin: request.stdin,
        stdout: request.stdout,
        stderr: request.stderr,
        terminal: request.terminal,
      });
      events.publish("/tasks/exec-added", TaskExecAdded, { containerId: request.id, execId: request.execId });
      return {};
    },

    async state(request) {
      const container = sandbox.container(request.id);
      const process = container.process(request.execId);
      return {
        id: request.id,
        bundle: container.bundle,
        pid: process.pid,
        status: TASK_STATUS[request.execId === "" ? container.status : statusOf(process)],
        stdin: process.stdio.stdin,
        stdout: process.stdio.stdout,
        stderr: process.stdio.stderr,
        terminal: process.stdio.terminal,
        execId: request.execId,
        ...exitFields(process.exit),
      };
    },

    async wait(request, { signal }) {
      return exitFields(await untilAborted(sandbox.container(request.id).wait(request.execId), signal));
    },

    async kill(request) {
      await sandbox.container(request.id).kill(request.execId, request.signal, request.all);
      return {};
    },

    async pids(request) {
      const container = sandbox.container(request.id);
      const processes = await container.processes();
      return { processes: processes.map(({ pid, execId }) => processInfo(pid, execId)) };
    },

    async pause(request) {
      await sandbox.container(request.id).pause();
      events.publish("/tasks/paused", TaskPaused, { containerId: request.id });
      return {};
    },

    async resume(request) {
      await sandbox.container(request.id).resume();
      events.publish("/tasks/resumed", TaskResumed, { containerId: request.id });
      return {};
    },

    async checkpoint() {
      throw new HadronError(Code.UNIMPLEMENTED, "checkpoints are not supported: a container's memory lives in the VM of its pod");
    },

    async resizePty(request) {
      await sandbox.container(request.id).resize(request.execId, { width: request.width, height: request.height });
      return {};
    },

    async closeIO(request) {
      if (request.stdin) {
        await sandbox.container(request.id).closeStdin(request.execId);
      }
      return {};
    },

    async update(request) {
      await sandbox.container(request.id).update(decodeResources(request.resources));
      return {};
    },

    async stats(request) {
      return { stats: packAny(Metrics, metricsOf(await sandbox.container(request.id).stats())) };
    },

    async connect(request) {
      // An unknown id is no error: containerd asks this first after its restart.
      return { shimPid: process.pid, taskPid: sandbox.find(request.id)?.init.pid ?? 0 };
    },

    async shutdown() {
      if (sandbox.empty) {
        options.shutdown();
      }
      return {};
    },
  };
}

/** The events of what happens by itself. */
export function createObserver(events: EventSink): SandboxObserver {
  return {
    started(process) {
      const { containerId, execId, pid } = process;
      if (execId === "") {
        events.publish("/tasks/start", TaskStart, { containerId, pid });
      } else {
        events.publish("/tasks/exec-started", TaskExecStarted, { containerId, execId, pid });
      }
    },
    exited(process, exit) {
      const { containerId, execId, pid } = process;
      // The id of the init process is the container's own.
      const id = execId === "" ? containerId : execId;
      events.publish("/tasks/exit", TaskExit, { containerId, id, pid, ...exitFields(exit) });
    },
    oom(containerId) {
      events.publish("/tasks/oom", TaskOOM, { containerId });
    },
  };
}

function statusOf(process: Process): ContainerStatus {
  return process.state === "starting" ? "created" : process.state;
}

function exitFields(exit: Exit | undefined) {
  return exit === undefined ? {} : { exitStatus: exit.status, exitedAt: timestampOf(exit.atNs) };
}

function processInfo(pid: number, execId: string): Init<ProcessInfo> {
  return execId === "" ? { pid } : { pid, info: packAny(ProcessDetails, { execId }) };
}
