import { z } from "zod";
import { type FieldMeta, fieldMeta, recordNames } from "./field.ts";
import { referralSchema } from "./referral.ts";

/** A field of the statement, with its place in the document. */
export interface FieldNode extends FieldMeta {
  readonly name: string;
  /** The fields inside, where the field holds a record or a list of records. */
  readonly of?: RecordNode;
  /** The zod schema of one value that is neither null nor absent. */
  readonly schema: z.ZodType;
}

/** A record type of the statement. */
export interface RecordNode {
  readonly name: string;
  readonly fields: readonly FieldNode[];
  /** Fields by their name in lower case, for input whose keys differ in case. */
  readonly byLowerCase: ReadonlyMap<string, FieldNode>;
  readonly byName: ReadonlyMap<string, FieldNode>;
}

function recordInside(schema: z.ZodType): RecordNode | undefined {
  if (schema instanceof z.ZodArray) return recordInside(schema.element as z.ZodType);
  return schema instanceof z.ZodObject ? recordNode(schema) : undefined;
}

function fieldNode(name: string, field: z.ZodType): FieldNode {
  const meta = fieldMeta.get(field);
  if (!(meta && field instanceof z.ZodOptional && field.def.innerType instanceof z.ZodNullable)) {
    throw new TypeError(`the statement's field ${name} was not made by a function of field.ts`);
  }
  const schema = field.def.innerType.def.innerType as z.ZodType;
  const of = recordInside(schema);
  return { ...meta, name, schema, ...(of ? { of } : {}) };
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
export const referralTree: RecordNode = recordNode(referralSchema);
