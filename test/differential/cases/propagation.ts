/** What becomes of the host's mounts: `linux.rootfsPropagation`, and the words of single mounts. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { mustRun } from "../../harness/command.ts";
import type { CallCase } from "./calls.ts";
import { type SpecCase, variation } from "./case.ts";

const WORDS = [undefined, "private", "rprivate", "slave", "rslave", "unbindable"] as const;
const KILL = 9;

/** The root file system and a volume on mounts of their own, from which alone "unbindable" lets something be bound. */
function ownMounts(word: string, source?: string): SpecCase {
  return variation(
    `the root on a mount of its own, linux.rootfsPropagation ${JSON.stringify(word)}${source === undefined ? "" : `, ${source} of the host`}`,
    async (spec, { rootfs, volume }) => {
      await mustRun("mount", ["--bind", rootfs, rootfs]);
      await mustRun("mount", ["--bind", volume, volume]);
      spec.linux["rootfsPropagation"] = word;
      spec.mounts.push({ destination: "/volume", type: "bind", source: source ?? volume, options: ["bind", "ro"] });
    },
  );
}

export const PROPAGATION_CASES: readonly SpecCase[] = [
  ...["private", "slave", "unbindable", "runbindable"].map((word) => ownMounts(word)),
  // That lies in the mount of the host's root everywhere.
  ...["private", "unbindable"].map((word) => ownMounts(word, "/etc")),
];

/** The host mounts below a volume, which is a shared mount, when the container runs. */
function later(word: string | undefined, options: readonly string[]): CallCase {
  return {
    name: `a mount of the host that comes later, linux.rootfsPropagation ${JSON.stringify(word) ?? "absent"}, options ${options.join()}`,
    async run(trace) {
      const c = await trace.container("c", ["hold"], {
        async edit(spec, { rootfs, volume }) {
          await mustRun("mount", ["--bind", rootfs, rootfs]);
          await mustRun("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", volume]);
          await mustRun("mount", ["--make-shared", volume]);
          await mkdir(join(volume, "later"));
          if (word !== undefined) {
            spec.linux["rootfsPropagation"] = word;
          }
          spec.mounts.push({ destination: "/volume", type: "bind", source: volume, options: [...options] });
        },
      });
      await c.create();
      await c.start();
      await c.says("holding");
      const place = join(c.container.places.volume, "later");
      await mustRun("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place]);
      await mkdir(join(place, "seen"));
      await c.exec("e", { args: ["/bin/busybox", "ls", "/volume/later"] });
      await c.start("e");
      await c.wait("e");
      await c.output("e");
      await c.delete("e");
      await c.kill(KILL);
      await c.wait();
      await c.delete();
    },
  };
}

export const LATER_MOUNT_CASES: readonly CallCase[] = WORDS.flatMap((word) =>
  [["rbind"], ["rbind", "rslave"], ["rbind", "rprivate"]].map((options) => later(word, options)),
);
