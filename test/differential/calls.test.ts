/** Calls in any order get the answers that they get from runc's shim, and the same events in the same order. */
import { CALL_CASES } from "./cases/calls.ts";
import { LATER_MOUNT_CASES } from "./cases/propagation.ts";
import { SHARED_VOLUME_CASES } from "./cases/shared-volumes.ts";
import { useSides } from "./suite.ts";
import { Trace } from "./trace.ts";

useSides("calls", ({ each }) => {
  each([...CALL_CASES, ...SHARED_VOLUME_CASES, ...LATER_MOUNT_CASES], async (sides, { run }) => {
    const { runc, hadron } = await sides.both(async (pod) => {
      await using trace = new Trace(pod, sides.events);
      await run(trace);
      return { fields: await trace.fields(), messages: trace.messages };
    });
    return { fields: { runc: runc.fields, hadron: hadron.fields }, messages: [...runc.messages, ...hadron.messages] };
  });
});
