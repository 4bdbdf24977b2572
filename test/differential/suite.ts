/** What the three test files have in common: the two sides, the judge, and the check that the list is no longer than needed. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";

import { patient } from "../harness/patience.ts";
import { compare, describe as sentence, Judge } from "./compare.ts";
import type { Part } from "./differences.ts";
import { type Both, Sides } from "./sides.ts";
import type { Fields } from "./view.ts";

export interface Suite {
  /** Runs one test for each case; `cases` is by name. */
  readonly each: <T extends { readonly name: string }>(cases: readonly T[], run: (sides: Sides, one: T) => Promise<Answers>) => void;
  /** Runs `count` generated cases, and looks for the smallest one when one differs. HADRON_TEST_SEED says which. */
  readonly generate: <T>(count: number, values: fc.Arbitrary<T>, run: (sides: Sides, value: T) => Promise<Answers>) => void;
}

export interface Answers {
  readonly fields: Both<Fields>;
  /** Sentences of refusals, for a person who looks at a failure. */
  readonly messages: readonly string[];
}

/** A first download of what the two sides need takes its time. */
const SETUP_MS = patient(1_500_000);
/** A failure is made smaller until half of this has passed. */
const GENERATED_MS = patient(120_000);
const SEED = Number(process.env["HADRON_TEST_SEED"] ?? 20_261);
const GENERATED_NAME = "generated";

/** To be called once in a file. After the cases it tests that each entry of `differences.ts` was needed. */
export function useSides(part: Part, define: (suite: Suite) => void): void {
  let sides: Sides;
  let judge: Judge;
  let defined = 0;
  let ran = 0;

  beforeAll(async () => {
    sides = await Sides.start();
    judge = new Judge(part, await sides.facts());
  }, SETUP_MS);
  afterAll(async () => await sides[Symbol.asyncDispose]());

  define({
    each(cases, run) {
      defined += cases.length;
      test.each(cases.map((one) => [one.name, one] as const))("%s", async (name, one) => {
        const { fields, messages } = await run(sides, one);
        onTestFailed(() => void (messages.length > 0 && console.error(messages.join("\n"))));
        ran += 1;
        expect(judge.unexplained(compare(part, name, fields), messages).map(sentence)).toEqual([]);
      });
    },
    generate(count, values, run) {
      defined += 1;
      test(`${count} generated ones (HADRON_TEST_SEED=${SEED})`, { timeout: GENERATED_MS }, async () => {
        const property = fc.asyncProperty(values, async (value) => {
          const { fields, messages } = await run(sides, value);
          expect(judge.unexplained(compare(part, GENERATED_NAME, fields), messages).map(sentence)).toEqual([]);
        });
        await fc.assert(property, { seed: SEED, numRuns: count, plugins: [fc.interruptAfterTimeLimit(GENERATED_MS / 2)] });
        ran += 1;
      });
    },
  });

  describe("the list of differences", () => {
    test("has nothing that is no longer so", ({ skip }) => {
      skip(ran < defined, "only some of the cases ran");
      for (const fault of judge.faults()) {
        console.warn(`known fault: ${fault}`);
      }
      expect(judge.unmet()).toEqual([]);
    });
  });
}
