/** The processes of a containerd's pods, told apart by what they are and by whose child they are. */
import { type Containerd, ownerVariable } from "../harness/containerd.ts";
import { type Process, processes } from "../harness/processes.ts";

/**
 * "vmm": the daemon's child whose death is the VM's. "guest": the process that runs the guest, which is QEMU, or the one in the jail of our own VMM.
 * "vsock": the one that moves the bytes of streams, hadron-vsock beside QEMU, or that in the jail.
 */
export type Part = "daemon" | "vmm" | "guest" | "vsock" | "virtiofsd" | "passt";

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
  const vmms = childrenOf(daemons, all, "qemu-system", "hadron-vmm");
  const jailed = childrenOf(vmms, all, "hadron-vmm");
  switch (part) {
    case "daemon":
      return daemons;
    case "vmm":
      return vmms;
    case "guest":
      return [...childrenOf(daemons, all, "qemu-system"), ...jailed];
    case "vsock":
      return [...childrenOf(daemons, all, "hadron-vsock"), ...jailed];
    default:
      return childrenOf(daemons, all, part);
  }
}

/** Those that run one of the programs. */
function childrenOf(parents: readonly Process[], all: readonly Process[], ...programs: readonly string[]): Process[] {
  const pids = new Set(parents.map(({ pid }) => pid));
  // Another Debian's runs through its own loader.
  const runs = ({ exe, args }: Process, program: string): boolean =>
    exe.includes(`/${program}`) || args.some((arg) => arg.endsWith(`/bin/${program}`));
  return all.filter((process) => pids.has(process.parent) && programs.some((program) => runs(process, program)));
}

/** The only process of that kind; throws when there is none, or more. */
export async function onlyPart(containerd: Containerd, part: Part): Promise<Process> {
  const [found, ...others] = await parts(containerd, part);
  if (found === undefined || others.length > 0) {
    throw new Error(`there is not one ${part} but ${others.length + (found ? 1 : 0)}`);
  }
  return found;
}
