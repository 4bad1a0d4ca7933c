import { quoteString } from "../odata/index.ts";

/** A value that OData can write as a literal. A list stands for the right side of `in`. */
export type FilterValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Filter
  | readonly FilterValue[];

/**
 * OData text that is already escaped; only this module makes one, so a string can't pass for it.
 */
export class Filter {
  readonly text: string;

  constructor(text: string, made: typeof madeHere) {
    if (made !== madeHere) throw new TypeError("use filter`…`, path(), guid() or decimal()");
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

const madeHere = Symbol("made by this module");
const guidPattern = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const decimalPattern = /^[-+]?\d+(?:\.\d+)?$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const pathPattern = /^@?[A-Za-z_][\w.]*(?:\/@?[A-Za-z_][\w.]*)*$/;

function matching(text: string, pattern: RegExp, what: string): Filter {
  if (!pattern.test(text)) throw new TypeError(`${JSON.stringify(text)} is not ${what}`);
  return new Filter(text, madeHere);
}

/** A GUID, which OData writes without quotes (as against a string that looks like one). */
export function guid(text: string): Filter {
  return matching(text, guidPattern, "a GUID");
}

/** A decimal number kept digit for digit, such as `decimal("1234567890.10")`. */
export function decimal(text: string): Filter {
  return matching(text, decimalPattern, "a decimal number");
}

/** A calendar day without a time, such as `calendarDate("2026-03-31")`. */
export function calendarDate(text: string): Filter {
  return matching(text, datePattern, "a date of the form yyyy-mm-dd");
}

/** A property path chosen at run time, such as `path("customerProfile/address/country")`. */
export function path(text: string): Filter {
  return matching(text, pathPattern, "a property path");
}

/**
 * One value as an OData 4.01 literal (ABNF: primitiveLiteral, listExpr). Throws a TypeError where
 * none exists.
 */
export function literal(value: FilterValue): string {
  if (value === null) return "null";
  if (value instanceof Filter) return value.text;
  if (typeof value === "string") return textLiteral(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return numberLiteral(value);
  if (value instanceof Date) return dateLiteral(value);
  if (Array.isArray(value)) return listLiteral(value);
  throw new TypeError(
    `OData has no literal for ${value === undefined ? "undefined" : typeof value}`,
  );
}

function textLiteral(value: string): string {
  if (!value.isWellFormed()) throw new TypeError("half a surrogate pair can't go into a URL");
  return quoteString(value);
}

function numberLiteral(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
  return String(value);
}

function dateLiteral(value: Date): string {
  if (Number.isNaN(value.getTime())) throw new TypeError("an invalid Date has no OData literal");
  return value.toISOString();
}

function listLiteral(values: readonly FilterValue[]): string {
  if (values.length === 0)
    throw new TypeError("`in` needs at least one value: test for an empty list first");
  return `(${values.map(literal).join(",")})`;
}

/**
 * Builds a `$filter` in which every value is escaped, so that no input can change the query's
 * meaning.
 *
 * ```ts
 * filter`status eq ${status} and updatedDateTime ge ${new Date(0)} and engagementId in ${ids}`
 * ```
 */
export function filter(parts: TemplateStringsArray, ...values: readonly FilterValue[]): Filter {
  refuseQuotedValues(parts);
  const text = parts.map(onOneLine).reduce((built, part, index) => {
    const value = values[index - 1] as FilterValue;
    return `${built}${isCompound(value) ? `(${value.text})` : literal(value)}${part}`;
  });
  return new Filter(text, madeHere);
}

/** A nested filter keeps its own precedence, whatever stands around it. */
function isCompound(value: FilterValue): value is Filter {
  return value instanceof Filter && value.text.includes(" ");
}

/** OData's white space has no line breaks, a template in source code has. */
function onOneLine(part: string): string {
  return part.replace(/\s*\n\s*/g, " ");
}

/**
 * Quotes around a value would end at the value's own quotes, and what is inside would become part
 * of the query.
 */
function refuseQuotedValues(parts: readonly string[]): void {
  let quotes = 0;
  for (const part of parts.slice(0, -1)) {
    quotes += part.split("'").length - 1;
    if (quotes % 2 === 1) {
      throw new TypeError("a value in a filter stands without quotes around it");
    }
  }
}

/** Several conditions of which all must hold; the missing ones are left out. */
export function allOf(...conditions: readonly (Filter | undefined)[]): Filter | undefined {
  return joined(conditions, "and");
}

/** Several conditions of which one must hold; the missing ones are left out. */
export function anyOf(...conditions: readonly (Filter | undefined)[]): Filter | undefined {
  return joined(conditions, "or");
}

function joined(conditions: readonly (Filter | undefined)[], word: string): Filter | undefined {
  const present = conditions.filter((condition) => condition !== undefined);
  if (present.length < 2) return present[0];
  const text = present.map((condition) => `(${condition.text})`).join(` ${word} `);
  return new Filter(text, madeHere);
}
