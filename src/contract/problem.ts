/** One thing that is wrong with an input, and what to do about it. Holds no value of the input. */
export interface Problem {
  /** JSON Pointer in the input, in the contract's spelling; empty for the input as a whole. */
  readonly pointer: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The most problems that one answer names. */
export const mostProblems = 50;

/** What kind of JSON value this is, in words. */
export function kindOfValue(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "number" ? "a number" : "text";
}

/** True where the value is an object of JSON. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A JSON Pointer (RFC 6901) from its steps. */
export const pointerOf = (steps: readonly PropertyKey[]): string =>
  steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
