import { beforeEach, describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { ProgramOptions } from "../host/run-program.ts";
import { checkHooks, hasHooks, Hooks } from "./hooks.ts";
import type { HooksSpec, Spec } from "./oci.ts";

const KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] as const;
const never = new AbortController().signal;

let ran: ProgramOptions[];
let failing: string | undefined;
let warned: string[];

beforeEach(() => {
  [ran, failing, warned] = [[], undefined, []];
});

/** Of each kind two, whose paths are their names. */
const ALL = Object.fromEntries(KINDS.map((kind) => [kind, [{ path: `/${kind}/0`, timeout: 2n }, { path: `/${kind}/1` }]])) as unknown as HooksSpec;

function hooksOf(spec: Partial<Spec> = {}): Hooks {
  return new Hooks({
    containerId: "c1",
    bundle: "/bundle",
    spec: { ociVersion: "1.2.0", hooks: ALL, ...spec },
    libraryDirectory: "/lib/hadron",
    log: { error() {}, info() {}, debug() {}, trace() {}, warn: (...args: unknown[]) => void warned.push(JSON.stringify(args)) },
    async run(options) {
      ran.push(options);
      if (options.path === failing) {
        throw new HadronError(Code.FAILED_PRECONDITION, `${options.path} exited with status 1`);
      }
    },
  });
}

const paths = (): string[] => ran.map(({ path }) => path);

describe("hooks", () => {
  it("of the host run in the order of the specification, with the state as it is then", async () => {
    const hooks = hooksOf({ annotations: { a: "b" } });
    await hooks.beforeCreate(7, never);
    expect(paths()).toEqual(["prestart", "createRuntime", "createContainer"].flatMap((kind) => [`/${kind}/0`, `/${kind}/1`]));
    expect(JSON.parse(ran[0]?.input ?? "")).toEqual({
      ociVersion: "1.2.0",
      id: "c1",
      status: "creating",
      pid: 7,
      bundle: "/bundle",
      annotations: { a: "b" },
    });
    expect(ran.slice(0, 2)).toMatchObject([
      { cwd: "/bundle", netns: undefined, timeoutMs: 2000, hadronExec: "/lib/hadron/hadron-exec" },
      { cwd: "/bundle", netns: undefined, timeoutMs: undefined },
    ]);
    expect(ran[4]).toMatchObject({ cwd: "/bundle", netns: "/proc/7/ns/net" });
    ran = [];
    await hooks.afterStart(7);
    expect(paths()).toEqual(["/poststart/0", "/poststart/1"]);
    expect(JSON.parse(ran[0]?.input ?? "")).toMatchObject({ status: "running", pid: 7 });
    ran = [];
    await hooks.afterDelete();
    expect(paths()).toEqual(["/poststop/0", "/poststop/1"]);
    expect(JSON.parse(ran[0]?.input ?? "")).toEqual({ ociVersion: "1.2.0", id: "c1", status: "stopped", bundle: "/bundle", annotations: { a: "b" } });
  });

  it("pass on argv and environment, and tell an empty one from none", async () => {
    const timeout = undefined;
    const hooks = hooksOf({
      hooks: {
        ...ALL,
        prestart: [
          { path: "/p", args: ["name", "x"], env: ["A=1"], timeout },
          { path: "/q", args: undefined, env: [], timeout },
          { path: "/r", args: undefined, env: undefined, timeout },
        ],
      },
    });
    await hooks.beforeCreate(7, never);
    expect(ran.slice(0, 3).map(({ args, env }) => [args, env])).toEqual([
      [["name", "x"], ["A=1"]],
      [[], []],
      [[], undefined],
    ]);
  });

  it.each(["prestart", "createRuntime", "createContainer"])("stop at a %s that fails, and poststop runs still", async (kind) => {
    const hooks = hooksOf();
    failing = `/${kind}/0`;
    await expect(hooks.beforeCreate(7, never)).rejects.toMatchObject({
      code: Code.FAILED_PRECONDITION,
      message: `hook ${kind} #0: /${kind}/0 exited with status 1`,
    });
    expect(paths().at(-1)).toBe(failing);
    ran = [];
    await hooks.afterDelete();
    expect(paths()).toEqual(["/poststop/0", "/poststop/1"]);
  });

  it("stop at a poststart that fails", async () => {
    failing = "/poststart/0";
    await expect(hooksOf().afterStart(7)).rejects.toThrow("hook poststart #0");
    expect(paths()).toEqual(["/poststart/0"]);
  });

  it("after the end run all, and a failure is a warning", async () => {
    const hooks = hooksOf();
    await hooks.beforeCreate(7, never);
    [ran, failing] = [[], "/poststop/0"];
    await hooks.afterDelete();
    expect(paths()).toEqual(["/poststop/0", "/poststop/1"]);
    expect(warned).toEqual([expect.stringContaining("hook poststop #0")]);
  });

  it("after the end run once, and not for what was never begun", async () => {
    const hooks = hooksOf();
    await hooks.afterDelete();
    expect(ran).toEqual([]);
    await hooks.beforeCreate(7, never);
    ran = [];
    await hooks.afterDelete();
    await hooks.afterDelete();
    expect(paths()).toHaveLength(2);
  });

  it("are looked for in every kind", () => {
    const spec = (hooks?: Partial<HooksSpec>): Spec => ({ ociVersion: "1.2.0", ...(hooks && { hooks }) });
    expect([hasHooks(spec()), hasHooks(spec({ poststop: [] })), hasHooks(spec(ALL))]).toEqual([false, false, true]);
    expect(() => checkHooks(spec(ALL))).not.toThrow();
    const bad = (path: string, timeout?: bigint) => () => checkHooks(spec({ poststart: [{ path, args: undefined, env: undefined, timeout }] }));
    expect(bad("")).toThrow("hooks.poststart has no path");
    expect(bad("/p", 0n)).toThrow('the timeout of "/p" in hooks.poststart is 0');
    expect(bad("/p", -1n)).toThrow("has to be at least 1 second");
    expect(bad("/p", 1n)).not.toThrow();
  });
});
