/** What a program does with files has the results that it has with runc: on the root file system, on volumes and on tmpfs. */
import { expect } from "vitest";

import { AREAS } from "./cases/files.ts";
import { useSides } from "./suite.ts";
import { fieldsOf } from "./view.ts";

useSides("files", ({ each }) => {
  each(AREAS, async (sides, { options }) => {
    const { runc, hadron } = await sides.both(async (pod) => await pod.run(options));
    const fields = { runc: fieldsOf(runc), hadron: fieldsOf(hadron) };
    expect(fields.runc.size).toBeGreaterThan(100);
    return { fields, messages: [runc.message, hadron.message].filter(Boolean) };
  });
});
