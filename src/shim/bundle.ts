/** The specs that containerd hands over: the bundle's config.json, and JSON in messages. */

import { join } from "node:path";

import { Code, HadronError, messageOf } from "../errors.ts";
import type { Any } from "../gen/protobuf.ts";
import { readFile } from "../host/files.ts";
import { isObject } from "../host/line-client.ts";
import { decode, pointer, type Type } from "../json/schema.ts";
import { OCI, type ProcessSpec, type ResourcesSpec, type Spec } from "../sandbox/oci.ts";

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
  checkSize(text, path);
  const spec = decode(pointer(OCI.Spec), path, text, "anything");
  if (spec === undefined) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${path} has to be an object, and is null`);
  }
  return spec;
}

/**
 * Of its `linux.cgroupsPath`, before anybody asks for the container: undefined for what is no such text. Whoever creates the container is told
 * what is wrong with its spec.
 */
export async function readCgroupsPath(bundle: string): Promise<string | undefined> {
  try {
    const path = join(bundle, "config.json");
    const text = await readFile(path, "utf8");
    checkSize(text, path);
    const spec: unknown = JSON.parse(text);
    const linux = isObject(spec) ? spec["linux"] : undefined;
    const cgroupsPath = isObject(linux) ? linux["cgroupsPath"] : undefined;
    return typeof cgroupsPath === "string" ? cgroupsPath : undefined;
  } catch {
    return undefined;
  }
}

/** `types.containerd.io/opencontainers/runtime-spec/1/Process`: JSON, whatever the version in the URL. */
export function decodeProcess(any: Any | undefined): ProcessSpec {
  return decodeJsonAny(OCI.Process, any, "Process", "the spec of the process");
}

export function decodeResources(any: Any | undefined): ResourcesSpec {
  return decodeJsonAny(OCI.Resources, any, "LinuxResources", "the resources");
}

function decodeJsonAny<T>(schema: Type<T>, any: Any | undefined, type: string, what: string): T {
  if (any === undefined) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} is missing`);
  }
  if (!any.typeUrl.endsWith(`/${type}`)) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} has the type ${JSON.stringify(any.typeUrl)}; it must be an OCI runtime-spec ${type}`);
  }
  const text = Buffer.from(any.value).toString("utf8");
  checkSize(text, what);
  return decode(schema, what, text, "nothing");
}

function checkSize(text: string, what: string): void {
  if (text.length > MAX_SPEC_BYTES) {
    throw new HadronError(Code.INVALID_ARGUMENT, `${what} is larger than ${MAX_SPEC_BYTES} bytes`);
  }
}
