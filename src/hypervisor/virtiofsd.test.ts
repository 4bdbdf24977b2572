import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Code } from "../errors.ts";
import { findVirtiofsd, virtiofsdArguments } from "./virtiofsd.ts";

let directory: string;
let ofQemu: string;
let own: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "virtiofsd-"));
  ofQemu = join(directory, "qemu/virtiofsd");
  own = join(directory, "virtiofsd");
  await mkdir(join(directory, "qemu"));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const install = (path: string): Promise<void> => writeFile(path, "", { mode: 0o755 });

test("the first that is there is taken, and known by its place", async () => {
  await install(ofQemu);
  expect(await findVirtiofsd("auto", [own, ofQemu])).toEqual({ path: ofQemu, style: "c" });
  await install(own);
  expect(await findVirtiofsd("auto", [own, ofQemu])).toEqual({ path: own, style: "rust" });
});

test("a configured path is taken, and has to be there", async () => {
  await expect(findVirtiofsd(own)).rejects.toMatchObject({ code: Code.NOT_FOUND, message: expect.stringContaining(own) as string });
  await install(own);
  expect(await findVirtiofsd(own)).toEqual({ path: own, style: "rust" });
});

test("the arguments of either", () => {
  expect(virtiofsdArguments({ path: own, style: "rust" }, { listener: 3, directory: "/run/hadron/a,b c" })).toEqual([
    "--fd=3",
    "--shared-dir=/run/hadron/a,b c",
    "--cache=auto",
    "--sandbox=chroot",
    "--xattr",
    "--announce-submounts",
  ]);
  expect(virtiofsdArguments({ path: ofQemu, style: "c" }, { listener: 3, directory: 4 })).toEqual([
    "--fd=3",
    "-f",
    "-o",
    "source=/proc/self/fd/4/,cache=always,timeout=1,sandbox=chroot,xattr,announce_submounts",
  ]);
});
