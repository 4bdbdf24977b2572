/** Two containers of a pod with the same directory of the host: whether what is one file there is one file for both. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Traced } from "../trace.ts";
import type { CallCase } from "./calls.ts";

const KILL = 9;

interface Use {
  readonly options: readonly string[];
  /** Below the directory. */
  readonly of?: string;
  readonly destination?: string;
  /** In the container. */
  readonly file: string;
}

/** The first takes the lock of a file, then the second wants it; both say which file it is. */
function shared(name: string, first: Use, second: Use): CallCase {
  return {
    name: `one directory for two: ${name}`,
    async run(trace) {
      const both: Traced[] = [];
      const locks: string[] = [];
      for (const [index, { options, of = "", destination = "/volume", file }] of [first, second].entries()) {
        const container = await trace.container(`c${index + 1}`, ["lock", file], {
          async edit(spec, places) {
            const { volume } = both[0]?.container.places ?? places;
            await mkdir(join(volume, "below"), { recursive: true });
            await writeFile(join(volume, "below/file"), "", { flag: "a" });
            spec.mounts.push({ destination, type: "bind", source: join(volume, of), options: [...options] });
          },
        });
        both.push(container);
        await container.create();
        await container.start();
        await container.says("holding");
        locks.push(container.container.stdio.stdout);
      }
      const [one, other] = locks.map((text) => /lock of (\d+): (\w+)/.exec(text));
      trace.add("locks", `${one?.[2]} and ${other?.[2]} of ${one?.[1] === other?.[1] ? "one file" : "two files"}`, "");
      for (const container of both.reverse()) {
        await container.kill(KILL);
        await container.wait();
        await container.delete();
      }
    },
  };
}

const WHOLE = { options: ["rbind"], file: "/volume/below/file" };
const LOWER = { options: ["rbind"], of: "below", file: "/volume/file" };
const RO = ["rbind", "ro"];

export const SHARED_VOLUME_CASES: readonly CallCase[] = [
  shared("the same", WHOLE, WHOLE),
  shared("read-only first", { ...WHOLE, options: RO }, WHOLE),
  shared("read-only second", WHOLE, { ...WHOLE, options: RO }),
  shared("rro first", { ...WHOLE, options: ["rbind", "rro"] }, WHOLE),
  shared("rro second", WHOLE, { ...WHOLE, options: ["rbind", "rro"] }),
  shared("rslave first", { ...WHOLE, options: ["rbind", "rslave"] }, { ...WHOLE, options: ["rbind", "rprivate"] }),
  shared("rprivate first", { ...WHOLE, options: ["rbind", "rprivate"] }, { ...WHOLE, options: ["rbind", "rslave"] }),
  shared("bind and rbind", { ...WHOLE, options: ["bind"] }, WHOLE),
  shared("the upper one first", WHOLE, LOWER),
  shared("the lower one first", LOWER, WHOLE),
  shared("the upper one first, read-only", { ...WHOLE, options: RO }, LOWER),
  shared("the file alone first", { options: ["bind"], of: "below/file", destination: "/work/file", file: "/work/file" }, WHOLE),
];
