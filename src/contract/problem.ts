/** One thing that is wrong with an input: where, what, and what to do about it. Carries no value of the input. */
export interface Problem {
  /** JSON Pointer in the input, in the contract's spelling; empty for the input as a whole. */
  readonly pointer: string;
  readonly reason: string;
  readonly remedy: string;
}

/** What kind of JSON value this is, in words. */
export function kindOfValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "number" ? "a number" : "text";
}

/** One step of a JSON Pointer, escaped as RFC 6901 says. */
export const pointerStep = (name: string | number): string =>
  `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;
