/** OCI hooks: when they run, what they are told, and what becomes of a container whose hooks say no, as with runc. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import type { CommandResult } from "../harness/command.ts";
import { type Containerd, onlyNewest } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { processes } from "../harness/processes.ts";
import { hadron, runc, runSpec, type Spec, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

const KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] as const;
type Kind = (typeof KINDS)[number];

interface Told {
  readonly kind: Kind;
  readonly state: { readonly id: string; readonly status: string; readonly pid?: number; readonly annotations?: Record<string, string> };
  /** Where it ran, and what it had. */
  readonly cwd: string;
  readonly netns: string;
  readonly podNetns: string;
  readonly env: string;
}

interface Outcome {
  readonly result: CommandResult;
  readonly told: readonly Told[];
  /** What the container's own hook and program have left in its root. */
  readonly inside: string;
}

/** Writes what it is told as a line of JSON to $LOG; `$1` is its name, `$2` the status that it exits with. */
const SCRIPT = `#!/bin/sh
state=$(cat)
pid=$(echo "$state" | sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p')
printf '{"kind":"%s","state":%s,"cwd":"%s","netns":"%s","podNetns":"%s","env":"%s"}\\n' \\
  "$1" "$state" "$(pwd)" "$(readlink /proc/self/ns/net)" "$(readlink /proc/\${pid:-none}/ns/net)" "$A" >>"$LOG"
echo "hook $1 says no" >&2
exit "$2"
`;

async function runWith(
  daemon: Containerd,
  runtime: string,
  failing: Kind | undefined,
  edit: (spec: Spec) => void = () => undefined,
): Promise<Outcome> {
  const directory = await mkdtemp(join(daemon.directory, "hooks-"));
  const [script, log] = [join(directory, "hook.sh"), join(directory, "log")];
  await writeFile(log, "");
  await writeFile(script, SCRIPT);
  await chmod(script, 0o755);
  let inside = "";
  const result = await runSpec(
    daemon,
    async (spec) => {
      inside = join(spec.root.path, "log");
      await writeFile(join(spec.root.path, "hook.sh"), SCRIPT, { mode: 0o755 });
      spec.process.args = ["sh", "-c", "echo ran >>/log"];
      spec.annotations = { a: "b" };
      spec["hooks"] = Object.fromEntries(
        KINDS.map((kind) => {
          const isInside = kind === "startContainer";
          const env = ["PATH=/bin:/usr/bin", "A=1", `LOG=${isInside ? "/log" : log}`];
          return [kind, [{ path: isInside ? "/hook.sh" : script, args: ["hook", kind, kind === failing ? "1" : "0"], env }]];
        }),
      );
      edit(spec);
      // The bundle with it goes when the container does.
      await rm(join(spec.root.path, "log"), { force: true });
    },
    { runtime, timeoutMs: 120_000, id: uniqueId() },
  );
  const lines = (await readFile(log, "utf8")).split("\n").filter(Boolean);
  return { result, told: lines.map((line) => JSON.parse(line) as Told), inside: await readFile(inside, "utf8").catch(() => "") };
}

describe.each(onlyNewest)("containerd %s: hooks", (version) => {
  const daemon = useContainerd(version);

  test("run in their order, and are told the state of the container", async () => {
    const [ours, oracle] = [await runWith(daemon(), hadron, undefined), await runWith(daemon(), runc, undefined)];
    expect(ours.result).toMatchObject({ exitCode: 0 });
    expect(ours.told.map(({ kind }) => kind)).toEqual(oracle.told.map(({ kind }) => kind));
    for (const { kind, state, env } of ours.told) {
      const theirs = oracle.told.find((each) => each.kind === kind);
      expect(env).toBe("1");
      expect(state.annotations).toMatchObject({ a: "b" });
      // By the specification the program runs before poststart; runc runs that before.
      expect(state.status).toBe(kind === "poststart" ? "running" : theirs?.state.status);
      expect(Object.keys(state).sort()).toEqual(Object.keys(theirs?.state ?? {}).sort());
    }
    for (const kind of ["prestart", "createRuntime", "poststart"] as const) {
      const told = ours.told.find((each) => each.kind === kind);
      // A process of the host, in the pod's network namespace, which is not the hook's own.
      expect(told?.podNetns).toMatch(/^net:/);
      expect(told?.podNetns).not.toBe(told?.netns);
    }
    const inContainer = ours.told.find(({ kind }) => kind === "createContainer");
    expect(inContainer?.netns).toBe(inContainer?.podNetns);
  });

  test.each(KINDS)("that fail (%s) do what they do with runc", async (kind) => {
    const [ours, oracle] = [await runWith(daemon(), hadron, kind), await runWith(daemon(), runc, kind)];
    expect(ours.told.map((each) => each.kind)).toEqual(oracle.told.map((each) => each.kind));
    expect(ours.result.exitCode === 0).toBe(oracle.result.exitCode === 0);
    if (!["startContainer", "poststop"].includes(kind)) {
      expect(ours.result.stderr).toContain(`hook ${kind} says no`);
      expect(oracle.result.stderr).toContain(`hook ${kind} says no`);
    }
  });

  test("that take too long are killed, with what they have started", async () => {
    const marker = uniqueId("71");
    const { result } = await runWith(daemon(), hadron, undefined, (spec) => {
      spec["hooks"] = { createRuntime: [{ path: "/bin/sh", args: ["sh", "-c", `sh -c 'sleep 600; true' ${marker} & wait`], timeout: 1 }] };
    });
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr).toMatch(/hook createRuntime #0: \/bin\/sh ran past its timeout of 1 s and was killed/);
    await expect.poll(async () => (await processes()).filter(({ args }) => args.includes(marker)), { timeout: patient(5_000) }).toEqual([]);
  });

  test("that are not there are named", async () => {
    const { result } = await runWith(daemon(), hadron, undefined, (spec) => {
      spec["hooks"] = { prestart: [{ path: "/nowhere/hook" }] };
    });
    expect(result.stderr).toMatch(
      /hook prestart #0: \/nowhere\/hook exited with status 127, stderr: .*cannot be executed: No such file or directory/,
    );
  });
});
