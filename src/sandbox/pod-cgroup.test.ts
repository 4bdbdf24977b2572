import { describe, expect, it } from "vitest";

import { Code } from "../errors.ts";
import { cgroupAbove, cgroupNamed, podCgroup } from "./pod-cgroup.ts";

const podCgroupOf = (cgroupsPath: string | undefined, name: string) => {
  const above = cgroupAbove(cgroupsPath);
  return above && podCgroup(above, "c1", name);
};

describe("a pod's cgroup", () => {
  it.each([
    // As containerd's CRI with cgroupfs, ctr, and Docker have it.
    ["/kubepods/burstable/pod7/c1", "/kubepods/burstable/pod7/hadron_0f"],
    ["/default/c1", "/default/hadron_0f"],
    ["/c1", "/hadron_0f"],
    ["/", "/hadron_0f"],
    ["//a//b/", "/a/hadron_0f"],
    ["/a/../../../b/c", "/b/hadron_0f"],
    // As runc with cgroupfs does it.
    ["/a:b:c/c1", "/a:b:c/hadron_0f"],
    // With systemd.
    ["kubepods-besteffort-pod7_1.slice:cri-containerd:c1", "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod7_1.slice/hadron_0f"],
    ["system.slice:docker:c1", "/system.slice/hadron_0f"],
    [":docker:c1", "/system.slice/hadron_0f"],
    ["-.slice:docker:c1", "/hadron_0f"],
  ])("for %s is %s", (cgroupsPath, path) => {
    expect(podCgroupOf(cgroupsPath, "0f")).toEqual({ path, relative: false });
  });

  it.each([
    ["c1", "/hadron_0f"],
    ["a/c1", "/a/hadron_0f"],
    ["../../c1", "/hadron_0f"],
    ["kubepods:cri-containerd:c1", "/hadron_0f"],
    ["a.slice:b:c:d", "/hadron_0f"],
  ])("for %s, which is relative, is %s below the daemon's own", (cgroupsPath, path) => {
    expect(podCgroupOf(cgroupsPath, "0f")).toEqual({ path, relative: true });
  });

  it.each([undefined, ""])("is none for %o", (cgroupsPath) => {
    expect(podCgroupOf(cgroupsPath, "0f")).toBeUndefined();
  });

  it.each(["a--b.slice", "-a.slice", "a-.slice", ".slice"])("is refused in the slice %j", (slice) => {
    const refused = expect.objectContaining({ code: Code.INVALID_ARGUMENT, message: expect.stringContaining(JSON.stringify(slice)) });
    expect(() => podCgroupOf(`${slice}:docker:c1`, "0f")).toThrow(refused);
  });
});

it("is called by the id of a pod of CRI, by which a kubelet finds the pod", () => {
  const id = "0123456789abcdef".repeat(4);
  expect(podCgroup({ path: "/kubepods/pod7", relative: false }, id, "0f").path).toBe(`/kubepods/pod7/${id}`);
});

it.each([
  ["/kubepods/pod7", { path: "/kubepods/pod7", relative: false }],
  ["/", { path: "/", relative: false }],
  ["kubepods-pod7.slice", { path: "/kubepods.slice/kubepods-pod7.slice", relative: false }],
  ["/a.slice", { path: "/a.slice", relative: false }],
  ["", undefined],
  [undefined, undefined],
])("CRI's cgroup_parent %s", (parent, above) => {
  expect(cgroupNamed(parent)).toEqual(above);
});
