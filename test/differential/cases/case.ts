import type { Mount, Spec } from "../../../tools/default-spec.ts";
/** A variation of a spec, and what to look at from inside. */
import type { ContainerOptions, ProcessOptions } from "../container.ts";

export interface SpecCase extends ContainerOptions {
  readonly name: string;
  /** Questions to the probe beside the view that it always gives: "read:/etc/hostname", "stat:/dev/null" (probe/view.c). */
  readonly look?: readonly string[];
}

export interface ExecCase extends ProcessOptions {
  readonly name: string;
  readonly look?: readonly string[];
}

type Edit = NonNullable<ContainerOptions["edit"]>;

/** A case by its name, its change and its questions. */
export function variation(name: string, edit: Edit, ...look: string[]): SpecCase {
  return { name, edit, look };
}

/** One case for each value of a field. */
export function each<T>(name: string, values: readonly T[], edit: (spec: Spec, value: T) => void, ...look: string[]): SpecCase[] {
  return values.map((value) => variation(`${name} ${JSON.stringify(value) ?? "absent"}`, (spec) => edit(spec, value), ...look));
}

/** The default spec with one mount more. */
export function mounting(name: string, mount: Mount, ...look: string[]): SpecCase {
  return variation(name, (spec) => void spec.mounts.push(mount), ...look);
}

/** JSON.stringify has no numbers beyond 2^53: the text is put in afterwards, in the place of a marker. */
export function withNumbers(edit: (spec: Spec) => Record<string, string>): Edit {
  return (spec) => {
    let text: string | undefined;
    const numbers = edit(spec);
    text = JSON.stringify(spec);
    for (const [marker, number] of Object.entries(numbers)) {
      text = text.replaceAll(JSON.stringify(marker), number);
    }
    return text;
  };
}
