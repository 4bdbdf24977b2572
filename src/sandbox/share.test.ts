import { closeSync, fstatSync, openSync } from "node:fs";

import { afterEach, beforeEach, expect, it } from "vitest";

import { Code, HadronError } from "../errors.ts";
import type { ShareDescriptors, Unmount } from "../host/host.ts";
import { type MountHost, Share } from "./share.ts";

const BUSY = new HadronError(Code.FAILED_PRECONDITION, "it is in use");

/** Errors of the next attempts to unmount what is not to be detached. */
let errors: Error[];
let unmounts: Unmount[];
let warnings: string[];
let descriptors: ShareDescriptors;
let share: Share;

beforeEach(async () => {
  [errors, unmounts, warnings] = [[], [], []];
  const open = (): number => openSync("/dev/null", "r");
  descriptors = { namespace: open(), directory: open(), places: open() };
  const host: MountHost = {
    makeShares: async () => [descriptors],
    mount: async () => {},
    makeWritable: async () => false,
    describeMount: async () => ({ flags: [], hasOthersBelow: false }),
    umountTree: async (_, unmount) => {
      unmounts.push(unmount);
      const error = unmount.detach === true ? undefined : errors.shift();
      if (error !== undefined) {
        throw error;
      }
      return 1;
    },
  };
  const log = { error() {}, warn: (_: object, message: string) => void warnings.push(message), info() {}, debug() {}, trace() {} };
  [share] = (await Share.make(1, host, log)) as [Share];
});
afterEach(async () => await share[Symbol.asyncDispose]());

it("waits for a file server that is about to let go", async () => {
  errors.push(BUSY, BUSY, BUSY);
  await share.unmount("/1");
  expect([unmounts.length, unmounts.at(-1), warnings]).toEqual([4, { target: "/1" }, []]);
});

it("detaches what stays in use, and says so", async () => {
  errors.push(...Array.from({ length: 100 }, () => BUSY));
  await share.unmount("/1");
  expect(unmounts.at(-1)).toEqual({ target: "/1", detach: true });
  expect(warnings).toEqual([expect.stringContaining("in use on the host")]);
});

it("tells at once what is no matter of patience", async () => {
  errors.push(new HadronError(Code.INTERNAL, "the disk is gone"));
  await expect(share.unmount("/1")).rejects.toThrow("the disk is gone");
  expect(unmounts).toHaveLength(1);
});

it("closes what it has, once", async () => {
  await share[Symbol.asyncDispose]();
  // Whoever opens something now gets the same numbers.
  const other = openSync("/dev/null", "r");
  await share[Symbol.asyncDispose]();
  expect(fstatSync(other).isCharacterDevice()).toBe(true);
  expect(() => fstatSync(Math.max(descriptors.namespace, descriptors.directory, descriptors.places))).toThrow("EBADF");
  closeSync(other);
});
