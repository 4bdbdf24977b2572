import { describe, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import { mountPropagation, rootfsPropagation, sourcePropagation } from "./plan-propagation.ts";

// What `runc run` of 1.1.5 does on a source in a shared peer group, when the host mounts below it afterwards.
describe("a volume", () => {
  it.each([
    [["rbind"], undefined, "slave", "slave"],
    [["bind"], undefined, "slave", "slave"],
    [["rbind", "rprivate"], undefined, "private", "private"],
    [["rbind", "private"], undefined, "private", "private"],
    [["rbind", "slave"], undefined, "slave", "slave"],
    [["rbind", "rslave"], undefined, "slave", "slave"],
    [["rbind", "unbindable"], undefined, "private", "private"],
    [["rbind", "runbindable"], undefined, "private", "private"],
    [["rbind"], "slave", "slave", "slave"],
    [["rbind"], "rslave", "slave", "slave"],
    [["rbind", "rprivate"], "rslave", "private", "private"],
    [["rbind"], "private", "private", "slave"],
    [["rbind", "rslave"], "private", "private", "slave"],
    [["rbind", "rprivate"], "private", "private", "private"],
    [["rbind"], "rprivate", "private", "private"],
    [["rbind", "rslave"], "rprivate", "private", "private"],
    [["rbind"], "unbindable", "refused", "slave"],
    [["rbind", "private"], "unbindable", "refused", "private"],
    [["rbind", "rslave", "rprivate"], undefined, "private", "private"],
    [["rbind", "rprivate", "rslave"], undefined, "private", "private"],
  ] as const)(
    "with the options %j and rootfsPropagation %j is %s in the mount of the host's root, elsewhere %s",
    (options, root, inRoot, elsewhere) => {
      const propagation = (isInRootMount: boolean) =>
        mountPropagation("/m", options, sourcePropagation("/s", isInRootMount, rootfsPropagation(root)));
      expect(propagation(false)).toBe(elsewhere);
      if (inRoot === "refused") {
        expect(() => propagation(true)).toThrow('keeps "/s" from being mounted in the container, since it lies in the mount of the host\'s /');
      } else {
        expect(propagation(true)).toBe(inRoot);
      }
    },
  );
});

it.each(["shared", "rshared"])("%s is refused by name", (word) => {
  for (const attempt of [() => rootfsPropagation(word), () => mountPropagation("/m", ["rbind", word], "slave")]) {
    expect(attempt).toThrow(HadronError);
    expect(attempt).toThrow(expect.objectContaining({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining(`"${word}"`) }));
  }
});

it.each(["rslav", "runbindable", "unbound", ""])("the rootfsPropagation %s is refused with what there is", (word) => {
  expect(() => rootfsPropagation(word)).toThrow(`"${word}"; allowed are private, rprivate, slave, rslave and unbindable`);
});
