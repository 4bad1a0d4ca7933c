import { countryCodes, currencyCodes, meantCountry } from "./codes.ts";
import type { FieldMeta } from "./field.ts";
import { nearestName } from "./nearest.ts";
import { kindOfValue, type Problem, pointerStep } from "./problem.ts";
import type { FieldNode, RecordNode } from "./tree.ts";

/** Strict: what is written. Tolerant: what another side answered. */
export type Strictness = "strict" | "tolerant";

const expectedWords: Readonly<Record<FieldMeta["kind"], string>> = {
  text: "text",
  dateTime: "a moment as ISO 8601 text",
  decimal: "a number",
  flag: "true or false",
  record: "an object",
  list: "a list",
};

const isoMoment =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([Tt ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?([Zz]|[-+]([01]\d|2[0-3]):[0-5]\d)?)?$/;

/** True where the text is a date, or a date with a time, as ISO 8601 writes it. */
export const isMoment = (value: string): boolean =>
  isoMoment.test(value) && !Number.isNaN(Date.parse(value));

/** A problem of a value that has the wrong type. */
export function wrongType(field: FieldMeta, pointer: string, value: unknown): Problem {
  const expected = expectedWords[field.kind];
  if (field.kind === "decimal" && typeof value === "string") {
    return {
      pointer,
      reason: "is text that isn't a decimal number of at most 15 digits",
      remedy: "Send a number, such as 15000.5, without signs for currency or thousands.",
    };
  }
  return {
    pointer,
    reason: `must be ${expected}, but is ${kindOfValue(value)}`,
    remedy: `Send ${expected}.`,
  };
}

function codeProblem(field: FieldMeta, value: string, pointer: string): Problem | undefined {
  if (field.codes === "country" && !countryCodes.has(value)) {
    const upper = value.toUpperCase();
    const meant = meantCountry[upper] ?? (countryCodes.has(upper) ? upper : undefined);
    return {
      pointer,
      reason: "is not a two-letter country code of ISO 3166-1",
      remedy: meant ? `Send "${meant}".` : 'Send a code such as "US" or "DE".',
    };
  }
  if (field.codes === "currency" && !currencyCodes.has(value)) {
    const upper = value.toUpperCase();
    return {
      pointer,
      reason: "is not a three-letter currency code of ISO 4217",
      remedy: currencyCodes.has(upper) ? `Send "${upper}".` : 'Send a code such as "USD" or "EUR".',
    };
  }
  return undefined;
}

/** What is wrong with a text that is about to be written, beyond its type. */
export function textProblem(field: FieldMeta, value: string, pointer: string): Problem | undefined {
  if (field.kind === "dateTime" && !isMoment(value)) {
    return {
      pointer,
      reason: "is not a moment as ISO 8601 writes it",
      remedy: 'Send a text such as "2030-12-31T00:00:00Z".',
    };
  }
  if (field.values && !field.valuesAreExamples && !field.values.includes(value)) {
    const nearest = nearestName(value, field.values);
    return {
      pointer,
      reason: "is not one of the known values",
      remedy: nearest ? `Did you mean "${nearest}"?` : `Send one of ${field.values.join(", ")}.`,
    };
  }
  return field.codes ? codeProblem(field, value, pointer) : undefined;
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a check works with, and where it leaves what it found. */
export interface Check {
  readonly strictness: Strictness;
  readonly problems: Problem[];
}

function prepareField(field: FieldNode, value: unknown, pointer: string, check: Check): unknown {
  if (field.of && field.kind === "list") {
    const { of } = field;
    if (!Array.isArray(value)) return value;
    return value.map((item, index) =>
      prepareRecord(of, item, `${pointer}${pointerStep(index)}`, check),
    );
  }
  if (field.of) return prepareRecord(field.of, value, pointer, check);
  // What only the server sets is ignored where it is written, so its value isn't questioned.
  if (check.strictness === "strict" && typeof value === "string" && field.write.length > 0) {
    const problem = textProblem(field, value, pointer);
    if (problem) check.problems.push(problem);
  }
  return value;
}

/** Spells the keys of known properties as the contract does, and notes what the types can't say. */
export function prepareRecord(
  record: RecordNode,
  value: unknown,
  pointer: string,
  check: Check,
): unknown {
  if (!isPlainObject(value)) return value;
  const prepared: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const field = record.byName.get(key) ?? record.byLowerCase.get(key.toLowerCase());
    const name = field?.name ?? key;
    const at = `${pointer}${pointerStep(name)}`;
    if (name === "__proto__") {
      check.problems.push({ pointer: at, reason: "is no name", remedy: "Leave it out." });
    } else if (field && name !== key && Object.hasOwn(value, name)) {
      // Invariant: of two spellings the exact one wins when reading; a writer must decide.
      if (check.strictness === "tolerant") prepared[key] = item;
      else check.problems.push(twice(at));
    } else if (Object.hasOwn(prepared, name)) {
      if (check.strictness === "tolerant") prepared[key] = item;
      else check.problems.push(twice(at));
    } else {
      prepared[name] = field && item != null ? prepareField(field, item, at, check) : item;
    }
  }
  return prepared;
}

const twice = (pointer: string): Problem => ({
  pointer,
  reason: "is there twice, in different spellings",
  remedy: "Send it once, spelt as here.",
});
