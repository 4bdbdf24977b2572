/** Where the probe does its file system operations (probe/files.c). */
import { chmod, mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Mount, Spec } from "../../../tools/default-spec.ts";
import type { ContainerOptions, Places } from "../container.ts";

export interface Area {
  readonly name: string;
  readonly options: ContainerOptions;
}

const ALL = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FSETID",
  "FOWNER",
  "MKNOD",
  "SETGID",
  "SETUID",
  "SETFCAP",
  "SETPCAP",
  "KILL",
  "SYS_ADMIN",
  "DAC_READ_SEARCH",
  "LEASE",
  "LINUX_IMMUTABLE",
].map((name) => `CAP_${name}`);

function on(directory: string, change: (spec: Spec, places: Places) => void | Promise<void> = () => {}): ContainerOptions {
  return {
    async edit(spec, places) {
      spec.process.args = ["/probe", "files", directory];
      spec.linux.resources["devices"] = [{ allow: true, access: "rwm" }];
      await change(spec, places);
    },
  };
}

function volume(places: Places, options: string[]): Mount {
  return { destination: "/volume", type: "bind", source: places.volume, options };
}

function capable(spec: Spec): void {
  for (const set of ["bounding", "effective", "permitted"]) {
    spec.process.capabilities[set] = ALL;
  }
}

async function overlay(places: Places): Promise<void> {
  for (const name of ["upper", "overlay-work", "merged"]) {
    await mkdir(join(places.bundle, name));
  }
}

/** The probe's own directories. */
const PARTS = [
  "opening",
  "names",
  "links",
  "renames",
  "special",
  "unlinked",
  "nameless",
  "attributes",
  "owners",
  "times",
  "space",
  "locks",
  "mapping",
  "directories",
  "watching",
  "copying",
  "handles",
];

/** By name. */
const PLACES: readonly (readonly [string, ContainerOptions])[] = [
  ["the root file system", on("/work")],
  ["the root file system, with more capabilities", on("/work", capable)],
  [
    "the root file system of a snapshotter",
    {
      async edit(spec, places) {
        await overlay(places);
        spec.process.args = ["/probe", "files", "/work"];
        capable(spec);
      },
      rootfsMounts: ({ bundle, rootfs }) => [
        {
          type: "overlay",
          source: "overlay",
          target: "",
          options: [`lowerdir=${rootfs}`, `upperdir=${join(bundle, "upper")}`, `workdir=${join(bundle, "overlay-work")}`],
        },
      ],
    },
  ],
  ["a volume", on("/volume", (spec, places) => void spec.mounts.push(volume(places, ["rbind"])))],
  [
    "a volume, with more capabilities",
    on("/volume", (spec, places) => {
      spec.mounts.push(volume(places, ["rbind"]));
      capable(spec);
    }),
  ],
  [
    "a read-only volume",
    on("/volume", async (spec, places) => {
      spec.mounts.push(volume(places, ["rbind", "ro"]));
      // What the probe cannot make there.
      for (const part of PARTS) {
        await mkdir(join(places.volume, part));
        for (const name of ["a", "own", "s", "t", "x"]) {
          const file = join(places.volume, part, name);
          await writeFile(file, "content\n");
          // The two sides make theirs one after the other.
          await utimes(file, 1_000_000_000, 1_000_000_000);
        }
      }
    }),
  ],
  [
    "a volume with nosuid, nodev and noexec",
    on("/volume", (spec, places) => void spec.mounts.push(volume(places, ["rbind", "nosuid", "nodev", "noexec"]))),
  ],
  ["a tmpfs", on("/tmp", (spec) => void spec.mounts.push({ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=755"] }))],
  ["/dev/shm", on("/dev/shm")],
  [
    "a volume, as user 1000",
    on("/volume", async (spec, places) => {
      await chmod(places.volume, 0o777);
      spec.mounts.push(volume(places, ["rbind"]));
      spec.process.user = { uid: 1000, gid: 1000 };
    }),
  ],
];

export const AREAS: readonly Area[] = PLACES.map(([name, options]) => ({ name, options }));
