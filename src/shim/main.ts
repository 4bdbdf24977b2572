/** Entry point of the shim daemon; started by containerd-shim-hadron-v2 (native/launcher). */

import { messageOf } from "../errors.ts";
import { parseDaemonArguments } from "./arguments.ts";
import { runDaemon } from "./daemon.ts";

// The launcher's, for this process alone: it has been read when the process began.
delete process.env["MALLOC_ARENA_MAX"];

async function main(): Promise<never> {
  try {
    await runDaemon(parseDaemonArguments(process.argv.slice(2)), import.meta.dirname);
  } catch (error) {
    // Standard error is containerd's log, if there is one.
    process.stderr.write(`level=error msg=${JSON.stringify(`the shim daemon failed: ${messageOf(error)}`)}\n`);
    process.exit(1);
  }
  // Nothing is open any more, but a handle that a library keeps must not keep the process.
  process.exit(0);
}

void main();
