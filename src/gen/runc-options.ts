// Written by tools/proto.ts from proto/containerd/runc-options.proto. Not to be edited.

import { Message } from "./codec.ts";

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

export const Options = new Message<Options>("containerd.runc.v1.Options", () => ({
  noPivotRoot: [1, "bool"],
  noNewKeyring: [2, "bool"],
  shimCgroup: [3, "string"],
  ioUid: [4, "uint32"],
  ioGid: [5, "uint32"],
  binaryName: [6, "string"],
  root: [7, "string"],
  criuPath: [8, "string"],
  systemdCgroup: [9, "bool"],
  criuImagePath: [10, "string"],
  criuWorkPath: [11, "string"],
  taskApiAddress: [12, "string"],
  taskApiVersion: [13, "uint32"],
}));

/** containerd.runc.v1.ProcessDetails */
export interface ProcessDetails {
  readonly execId: string;
}

export const ProcessDetails = new Message<ProcessDetails>("containerd.runc.v1.ProcessDetails", () => ({
  execId: [1, "string"],
}));
