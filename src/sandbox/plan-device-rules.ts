/**
 * `linux.resources.devices`: which devices a container may use (runc: libcontainer/cgroups/devices, Emulator). Numbers of the host's
 * character devices do no harm: where the guest has such a number at all, it means the same (plan-devices.ts). Those of block devices are
 * translated (plan-disks.ts).
 */

import type { ResourcesSpec } from "./oci.ts";
import { requireOneOf } from "./plan-process.ts";
import { invalid } from "./refusal.ts";

type Rules = ResourcesSpec["devices"];
type Rule = NonNullable<Rules>[number];

/** Of single devices, or of all with a number; -1 is for every one. */
interface Exception {
  readonly type: string;
  readonly major: bigint;
  readonly minor: bigint;
  /** Of r, w and m. */
  readonly access: string;
}

const TYPES: ReadonlySet<string> = new Set(["a", "b", "c"]);
const ACCESS = "rwm";

/** What runc allows after all that a spec says (specconv, AllowedDevices), as does crun in the guest. */
const ALWAYS: readonly Exception[] = (
  [
    ["c", -1, -1, "m"],
    ["b", -1, -1, "m"],
    ["c", 1, 3, ACCESS],
    ["c", 1, 8, ACCESS],
    ["c", 1, 7, ACCESS],
    ["c", 5, 0, ACCESS],
    ["c", 1, 5, ACCESS],
    ["c", 1, 9, ACCESS],
    ["c", 136, -1, ACCESS],
    ["c", 5, 2, ACCESS],
    ["c", 10, 200, ACCESS],
  ] as const
).map(([type, major, minor, access]) => ({ type, major: BigInt(major), minor: BigInt(minor), access }));

/**
 * The same in as few rules as there can be: one for all, and the exceptions from it, of which there is one for a device. So it does not matter
 * how whoever enforces them adds up rules that meet.
 */
export function planDeviceRules(rules: Rules): Rules {
  if (rules === undefined || rules.length === 0) {
    return rules;
  }
  let allowed = false;
  let exceptions = new Map<string, Exception>();
  const apply = (allow: boolean, exception: Exception, field: string): void => {
    exceptions = allow === allowed ? without(exceptions, exception, field) : withMore(exceptions, exception);
  };
  for (const [index, rule] of rules.entries()) {
    const field = `linux.resources.devices[${index}]`;
    const exception = read(rule, field);
    if (exception === undefined) {
      allowed = rule.allow ?? false;
      exceptions = new Map();
    } else if (exception.access !== "") {
      apply(rule.allow ?? false, exception, field);
    }
  }
  if (allowed) {
    for (const exception of ALWAYS) {
      apply(true, exception, `what every container may use (${show(exception)})`);
    }
  }
  return [{ allow: allowed, access: ACCESS }, ...[...exceptions.values()].map((exception) => ({ allow: !allowed, ...exception }))];
}

/** undefined: for all devices and all access, whatever else such a rule says. Of other letters than r, w and m there is nothing to say. */
function read({ type = "a", access = "", major = -1n, minor = -1n }: Rule, field: string): Exception | undefined {
  requireOneOf(`${field}.type`, type, TYPES);
  if (major < -1n || minor < -1n) {
    throw invalid(`${field} has the numbers ${major}:${minor}; they have to be those of a device, or -1 for all`);
  }
  if (access === "") {
    throw invalid(`${field}.access is ""; it has to be some of the letters r, w and m`);
  }
  return type === "a" ? undefined : { type, major, minor, access: letters((letter) => access.includes(letter)) };
}

function withMore(exceptions: ReadonlyMap<string, Exception>, exception: Exception): Map<string, Exception> {
  const before = exceptions.get(keyOf(exception))?.access ?? "";
  const access = letters((letter) => before.includes(letter) || exception.access.includes(letter));
  return new Map(exceptions).set(keyOf(exception), { ...exception, access });
}

function without(exceptions: ReadonlyMap<string, Exception>, exception: Exception, field: string): Map<string, Exception> {
  const key = keyOf(exception);
  const { type, major, minor, access } = exception;
  for (const numbers of [
    { major: -1n, minor },
    { major, minor: -1n },
    { major: -1n, minor: -1n },
  ]) {
    const wider = keyOf({ type, ...numbers });
    const meets = exceptions.get(wider);
    if (wider !== key && meets !== undefined && letters((letter) => access.includes(letter) && meets.access.includes(letter)) !== "") {
      throw invalid(`${field} is an exception from the rule for ${show(meets)} before it; there can be exceptions from a rule for all devices only`);
    }
  }
  const left = letters((letter) => exceptions.get(key)?.access.includes(letter) === true && !access.includes(letter));
  const changed = new Map(exceptions);
  if (left === "") {
    changed.delete(key);
  } else {
    changed.set(key, { ...exception, access: left });
  }
  return changed;
}

function letters(wanted: (letter: string) => boolean): string {
  return ["r", "w", "m"].filter(wanted).join("");
}

function keyOf({ type, major, minor }: Omit<Exception, "access">): string {
  return `${type} ${major}:${minor}`;
}

function show(exception: Exception): string {
  return `${keyOf(exception)} ${exception.access}`;
}
