// Written by tools/proto.ts from proto/containerd/task.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Any, Empty, Timestamp } from "./protobuf.ts";
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

export const CreateTaskRequest = new Message<CreateTaskRequest>("containerd.task.v2.CreateTaskRequest", () => ({
  id: [1, "string"],
  bundle: [2, "string"],
  rootfs: [3, Mount, "repeated"],
  terminal: [4, "bool"],
  stdin: [5, "string"],
  stdout: [6, "string"],
  stderr: [7, "string"],
  checkpoint: [8, "string"],
  parentCheckpoint: [9, "string"],
  options: [10, Any],
}));

/** containerd.task.v2.CreateTaskResponse */
export interface CreateTaskResponse {
  readonly pid: number;
}

export const CreateTaskResponse = new Message<CreateTaskResponse>("containerd.task.v2.CreateTaskResponse", () => ({
  pid: [1, "uint32"],
}));

/** containerd.task.v2.StartRequest */
export interface StartRequest {
  readonly id: string;
  readonly execId: string;
}

export const StartRequest = new Message<StartRequest>("containerd.task.v2.StartRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
}));

/** containerd.task.v2.StartResponse */
export interface StartResponse {
  readonly pid: number;
}

export const StartResponse = new Message<StartResponse>("containerd.task.v2.StartResponse", () => ({
  pid: [1, "uint32"],
}));

/** containerd.task.v2.DeleteRequest */
export interface DeleteRequest {
  readonly id: string;
  readonly execId: string;
}

export const DeleteRequest = new Message<DeleteRequest>("containerd.task.v2.DeleteRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
}));

/** containerd.task.v2.DeleteResponse */
export interface DeleteResponse {
  readonly pid: number;
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
}

export const DeleteResponse = new Message<DeleteResponse>("containerd.task.v2.DeleteResponse", () => ({
  pid: [1, "uint32"],
  exitStatus: [2, "uint32"],
  exitedAt: [3, Timestamp],
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

export const ExecProcessRequest = new Message<ExecProcessRequest>("containerd.task.v2.ExecProcessRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
  terminal: [3, "bool"],
  stdin: [4, "string"],
  stdout: [5, "string"],
  stderr: [6, "string"],
  spec: [7, Any],
}));

/** containerd.task.v2.ResizePtyRequest */
export interface ResizePtyRequest {
  readonly id: string;
  readonly execId: string;
  readonly width: number;
  readonly height: number;
}

export const ResizePtyRequest = new Message<ResizePtyRequest>("containerd.task.v2.ResizePtyRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
  width: [3, "uint32"],
  height: [4, "uint32"],
}));

/** containerd.task.v2.StateRequest */
export interface StateRequest {
  readonly id: string;
  readonly execId: string;
}

export const StateRequest = new Message<StateRequest>("containerd.task.v2.StateRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
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

export const StateResponse = new Message<StateResponse>("containerd.task.v2.StateResponse", () => ({
  id: [1, "string"],
  bundle: [2, "string"],
  pid: [3, "uint32"],
  status: [4, "enum"],
  stdin: [5, "string"],
  stdout: [6, "string"],
  stderr: [7, "string"],
  terminal: [8, "bool"],
  exitStatus: [9, "uint32"],
  exitedAt: [10, Timestamp],
  execId: [11, "string"],
}));

/** containerd.task.v2.KillRequest */
export interface KillRequest {
  readonly id: string;
  readonly execId: string;
  readonly signal: number;
  readonly all: boolean;
}

export const KillRequest = new Message<KillRequest>("containerd.task.v2.KillRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
  signal: [3, "uint32"],
  all: [4, "bool"],
}));

/** containerd.task.v2.CloseIORequest */
export interface CloseIORequest {
  readonly id: string;
  readonly execId: string;
  readonly stdin: boolean;
}

export const CloseIORequest = new Message<CloseIORequest>("containerd.task.v2.CloseIORequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
  stdin: [3, "bool"],
}));

/** containerd.task.v2.PidsRequest */
export interface PidsRequest {
  readonly id: string;
}

export const PidsRequest = new Message<PidsRequest>("containerd.task.v2.PidsRequest", () => ({
  id: [1, "string"],
}));

/** containerd.task.v2.PidsResponse */
export interface PidsResponse {
  readonly processes: readonly ProcessInfo[];
}

export const PidsResponse = new Message<PidsResponse>("containerd.task.v2.PidsResponse", () => ({
  processes: [1, ProcessInfo, "repeated"],
}));

/** containerd.task.v2.CheckpointTaskRequest */
export interface CheckpointTaskRequest {
  readonly id: string;
  readonly path: string;
  readonly options?: Any;
}

export const CheckpointTaskRequest = new Message<CheckpointTaskRequest>("containerd.task.v2.CheckpointTaskRequest", () => ({
  id: [1, "string"],
  path: [2, "string"],
  options: [3, Any],
}));

/** containerd.task.v2.UpdateTaskRequest */
export interface UpdateTaskRequest {
  readonly id: string;
  readonly resources?: Any;
  readonly annotations: ReadonlyMap<string, string>;
}

export const UpdateTaskRequest = new Message<UpdateTaskRequest>("containerd.task.v2.UpdateTaskRequest", () => ({
  id: [1, "string"],
  resources: [2, Any],
  annotations: [3, "string", "map"],
}));

/** containerd.task.v2.WaitRequest */
export interface WaitRequest {
  readonly id: string;
  readonly execId: string;
}

export const WaitRequest = new Message<WaitRequest>("containerd.task.v2.WaitRequest", () => ({
  id: [1, "string"],
  execId: [2, "string"],
}));

/** containerd.task.v2.WaitResponse */
export interface WaitResponse {
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
}

export const WaitResponse = new Message<WaitResponse>("containerd.task.v2.WaitResponse", () => ({
  exitStatus: [1, "uint32"],
  exitedAt: [2, Timestamp],
}));

/** containerd.task.v2.StatsRequest */
export interface StatsRequest {
  readonly id: string;
}

export const StatsRequest = new Message<StatsRequest>("containerd.task.v2.StatsRequest", () => ({
  id: [1, "string"],
}));

/** containerd.task.v2.StatsResponse */
export interface StatsResponse {
  readonly stats?: Any;
}

export const StatsResponse = new Message<StatsResponse>("containerd.task.v2.StatsResponse", () => ({
  stats: [1, Any],
}));

/** containerd.task.v2.ConnectRequest */
export interface ConnectRequest {
  readonly id: string;
}

export const ConnectRequest = new Message<ConnectRequest>("containerd.task.v2.ConnectRequest", () => ({
  id: [1, "string"],
}));

/** containerd.task.v2.ConnectResponse */
export interface ConnectResponse {
  readonly shimPid: number;
  readonly taskPid: number;
  readonly version: string;
}

export const ConnectResponse = new Message<ConnectResponse>("containerd.task.v2.ConnectResponse", () => ({
  shimPid: [1, "uint32"],
  taskPid: [2, "uint32"],
  version: [3, "string"],
}));

/** containerd.task.v2.ShutdownRequest */
export interface ShutdownRequest {
  readonly id: string;
  readonly now: boolean;
}

export const ShutdownRequest = new Message<ShutdownRequest>("containerd.task.v2.ShutdownRequest", () => ({
  id: [1, "string"],
  now: [2, "bool"],
}));

/** containerd.task.v2.PauseRequest */
export interface PauseRequest {
  readonly id: string;
}

export const PauseRequest = new Message<PauseRequest>("containerd.task.v2.PauseRequest", () => ({
  id: [1, "string"],
}));

/** containerd.task.v2.ResumeRequest */
export interface ResumeRequest {
  readonly id: string;
}

export const ResumeRequest = new Message<ResumeRequest>("containerd.task.v2.ResumeRequest", () => ({
  id: [1, "string"],
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
