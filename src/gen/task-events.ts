// Written by tools/proto.ts from proto/containerd/task-events.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Timestamp } from "./protobuf.ts";
import { load } from "./static/task-events.ts";
import { Mount } from "./types.ts";

/** containerd.events.TaskIO */
export interface TaskIO {
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly terminal: boolean;
}

export const TaskIO = new Message<TaskIO>("containerd.events.TaskIO", load, () => ({
  stdin: ["string"],
  stdout: ["string"],
  stderr: ["string"],
  terminal: ["bool"],
}));

/** containerd.events.TaskCreate */
export interface TaskCreate {
  readonly containerId: string;
  readonly bundle: string;
  readonly rootfs: readonly Mount[];
  readonly io?: TaskIO;
  readonly checkpoint: string;
  readonly pid: number;
}

export const TaskCreate = new Message<TaskCreate>("containerd.events.TaskCreate", load, () => ({
  containerId: ["string"],
  bundle: ["string"],
  rootfs: [Mount, "repeated"],
  io: [TaskIO],
  checkpoint: ["string"],
  pid: ["uint32"],
}));

/** containerd.events.TaskStart */
export interface TaskStart {
  readonly containerId: string;
  readonly pid: number;
}

export const TaskStart = new Message<TaskStart>("containerd.events.TaskStart", load, () => ({
  containerId: ["string"],
  pid: ["uint32"],
}));

/** containerd.events.TaskDelete */
export interface TaskDelete {
  readonly containerId: string;
  readonly pid: number;
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
  readonly id: string;
}

export const TaskDelete = new Message<TaskDelete>("containerd.events.TaskDelete", load, () => ({
  containerId: ["string"],
  pid: ["uint32"],
  exitStatus: ["uint32"],
  exitedAt: [Timestamp],
  id: ["string"],
}));

/** containerd.events.TaskExit */
export interface TaskExit {
  readonly containerId: string;
  readonly id: string;
  readonly pid: number;
  readonly exitStatus: number;
  readonly exitedAt?: Timestamp;
}

export const TaskExit = new Message<TaskExit>("containerd.events.TaskExit", load, () => ({
  containerId: ["string"],
  id: ["string"],
  pid: ["uint32"],
  exitStatus: ["uint32"],
  exitedAt: [Timestamp],
}));

/** containerd.events.TaskOOM */
export interface TaskOOM {
  readonly containerId: string;
}

export const TaskOOM = new Message<TaskOOM>("containerd.events.TaskOOM", load, () => ({
  containerId: ["string"],
}));

/** containerd.events.TaskExecAdded */
export interface TaskExecAdded {
  readonly containerId: string;
  readonly execId: string;
}

export const TaskExecAdded = new Message<TaskExecAdded>("containerd.events.TaskExecAdded", load, () => ({
  containerId: ["string"],
  execId: ["string"],
}));

/** containerd.events.TaskExecStarted */
export interface TaskExecStarted {
  readonly containerId: string;
  readonly execId: string;
  readonly pid: number;
}

export const TaskExecStarted = new Message<TaskExecStarted>("containerd.events.TaskExecStarted", load, () => ({
  containerId: ["string"],
  execId: ["string"],
  pid: ["uint32"],
}));

/** containerd.events.TaskPaused */
export interface TaskPaused {
  readonly containerId: string;
}

export const TaskPaused = new Message<TaskPaused>("containerd.events.TaskPaused", load, () => ({
  containerId: ["string"],
}));

/** containerd.events.TaskResumed */
export interface TaskResumed {
  readonly containerId: string;
}

export const TaskResumed = new Message<TaskResumed>("containerd.events.TaskResumed", load, () => ({
  containerId: ["string"],
}));

/** containerd.events.TaskCheckpointed */
export interface TaskCheckpointed {
  readonly containerId: string;
  readonly checkpoint: string;
}

export const TaskCheckpointed = new Message<TaskCheckpointed>("containerd.events.TaskCheckpointed", load, () => ({
  containerId: ["string"],
  checkpoint: ["string"],
}));
