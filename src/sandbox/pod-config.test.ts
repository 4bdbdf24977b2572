import { expect, it } from "vitest";

import { loadConfig } from "../config/config.ts";
import { Code } from "../errors.ts";
import { requireSameMachine } from "./pod-config.ts";
import { podSpecOf } from "./pod-spec.ts";

const body = (text: string) => ({ body: Buffer.from(text) });
const pod = (configuration: { path?: string; body?: Uint8Array }, annotations: Record<string, string> = {}) =>
  podSpecOf({ ociVersion: "1.1.0", annotations }, configuration);

const ENABLED = body('{"enable_annotations": ["io.hadron.vcpus"], "max_vcpus": 4}');

it("takes a container that asks for what the pod has", async () => {
  const madeFor = { pod: pod(ENABLED, { "io.hadron.vcpus": "2" }), config: await loadConfig(ENABLED) };
  await requireSameMachine(madeFor, pod(ENABLED));
  await requireSameMachine(madeFor, pod(ENABLED, { "io.hadron.vcpus": "2", other: "x" }));
  await requireSameMachine(madeFor, pod(body('enable_annotations = ["io.hadron.vcpus"]\nmax_vcpus = 4\n')));
});

it("does not read again what the pod's first container named", async () => {
  const named = { path: "/changed/or/gone.json" };
  await requireSameMachine({ pod: pod(named), config: await loadConfig(ENABLED) }, pod(named));
});

it("refuses other options by their keys", async () => {
  const madeFor = { pod: pod({}), config: await loadConfig({}) };
  await expect(requireSameMachine(madeFor, pod(body('{"vcpus": 2, "kernel": "debian"}')))).rejects.toMatchObject({
    code: Code.FAILED_PRECONDITION,
    message: expect.stringMatching(
      /the runtime's options ask for another: kernel = "debian" where the pod has "auto", vcpus = 2 where the pod has 1$/,
    ),
  });
});

it("refuses other annotations by their keys, and those that it could not have had", async () => {
  const madeFor = { pod: pod(ENABLED), config: await loadConfig(ENABLED) };
  await expect(requireSameMachine(madeFor, pod(ENABLED, { "io.hadron.vcpus": "2" }))).rejects.toThrow(
    /its annotations ask for another: vcpus = 2 where the pod has 1$/,
  );
  await expect(requireSameMachine(madeFor, pod(ENABLED, { "io.hadron.kernel": "debian" }))).rejects.toMatchObject({ code: Code.PERMISSION_DENIED });
});
