/** The daemon's command line, as the launcher (native/launcher) writes it. */

import { parseArgs } from "node:util";

export interface DaemonArguments {
  /** containerd's namespace. */
  readonly namespace: string;
  /** The pod's grouping id. */
  readonly id: string;
  /** Path of the unix socket that fd 0 listens on. */
  readonly socket: string;
  /** The pod's directory on the host; the daemon makes it. */
  readonly state: string;
  /** containerd was started with debug logging. */
  readonly debug: boolean;
  /** The launcher puts it into a cgroup by name (`shim_cgroup`). */
  readonly staysInCgroup: boolean;
  /** A google.protobuf.Any: what a pod of the Sandbox service is to run with. containerd says it at the start only. */
  readonly options: Uint8Array;
}

export function parseDaemonArguments(args: readonly string[]): DaemonArguments {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      namespace: { type: "string" },
      id: { type: "string" },
      socket: { type: "string" },
      state: { type: "string" },
      debug: { type: "boolean", default: false },
      "stays-in-cgroup": { type: "boolean", default: false },
      options: { type: "string", default: "" },
    },
  });
  return {
    namespace: required(values.namespace, "namespace"),
    id: required(values.id, "id"),
    socket: required(values.socket, "socket"),
    state: required(values.state, "state"),
    debug: values.debug,
    staysInCgroup: values["stays-in-cgroup"],
    options: Buffer.from(values.options, "hex"),
  };
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") {
    throw new Error(`the shim daemon is started by containerd-shim-hadron-v2, not by hand: --${name} is missing`);
  }
  return value;
}
