/** Who dials 127.0.0.1 or ::1 in the namespace that the pod has on the host reaches the pod's servers, as port-forward does. */
import { describe, expect, test } from "vitest";

import { containerdVersions } from "../harness/containerd.ts";
import { makeBytes, Netns, sendBytes } from "../harness/network.ts";
import { startContainer } from "../harness/runtime.ts";
import { useContainerd } from "../harness/suite.ts";

describe.each(containerdVersions)("containerd %s: the loopback of a pod", (version) => {
  const daemon = useContainerd(version);

  test("has the pod's servers on both sides, on any port", async () => {
    await using netns = await Netns.make();
    const line =
      "echo there and back >/tmp/file && httpd -p 127.0.0.1:5001 -h /tmp && httpd -p [::1]:5002 -h /tmp && exec nc -ll -p 5000 -e sha256sum";
    await using pod = await startContainer(daemon(), ["sh", "-c", line], { flags: netns.flags });
    await expect.poll(async () => (await pod.exec(["netstat", "-ltn"])).stdout).toContain(":5000 ");

    const sum = await netns.mustShell(makeBytes(8));
    expect(await netns.mustShell(sendBytes("127.0.0.1", 5000))).toBe(sum);
    // Several at once, and a server of IPv6 only, which whoever dials by a name reaches.
    const eight = Array.from({ length: 8 }, () => netns.mustShell(sendBytes("127.0.0.1", 5000)));
    expect(new Set(await Promise.all(eight))).toEqual(new Set([sum]));
    for (const port of [5001, 5002]) {
      for (const address of ["127.0.0.1", "[::1]"]) {
        expect(await netns.mustShell(`wget -q -O - http://${address}:${port}/file`)).toBe("there and back\n");
      }
    }
    // Nobody listens there.
    expect(await netns.shell("echo lost | nc 127.0.0.1 5003")).toMatchObject({ stdout: "" });
    // Other addresses of the loopback are the host's.
    expect((await netns.shell("nc 127.0.0.11 5000 </dev/null")).stderr).toContain("refused");
  });

  test("is the namespace's own again after the pod", async () => {
    await using netns = await Netns.make();
    const pod = await startContainer(daemon(), ["sleep", "600"], { flags: netns.flags });
    await pod[Symbol.asyncDispose]();
    await expect.poll(async () => (await netns.shell("nc 127.0.0.1 5000 </dev/null")).stderr).toContain("refused");
  });
});
