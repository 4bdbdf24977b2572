import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { everyBuildInLab, eachVersion } from "../selection.ts";
import { repository } from "./paths.ts";

test("each file that is selected is there", () => {
  const files = [...Object.keys(eachVersion), ...Object.keys(everyBuildInLab)];
  expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
});
