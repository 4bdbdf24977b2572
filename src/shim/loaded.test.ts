/** What every pod's daemon loads: a module of Node takes up to 7 ms of its start, and keeps up to 0.8 MB for the pod's life. */
import { join } from "node:path";

import { buildSync } from "esbuild";
import { expect, test } from "vitest";

test("the daemon loads no module of Node that costs much", () => {
  const { metafile } = buildSync({
    entryPoints: [join(import.meta.dirname, "main.ts")],
    bundle: true,
    platform: "node",
    format: "cjs",
    write: false,
    outdir: import.meta.dirname,
    metafile: true,
  });
  const outputs = Object.values(metafile.outputs);
  const loaded = new Set(outputs.flatMap(({ imports }) => imports.map(({ path }) => path.replace(/^node:/, ""))));
  // Not here: crypto (7 ms, 0.8 MB), fs/promises (2 ms, 0.5 MB). Listening loads child_process anyway.
  expect([...loaded].toSorted()).toEqual(["buffer", "child_process", "fs", "net", "os", "path", "timers/promises", "util"]);
});
