import { countryCodes, currencyCodes, meantCountry } from "./codes.ts";
import type { FieldMeta } from "./field.ts";
import { nearestName } from "./nearest.ts";
import { kindOfValue, type Problem } from "./problem.ts";

const expectedWords: Readonly<Record<FieldMeta["kind"], string>> = {
  text: "text",
  dateTime: "a moment as ISO 8601 text",
  decimal: "a number",
  flag: "true or false",
  record: "an object",
  list: "a list",
};

const date = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])/;
const time = /^T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[-+][01]\d:[0-5]\d)?$/i;
const dateLength = 10;

/** True where the text is a date that exists, with or without a time, as ISO 8601 writes it. */
export function isMoment(value: string): boolean {
  const rest = value.slice(dateLength);
  if (!date.test(value) || (rest !== "" && !time.test(rest))) return false;
  const day = new Date(`${value.slice(0, dateLength)}T00:00:00Z`);
  // Some engines let 31 April roll over into May.
  return !Number.isNaN(day.getTime()) && day.getUTCDate() === Number(value.slice(8, dateLength));
}

/** The problem of a value that has another type than its field. */
export function typeProblem(field: FieldMeta, pointer: string, value: unknown): Problem {
  if (field.kind === "decimal" && typeof value === "string") {
    return {
      pointer,
      reason: "is text that isn't a decimal number of at most 15 digits",
      remedy: "Send a number such as 15000.5, without signs for currency or thousands.",
    };
  }
  const expected = expectedWords[field.kind];
  const reason = `must be ${expected}, but is ${kindOfValue(value)}`;
  return { pointer, reason, remedy: `Send ${expected}.` };
}

function valueProblem(field: FieldMeta, value: string, pointer: string): Problem | undefined {
  if (!field.values || field.valuesAreExamples || field.values.includes(value)) return undefined;
  const nearest = nearestName(value, field.values);
  const remedy = nearest ? `Did you mean "${nearest}"?` : `Send one of ${field.values.join(", ")}.`;
  return { pointer, reason: "is not one of the known values", remedy };
}

function codeProblem(field: FieldMeta, value: string, pointer: string): Problem | undefined {
  if (!field.codes) return undefined;
  const upper = value.toUpperCase();
  if (field.codes === "country") {
    if (countryCodes.has(value)) return undefined;
    const meant = countryCodes.has(upper) ? upper : meantCountry[upper];
    const remedy = meant ? `Did you mean "${meant}"?` : 'Send a code such as "US" or "DE".';
    return { pointer, reason: "is not a two-letter country code of ISO 3166-1", remedy };
  }
  if (currencyCodes.has(value)) return undefined;
  const meant = currencyCodes.has(upper) ? upper : undefined;
  const remedy = meant ? `Did you mean "${meant}"?` : 'Send a code such as "USD" or "EUR".';
  return { pointer, reason: "is not a three-letter currency code of ISO 4217", remedy };
}

/** What is wrong with a text that is to be written, beyond its type. */
export function textProblem(field: FieldMeta, value: string, pointer: string): Problem | undefined {
  if (field.kind === "dateTime" && !isMoment(value)) {
    const remedy = 'Send text such as "2030-12-31T00:00:00Z".';
    return { pointer, reason: "is not a moment as ISO 8601 writes it", remedy };
  }
  return valueProblem(field, value, pointer) ?? codeProblem(field, value, pointer);
}
