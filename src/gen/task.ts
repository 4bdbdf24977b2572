// Written by tools/proto.ts from proto/containerd/task.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Any, Empty, Timestamp } from "./protobuf.ts";
import { load } from "./static/task.ts";
import { ProcessInfo } from "./task-types.ts";
import { Mount } from "./types.ts";

/** containerd.task.v2.CreateTaskRequest */
export interface CreateTaskRequest {
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: readonly Mount[];
  readonly terminal: boolean;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly checkpoint: string;
  readonly parentCheckpoint: string;
  readonly options?: Any;
}

export const CreateTaskRequest = new Message<CreateTaskRequest>("containerd.task.v2.CreateTaskRequest", load, () => ({
  id: ["string"],
  bundle: ["string"],
  rootfs: [Mount, "repeated"],
  terminal: ["bool"],
  stdin: ["string"],
  stdout: ["string"],
  stderr: ["string"],
  checkpoint: ["string"],
  parentCheckpoint: ["string"],
  options: [Any],
}));

/** containerd.task.v2.CreateTaskResponse */
export interface CreateTaskResponse {
  readonly pid: number;
}

export const CreateTaskResponse = new Message<CreateTaskResponse>("containerd.task.v2.CreateTaskResponse", load, () => ({
  pid: ["uint32"],
}));

/** containerd.task.v2.StartRequest */
export interface StartRequest {
  readonly id: string;
  readonly execId: string;
}

export const StartRequest = new Message<StartRequest>("containerd.task.v2.StartRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
}));

/** containerd.task.v2.StartResponse */
export interface StartResponse {
  readonly pid: number;
}

export const StartResponse = new Message<StartResponse>("containerd.task.v2.StartResponse", load, () => ({
  pid: ["uint32"],
}));

/** containerd.task.v2.DeleteRequest */
export interface DeleteRequest {
  readonly id: string;
  readonly execId: string;
}

export const DeleteRequest = new Message<DeleteRequest>("containerd.task.v2.DeleteRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
}));

/** containerd.task.v2.DeleteResponse */
export interface DeleteResponse {
  readonly pid: number;
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
}

export const DeleteResponse = new Message<DeleteResponse>("containerd.task.v2.DeleteResponse", load, () => ({
  pid: ["uint32"],
  exitStatus: ["uint32"],
  exitedAt: [Timestamp],
}));

/** containerd.task.v2.ExecProcessRequest */
export interface ExecProcessRequest {
  readonly id: string;
  readonly execId: string;
  readonly terminal: boolean;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly spec?: Any;
}

export const ExecProcessRequest = new Message<ExecProcessRequest>("containerd.task.v2.ExecProcessRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
  terminal: ["bool"],
  stdin: ["string"],
  stdout: ["string"],
  stderr: ["string"],
  spec: [Any],
}));

/** containerd.task.v2.ResizePtyRequest */
export interface ResizePtyRequest {
  readonly id: string;
  readonly execId: string;
  readonly width: number;
  readonly height: number;
}

export const ResizePtyRequest = new Message<ResizePtyRequest>("containerd.task.v2.ResizePtyRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
  width: ["uint32"],
  height: ["uint32"],
}));

/** containerd.task.v2.StateRequest */
export interface StateRequest {
  readonly id: string;
  readonly execId: string;
}

export const StateRequest = new Message<StateRequest>("containerd.task.v2.StateRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
}));

/** containerd.task.v2.StateResponse */
export interface StateResponse {
  readonly id: string;
  readonly bundle: string;
  readonly pid: number;
  readonly status: number;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
  readonly execId: string;
}

export const StateResponse = new Message<StateResponse>("containerd.task.v2.StateResponse", load, () => ({
  id: ["string"],
  bundle: ["string"],
  pid: ["uint32"],
  status: ["enum"],
  stdin: ["string"],
  stdout: ["string"],
  stderr: ["string"],
  terminal: ["bool"],
  exitStatus: ["uint32"],
  exitedAt: [Timestamp],
  execId: ["string"],
}));

/** containerd.task.v2.KillRequest */
export interface KillRequest {
  readonly id: string;
  readonly execId: string;
  readonly signal: number;
  readonly all: boolean;
}

export const KillRequest = new Message<KillRequest>("containerd.task.v2.KillRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
  signal: ["uint32"],
  all: ["bool"],
}));

/** containerd.task.v2.CloseIORequest */
export interface CloseIORequest {
  readonly id: string;
  readonly execId: string;
  readonly stdin: boolean;
}

export const CloseIORequest = new Message<CloseIORequest>("containerd.task.v2.CloseIORequest", load, () => ({
  id: ["string"],
  execId: ["string"],
  stdin: ["bool"],
}));

/** containerd.task.v2.PidsRequest */
export interface PidsRequest {
  readonly id: string;
}

export const PidsRequest = new Message<PidsRequest>("containerd.task.v2.PidsRequest", load, () => ({
  id: ["string"],
}));

/** containerd.task.v2.PidsResponse */
export interface PidsResponse {
  readonly processes: readonly ProcessInfo[];
}

export const PidsResponse = new Message<PidsResponse>("containerd.task.v2.PidsResponse", load, () => ({
  processes: [ProcessInfo, "repeated"],
}));

/** containerd.task.v2.CheckpointTaskRequest */
export interface CheckpointTaskRequest {
  readonly id: string;
  readonly path: string;
  readonly options?: Any;
}

export const CheckpointTaskRequest = new Message<CheckpointTaskRequest>("containerd.task.v2.CheckpointTaskRequest", load, () => ({
  id: ["string"],
  path: ["string"],
  options: [Any],
}));

/** containerd.task.v2.UpdateTaskRequest */
export interface UpdateTaskRequest {
  readonly id: string;
  readonly resources?: Any;
  readonly annotations: ReadonlyMap<string, string>;
}

export const UpdateTaskRequest = new Message<UpdateTaskRequest>("containerd.task.v2.UpdateTaskRequest", load, () => ({
  id: ["string"],
  resources: [Any],
  annotations: ["string", "map"],
}));

/** containerd.task.v2.WaitRequest */
export interface WaitRequest {
  readonly id: string;
  readonly execId: string;
}

export const WaitRequest = new Message<WaitRequest>("containerd.task.v2.WaitRequest", load, () => ({
  id: ["string"],
  execId: ["string"],
}));

/** containerd.task.v2.WaitResponse */
export interface WaitResponse {
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
}

export const WaitResponse = new Message<WaitResponse>("containerd.task.v2.WaitResponse", load, () => ({
  exitStatus: ["uint32"],
  exitedAt: [Timestamp],
}));

/** containerd.task.v2.StatsRequest */
export interface StatsRequest {
  readonly id: string;
}

export const StatsRequest = new Message<StatsRequest>("containerd.task.v2.StatsRequest", load, () => ({
  id: ["string"],
}));

/** containerd.task.v2.StatsResponse */
export interface StatsResponse {
  readonly stats?: Any;
}

export const StatsResponse = new Message<StatsResponse>("containerd.task.v2.StatsResponse", load, () => ({
  stats: [Any],
}));

/** containerd.task.v2.ConnectRequest */
export interface ConnectRequest {
  readonly id: string;
}

export const ConnectRequest = new Message<ConnectRequest>("containerd.task.v2.ConnectRequest", load, () => ({
  id: ["string"],
}));

/** containerd.task.v2.ConnectResponse */
export interface ConnectResponse {
  readonly shimPid: number;
  readonly taskPid: number;
  readonly version: string;
}

export const ConnectResponse = new Message<ConnectResponse>("containerd.task.v2.ConnectResponse", load, () => ({
  shimPid: ["uint32"],
  taskPid: ["uint32"],
  version: ["string"],
}));

/** containerd.task.v2.ShutdownRequest */
export interface ShutdownRequest {
  readonly id: string;
  readonly now: boolean;
}

export const ShutdownRequest = new Message<ShutdownRequest>("containerd.task.v2.ShutdownRequest", load, () => ({
  id: ["string"],
  now: ["bool"],
}));

/** containerd.task.v2.PauseRequest */
export interface PauseRequest {
  readonly id: string;
}

export const PauseRequest = new Message<PauseRequest>("containerd.task.v2.PauseRequest", load, () => ({
  id: ["string"],
}));

/** containerd.task.v2.ResumeRequest */
export interface ResumeRequest {
  readonly id: string;
}

export const ResumeRequest = new Message<ResumeRequest>("containerd.task.v2.ResumeRequest", load, () => ({
  id: ["string"],
}));

/** The methods of containerd.task.v2.Task. */
export const TaskMethods = {
  state: { request: StateRequest, response: StateResponse },
  create: { request: CreateTaskRequest, response: CreateTaskResponse },
  start: { request: StartRequest, response: StartResponse },
  delete: { request: DeleteRequest, response: DeleteResponse },
  pids: { request: PidsRequest, response: PidsResponse },
  pause: { request: PauseRequest, response: Empty },
  resume: { request: ResumeRequest, response: Empty },
  checkpoint: { request: CheckpointTaskRequest, response: Empty },
  kill: { request: KillRequest, response: Empty },
  exec: { request: ExecProcessRequest, response: Empty },
  resizePty: { request: ResizePtyRequest, response: Empty },
  closeIO: { request: CloseIORequest, response: Empty },
  update: { request: UpdateTaskRequest, response: Empty },
  wait: { request: WaitRequest, response: WaitResponse },
  stats: { request: StatsRequest, response: StatsResponse },
  connect: { request: ConnectRequest, response: ConnectResponse },
  shutdown: { request: ShutdownRequest, response: Empty },
} as const;
