import { badRequest, errorCodes } from "./errors.ts";
import type { Attribute, Table } from "./model.ts";

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const dateTimePattern =
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** True for a GUID in its usual form, without braces. */
export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

function wrongType(value: unknown, edmType: string): Error {
  return badRequest(
    errorCodes.unknownProperty,
    `Error identified in Payload provided by the user: Cannot convert the literal ` +
      `'${String(value)}' to the expected type '${edmType}'.`,
  );
}

function outOfRange(table: Table, attribute: Attribute, value: unknown): Error {
  const accepted = attribute.options?.map((option) => option.value).join(",");
  return badRequest(
    accepted === undefined ? errorCodes.valueOutOfRange : errorCodes.optionOutOfRange,
    `A validation error occurred. The value ${String(value)} of '${attribute.name}' on record of ` +
      `type '${table.name}' is outside the valid range.` +
      (accepted === undefined ? "" : ` Accepted Values: ${accepted}`),
  );
}

function textValue(table: Table, attribute: Attribute, value: unknown): string | null {
  if (typeof value !== "string") throw wrongType(value, "Edm.String");
  const maxLength = attribute.maxLength ?? 100;
  if (value.length > maxLength) {
    throw badRequest(
      errorCodes.textTooLong,
      `A validation error occurred. The length of the '${attribute.name}' attribute of the ` +
        `'${table.name}' entity exceeded the maximum allowed length of '${maxLength}'.`,
    );
  }
  // An empty text is stored as no text at all.
  return value === "" ? null : value;
}

/** Rounds half away from zero, on the decimal digits, so that 1.005 becomes 1.01. */
export function roundDecimal(value: number, digits: number): number {
  const [mantissa = "0", exponent = "0"] = String(Math.abs(value)).split("e");
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  return Math.sign(value) * Number(`${shifted}e-${digits}`);
}

function numberValue(table: Table, attribute: Attribute, value: unknown): number {
  if (typeof value !== "number") throw wrongType(value, "Edm.Decimal");
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = attribute;
  if (value < min || value > max) throw outOfRange(table, attribute, value);
  return value;
}

function wholeNumber(table: Table, attribute: Attribute, value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(value, "Edm.Int32");
  return numberValue(table, attribute, value);
}

function choice(table: Table, attribute: Attribute, value: unknown): number {
  const chosen = wholeNumber(table, attribute, value);
  if (!attribute.options?.some((option) => option.value === chosen)) {
    throw outOfRange(table, attribute, value);
  }
  return chosen;
}

function dateOnly(value: unknown): string {
  const isDate =
    typeof value === "string" &&
    datePattern.test(value) &&
    new Date(`${value}T00:00:00Z`).toISOString().startsWith(value);
  if (!isDate) throw wrongType(value, "Edm.Date");
  return value;
}

/** Date and time are kept to whole seconds, in UTC. */
export function wholeSeconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

function dateTime(value: unknown): string {
  if (typeof value !== "string" || !dateTimePattern.test(value)) {
    throw wrongType(value, "Edm.DateTimeOffset");
  }
  return wholeSeconds(Date.parse(value));
}

/** The stored form of one value in a request body; refuses what the column can't hold. */
export function storedValue(table: Table, attribute: Attribute, value: unknown): unknown {
  if (value === null) return null;
  switch (attribute.type) {
    case "String":
    case "Memo":
      return textValue(table, attribute, value);
    case "Integer":
      return wholeNumber(table, attribute, value);
    case "Decimal":
      return roundDecimal(numberValue(table, attribute, value), attribute.precision ?? 2);
    case "Money":
    case "Double":
    case "BigInt":
      return numberValue(table, attribute, value);
    case "Boolean":
      if (typeof value !== "boolean") throw wrongType(value, "Edm.Boolean");
      return value;
    case "DateOnly":
      return dateOnly(value);
    case "DateTime":
      return dateTime(value);
    case "Picklist":
    case "State":
    case "Status":
      return choice(table, attribute, value);
    case "Uniqueidentifier":
      if (typeof value !== "string" || !isGuid(value)) throw wrongType(value, "Edm.Guid");
      return value.toLowerCase();
    case "Lookup":
      throw badRequest(
        errorCodes.unknownProperty,
        "CRM do not support direct update of Entity Reference properties, " +
          "Use Navigation properties instead.",
      );
  }
}
