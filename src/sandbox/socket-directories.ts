/**
 * Directories of the host in which there are sockets that somebody of the host listens on, as in those of a runtime or of a SPIRE agent. A
 * container that mounts one finds the guest's sockets in their places (host-sockets.ts), also in those of later ones, if there was one when it was made.
 */

import { watch } from "node:fs";
import { join } from "node:path";

import type { Agent } from "../agent/agent.ts";
import { messageOf } from "../errors.ts";
import { close, lstat, opendir, realpath } from "../host/files.ts";
import type { Host } from "../host/host.ts";
import type { Logger } from "../logger.ts";
import type { HostSockets } from "./host-sockets.ts";

export interface SocketDirectoriesOptions {
  readonly containerId: string;
  readonly agent: Pick<Agent, "coverSocket">;
  readonly host: Pick<Host, "dial">;
  /** This object's. */
  readonly sockets: HostSockets;
  /** Where the guest has a socket, by a number. */
  readonly place: (number: number) => string;
  readonly log: Logger;
}

/** A directory, as the container has it. */
export interface MountedDirectory {
  readonly source: string;
  readonly destination: string;
}

/** Of a directory are looked at. What is kept for sockets has fewer. */
const MAX_ENTRIES = 256;
/**
 * After a change in the directory, until the guest is told of it: by then it has forgotten what was there (docs/architecture.md). What covers a
 * file goes when the guest comes to know that the file is another one.
 */
const FORGOTTEN_MS = 1_500;

export class SocketDirectories implements AsyncDisposable {
  readonly #options: SocketDirectoriesOptions;
  readonly #ended = new AbortController();
  /** By their paths on the host, where the guest has them. */
  readonly #places = new Map<string, string>();
  /** One after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: SocketDirectoriesOptions) {
    this.#options = options;
  }

  /** Of a container that is created. Never rejects: what cannot be reached is as it is on the host without a server. */
  async open(directories: readonly MountedDirectory[]): Promise<void> {
    for (const { source, destination } of directories) {
      try {
        const directory = { source: await realpath(source), destination };
        let isServed = false;
        for (const name of await socketsIn(directory.source)) {
          isServed = (await this.#look(directory, name)) || isServed;
        }
        if (isServed) {
          this.#watch(directory);
        }
      } catch (error) {
        this.#options.log.debug({ err: messageOf(error), source }, "a directory cannot be looked at for sockets");
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#work;
    await this.#options.sockets[Symbol.asyncDispose]();
  }

  #watch(directory: MountedDirectory): void {
    const due = new Map<string, NodeJS.Timeout>();
    const { signal } = this.#ended;
    const look = (name: string): void => {
      due.delete(name);
      this.#work = this.#work.then(async () => void (signal.aborted || (await this.#look(directory, name))));
    };
    const watcher = watch(directory.source, { persistent: false, signal }, (event, name) => {
      // "rename": something came or went. What is written to files is none of our business.
      if (event === "rename" && name !== null && due.size < MAX_ENTRIES) {
        clearTimeout(due.get(name));
        due.set(name, setTimeout(look, FORGOTTEN_MS, name).unref());
      }
    });
    watcher.on("error", (error) => this.#options.log.debug({ err: messageOf(error) }, "a directory with sockets is not watched any more"));
    signal.addEventListener("abort", () => due.forEach((timer) => clearTimeout(timer)));
  }

  /** Whether there is a socket on which somebody of the host listens: those that the guest's programs make are theirs. Never rejects. */
  async #look({ source, destination }: MountedDirectory, name: string): Promise<boolean> {
    const { containerId, agent, host, sockets, place, log } = this.#options;
    const path = join(source, name);
    try {
      // What a guest makes there may be a symbolic link: none is followed.
      if (!(await lstat(path)).isSocket()) {
        return false;
      }
      let at = this.#places.get(path);
      if (at === undefined) {
        await close(await host.dial({ kind: "unix", path }));
        at = place(this.#places.size);
        await sockets.openOne(path, at);
        this.#places.set(path, at);
      }
      await agent.coverSocket(containerId, at, join(destination, name));
      return true;
    } catch (error) {
      log.debug({ err: messageOf(error), path }, "a socket in a volume is left to the guest");
      return false;
    }
  }
}

async function socketsIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  const entries = await opendir(directory);
  try {
    for (let count = 0; count < MAX_ENTRIES; count += 1) {
      const entry = await entries.read();
      if (entry === null) {
        break;
      }
      if (entry.isSocket()) {
        names.push(entry.name);
      }
    }
  } finally {
    await entries.close();
  }
  return names;
}
