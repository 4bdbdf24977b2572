/**
 * passt, which carries a guest's packets by sockets of its own, in the network of whoever starts it: user-mode networking, without a tap and without
 * privileges. It goes into namespaces of its own and becomes nobody before it looks at a packet, and it ends with its connection.
 */

import { execFile } from "node:child_process";

import { Code, HadronError } from "../../errors.ts";
import { findInPath, isExecutable } from "../../host/find-program.ts";

/** The longest packet that its connection with a VMM takes, in bytes and without the Ethernet header. */
export const PASST_MTU = 65_520;

/**
 * What one of 2025 has, and Debian 12's of 2023 has not: that sends a guest that has closed its half of a connection the same bytes again and
 * again, and never the end. Its version it does not tell a pipe.
 */
const NEWER = "--vhost-user";
const ANSWER_MS = 10_000;

/** `setting`: a path, or "auto". NOT_FOUND when there is none, FAILED_PRECONDITION for one that is too old. */
export async function findPasst(setting: string, searchPath?: string): Promise<string> {
  const found = setting === "auto" ? await findInPath("passt", searchPath) : (await isExecutable(setting)) ? setting : undefined;
  if (found === undefined) {
    throw new HadronError(
      Code.NOT_FOUND,
      setting === "auto"
        ? "there is no passt in PATH, which a pod with the host's network needs; install the package passt, or set passt_path in the configuration"
        : `the configured passt_path ${setting} is not an executable file`,
    );
  }
  if (!(await helpOf(found)).includes(NEWER)) {
    throw new HadronError(
      Code.FAILED_PRECONDITION,
      `${found} is too old for a pod with the host's network, which needs passt of 2025, as Debian 13 has it; set passt_path in the configuration to such a one`,
    );
  }
  return found;
}

/** Its exit status is no matter: it differs between versions, as does where it writes to. */
function helpOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(path, ["--help"], { timeout: ANSWER_MS, env: {}, cwd: "/" }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}

export interface PasstOptions {
  /** A connected stream socket that it inherits; the other one is the VMM's. */
  readonly descriptor: number;
  /** The host's interface with the default route, whose addresses the guest has. */
  readonly link: string;
  readonly families: { readonly ipv4: boolean; readonly ipv6: boolean };
}

/**
 * The guest is told by the agent what it has, so nothing is handed out. Nor does the gateway's address lead to the host's loopback, as passt has it
 * by default: what listens there alone is not meant for a pod.
 */
export function passtArguments({ descriptor, link, families }: PasstOptions): string[] {
  const only = families.ipv6 ? (families.ipv4 ? [] : ["--ipv6-only"]) : ["--ipv4-only"];
  return [
    "--foreground",
    "--quiet",
    "--fd",
    String(descriptor),
    "--interface",
    link,
    "--no-map-gw",
    "--no-dhcp",
    "--no-dhcpv6",
    "--no-ra",
    "--tcp-ports",
    "none",
    "--udp-ports",
    "none",
    ...only,
  ];
}
