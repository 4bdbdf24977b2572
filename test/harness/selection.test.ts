import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { containerd17, everyBuildInLab, eachVersion } from "../selection.ts";
import { repository } from "./paths.ts";

test("each file that is selected is there", () => {
  const files = [eachVersion, containerd17, everyBuildInLab].flatMap((selection) => Object.keys(selection));
  expect(files.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
});
