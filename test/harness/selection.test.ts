import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eachVersion } from "../selection.ts";
import { repository } from "./paths.ts";

test("each file that is selected is there", () => {
  expect(Object.keys(eachVersion).filter((file) => !existsSync(join(repository, file)))).toEqual([]);
});
