/** What a spec asks for is what runc makes of it, seen from inside the container. */
import { describe, expect, test } from "vitest";

import { ATTACK_CASES } from "./cases/attacks.ts";
import type { SpecCase } from "./cases/case.ts";
import { DEVICE_CASES } from "./cases/devices.ts";
import { GENERATED, optionsOf } from "./cases/generated.ts";
import { LINUX_CASES } from "./cases/linux.ts";
import { MOUNT_CASES } from "./cases/mounts.ts";
import { PROCESS_CASES } from "./cases/process.ts";
import { PROPAGATION_CASES } from "./cases/propagation.ts";
import { RESOURCE_CASES } from "./cases/resources.ts";
import { SUBMOUNT_CASES } from "./cases/submounts.ts";
import type { Sides } from "./sides.ts";
import { type Answers, useSides } from "./suite.ts";
import { fieldsOf } from "./view.ts";

async function run(sides: Sides, { look = [], edit, ...options }: Omit<SpecCase, "name">): Promise<Answers> {
  const { runc, hadron } = await sides.both(
    async (pod) =>
      await pod.run({
        ...options,
        async edit(spec, places) {
          // Before the change, so that a case may have other arguments.
          spec.process.args.push(...look);
          return await edit?.(spec, places);
        },
      }),
  );
  return {
    fields: { runc: fieldsOf(runc), hadron: fieldsOf(hadron) },
    messages: [`runc: ${runc.message}`, `Hadron: ${hadron.message}`].filter((text) => !text.endsWith(": ")),
  };
}

const SUBJECTS = {
  process: PROCESS_CASES,
  mounts: MOUNT_CASES,
  submounts: SUBMOUNT_CASES,
  propagation: PROPAGATION_CASES,
  linux: LINUX_CASES,
  resources: RESOURCE_CASES,
  devices: DEVICE_CASES,
  attacks: ATTACK_CASES,
};

useSides("spec", ({ each, generate }) => {
  for (const [subject, cases] of Object.entries(SUBJECTS)) {
    describe(subject, () => each(cases, run));
  }
  generate(30, GENERATED, async (sides, generated) => await run(sides, optionsOf(generated)));
});

test("no two cases have one name", () => {
  const names = Object.values(SUBJECTS).flatMap((cases) => cases.map(({ name }) => name));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
