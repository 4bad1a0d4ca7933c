import {
  type DateTimeParts,
  dateTimeParts,
  firstInstant,
  instantOf,
  instantOfSeconds,
  lastInstant,
  secondsOf,
} from "./date-time.ts";
import { ceiling, type Decimal, decimalOf, floor, parseDecimal, round } from "./decimal.ts";
import type { ScalarType, Value } from "./value.ts";

/**
 * A function that binds: what it takes, what it yields and how it is computed when no argument is
 * null.
 */
export interface FunctionEntry {
  /** For each parameter the types that it accepts. */
  readonly parameters: readonly (readonly ScalarType[])[];
  /** How many of the last parameters may be left out. */
  readonly optional?: number;
  readonly result: ScalarType;
  /** True where the result is always a whole number. */
  readonly isInteger?: boolean;
  evaluate(...values: readonly NonNullable<Value>[]): Value;
}

const text: readonly ScalarType[] = ["String"];
const number: readonly ScalarType[] = ["Number"];
const codePoints = (value: unknown): readonly string[] => [...String(value)];

/** Unicode's White_Space characters, written out so that every database trims the same. */
export const whiteSpace =
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006" +
  "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

function trim(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && whiteSpace.includes(value.charAt(start))) start += 1;
  while (end > start && whiteSpace.includes(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

/** A whole number for use as a position; larger ones mean the same as the largest. */
function position(value: unknown): number {
  const { unscaled, scale } = floor(value as Decimal);
  const whole = scale < 0 ? unscaled * 10n ** BigInt(-scale) : unscaled;
  return Number(BigInt.asIntN(64, whole) === whole ? whole : whole < 0n ? -(2n ** 62n) : 2n ** 62n);
}

/**
 * `start` counts code points from 0, from the end where it is negative; a negative length yields
 * nothing. Both databases count code points too.
 */
export function substring(value: string, start: Decimal, length?: Decimal): string {
  const all = codePoints(value);
  const from = position(start) < 0 ? Math.max(all.length + position(start), 0) : position(start);
  const count = length === undefined ? all.length : Math.max(position(length), 0);
  return all.slice(from, from + count).join("");
}

const stringTest = (test: (value: string, part: string) => boolean): FunctionEntry => ({
  parameters: [text, text],
  result: "Boolean",
  evaluate: (value, part) => test(String(value), String(part)),
});

const stringMap = (map: (value: string) => string): FunctionEntry => ({
  parameters: [text],
  result: "String",
  evaluate: (value) => map(String(value)),
});

const rounding = (map: (value: Decimal) => Decimal): FunctionEntry => ({
  parameters: [number],
  result: "Number",
  isInteger: true,
  evaluate: (value) => map(value as Decimal),
});

/** The parts of a DateTimeOffset, a Date or a TimeOfDay in normal form. */
function partsOf(value: unknown): DateTimeParts | undefined {
  const written = String(value);
  if (/t/i.test(written)) return instantOf(written) ? dateTimeParts(written) : undefined;
  return dateTimeParts(written.includes(":") ? `2000-01-01T${written}Z` : `${written}T00:00:00Z`);
}

const part = (name: keyof DateTimeParts, ...types: readonly ScalarType[]): FunctionEntry => ({
  parameters: [types],
  result: "Number",
  isInteger: true,
  evaluate: (value) => {
    const parts = partsOf(value);
    return parts ? decimalOf(Number(parts[name])) : null;
  },
});

const dateTime: readonly ScalarType[] = ["DateTimeOffset"];

/** The functions that bind. Each is computed alike here and in both databases. */
const functionTable = {
  contains: stringTest((value, other) => value.includes(other)),
  startswith: stringTest((value, other) => value.startsWith(other)),
  endswith: stringTest((value, other) => value.endsWith(other)),
  concat: {
    parameters: [text, text],
    result: "String",
    evaluate: (left, right) => `${String(left)}${String(right)}`,
  },
  indexof: {
    parameters: [text, text],
    result: "Number",
    isInteger: true,
    evaluate: (value, other) => {
      const index = String(value).indexOf(String(other));
      return decimalOf(index < 0 ? -1 : codePoints(String(value).slice(0, index)).length);
    },
  },
  length: {
    parameters: [text],
    result: "Number",
    isInteger: true,
    evaluate: (value) => decimalOf(codePoints(value).length),
  },
  substring: {
    parameters: [text, number, number],
    optional: 1,
    result: "String",
    evaluate: (value, start, length) =>
      substring(String(value), start as Decimal, length as Decimal | undefined),
  },
  tolower: stringMap((value) => value.toLowerCase()),
  toupper: stringMap((value) => value.toUpperCase()),
  trim: stringMap(trim),
  year: part("year", "DateTimeOffset", "Date"),
  month: part("month", "DateTimeOffset", "Date"),
  day: part("day", "DateTimeOffset", "Date"),
  hour: part("hour", "DateTimeOffset", "TimeOfDay"),
  minute: part("minute", "DateTimeOffset", "TimeOfDay"),
  second: part("second", "DateTimeOffset", "TimeOfDay"),
  totaloffsetminutes: part("offsetMinutes", "DateTimeOffset"),
  fractionalseconds: {
    parameters: [["DateTimeOffset", "TimeOfDay"]],
    result: "Number",
    evaluate: (value) => parseDecimal(`0.${partsOf(value)?.fraction ?? ""}`) ?? null,
  },
  date: {
    parameters: [dateTime],
    result: "Date",
    evaluate: (value) => (partsOf(value) ? String(value).slice(0, 10) : null),
  },
  time: {
    parameters: [dateTime],
    result: "TimeOfDay",
    evaluate: (value) => timeText(partsOf(value)),
  },
  totalseconds: {
    parameters: [["Duration"]],
    result: "Number",
    evaluate: (value) => value,
  },
  mindatetime: { parameters: [], result: "DateTimeOffset", evaluate: () => firstInstant },
  maxdatetime: { parameters: [], result: "DateTimeOffset", evaluate: () => lastInstant },
  round: rounding(round),
  floor: rounding(floor),
  ceiling: rounding(ceiling),
} satisfies Readonly<Record<string, FunctionEntry>>;

/** Steps that no query names: arithmetic on dates is arithmetic on seconds. */
const conversionTable = {
  midnight: {
    parameters: [["Date"]],
    result: "DateTimeOffset",
    evaluate: (value) => `${String(value)}T00:00:00Z`,
  },
  secondsOf: {
    parameters: [dateTime],
    result: "Duration",
    evaluate: (value) => {
      const instant = instantOf(String(value));
      return instant === undefined ? null : secondsOf(instant);
    },
  },
  instantOfSeconds: {
    parameters: [["Duration"]],
    result: "DateTimeOffset",
    evaluate: (value) => instantOfSeconds(value as Decimal) ?? null,
  },
} satisfies Readonly<Record<string, FunctionEntry>>;

function timeText(parts: DateTimeParts | undefined): string | null {
  if (!parts) return null;
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${pad(parts.hour)}:${pad(parts.minute)}:${pad(parts.second)}.${parts.fraction}`;
}

/** The functions that a query may call, in lower case. */
export type QueryFunction = keyof typeof functionTable;

/** Every function of a bound tree. */
export type BoundFunction = QueryFunction | keyof typeof conversionTable;

/** The entry of each function. */
export const functions: Readonly<Record<BoundFunction, FunctionEntry>> = {
  ...functionTable,
  ...conversionTable,
};

/** The function of this name, in whatever case it is written; undefined where there is none. */
export function queryFunction(name: string): QueryFunction | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(functionTable, lower) ? (lower as QueryFunction) : undefined;
}

/** Functions of OData that parse and are refused, with the reason. */
export const refusedFunctions: Readonly<Record<string, string>> = {
  matchespattern: "a pattern chosen by the caller can make a search take forever",
  hassubset: "collections are compared by any and all",
  hassubsequence: "collections are compared by any and all",
  "geo.distance": "there are no places in this model",
  "geo.intersects": "there are no places in this model",
  "geo.length": "there are no places in this model",
};
