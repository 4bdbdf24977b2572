/** Terminals, driven through a real one: tmux runs ctr, types, resizes and reads the screen. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { mustRun, run } from "../harness/command.ts";
import { type Containerd, containerdVersions } from "../harness/containerd.ts";
import { patient } from "../harness/patience.ts";
import { runArgs, startContainer, uniqueId } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";
import { execOnTerminal } from "./terminal-bytes.ts";

/** A tmux server of its own with one window. */
class Screen implements AsyncDisposable {
  readonly #directory: string;
  readonly #socket: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#socket = join(directory, "tmux");
  }

  static async open(daemon: Containerd, args: readonly string[], width = 80, height = 24): Promise<Screen> {
    const screen = new Screen(await mkdtemp(join(daemon.directory, "screen-")));
    await screen.#tmux("new-session", "-d", "-s", "t", "-x", String(width), "-y", String(height), "sh");
    await screen.#tmux("set-option", "-t", "t", "remain-on-exit", "on");
    const command = [daemon.ctrPath, ...daemon.ctrGlobals, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
    await screen.type(`clear; ${command}; echo "ctr ended with $?"\n`);
    return screen;
  }

  async type(text: string): Promise<void> {
    await this.#tmux("send-keys", "-t", "t", "-l", text);
  }

  async key(name: string): Promise<void> {
    await this.#tmux("send-keys", "-t", "t", name);
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#tmux("resize-window", "-t", "t", "-x", String(width), "-y", String(height));
  }

  async text(): Promise<string> {
    return await this.#tmux("capture-pane", "-p", "-t", "t");
  }

  /** Looks at the screen until it shows what is expected. */
  async shows(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.text(), { timeout: patient(30_000), interval: 50 }).toMatch(pattern);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("tmux", ["-S", this.#socket, "kill-server"]);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #tmux(...args: string[]): Promise<string> {
    return await mustRun("tmux", ["-S", this.#socket, "-f", "/dev/null", ...args]);
  }
}

describe.each(containerdVersions)("containerd %s: a terminal", (version) => {
  const daemon = useContainerd(version);

  test("has a size, follows a resize, passes keys and ctrl-C, and ends with the shell's exit code", async () => {
    await using screen = await Screen.open(daemon(), [...runArgs({ id: uniqueId(), tty: true, flags: ["--rm"] }), "sh"], 90, 30);
    await screen.shows(/^\/ #$/m);
    await screen.type("stty size; tty\n");
    await screen.shows(/^30 90$/m);
    await screen.shows(/^\/dev\/(pts\/0|console)$/m);

    await screen.resize(100, 40);
    // The news of the resize and the typed line take different ways into the container.
    await expect
      .poll(async () => (await screen.type("stty size\n"), await screen.text()), { timeout: patient(30_000), interval: 300 })
      .toMatch(/^40 100$/m);

    // Only a line that has been taken leaves the terminal to the program, and ctrl-C to the kernel.
    await screen.type("echo started; sleep 600\n");
    await screen.shows(/^started$/m);
    await screen.key("C-c");
    await screen.type("echo went on\n");
    await screen.shows(/^went on$/m);

    await screen.type("exit 33\n");
    await screen.shows(/^ctr ended with 33$/m);
  });

  test("can be raw: keys arrive one by one and are not echoed", async () => {
    await using screen = await Screen.open(daemon(), [...runArgs({ id: uniqueId(), tty: true, flags: ["--rm"] }), "sh"]);
    await screen.shows(/^\/ #$/m);
    await screen.type("stty raw -echo; printf 'ready:'; k=$(dd bs=1 count=3 2>/dev/null); stty sane; echo \"got:$k:\"\n");
    // At the start of a line it is the program's, not the echo of what was typed.
    await screen.shows(/^ready:/m);
    await screen.type("x");
    await screen.key("C-c");
    await screen.type("y");
    await screen.shows(/got:x.*y:/s);
    await screen.type("exit\n");
    await screen.shows(/^ctr ended with 0$/m);
  });

  test("is there for an exec as well", async () => {
    await using container = await startContainer(daemon(), ["sleep", "600"]);
    await using screen = await Screen.open(daemon(), ["tasks", "exec", "--tty", "--exec-id", "shell", container.id, "sh"], 70, 20);
    await screen.shows(/^\/ #$/m);
    await screen.type("test -t 0 && test -t 1 && test -t 2 && echo all terminals; stty size\n");
    await screen.shows(/^all terminals\n20 70$/m);
    await screen.type("exit 5\n");
    await screen.shows(/^ctr ended with 5$/m);
  });

  test("shows every byte of a program that ends at once", async () => {
    await using container = await startContainer(daemon(), ["sleep", "600"]);
    const expected = Array.from({ length: 200_000 }, (_, index) => index + 1).join(" ");
    for (let round = 0; round < 5; round++) {
      const { text, exitStatus } = await execOnTerminal(daemon(), container.id, ["seq", "-s", " ", "200000"]);
      expect({ exitStatus, length: text.trimEnd().length }).toEqual({ exitStatus: 0, length: expected.length });
      expect(text.trimEnd() === expected).toBe(true);
    }
  });
});
