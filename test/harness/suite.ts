/** One containerd for all tests of a describe block, with the checks that belong around every test. */
import { open, stat } from "node:fs/promises";

import { afterAll, afterEach, beforeAll, beforeEach, onTestFailed } from "vitest";

import { Containerd, type ContainerdOptions, type ContainerdVersion } from "./containerd.ts";
import { type ImageName, importImage } from "./images.ts";
import { expectNoLeftovers, hostState, type HostState } from "./leftovers.ts";
import { patient } from "./patience.ts";

/** A first download and a first image take their time; later ones come from the cache. */
const SETUP_MS = 1_500_000;
const LOG_LIMIT = 64 * 1024;

export interface SuiteOptions extends ContainerdOptions {
  /** Default: ["busybox"]. */
  readonly images?: readonly ImageName[];
}

/**
 * To be called in a `describe`: starts a containerd before its tests and stops it afterwards. After every
 * test nothing of a pod may be left on the host; when a test fails, what containerd logged during it is printed.
 * Answers a function for the tests, since the daemon is not there before they run.
 */
export function useContainerd(version: ContainerdVersion, options: SuiteOptions = {}): () => Containerd {
  let daemon: Containerd | undefined;
  let before: HostState | undefined;

  const current = (): Containerd => {
    if (daemon === undefined) {
      throw new Error("containerd is there in tests and hooks only");
    }
    return daemon;
  };

  beforeAll(async () => {
    daemon = await Containerd.start(version, options);
    for (const image of options.images ?? ["busybox"]) {
      await importImage(daemon, image);
    }
  }, SETUP_MS);

  beforeEach(async () => {
    const { logPath } = current();
    const { size } = await stat(logPath);
    onTestFailed(async () => {
      const text = await readFrom(logPath, size);
      process.stderr.write(`--- containerd ${version} during this test ---\n${text}--- end ---\n`);
    });
    before = await hostState(current());
  });

  afterEach(async () => {
    if (before !== undefined) {
      await expectNoLeftovers(current(), before);
    }
  }, patient(30_000));

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
  }, patient(120_000));

  return current;
}

/** The file from `start` on; of a very long piece only the end. */
async function readFrom(path: string, start: number): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const from = Math.max(start, size - LOG_LIMIT);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.max(size - from, 0)), position: from });
  // What every start of the daemon says of itself helps nobody.
  const lines = buffer.toString("utf8", 0, bytesRead).split("\n");
  return lines.filter((line) => !line.includes("loading plugin")).join("\n");
}
