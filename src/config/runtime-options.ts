/** The options that containerd sends along with Create: which configuration they name, and which are refused. */

import { Code, HadronError } from "../errors.ts";
import type { Any } from "../gen/protobuf.ts";
import { Options as RuncOptions } from "../gen/runc-options.ts";
import { Options as RuntimeOptions } from "../gen/runtime-options.ts";
import type { ConfigSource } from "./config.ts";

/**
 * runc's options that ask for something which would silently not happen. The others choose how runc goes about its
 * work on a host (no_pivot_root, no_new_keyring, root, systemd_cgroup, criu_*): the guest's own business, ignored.
 */
const REFUSED: Readonly<Partial<Record<keyof RuncOptions, string>>> = {
  binaryName: "binary_name names another OCI runtime, and Hadron runs none on the host",
  shimCgroup: "shim_cgroup is not supported",
  ioUid: "io_uid is not supported",
  ioGid: "io_gid is not supported",
  taskApiAddress: "task_api_address is not supported",
};

/**
 * @param options the `options` of a CreateTaskRequest: `runtimeoptions.v1.Options` or `containerd.runc.v1.Options`
 * @throws HadronError INVALID_ARGUMENT for another type, UNIMPLEMENTED for an option of runc's that we lack
 */
export function configSourceOf(options: Any | undefined): ConfigSource {
  if (options === undefined || options.typeUrl === "") {
    return {};
  }
  // Clients other than containerd's may write "type.googleapis.com/" in front of it.
  const type = options.typeUrl.slice(options.typeUrl.lastIndexOf("/") + 1);
  if (type === RuntimeOptions.typeName) {
    const { configPath, configBody } = RuntimeOptions.decode(options.value);
    return {
      ...(configPath === "" ? {} : { path: configPath }),
      ...(configBody.length === 0 ? {} : { body: configBody }),
    };
  }
  if (type === RuncOptions.typeName) {
    refuseRuncOptions(RuncOptions.decode(options.value));
    return {};
  }
  const message = `The runtime's options are a ${options.typeUrl}; Hadron takes ${RuntimeOptions.typeName} and ${RuncOptions.typeName}.`;
  throw new HadronError(Code.INVALID_ARGUMENT, message);
}

function refuseRuncOptions(options: RuncOptions): void {
  for (const [name, why] of Object.entries(REFUSED)) {
    const value = options[name as keyof RuncOptions];
    if (value !== "" && value !== 0) {
      throw new HadronError(Code.UNIMPLEMENTED, `The runtime's options: ${why}; leave it out.`);
    }
  }
}
