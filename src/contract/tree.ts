import { z } from "zod";
import { type FieldMeta, fieldMeta, recordNames } from "./field.ts";
import { referralSchema } from "./referral.ts";

/** A field of the statement, with its name and what is inside. */
export interface FieldNode extends FieldMeta {
  readonly name: string;
  /** The schema of a value that is neither null nor absent. */
  readonly schema: z.ZodType;
  /** The type of the record, or of each record of the list. */
  readonly of?: RecordNode;
  /** One record of the list, as if it were a field. */
  readonly item?: FieldNode;
}

/** A record type of the statement. */
export interface RecordNode {
  readonly name: string;
  readonly fields: readonly FieldNode[];
  readonly byName: ReadonlyMap<string, FieldNode>;
  /** For input whose keys differ in case. */
  readonly byLowerCase: ReadonlyMap<string, FieldNode>;
}

function fieldNode(name: string, field: z.ZodType): FieldNode {
  const meta = fieldMeta.get(field);
  if (!(meta && field instanceof z.ZodOptional && field.def.innerType instanceof z.ZodNullable)) {
    throw new TypeError(`the statement's field ${name} was not made by a function of field.ts`);
  }
  return nodeOf(name, meta, field.def.innerType.def.innerType as z.ZodType);
}

function nodeOf(name: string, meta: FieldMeta, schema: z.ZodType): FieldNode {
  if (schema instanceof z.ZodObject) return { ...meta, name, schema, of: recordNode(schema) };
  if (!(schema instanceof z.ZodArray)) return { ...meta, name, schema };
  const item = nodeOf(name, { ...meta, kind: "record" }, schema.element as z.ZodType);
  return { ...meta, name, schema, item, ...(item.of ? { of: item.of } : {}) };
}

function recordNode(schema: z.ZodObject): RecordNode {
  const name = recordNames.get(schema)?.name;
  if (name === undefined) throw new TypeError("a record of the statement has no name");
  const fields = Object.entries(schema.shape).map(([key, field]) =>
    fieldNode(key, field as z.ZodType),
  );
  return {
    name,
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    byLowerCase: new Map(fields.map((field) => [field.name.toLowerCase(), field])),
  };
}

/** The statement as a tree that generators and checks walk. */
export const referralNode: FieldNode = nodeOf(
  "referral",
  {
    kind: "record",
    title: "Referral",
    description: "A referral between a partner and Microsoft",
    write: ["create", "put"],
    edition: "specification",
  },
  referralSchema,
);

/** The Referral's own record. */
export const referralTree: RecordNode = recordNode(referralSchema);

/** A field of the tree with its place: names, and `*` for any index of a list. */
export interface PlacedField {
  readonly field: FieldNode;
  readonly steps: readonly string[];
}

/** Every field inside a record, each before the fields inside it. */
export function fieldsInside(record: RecordNode, above: readonly string[] = []): PlacedField[] {
  return record.fields.flatMap((field) => {
    const steps = [...above, field.name];
    const inside = field.item ? [...steps, "*"] : steps;
    return [{ field, steps }, ...(field.of ? fieldsInside(field.of, inside) : [])];
  });
}
