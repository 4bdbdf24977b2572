import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { Code } from "../errors.ts";
import { monotonicMs } from "../time.ts";
import { type ProgramOptions, runProgram } from "./run-program.ts";

let directory: string;
let options: ProgramOptions;

/** Tells its options, and then runs the program as hadron-exec does. */
const EXEC = `#!/bin/sh
echo "$@" > "$(dirname "$0")/asked"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-program-"));
  const hadronExec = join(directory, "exec");
  writeFileSync(hadronExec, EXEC, { mode: 0o755 });
  options = { hadronExec, path: "/bin/sh", args: [], env: undefined, cwd: directory, netns: undefined, input: "", timeoutMs: undefined };
});
afterEach(() => rmSync(directory, { recursive: true }));

const script = (text: string): Pick<ProgramOptions, "args"> => ({ args: ["name", "-c", text] });
const read = (name: string): string => readFileSync(join(directory, name), "utf8");

it("has its input, environment, directory and name", async () => {
  await runProgram({ ...options, ...script("cat >in; env >env; pwd >cwd"), input: "said", env: ["A=1", "B=x=y", "C"] });
  expect([read("in"), read("cwd").trim()]).toEqual(["said", directory]);
  expect(
    read("env")
      .split("\n")
      .filter((line) => /^[ABC]=/.test(line))
      .sort(),
  ).toEqual(["A=1", "B=x=y", "C="]);
  expect(read("env")).not.toMatch(/^HOME=/m);
  expect(read("asked")).toMatch(new RegExp(`^--parent ${process.pid} --arg0 name -- /bin/sh -c `));
});

it("has this process's environment where none is given, and the network namespace that is", async () => {
  await runProgram({ ...options, ...script("echo $PATH >path"), netns: "/proc/1/ns/net" });
  expect(read("path").trim()).toBe(process.env["PATH"]);
  expect(read("asked")).toContain(" --netns /proc/1/ns/net ");
});

it("is found without a search", async () => {
  writeFileSync(join(directory, "sh"), "#!/bin/sh\necho own >own\n", { mode: 0o755 });
  await runProgram({ ...options, path: "sh" });
  expect(read("own")).toBe("own\n");
  expect(read("asked")).not.toContain("--arg0");
});

it("that fails says how it ended and the last of what it said", async () => {
  await expect(runProgram({ ...options, ...script("echo out; echo err >&2; exit 3") })).rejects.toMatchObject({
    code: Code.FAILED_PRECONDITION,
    message: "/bin/sh exited with status 3, stdout: out, stderr: err",
  });
  await expect(runProgram({ ...options, ...script("kill -9 $$") })).rejects.toThrow("/bin/sh was killed by SIGKILL");
  const error: unknown = await runProgram({ ...options, ...script("head -c 1000000 /dev/zero | tr '\\0' x; echo end; exit 1") }).catch(
    (cause: unknown) => cause,
  );
  expect((error as Error).message).toMatch(/x+end$/);
  expect((error as Error).message.length).toBeLessThan(3000);
});

it("need not read its input", async () => {
  await runProgram({ ...options, ...script("exec <&-; exit 0"), input: "x".repeat(1 << 20) });
});

it("is killed with what it has started when it takes too long", async () => {
  const before = monotonicMs();
  const slow = { ...options, ...script("(sleep 600 & echo $! >pid; wait)"), timeoutMs: 300 };
  await expect(runProgram(slow)).rejects.toMatchObject({
    code: Code.DEADLINE_EXCEEDED,
    message: "/bin/sh ran past its timeout of 0.3 s and was killed",
  });
  expect(monotonicMs() - before).toBeLessThan(20_000);
  await expect.poll(() => isAlive(Number(read("pid")))).toBe(false);
});

it("is killed when nobody waits for it any more", async () => {
  const abort = new AbortController();
  const run = runProgram({ ...options, ...script("echo >there; sleep 600"), signal: abort.signal });
  const refused = expect(run).rejects.toThrow("nobody waits");
  abort.abort(new Error("nobody waits"));
  await refused;
  await expect(runProgram({ ...options, signal: abort.signal })).rejects.toThrow("nobody waits");
});

it("is over when what it has left behind holds its outputs open", async () => {
  await runProgram({ ...options, ...script("sleep 5 & exit 0") });
});

it("that cannot be started is said so", async () => {
  await expect(runProgram({ ...options, hadronExec: "/nowhere" })).rejects.toMatchObject({ code: Code.UNAVAILABLE });
});

function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody reaps is dead enough.
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}
