import { describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { mountPropagation, rootfsPropagation } from "./plan-propagation.ts";

// What `runc run` of 1.1.5 does on a source in a shared peer group, when the host mounts below it afterwards.
describe("a volume", () => {
  it.each([
    [["rbind"], undefined, "slave"],
    [["bind"], undefined, "slave"],
    [["rbind", "rprivate"], undefined, "private"],
    [["rbind", "private"], undefined, "private"],
    [["rbind", "slave"], undefined, "slave"],
    [["rbind", "rslave"], undefined, "slave"],
    [["rbind", "unbindable"], undefined, "private"],
    [["rbind", "runbindable"], undefined, "private"],
    [["rbind"], "rslave", "slave"],
    [["rbind", "rprivate"], "rslave", "private"],
    [["rbind"], "rprivate", "private"],
    [["rbind", "rslave"], "rprivate", "private"],
    [["rbind", "rslave", "rprivate"], undefined, "private"],
    [["rbind", "rprivate", "rslave"], undefined, "private"],
  ] as const)("with the options %j and rootfsPropagation %j is %s", (options, root, expected) => {
    expect(mountPropagation("/m", options, rootfsPropagation(root))).toBe(expected);
  });
});

it.each(["shared", "rshared"])("%s is refused by name", (word) => {
  for (const attempt of [() => rootfsPropagation(word), () => mountPropagation("/m", ["rbind", word], "slave")]) {
    expect(attempt).toThrow(HadronError);
    expect(attempt).toThrow(expect.objectContaining({ code: Code.UNIMPLEMENTED, message: expect.stringContaining(`"${word}"`) }));
  }
});

it.each(["rslav", "unbindable", "runbindable"])("the rootfsPropagation %s is refused with what there is", (word) => {
  expect(() => rootfsPropagation(word)).toThrow(`"${word}"; allowed are private, rprivate, slave and rslave`);
});
