// Written by tools/proto.ts from proto/containerd/runtime-options.proto. Not to be edited.

import { Message } from "./codec.ts";
import { load } from "./static/runtime-options.ts";

/** runtimeoptions.v1.Options */
export interface Options {
  readonly typeUrl: string;
  readonly configPath: string;
  readonly configBody: Uint8Array;
}

export const Options = new Message<Options>("runtimeoptions.v1.Options", load, () => ({
  typeUrl: ["string"],
  configPath: ["string"],
  configBody: ["bytes"],
}));
