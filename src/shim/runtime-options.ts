/** The options that containerd sends along with Create: which configuration they name, and which are refused. */

import type { ConfigSource } from "../config/config.ts";
import { Code, HadronError } from "../errors.ts";
import type { Any } from "../gen/protobuf.ts";
import { Options as RuncOptions } from "../gen/runc-options.ts";
import { Options as RuntimeOptions } from "../gen/runtime-options.ts";
import { unsupported } from "../sandbox/refusal.ts";

/** runc's options that ask for something which would silently not happen. */
const REFUSED: Readonly<Partial<Record<keyof RuncOptions, string>>> = {
  binaryName: "binary_name names another OCI runtime, and Hadron runs none on the host",
};

/**
 * Those that mean nothing here, with the reason. `shim_cgroup` is carried out by the launcher
 * (native/launcher/src/cgroup.rs). `task_api_address` and `task_api_version` are containerd's word to itself about where a
 * sandbox's containers are to be created, and it has come to us by them.
 */
const MEANINGLESS: Readonly<Partial<Record<keyof RuncOptions, string>>> = {
  noPivotRoot: "no_pivot_root: how a container's root is entered is the guest's own business",
  noNewKeyring: "no_new_keyring: the keys that it shares are the host's; in the guest each container has a session keyring of its own",
  root: "root: the guest keeps its state in its own memory",
  systemdCgroup: "systemd_cgroup: there is no systemd in the guest, which manages its cgroups itself",
  criuPath: "criu_path: there are no checkpoints",
  criuImagePath: "criu_image_path: there are no checkpoints",
  criuWorkPath: "criu_work_path: there are no checkpoints",
};

const ROOT = { uid: 0, gid: 0 };

export interface RuntimeOptionsRead {
  readonly configuration: ConfigSource;
  /** `io_uid` and `io_gid`: who owns the pipes that are the streams of the container's processes. */
  readonly pipeOwner: { readonly uid: number; readonly gid: number };
  /** A clause for the log about each option that was given and ignored. */
  readonly ignored: readonly string[];
}

/**
 * @param options the `options` of a CreateTaskRequest: `runtimeoptions.v1.Options` or `containerd.runc.v1.Options`
 * @throws HadronError INVALID_ARGUMENT for another type, FAILED_PRECONDITION for an option of runc's that we lack
 */
export function readRuntimeOptions(options: Any | undefined): RuntimeOptionsRead {
  if (options === undefined || options.typeUrl === "") {
    return { configuration: {}, pipeOwner: ROOT, ignored: [] };
  }
  // Clients other than containerd's may write "type.googleapis.com/" in front of it.
  const type = options.typeUrl.slice(options.typeUrl.lastIndexOf("/") + 1);
  if (type === RuntimeOptions.typeName) {
    const { configPath, configBody } = RuntimeOptions.decode(options.value);
    const configuration = { ...(configPath === "" ? {} : { path: configPath }), ...(configBody.length === 0 ? {} : { body: configBody }) };
    return { configuration, pipeOwner: ROOT, ignored: [] };
  }
  if (type === RuncOptions.typeName) {
    const runc = RuncOptions.decode(options.value);
    return { configuration: {}, pipeOwner: { uid: runc.ioUid, gid: runc.ioGid }, ignored: ignoredRuncOptions(runc) };
  }
  const message = `the runtime's options are a ${options.typeUrl}; Hadron takes ${RuntimeOptions.typeName} and ${RuncOptions.typeName}`;
  throw new HadronError(Code.INVALID_ARGUMENT, message);
}

function ignoredRuncOptions(options: RuncOptions): string[] {
  const given = (table: Readonly<Partial<Record<keyof RuncOptions, string>>>): string[] =>
    Object.entries(table)
      .filter(([name]) => ![false, 0, ""].includes(options[name as keyof RuncOptions]))
      .map(([, why]) => why);
  for (const why of given(REFUSED)) {
    throw unsupported(`the runtime's options: ${why}; leave it out`);
  }
  return given(MEANINGLESS);
}
