/** What differs between two answers, and which entry of the list says why. */
import { appendFileSync } from "node:fs";

import { DIFFERENCES, FAULTS, type Entry, type Fact, type Part } from "./differences.ts";
import type { Both } from "./sides.ts";
import type { Fields } from "./view.ts";

export interface Difference {
  readonly part: Part;
  /** The case's name. */
  readonly name: string;
  readonly field: string;
  readonly runc: string;
  readonly hadron: string;
}

/** HADRON_TEST_REPORT names a file to which every difference without an entry is appended. */
const REPORT = process.env["HADRON_TEST_REPORT"];

export const ABSENT = "(absent)";

export function compare(part: Part, name: string, { runc, hadron }: Both<Fields>): Difference[] {
  const found: Difference[] = [];
  for (const field of new Set([...runc.keys(), ...hadron.keys()])) {
    const [ours, theirs] = [hadron.get(field) ?? ABSENT, runc.get(field) ?? ABSENT];
    if (ours !== theirs) {
      found.push({ part, name, field, runc: theirs, hadron: ours });
    }
  }
  // Where they ended differently, what they said on the way says nothing more.
  const end = found.find(({ field }) => field === "end");
  return end === undefined ? found : [end];
}

/** Counts which entries were needed, so that those of which nothing is left are found. */
export class Judge {
  readonly #part: Part;
  readonly #facts: ReadonlySet<Fact>;
  readonly #met = new Map<Entry, Difference[]>();

  constructor(part: Part, facts: ReadonlySet<Fact>) {
    this.#part = part;
    this.#facts = facts;
  }

  /** Those differences that no entry explains. */
  unexplained(differences: readonly Difference[], messages: readonly string[] = []): Difference[] {
    return differences.filter((difference) => {
      const entry = this.#entries().find((candidate) => explains(candidate, difference));
      if (entry === undefined) {
        // For whoever goes through them all: one JSON object a line.
        if (REPORT !== undefined) {
          appendFileSync(REPORT, `${JSON.stringify({ ...difference, messages })}\n`);
        }
        return true;
      }
      this.#met.set(entry, [...(this.#met.get(entry) ?? []), difference]);
      return false;
    });
  }

  /** Matches of this part that explained nothing, each by its entry. */
  unmet(): readonly string[] {
    return this.#entries()
      .filter(
        (entry) =>
          entry.dependsOnKernels !== true &&
          entry.dependsOnTiming !== true &&
          entry.matches.some(({ part }) => part === this.#part) &&
          !this.#met.has(entry),
      )
      .map(({ what }) => what);
  }

  /** The known faults that were met, one line each. */
  faults(): readonly string[] {
    return FAULTS.flatMap((fault) => {
      const met = this.#met.get(fault) ?? [];
      const [first] = met;
      return first === undefined ? [] : [`${fault.kind}: ${fault.what} (${met.length}): ${describe(first)}`];
    });
  }

  #entries(): readonly Entry[] {
    return [...DIFFERENCES, ...FAULTS].filter(({ on }) => on === undefined || this.#facts.has(on));
  }
}

function explains(entry: Entry, difference: Difference): boolean {
  return entry.matches.some(
    ({ part, name, field, runc, hadron }) =>
      part === difference.part &&
      (name?.test(difference.name) ?? true) &&
      field.test(difference.field) &&
      (runc?.test(difference.runc) ?? true) &&
      (hadron?.test(difference.hadron) ?? true),
  );
}

export function describe({ name, field, runc, hadron }: Difference): string {
  return `[${name}] ${field}: runc ${JSON.stringify(runc)}, Hadron ${JSON.stringify(hadron)}`;
}
