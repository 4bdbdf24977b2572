/** The bundle directory that containerd made: what the shim reads in it. */

import { join } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import type { Any } from "../gen/protobuf.ts";
import { readFile } from "../host/files.ts";
import type { ProcessSpec, ResourcesSpec, Spec } from "../sandbox/oci.ts";

/** An OCI spec is some 10 kB; a limit keeps a mistake from filling the daemon's memory. */
const MAX_SPEC_BYTES = 8 << 20;

/** The bundle's config.json. INVALID_ARGUMENT when it is not one. */
export async function readSpec(bundle: string): Promise<Spec> {
  const path = join(bundle, "config.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new HadronError(Code.INVALID_ARGUMENT, `cannot read the container's spec ${path}: ${messageOf(error)}`, { cause: error });
  }
  const spec = parseObject(text, path);
  if (typeof spec["ociVersion"] !== "string") {
    throw new HadronError(Code.INVALID_ARGUMENT, `${path} is not an OCI spec: it has no ociVersion`);
  }
  return spec as unknown as Spec;
}

/** `types.containerd.io/opencontainers/runtime-spec/1/Process`: JSON, whatever the version in the URL. */
export function decodeProcess(any: Any | undefined): ProcessSpec {
  const spec = decodeJsonAny(any, "Process", "the spec of the process");
  if (typeof spec["cwd"] !== "string") {
    throw new HadronError(Code.INVALID_ARGUMENT, "the spec of the process has no cwd");
  }
  return spec as unknown as ProcessSpec;
}

export function decodeResources(any: Any | undefined): ResourcesSpec {
  return decodeJsonAny(any, "LinuxResources", "the resources") as ResourcesSpec;
}

function decodeJsonAny(any: Any | undefined, type: string, what: string): Record<string, unknown> {
  if (any === undefined) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} is missing`);
  }
  if (!any.typeUrl.endsWith(`/${type}`)) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} has the type ${JSON.stringify(any.typeUrl)}; it must be an OCI runtime-spec ${type}`);
  }
  return parseObject(Buffer.from(any.value).toString("utf8"), what);
}

function parseObject(text: string, what: string): Record<string, unknown> {
  if (text.length > MAX_SPEC_BYTES) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} is larger than ${MAX_SPEC_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} is not valid JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} must be a JSON object`);
  }
  return value as Record<string, unknown>;
}
