import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { Code } from "../errors.ts";
import { resolveGuestImage } from "./guest-image.ts";

let library: string;
const path = (name: string): string => join(library, name);
const add = (...names: string[]): Promise<unknown> => Promise.all(names.map((name) => writeFile(path(name), "")));

beforeEach(async () => {
  library = await mkdtemp(join(tmpdir(), "library-"));
  await mkdir(path("kernel"));
});
afterEach(async () => {
  await rm(library, { recursive: true });
});

test("auto takes the tuned kernel where it is installed", async () => {
  await add("kernel/vmlinux-debian", "initramfs-debian.cpio", "initramfs-tuned.cpio");
  const debian = { kernel: { path: path("kernel/vmlinux-debian"), kind: "debian" }, initrd: path("initramfs-debian.cpio") };
  const tuned = { kernel: { path: path("kernel/vmlinux-tuned"), kind: "tuned" }, initrd: path("initramfs-tuned.cpio") };
  expect(await resolveGuestImage({ kernel: "auto", initrd: "auto" }, library)).toEqual(debian);
  await add("kernel/vmlinux-tuned");
  expect(await resolveGuestImage({ kernel: "auto", initrd: "auto" }, library)).toEqual(tuned);
  expect(await resolveGuestImage({ kernel: "debian", initrd: "auto" }, library)).toEqual(debian);
  expect(await resolveGuestImage({ kernel: "tuned", initrd: path("kernel/vmlinux-debian") }, library)).toEqual({
    ...tuned,
    initrd: path("kernel/vmlinux-debian"),
  });
});

test("a path is a kernel that needs no modules", async () => {
  await add("mine", "initramfs-tuned.cpio");
  expect(await resolveGuestImage({ kernel: path("mine"), initrd: "auto" }, library)).toEqual({
    kernel: { path: path("mine"), kind: "tuned" },
    initrd: path("initramfs-tuned.cpio"),
  });
});

test("what is missing is named, with what makes it", async () => {
  const refusal = (...words: string[]): unknown =>
    expect.objectContaining({ code: Code.NOT_FOUND, message: expect.stringMatching(new RegExp(words.join(".*"))) as string });
  await expect(resolveGuestImage({ kernel: "auto", initrd: "auto" }, library)).rejects.toEqual(
    refusal("vmlinux-tuned", "make kernel", "vmlinux-debian", "make kernel-debian"),
  );
  await expect(resolveGuestImage({ kernel: "tuned", initrd: "auto" }, library)).rejects.toEqual(refusal("vmlinux-tuned", "make kernel"));
  await expect(resolveGuestImage({ kernel: "/no/kernel", initrd: "auto" }, library)).rejects.toEqual(refusal("/no/kernel"));
  await add("kernel/vmlinux-tuned");
  await expect(resolveGuestImage({ kernel: "auto", initrd: "auto" }, library)).rejects.toEqual(refusal("initramfs-tuned.cpio", "make image"));
});
