/**
 * Block devices of the host in `linux.devices`, which become disks of the VM. As with runc, a device is what its numbers say, and its path is
 * a name in the container. In the guest it has other numbers, known when the disk is there: what a spec says of the host's is translated then.
 */

import type { LinuxSpec, ResourcesSpec } from "./oci.ts";
import { planDeviceRules } from "./plan-device-rules.ts";

export interface DiskPlan {
  /** In the container. */
  readonly path: string;
  /** On the host. */
  readonly major: bigint;
  readonly minor: bigint;
  /** The container may not write: Kubernetes' way to say `readOnly`, and Docker's `:r`. */
  readonly readOnly: boolean;
}

/** The numbers of disks in the guest, by those on the host as `diskKey` has them. */
export type GuestDisks = ReadonlyMap<string, { readonly major: bigint; readonly minor: bigint }>;

type Rules = NonNullable<ResourcesSpec["devices"]>;
type Rule = Rules[number];
type BlockIO = NonNullable<ResourcesSpec["blockIO"]>;

/** Those of `blockIO` that are about a device, and that the guest's kernel can carry out. */
export const THROTTLES = ["throttleReadBpsDevice", "throttleWriteBpsDevice", "throttleReadIOPSDevice", "throttleWriteIOPSDevice"] as const;

export function diskKey({ major, minor }: Pick<DiskPlan, "major" | "minor">): string {
  return `${major}:${minor}`;
}

/** Each once, however many paths it has. */
export function planDisks(linux: LinuxSpec | undefined): DiskPlan[] {
  const devices = (linux?.devices ?? []).filter(({ type }) => type === "b");
  if (devices.length === 0) {
    return [];
  }
  const rules = planDeviceRules(linux?.resources?.devices) ?? [];
  const plans = devices.map(({ path, major, minor }) => ({ path, major, minor, readOnly: !mayWrite(rules, major, minor) }));
  return [...new Map(plans.map((plan) => [diskKey(plan), plan])).values()];
}

/** `rules`: one for all, and exceptions from it (plan-device-rules.ts). */
function mayWrite([all, ...exceptions]: Rules, major: bigint, minor: bigint): boolean {
  const covers = (rule: Rule): boolean =>
    rule.type === "b" && matches(rule.major, major) && matches(rule.minor, minor) && rule.access?.includes("w") === true;
  const allowed = all?.allow ?? true;
  return exceptions.some(covers) ? !allowed : allowed;
}

function matches(rule: bigint | undefined, number: bigint): boolean {
  return rule === undefined || rule === -1n || rule === number;
}

export function withDisks(linux: LinuxSpec, disks: GuestDisks): LinuxSpec {
  const { devices, resources } = linux;
  return {
    ...linux,
    ...(devices && { devices: devices.map((device) => (device.type === "b" ? { ...device, ...disks.get(diskKey(device)) } : device)) }),
    ...(resources && { resources: resourcesWithDisks(resources, disks) }),
  };
}

export function resourcesWithDisks(resources: ResourcesSpec, disks: GuestDisks): ResourcesSpec {
  const { devices, blockIO } = resources;
  return {
    ...resources,
    ...(devices && { devices: rulesWithDisks(devices, disks) }),
    ...(blockIO && { blockIO: throttlesWithDisks(blockIO, disks) }),
  };
}

/**
 * What is said of a device of the host that is no disk of the container is said of nothing in the guest, and must not be taken for
 * another container's disk there.
 */
function rulesWithDisks(rules: Rules, disks: GuestDisks): Rules {
  return rules.flatMap((rule) => {
    const { type, major = -1n, minor = -1n } = rule;
    if (type !== "b" || (major === -1n && minor === -1n)) {
      return [rule];
    }
    const meant = [...disks].filter(([key]) => {
      const [itsMajor = "", itsMinor = ""] = key.split(":");
      return matches(major, BigInt(itsMajor)) && matches(minor, BigInt(itsMinor));
    });
    return meant.map(([, numbers]) => ({ ...rule, ...numbers }));
  });
}

function throttlesWithDisks(blockIO: BlockIO, disks: GuestDisks): BlockIO {
  const translated: BlockIO = { ...blockIO };
  for (const key of THROTTLES) {
    const throttles = blockIO[key];
    if (throttles !== undefined) {
      translated[key] = throttles.map((throttle) => ({ ...throttle, ...disks.get(diskKey(throttle)) }));
    }
  }
  return translated;
}
