/** What `containerd-shim-hadron-v2 -info` says (native/launcher/features.json) is what becomes of a spec. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { describe, expect, it, test } from "vitest";

import { HadronError } from "../errors.ts";
import { encode } from "../json/encode.ts";
import { decode } from "../json/schema.ts";
import { OCI } from "./oci.ts";
import { planContainer } from "./plan.ts";

interface Features {
  readonly hooks: readonly string[];
  readonly mountOptions: readonly string[];
  readonly linux: {
    readonly namespaces: readonly string[];
    readonly capabilities: readonly string[];
    readonly seccomp: Readonly<Record<"actions" | "operators" | "archs" | "knownFlags" | "supportedFlags", readonly string[]>>;
    readonly [feature: string]: unknown;
  };
}

const features = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../native/launcher/features.json"), "utf8")) as Features;

/** The refusal of a spec with this change, or undefined; what was warned of. */
function outcome(change: object, linux: object = {}): { refusal: string | undefined; warnings: string[] } {
  const warnings: string[] = [];
  const json = {
    ociVersion: "1.2.0",
    root: { path: "rootfs" },
    process: { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 } },
    ...change,
    linux: { namespaces: ["pid", "network", "ipc", "uts", "mount"].map((type) => ({ type })), ...linux },
  };
  const context = {
    containerId: "c1",
    slot: "1",
    bundle: "/b",
    podHostname: undefined,
    namespacePath: () => undefined,
    kinds: new Map([["/s", "directory" as const]]),
    inRootMount: new Set<string>(),
    memory: new Map<string, never>(),
    warn: (sentence: string) => warnings.push(sentence),
  };
  try {
    planContainer(decode(OCI.Spec, "the spec", encode(json), "nothing"), context);
    return { refusal: undefined, warnings };
  } catch (error) {
    if (!(error instanceof HadronError)) {
      throw error;
    }
    return { refusal: error.message, warnings };
  }
}

const mount = (options: readonly string[]) => ({ mounts: [{ destination: "/m", type: "bind", source: "/s", options }] });

describe("mountOptions", () => {
  it.each(features.mountOptions)("%s is taken", (option) => {
    expect(outcome(mount(["rbind", option]))).toEqual({ refusal: undefined, warnings: [] });
  });

  /** runc's (libcontainer/specconv, KnownMountOptions) that are not among them. */
  it.each(["shared", "rshared", "idmap", "ridmap", "nosymfollow", "rnosymfollow", "ratime", "rnostrictatime"])("%s is refused by name", (option) => {
    expect(features.mountOptions).not.toContain(option);
    expect(outcome(mount(["rbind", option])).refusal).toContain(JSON.stringify(option));
  });
});

test("namespaces", () => {
  const all = features.linux.namespaces.map((type) => ({ type }));
  const mappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  expect(outcome({}, { namespaces: all, uidMappings: mappings, gidMappings: mappings })).toEqual({ refusal: undefined, warnings: [] });
  // Linux has no more.
  expect(all).toHaveLength(8);
});

test("capabilities", () => {
  const capabilities = { bounding: features.linux.capabilities };
  const process = { cwd: "/", args: ["true"], user: { uid: 0, gid: 0 }, capabilities };
  expect(outcome({ process })).toEqual({ refusal: undefined, warnings: [] });
  // Linux 6.12 has no more.
  expect(features.linux.capabilities).toHaveLength(41);
});

test("seccomp", () => {
  const { actions, operators, archs, knownFlags, supportedFlags } = features.linux.seccomp;
  const seccomp = {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: archs,
    flags: knownFlags,
    syscalls: actions.flatMap((action) => operators.map((op) => ({ names: ["getcwd"], action, args: [{ index: 0n, value: 1n, op }] }))),
  };
  expect(supportedFlags).toEqual(knownFlags);
  expect(outcome({}, { seccomp })).toEqual({ refusal: undefined, warnings: [] });
  expect(actions).not.toContain("SCMP_ACT_NOTIFY");
  expect(outcome({}, { seccomp: { defaultAction: "SCMP_ACT_NOTIFY" } }).refusal).toContain("SCMP_ACT_NOTIFY");
});

test("hooks", () => {
  const hooks = Object.fromEntries(features.hooks.map((kind) => [kind, [{ path: "/bin/true" }]]));
  expect(outcome({ hooks })).toEqual({ refusal: undefined, warnings: [] });
  // The runtime specification has no more.
  expect(features.hooks).toHaveLength(6);
});

test("what is disabled is refused, or there is nothing of it", () => {
  const { intelRdt, netDevices, mountExtensions, apparmor, selinux } = features.linux;
  const disabled = { enabled: false };
  expect([intelRdt, netDevices, mountExtensions, apparmor, selinux]).toEqual([disabled, disabled, { idmap: disabled }, disabled, disabled]);
  expect(outcome({}, { intelRdt: { closID: "x" } }).refusal).toContain("intelRdt");
  expect(outcome({}, { netDevices: { eth0: {} } }).refusal).toContain("netDevices");
});
