import { dateOf, durationSeconds, instantOf, timeOf } from "./date-time.ts";
import { compareDecimals, type Decimal, parseDecimal } from "./decimal.ts";

/** What an expression yields. All numbers are of one type, since all are computed exactly. */
export type ScalarType =
  | "String"
  | "Boolean"
  | "Number"
  | "DateTimeOffset"
  | "Date"
  | "TimeOfDay"
  | "Duration"
  | "Guid";

/**
 * A value: text for String, DateTimeOffset (as it was written, since its offset is part of it),
 * Date, TimeOfDay (fixed width) and Guid (lower case); a Decimal for Number and Duration (seconds);
 * null for what is unknown.
 */
export type Value = string | boolean | Decimal | null;

type Reader = (json: unknown) => Value | undefined;

const guidPattern = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const jsonNumberPattern = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

const fromText =
  (read: (text: string) => Value | undefined): Reader =>
  (json) =>
    typeof json === "string" ? read(json) : undefined;

/** A guid in lower case, or undefined. */
export const guidOf = (text: string): string | undefined =>
  guidPattern.test(text) ? text.toLowerCase() : undefined;

/**
 * The number of a JSON number, or of a string that holds one, as clients with
 * IEEE754Compatible=true send them.
 */
export const numberOf = (text: string): Decimal | undefined =>
  jsonNumberPattern.test(text) ? parseDecimal(text) : undefined;

interface RawJson {
  readonly rawJSON: string;
}
type ReviverContext = { readonly source?: string };
const exactJson = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: ReviverContext) => unknown,
  ): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
};

function numberFromJson(json: unknown): Decimal | undefined {
  if (typeof json === "number" || typeof json === "bigint") return numberOf(String(json));
  if (exactJson.isRawJSON(json)) return numberOf(json.rawJSON);
  return typeof json === "string" ? numberOf(json) : undefined;
}

const readers: Readonly<Record<ScalarType, Reader>> = {
  String: fromText((text) => text),
  Boolean: (json) => (typeof json === "boolean" ? json : undefined),
  Number: numberFromJson,
  DateTimeOffset: fromText((text) => (instantOf(text) === undefined ? undefined : text)),
  Date: fromText(dateOf),
  TimeOfDay: fromText(timeOf),
  Duration: fromText(durationSeconds),
  Guid: fromText(guidOf),
};

/**
 * The value of a JSON value that should be of this type; null where it is absent, null or of
 * another type.
 */
export const readValue = (type: ScalarType, json: unknown): Value => readers[type](json) ?? null;

/**
 * Parses JSON as JSON.parse does, but keeps every number that a double can't hold, digit for digit.
 */
export const parseExactJson = (text: string): unknown =>
  exactJson.parse(text, (_key, value, { source }) => {
    if (typeof value !== "number" || source === undefined || String(value) === source) return value;
    const exact = parseDecimal(source);
    const held = Number.isFinite(value) ? parseDecimal(String(value)) : undefined;
    const isHeld = exact && held && compareDecimals(exact, held) === 0;
    return isHeld ? value : exactJson.rawJSON(source);
  });

/** Orders text by code points, as both databases do, where JavaScript orders by UTF-16 units. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a === b) continue;
    // Halves of surrogate pairs stand for code points above U+FFFF, yet their units are below
    // U+E000.
    const isAstral = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;
    if (isAstral(a) !== isAstral(b)) return isAstral(a) ? 1 : -1;
    return a - b;
  }
  return left.length - right.length;
}

/** Orders two values of one type; null comes before everything, false before true. */
export function compareValues(type: ScalarType, left: Value, right: Value): number {
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  if (typeof left === "boolean" || typeof right === "boolean") return Number(left) - Number(right);
  if (typeof left === "object" && typeof right === "object") return compareDecimals(left, right);
  const [a, b] = [String(left), String(right)];
  if (type !== "DateTimeOffset") return compareText(a, b);
  return compareText(instantOf(a) ?? "", instantOf(b) ?? "");
}
