/** The processes of a containerd's pods, told apart by what they are and by whose child they are. */
import { type Containerd, ownerVariable } from "../harness/containerd.ts";
import { type Process, processes } from "../harness/processes.ts";

export type Part = "daemon" | "hadron-vsock" | "qemu" | "virtiofsd" | "passt";

/** Every living process of that kind, of all pods of this containerd. */
export async function parts(containerd: Containerd, part: Part): Promise<Process[]> {
  const all = (await processes()).filter(({ state }) => state !== "Z");
  // The daemon's children have nothing of its environment, but they are its children.
  const daemons: Process[] = [];
  for (const process of all.filter(({ args }) => args.some((arg) => arg.endsWith("/shim.js")))) {
    if ((await process.environment()).includes(`${ownerVariable}=${containerd.directory}`)) {
      daemons.push(process);
    }
  }
  if (part === "daemon") {
    return daemons;
  }
  const pids = new Set(daemons.map(({ pid }) => pid));
  const program = part === "qemu" ? "/qemu-system" : `/${part}`;
  // Another Debian's runs through its own loader.
  return all.filter(({ parent, exe, args }) => pids.has(parent) && (exe.includes(program) || args.some((arg) => arg.endsWith(`/bin${program}`))));
}

/** The only process of that kind; throws when there is none, or more. */
export async function onlyPart(containerd: Containerd, part: Part): Promise<Process> {
  const [found, ...others] = await parts(containerd, part);
  if (found === undefined || others.length > 0) {
    throw new Error(`there is not one ${part} but ${others.length + (found ? 1 : 0)}`);
  }
  return found;
}
