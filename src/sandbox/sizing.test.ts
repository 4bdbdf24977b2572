import { expect, it } from "vitest";

import { sizeMachine } from "./sizing.ts";

const MIB = 1024 * 1024;
const configured = { vcpus: 1, memoryMiB: 512 };
const most = { vcpus: 4, memoryMiB: 8192 };
const size = (memoryMiB: number, cpus: number) => sizeMachine({ memoryBytes: memoryMiB * MIB, cpus }, configured, most);

it("is what is configured, where nothing more is asked for", () => {
  expect(size(0, 0)).toEqual(configured);
  expect(size(128, 0.5)).toEqual(configured);
});

it("has room for the limit and for the guest's own", () => {
  expect(size(1024, 0).memoryMiB).toBe(1024 + 160 + 128);
  // A byte more is a MiB more, and an eighth of it.
  expect(sizeMachine({ memoryBytes: 1024 * MIB + 1, cpus: 0 }, configured, most).memoryMiB).toBe(1025 + 160 + 129);
});

it("takes a limit above what the host has for none", () => {
  expect(size(8192, 0).memoryMiB).toBe(8192 + 160 + 1024);
  expect(size(8193, 0)).toEqual(configured);
  expect(size(2 ** 43, 0)).toEqual(configured);
});

it("has whole CPUs, and no more than allowed", () => {
  expect([1, 1.01, 3.5, 4, 100].map((cpus) => size(0, cpus).vcpus)).toEqual([1, 2, 4, 4, 4]);
});
