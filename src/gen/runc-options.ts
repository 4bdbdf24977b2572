// Written by tools/proto.ts from proto/containerd/runc-options.proto. Not to be edited.

import { Message } from "./codec.ts";
import { load } from "./static/runc-options.ts";

/** containerd.runc.v1.Options */
export interface Options {
  readonly noPivotRoot: boolean;
  readonly noNewKeyring: boolean;
  readonly shimCgroup: string;
  readonly ioUid: number;
  readonly ioGid: number;
  readonly binaryName: string;
  readonly root: string;
  readonly criuPath: string;
  readonly systemdCgroup: boolean;
  readonly criuImagePath: string;
  readonly criuWorkPath: string;
  readonly taskApiAddress: string;
  readonly taskApiVersion: number;
}

export const Options = new Message<Options>("containerd.runc.v1.Options", load, () => ({
  noPivotRoot: ["bool"],
  noNewKeyring: ["bool"],
  shimCgroup: ["string"],
  ioUid: ["uint32"],
  ioGid: ["uint32"],
  binaryName: ["string"],
  root: ["string"],
  criuPath: ["string"],
  systemdCgroup: ["bool"],
  criuImagePath: ["string"],
  criuWorkPath: ["string"],
  taskApiAddress: ["string"],
  taskApiVersion: ["uint32"],
}));

/** containerd.runc.v1.ProcessDetails */
export interface ProcessDetails {
  readonly execId: string;
}

export const ProcessDetails = new Message<ProcessDetails>("containerd.runc.v1.ProcessDetails", load, () => ({
  execId: ["string"],
}));
