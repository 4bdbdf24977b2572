import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Server, TtrpcError } from "ttrpc-ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import { Events } from "../gen/events.ts";
import { TaskExit } from "../gen/task-events.ts";
import type { LogFields, Logger } from "../logger.ts";
import { EventPublisher } from "./events.ts";

const LONG_MS = 10_000;

let directory: string;
let address: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "events-test-"));
  address = join(directory, "s");
});
afterEach(async () => await rm(directory, { recursive: true }));

/** What containerd is to the publisher. `refuse` may throw, for an event that is not to be taken. */
async function serve(taken: string[], refuse: (topic: string) => void = () => undefined): Promise<Server> {
  const server = new Server();
  server.addService(Events, {
    forward({ envelope }, { metadata }) {
      const topic = envelope?.topic ?? "";
      refuse(topic);
      expect(envelope).toMatchObject({ namespace: "ns", event: { typeUrl: "containerd.events.TaskExit" } });
      expect(envelope?.timestamp?.seconds).toBeGreaterThan(1_700_000_000n);
      expect(metadata.get("containerd-namespace-ttrpc")).toBe("ns");
      taken.push(topic);
      return {};
    },
  });
  await server.listen({ path: address });
  return server;
}

function recorder(): { log: Logger; warnings: LogFields[] } {
  const warnings: LogFields[] = [];
  const ignore = (): void => undefined;
  return { warnings, log: { error: ignore, warn: (fields) => void warnings.push(fields), info: ignore, debug: ignore, trace: ignore } };
}

function publishAll(events: EventPublisher, topics: readonly string[]): void {
  for (const topic of topics) {
    events.publish(topic, TaskExit, { containerId: "c", id: "c", pid: 1, exitStatus: 0 });
  }
}

describe("EventPublisher", () => {
  it("delivers in order and says when it has", async () => {
    const taken: string[] = [];
    await using _server = await serve(taken);
    const events = new EventPublisher(address, "ns", recorder().log);
    const topics = Array.from({ length: 50 }, (_, i) => `/tasks/${i}`);
    publishAll(events, topics);
    await events.close(LONG_MS);
    expect(taken).toEqual(topics);
  });

  it("tries again when containerd does, at first, not serve", async () => {
    const taken: string[] = [];
    const events = new EventPublisher(address, "ns", recorder().log);
    publishAll(events, ["/a", "/b"]);
    await using _server = await serve(taken);
    await events.close(LONG_MS);
    expect(taken).toEqual(["/a", "/b"]);
  });

  it("connects again to a containerd that was restarted", async () => {
    const taken: string[] = [];
    const events = new EventPublisher(address, "ns", recorder().log);
    const first = await serve(taken);
    publishAll(events, ["/a"]);
    await expect.poll(() => taken).toEqual(["/a"]);
    await first[Symbol.asyncDispose]();
    publishAll(events, ["/b"]);
    await rm(address, { force: true });
    await using _second = await serve(taken);
    await events.close(LONG_MS);
    expect(taken).toEqual(["/a", "/b"]);
  });

  it("leaves out an event that containerd calls invalid", async () => {
    const taken: string[] = [];
    await using _server = await serve(taken, (topic) => {
      if (topic === "/bad") {
        throw new TtrpcError(Code.INVALID_ARGUMENT, "no such topic");
      }
    });
    const { log, warnings } = recorder();
    const events = new EventPublisher(address, "ns", log);
    publishAll(events, ["/a", "/bad", "/b"]);
    await events.close(LONG_MS);
    expect(taken).toEqual(["/a", "/b"]);
    expect(warnings).toEqual([{ err: expect.stringContaining("no such topic"), topic: "/bad" }]);
  });

  it("says at the end why an event was not taken", async () => {
    const { log, warnings } = recorder();
    const events = new EventPublisher(address, "ns", log);
    publishAll(events, ["/a"]);
    await events.close(200);
    expect(warnings).toEqual([{ err: expect.stringContaining("cannot connect"), topic: "/a" }]);
  });
});
