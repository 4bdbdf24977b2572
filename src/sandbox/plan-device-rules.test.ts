import { expect, it } from "vitest";

import type { ResourcesSpec } from "./oci.ts";
import { planDeviceRules } from "./plan-device-rules.ts";

type Rules = NonNullable<ResourcesSpec["devices"]>;

/** "+rw c:10:229" allows; without numbers it is for all devices. */
function rules(text: string): Rules {
  return text.split(", ").map((rule) => {
    const [access = "", numbers = ""] = rule.slice(1).split(" ");
    const [type = "", major, minor] = numbers.split(":");
    return {
      allow: rule.startsWith("+"),
      access,
      ...(type !== "" && { type }),
      ...(major !== undefined && minor !== undefined && { major: BigInt(major), minor: BigInt(minor) }),
    };
  });
}

it.each([
  ["-rwm", "-rwm"],
  ["+rwm", "+rwm"],
  // All access, whatever letters, type and numbers a rule for all has.
  ["-rwm, +r", "+rwm"],
  ["+rwm, -xyz", "-rwm"],
  ["+rwm, -r a:10:229", "-rwm"],
  // Without one, nothing else is allowed.
  ["+rw c:10:229", "-rwm, +rw c:10:229"],
  ["-rw c:10:229", "-rwm"],
  ["+xyz c:10:229", "-rwm"],
  ["-rwm, +xrx c:10:229", "-rwm, +r c:10:229"],
  // Rules for one device add up.
  ["-rwm, +r c:10:229, +w c:10:229", "-rwm, +rw c:10:229"],
  ["-rwm, +rw c:10:229, -w c:10:229", "-rwm, +r c:10:229"],
  ["-rwm, +rw c:10:229, -r c:10:229, -w c:10:229", "-rwm"],
  ["-rwm, -r c:10:229, +rw c:10:229", "-rwm, +rw c:10:229"],
  ["+rwm, -r c:10:229, -w c:10:229", "+rwm, -rw c:10:229"],
  ["+rwm, -rw c:10:229, +r c:10:229", "+rwm, -w c:10:229"],
  // A wider one beside it is another, if they do not meet.
  ["-rwm, +r c:10:-1, +w c:10:229", "-rwm, +r c:10:-1, +w c:10:229"],
  ["-rwm, +r c:10:-1, -w c:10:229", "-rwm, +r c:10:-1"],
  ["-rwm, +rwm c:10:-1, -rwm b:10:229", "-rwm, +rwm c:10:-1"],
  // One for all forgets what was before it.
  ["-rwm, +rwm c:10:229, +rwm, -rw c:5:1", "+rwm, -rw c:5:1"],
  // What every container may use is allowed after all that.
  ["+rwm, -rwm c:1:3, -rwm c:5:1", "+rwm, -rwm c:5:1"],
  ["+rwm, -m c:-1:-1", "+rwm"],
])("%s comes to %s", (asked, expected) => {
  expect(planDeviceRules(rules(asked))).toEqual(rules(expected));
});

it.each([
  ["-rwm, +rwm c:10:-1, -w c:10:229", "[2] is an exception from the rule for c 10:-1 rwm before it"],
  ["-rwm, +rwm c:-1:229, -rwm c:10:229", "[2] is an exception from the rule for c -1:229 rwm before it"],
  ["-rwm, +rwm c:-1:-1, -rwm c:10:200", "[2] is an exception from the rule for c -1:-1 rwm before it"],
  ["+rwm, -rw c:10:-1, +rw c:10:229", "[2] is an exception from the rule for c 10:-1 rw before it"],
  ["+rwm, -rwm c:-1:-1", "what every container may use (c 1:3 rwm) is an exception from the rule for c -1:-1 rw before it"],
  ["+rwm, + c:1:3", '[1].access is ""'],
  ["+r x:1:3", '[0].type is "x"'],
  ["+r c:-2:3", "[0] has the numbers -2:3"],
])("%s is refused", (asked, sentence) => {
  expect(() => planDeviceRules(rules(asked))).toThrow(sentence);
});

it("no rules are none", () => {
  expect(planDeviceRules([])).toEqual([]);
  expect(planDeviceRules(undefined)).toBe(undefined);
});
