/** How long a test waits: the one place that knows that the lab (tools/lab) is slow. */

/** Whether the tests run in the lab. */
export const inLab = process.env["HADRON_TEST_LAB"] !== undefined;

/** What may take a second here may take this many in the lab. */
const LAB_FACTOR = 4;

/** A deadline in milliseconds, or in seconds, that is `time` outside the lab. */
export function patient(time: number): number {
  return inLab ? time * LAB_FACTOR : time;
}
