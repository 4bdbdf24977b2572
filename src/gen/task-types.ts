// Written by tools/proto.ts from proto/containerd/task-types.proto. Not to be edited.

import { Message } from "./codec.ts";
import { Any } from "./protobuf.ts";
import { load } from "./static/task-types.ts";

/** containerd.v1.types.Status. A value that is not here can come from a newer peer. */
export const Status = {
  UNKNOWN: 0,
  CREATED: 1,
  RUNNING: 2,
  STOPPED: 3,
  PAUSED: 4,
  PAUSING: 5,
} as const;

/** containerd.v1.types.ProcessInfo */
export interface ProcessInfo {
  readonly pid: number;
  readonly info?: Any;
}

export const ProcessInfo = new Message<ProcessInfo>("containerd.v1.types.ProcessInfo", load, () => ({
  pid: ["uint32"],
  info: [Any],
}));
