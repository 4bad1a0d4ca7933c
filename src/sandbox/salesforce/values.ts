import { badRequest, type SalesforceError } from "./errors.ts";
import type { Organisation } from "./organisation.ts";
import { parseId } from "./salesforce-id.ts";
import type { Field, SalesforceObject } from "./schema.ts";

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function wrongType(field: Field, value: unknown): SalesforceError {
  const kind = typeof value === "string" ? "VALUE_STRING" : `VALUE_${typeof value}`.toUpperCase();
  return badRequest(
    "JSON_PARSER_ERROR",
    `Cannot deserialize instance of ${field.type} from ${kind} value ${String(value)}`,
  );
}

function isDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return datePattern.test(text) && date.toISOString().startsWith(text);
}

/** A number within what its field keeps: more digits are rounded away. */
function numberValue(field: Field, value: unknown): number {
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof parsed !== "number" || !Number.isFinite(parsed)) throw wrongType(field, value);
  const factor = 10 ** (field.scale ?? 0);
  return Math.round(parsed * factor) / factor;
}

function textValue(object: SalesforceObject, field: Field, value: unknown): string | null {
  if (typeof value !== "string") throw wrongType(field, value);
  // White space around a text is dropped, and line ends become the ones that the pages use.
  const trimmed = value.trim();
  const kept = field.type === "textarea" ? trimmed.replaceAll(/\r?\n/g, "\r\n") : trimmed;
  const counted = field.type === "textarea" ? trimmed.replaceAll("\r\n", "\n") : trimmed;
  if (field.length !== undefined && counted.length > field.length) {
    throw badRequest(
      "STRING_TOO_LONG",
      `${field.label}: data value too large: ${value} (max length=${field.length})`,
      [field.name],
    );
  }
  if (field.type === "email" && kept !== "" && !emailPattern.test(kept)) {
    throw badRequest("INVALID_EMAIL_ADDRESS", `${object.label}: invalid email address: ${value}`, [
      field.name,
    ]);
  }
  return kept === "" ? null : kept;
}

function choiceValue(organisation: Organisation, field: Field, value: unknown): string | null {
  if (typeof value !== "string") throw wrongType(field, value);
  const choices =
    field.name === "CurrencyIsoCode"
      ? organisation.store.all("CurrencyType").map((row) => String(row.IsoCode))
      : (field.values ?? []).map((choice) => choice.value);
  if (field.restricted && value !== "" && !choices.includes(value)) {
    throw badRequest(
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      `${field.label}: bad value for restricted picklist field: ${value}`,
      [field.name],
    );
  }
  return value === "" ? null : value;
}

function referenceValue(organisation: Organisation, field: Field, value: unknown): string {
  if (typeof value !== "string") throw wrongType(field, value);
  const id = parseId(value);
  if (id === undefined) {
    throw badRequest("MALFORMED_ID", `${field.label}: id value of incorrect type: ${value}`, [
      field.name,
    ]);
  }
  const row = organisation.store.get(field.referenceTo ?? "", id);
  if (!row) {
    throw badRequest("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name]);
  }
  if (row.IsDeleted) throw badRequest("ENTITY_IS_DELETED", "entity is deleted", [field.name]);
  return id;
}

/** A value as a field stores it. Errors: SalesforceError, status 400. */
export function storedValue(
  organisation: Organisation,
  object: SalesforceObject,
  field: Field,
  value: unknown,
): unknown {
  if (field.type === "boolean") {
    if (typeof value !== "boolean") throw wrongType(field, value);
    return value;
  }
  if (value === null) return null;
  switch (field.type) {
    case "currency":
    case "double":
    case "int":
      return numberValue(field, value);
    case "date":
      if (typeof value !== "string" || !isDate(value)) throw wrongType(field, value);
      return value;
    case "datetime":
      if (typeof value !== "string" || Number.isNaN(Date.parse(value))) {
        throw wrongType(field, value);
      }
      return value;
    case "picklist":
      return choiceValue(organisation, field, value);
    case "reference":
      return referenceValue(organisation, field, value);
    default:
      return textValue(object, field, value);
  }
}
