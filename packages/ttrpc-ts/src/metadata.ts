/**
 * Key-value pairs that travel with a request. Keys are case-insensitive and kept in lower case, as
 * ttrpc's Go implementation does; a key may have several values, in order.
 */
export class Metadata implements Iterable<[key: string, value: string]> {
  readonly #values = new Map<string, string[]>();

  constructor(entries?: MetadataInit) {
    if (entries === undefined) {
      return;
    }
    if (isIterable(entries)) {
      for (const [key, value] of entries) {
        this.append(key, value);
      }
      return;
    }
    for (const [key, value] of Object.entries(entries)) {
      if (typeof value === "string") {
        this.append(key, value);
      } else {
        for (const one of value) {
          this.append(key, one);
        }
      }
    }
  }

  /** The first value of the key. */
  get(key: string): string | undefined {
    return this.#values.get(key.toLowerCase())?.[0];
  }

  getAll(key: string): readonly string[] {
    return this.#values.get(key.toLowerCase()) ?? [];
  }

  append(key: string, value: string): void {
    const lower = key.toLowerCase();
    const values = this.#values.get(lower);
    if (values === undefined) {
      this.#values.set(lower, [value]);
    } else {
      values.push(value);
    }
  }

  *[Symbol.iterator](): Iterator<[key: string, value: string]> {
    for (const [key, values] of this.#values) {
      for (const value of values) {
        yield [key, value];
      }
    }
  }
}

export type MetadataInit = Iterable<readonly [key: string, value: string]> | Readonly<Record<string, string | readonly string[]>>;

function isIterable(value: MetadataInit): value is Iterable<readonly [string, string]> {
  return Symbol.iterator in value;
}
