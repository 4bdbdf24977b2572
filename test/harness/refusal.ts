/** What tests ask of code that has to say no. */
import { expect } from "vitest";

import { HadronError } from "../../src/errors.ts";

/** The error that `call` throws, which has to be a HadronError. */
export function refusal(call: () => unknown): HadronError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(HadronError);
    return error as HadronError;
  }
  throw new Error("it was accepted");
}
