/**
 * Makes the files that the installed daemon consists of, besides what is native:
 *
 *     node tools/bundle.ts DIRECTORY
 *
 * daemon.js (src/shim/main.ts with all it imports), shim.js (src/shim/load.ts, which loads it), and daemon.bytecode:
 * what V8 compiles of daemon.js while a pod comes and goes (tools/rehearse.ts), so that no pod's daemon has to do it again.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { link, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { build, type BuildOptions } from "esbuild";
import { connect, Server } from "ttrpc-ts";

import { messageOf } from "../src/errors.ts";
import { Events } from "../src/gen/events.ts";
import { TaskV2 } from "../src/shim/services.ts";
import { rehearse } from "./rehearse.ts";

const ROOT = join(import.meta.dirname, "..");
const DEADLINE_MS = 120_000;
/** For the pod, which may have Debian's kernel on an emulated CPU of a busy machine. */
const REHEARSAL_MS = 60_000;

const OPTIONS: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  // CommonJS, since it starts faster than modules do.
  format: "cjs",
  external: ["*.node"],
  // Names are kept: they are in stack traces.
  minifyWhitespace: true,
  minifySyntax: true,
  charset: "ascii",
  legalComments: "none",
  logLevel: "warning",
  define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
};

const [target] = process.argv.slice(2);
if (target === undefined) {
  throw new Error("usage: node tools/bundle.ts DIRECTORY");
}
// Made beside their place: a daemon that starts at this moment must not find half of them.
const directory = await mkdtemp(join(resolve(target), ".bundle-"));
try {
  await writeFile(join(directory, "package.json"), `{"type":"commonjs"}\n`);
  await build({ ...OPTIONS, entryPoints: [join(ROOT, "src/shim/load.ts")], outfile: join(directory, "shim.js") });
  const digest = await bundleDaemon(join(directory, "daemon.js"));
  const made = ["package.json", "daemon.bytecode", "daemon.js", "shim.js"];
  // What a pod needs besides.
  for (const name of (await readdir(target)).filter((other) => !other.startsWith(".") && !made.includes(other))) {
    await symlink(join(resolve(target), name), join(directory, name));
  }
  await writeBytecode(directory, digest);
  for (const name of made) {
    await rename(join(directory, name), join(target, name));
  }
} finally {
  await rm(directory, { recursive: true });
}

/** As one function that load.ts calls, and with its own digest in the last line. */
async function bundleDaemon(path: string): Promise<string> {
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: [join(ROOT, "src/shim/main.ts")], write: false });
  const [bundle] = outputFiles;
  if (bundle === undefined) {
    throw new Error("esbuild wrote nothing");
  }
  const text = `(function (require, __dirname, __filename, module) {${bundle.text.trimEnd()}\n})\n// `;
  const digest = createHash("sha256").update(text).digest("hex");
  await writeFile(path, text + digest);
  return digest;
}

/** Runs the daemon as the launcher does, with a pod if one can run here, and keeps the bytecode that there is at its end. */
async function writeBytecode(directory: string, digest: string): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), "hadron-bundle-"));
  try {
    const socket = join(temporary, "socket");
    const result = join(temporary, "bytecode");
    await using containerd = new Server().addService(Events, { forward: () => ({}) });
    const events = join(temporary, "events");
    await containerd.listen({ path: events });
    const daemon = await startDaemon(directory, temporary, socket, { HADRON_BYTECODE_RESULT: result, TTRPC_ADDRESS: events });
    // Its VM dies with it. It has ended already, unless something fails here.
    using _stop = { [Symbol.dispose]: () => daemon.kill("SIGKILL") };
    const exited = once(daemon, "exit", { signal: AbortSignal.timeout(DEADLINE_MS) });
    await using client = await connect({ path: socket }, { signal: AbortSignal.timeout(DEADLINE_MS) });
    await client.call(TaskV2.methods.connect, { id: "none" });
    try {
      await rehearse(client, temporary, join(directory, "hadron-exec"), AbortSignal.timeout(REHEARSAL_MS));
    } catch (error) {
      console.error(`shim: no pod runs here, so every pod's daemon will compile by itself what only a pod needs: ${messageOf(error)}`);
      // It takes down what there is of the pod, which Shutdown would leave alone.
      daemon.kill("SIGTERM");
    }
    const [code] = (await exited) as [number | null];
    if (code !== 0) {
      throw new Error(`the daemon that should show what there is to compile ended with exit code ${code}`);
    }
    await writeFile(join(directory, "daemon.bytecode"), Buffer.concat([Buffer.from(digest, "latin1"), await readFile(result)]));
  } finally {
    await rm(temporary, { recursive: true });
  }
}

async function startDaemon(directory: string, temporary: string, socket: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const flags = (await readFile(join(ROOT, "native/launcher/node-flags"), "utf8")).trim().split(/\s+/);
  const args = ["--namespace", "build", "--id", "none", "--socket", socket, "--state", join(temporary, "state")];
  // A socket that listens but that nobody here accepts from: Node's server gives up its own name of it when it closes.
  const server = createServer();
  server.listen(`${socket}.new`);
  await once(server, "listening");
  await link(`${socket}.new`, socket);
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const daemon = spawn(process.execPath, [...flags, "--require", join(ROOT, "tools/keep-bytecode.cjs"), join(directory, "shim.js"), ...args], {
    cwd: temporary,
    stdio: [fd, "inherit", "inherit"],
    env: { PATH: process.env["PATH"], ...env },
  });
  await once(daemon, "spawn");
  server.close();
  return daemon;
}
