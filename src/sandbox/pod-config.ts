/**
 * All containers of a pod have one VM, made as its first container asked for. One that asks for another is refused by the name
 * of what differs, rather than given what it did not ask for.
 */

import { type Config, type ConfigSource, loadConfig, withAnnotations } from "../config/config.ts";
import { camelCase, KEY_NAMES } from "../config/schema.ts";
import { Code, HadronError } from "../errors.ts";
import type { PodSpec } from "./pod-spec.ts";

/** What the VM was made for, with the configuration that was read for it. */
export interface MadeFor {
  readonly pod: PodSpec;
  readonly config: Config;
}

/**
 * The same file is not read again: an administrator may change it while pods live, and it is for those that come.
 *
 * @throws HadronError FAILED_PRECONDITION
 */
export async function requireSameMachine({ pod, config }: MadeFor, own: PodSpec): Promise<void> {
  if (!sameSource(pod.configuration, own.configuration)) {
    refuseDifferences("the runtime's options", config, await loadConfig(own.configuration));
  }
  const effective = withAnnotations(config, pod.annotations);
  refuseDifferences("its annotations", effective, withAnnotations(effective, own.annotations));
}

function sameSource(a: ConfigSource, b: ConfigSource): boolean {
  return a.path === b.path && Buffer.compare(a.body ?? new Uint8Array(), b.body ?? new Uint8Array()) === 0;
}

function refuseDifferences(where: string, made: Config, asked: Config): void {
  const text = (config: Config, key: string): string => JSON.stringify((config as unknown as Readonly<Record<string, unknown>>)[camelCase(key)]);
  const different = KEY_NAMES.filter((key) => text(made, key) !== text(asked, key));
  if (different.length > 0) {
    const each = different.map((key) => `${key} = ${text(asked, key)} where the pod has ${text(made, key)}`).join(", ");
    throw new HadronError(
      Code.FAILED_PRECONDITION,
      `a container of a pod runs in the VM that was made for its first one, and ${where} ask for another: ${each}`,
    );
  }
}
