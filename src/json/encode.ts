/** Writes JSON with every integer in full: a bigint as a number. */

declare global {
  interface JSON {
    /** A piece of JSON text that `stringify` writes as it is (ECMAScript, JSON.parse source text access). */
    rawJSON(text: string): object;
  }
}

export function encode(value: object): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === "bigint" ? JSON.rawJSON(String(member)) : member));
}
