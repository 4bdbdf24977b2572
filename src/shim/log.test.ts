import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { logfmt, openLog } from "./log.ts";

describe("logfmt", () => {
  it("puts time, level and message first, as logrus does", () => {
    expect(logfmt({ level: 40, time: 0, container: "c1", msg: "two words" })).toBe(
      'time=1970-01-01T00:00:00.000Z level=warning msg="two words" container=c1\n',
    );
  });

  it("keeps a line a line whatever is in it", () => {
    const line = logfmt({ level: 30, time: 0, msg: 'a\nb "c"', nested: { x: 1 } });
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(line).toContain('msg="a\\nb \\"c\\""');
    expect(line).toContain('nested="{\\"x\\":1}"');
  });

  it("writes what JSON cannot", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const line = logfmt({ level: 50, time: 0, msg: "m", err: new TypeError("no"), big: 2n ** 63n, in: { big: 1n }, none: undefined, circle });
    expect(line).toBe(
      'time=1970-01-01T00:00:00.000Z level=error msg=m err="TypeError: no" big="\\"9223372036854775808\\"" in="{\\"big\\":\\"1\\"}" circle="[object Object]"\n',
    );
  });
});

describe("openLog", () => {
  let directory: string;
  let path: string;
  let reader: number;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "hadron-log-"));
    path = join(directory, "log");
    execFileSync("mkfifo", [path]);
    reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  });

  afterEach(() => {
    closeSync(reader);
    rmSync(directory, { recursive: true });
  });

  const read = (): string => {
    const buffer = Buffer.alloc(2 ** 20);
    try {
      return buffer.toString("utf8", 0, readSync(reader, buffer));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") {
        return "";
      }
      throw error;
    }
  };
  const linesOf = (text: string): string[] => text.trimEnd().split("\n");

  it("writes the lines of its level and above, with their fields", () => {
    using log = openLog(path, "Info");
    log.debug({}, "not this");
    log.info({ container: "c1" }, "a container 100%s");
    log.error({ err: new Error("why") }, "it failed");
    expect(linesOf(read())).toEqual([
      expect.stringMatching(/^time=\d{4}-\d\d-\d\dT[0-9:.]+Z level=info msg="a container 100%s" container=c1$/),
      expect.stringMatching(/^time=\S+ level=error msg="it failed" err="Error: why"$/),
    ]);
  });

  it("changes its level", () => {
    using log = openLog(path, "Off");
    log.error({}, "nobody hears");
    log.setLevel("Trace");
    log.trace({}, "heard");
    expect(linesOf(read())).toEqual([expect.stringContaining("level=trace msg=heard")]);
  });

  it("drops what does not fit and says how much", () => {
    using log = openLog(path, "Info");
    const long = "x".repeat(4_000);
    for (let i = 0; i < 40; i++) {
      log.info({ i }, long);
    }
    const before = read();
    log.info({}, "again");
    const text = before + read();
    const lines = linesOf(text);
    const dropped = [...text.matchAll(/"([0-9]+) log lines were dropped/g)].reduce((sum, match) => sum + Number(match[1]), 0);
    expect(dropped).toBeGreaterThan(0);
    expect(lines.at(-1)).toContain("msg=again");
    expect(lines.filter((line) => line.includes(long)).length + dropped).toBe(40);
    for (const line of lines) {
      expect(line).toMatch(/^time=\S+ level=\S+ msg=/);
    }
  });
});
