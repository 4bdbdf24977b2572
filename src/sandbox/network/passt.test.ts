import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { Code } from "../../errors.ts";
import { findPasst, passtArguments } from "./passt.ts";

test("passt is the one in PATH, or the one that is named, if it is not too old", async () => {
  const directory = await mkdtemp(join(tmpdir(), "hadron-passt-"));
  try {
    const path = join(directory, "passt");
    const missing = { code: Code.NOT_FOUND, message: expect.stringContaining("install the package passt") };
    await expect(findPasst("auto", directory)).rejects.toMatchObject(missing);
    await writeFile(path, "");
    await expect(findPasst(path)).rejects.toMatchObject({
      code: Code.NOT_FOUND,
      message: `the configured passt_path ${path} is not an executable file`,
    });
    const says = async (line: string): Promise<void> => {
      await writeFile(path, `#!/bin/sh\n${line}\n`);
      await chmod(path, 0o755);
    };
    for (const line of ['[ "$*" = --help ] && echo "  --vhost-user"', 'echo "  --vhost-user" >&2; exit 1']) {
      await says(line);
      expect(await findPasst("auto", `/nowhere:${directory}`)).toBe(path);
      expect(await findPasst(path, "")).toBe(path);
    }
    for (const line of ['echo "  --fd FD"', "exit 1"]) {
      await says(line);
      await expect(findPasst(path)).rejects.toMatchObject({ code: Code.FAILED_PRECONDITION, message: expect.stringContaining("is too old") });
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("passt has the families that the host has, and no way to the host's loopback", () => {
  const args = (ipv4: boolean, ipv6: boolean): string => passtArguments({ descriptor: 3, link: "eth0", families: { ipv4, ipv6 } }).join(" ");
  expect(args(true, true)).toBe(
    "--foreground --quiet --fd 3 --interface eth0 --no-map-gw --no-dhcp --no-dhcpv6 --no-ra --tcp-ports none --udp-ports none",
  );
  expect(args(true, false)).toMatch(/ --ipv4-only$/);
  expect(args(false, true)).toMatch(/ --ipv6-only$/);
});
