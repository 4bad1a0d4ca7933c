import type { FieldMeta } from "./field.ts";
import { type FieldNode, type RecordNode, referralTree } from "./tree.ts";

/** A JSON Schema (draft 2020-12), as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

const typeOf: Readonly<Record<Exclude<FieldMeta["kind"], "record" | "list">, JsonSchema>> = {
  text: { type: ["string", "null"] },
  // Not `format: date-time`: a plain date is accepted, and seven fraction digits are answered.
  dateTime: { type: ["string", "null"], examples: ["2030-12-31T00:00:00Z"] },
  decimal: { type: ["number", "string", "null"], pattern: "^\\s*[-+]?\\d+(\\.\\d+)?\\s*$" },
  flag: { type: ["boolean", "null"] },
};

function shapeOf({ kind, of }: FieldNode, refBase: string): JsonSchema {
  const reference = { $ref: `${refBase}${of?.name}` };
  if (kind === "record") return { anyOf: [reference, { type: "null" }] };
  if (kind === "list") return { type: ["array", "null"], items: reference };
  return typeOf[kind];
}

/** The schema of one field. Its values are an extensible list, since readers must accept others. */
const fieldSchema = (field: FieldNode, refBase: string): JsonSchema => ({
  title: field.title,
  description: field.description,
  ...shapeOf(field, refBase),
  ...(field.values ? { "x-extensible-enum": field.values } : {}),
  ...(field.codes ? { "x-codes": field.codes === "country" ? "ISO 3166-1" : "ISO 4217" } : {}),
  ...(field.write.length === 0 ? { readOnly: true } : {}),
});

function recordSchema({ fields }: RecordNode, refBase: string): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(
      fields.map((field) => [field.name, fieldSchema(field, refBase)]),
    ),
    additionalProperties: true,
  };
}

function recordsInside(record: RecordNode): readonly RecordNode[] {
  return [record, ...record.fields.flatMap(({ of }) => (of ? recordsInside(of) : []))];
}

/** The schema of each record type by its name, with references that start with `refBase`. */
export const recordSchemas = (refBase: string): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(
    recordsInside(referralTree).map((record) => [record.name, recordSchema(record, refBase)]),
  );

/** The fields that a new referral must have. */
export const requiredFields: readonly string[] = referralTree.fields
  .filter(({ required }) => required)
  .map(({ name }) => name);

/** The Referral as a JSON Schema of draft 2020-12. */
export function jsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Referral",
    description: "A referral of Microsoft Partner Center (V3). Unknown properties are kept.",
    $ref: "#/$defs/Referral",
    $defs: recordSchemas("#/$defs/"),
  };
}
