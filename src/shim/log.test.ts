import { describe, expect, it } from "vitest";

import { logfmt } from "./log.ts";

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
});
