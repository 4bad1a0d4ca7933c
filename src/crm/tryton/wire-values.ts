import type { CrmValue } from "../port.ts";

/** JSON as Tryton speaks it: decimals, dates and moments travel as objects with a `__class__`. */
export type Wire =
  | string
  | number
  | boolean
  | null
  | readonly Wire[]
  | { readonly [name: string]: Wire };

const twoDigits = (value: Wire | undefined): string => String(value ?? 0).padStart(2, "0");

/**
 * A value of Tryton's as a field: a decimal as a number, a date as `2026-12-24`, a moment in UTC.
 */
export function fromWire(value: Wire | undefined): CrmValue {
  if (value === null || value === undefined || typeof value !== "object") return value ?? null;
  if (Array.isArray(value)) return value.map(fromWire);
  const parts = value as Readonly<Record<string, Wire>>;
  const date = `${String(parts.year)}-${twoDigits(parts.month)}-${twoDigits(parts.day)}`;
  switch (parts.__class__) {
    case "Decimal":
      return Number(parts.decimal);
    case "date":
      return date;
    case "datetime": {
      const time = [parts.hour, parts.minute, parts.second].map(twoDigits).join(":");
      const millis = Math.floor(Number(parts.microsecond ?? 0) / 1000);
      return `${date}T${time}.${String(millis).padStart(3, "0")}Z`;
    }
    default:
      return Object.fromEntries(
        Object.entries(parts).map(([name, each]) => [name, fromWire(each)]),
      );
  }
}

/** Milliseconds since 1970 of a moment of Tryton's; 0 where there is none. */
export function momentOf(value: Wire | undefined): number {
  const text = fromWire(value);
  return typeof text === "string" ? Date.parse(text) : 0;
}

/** A moment as Tryton compares it. */
export function momentToWire(milliseconds: number): Wire {
  const date = new Date(milliseconds);
  return {
    __class__: "datetime",
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    microsecond: date.getUTCMilliseconds() * 1000,
  };
}

function dateToWire(text: string): Wire {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(text) ?? [];
  if (year === undefined) return text;
  return { __class__: "date", year: Number(year), month: Number(month), day: Number(day) };
}

/** A field's value as Tryton takes it in a field of this type. */
export function toWire(value: CrmValue, type: string | undefined): Wire {
  if (value === null) return null;
  if (type === "numeric") return { __class__: "Decimal", decimal: String(value) };
  if (type === "date" && typeof value === "string") return dateToWire(value);
  if ((type === "datetime" || type === "timestamp") && typeof value === "string") {
    return momentToWire(Date.parse(value));
  }
  return value;
}
