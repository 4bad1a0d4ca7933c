import type { FieldMeta } from "./field.ts";
import { type FieldNode, type RecordNode, referralTree } from "./tree.ts";

/** The primitive types of OData that a model can hold. */
export type PrimitiveType =
  | "String"
  | "Boolean"
  | "Int32"
  | "Int64"
  | "Decimal"
  | "Double"
  | "DateTimeOffset"
  | "Date"
  | "TimeOfDay"
  | "Duration"
  | "Guid";

/** A property of a type of the OData model. */
export interface ModelProperty {
  readonly name: string;
  readonly type: PrimitiveType | ModelType;
  readonly collection: boolean;
  readonly readOnly?: boolean;
  readonly navigation?: boolean;
}

/** A type of the OData model; an open one may have properties that it doesn't name. */
export interface ModelType {
  readonly name: string;
  readonly open: boolean;
  readonly properties: readonly ModelProperty[];
}

const primitives: Readonly<Record<FieldMeta["kind"], PrimitiveType>> = {
  text: "String",
  dateTime: "DateTimeOffset",
  decimal: "Decimal",
  flag: "Boolean",
  record: "String",
  list: "String",
};

const property = (field: FieldNode): ModelProperty => ({
  name: field.name,
  type: field.of ? modelType(field.of) : primitives[field.kind],
  collection: field.kind === "list",
  ...(field.write.length === 0 ? { readOnly: true } : {}),
});

const isAnnotation = (field: FieldNode): boolean => field.name.startsWith("@");

function modelType(record: RecordNode): ModelType {
  const properties = record.fields.filter((field) => !isAnnotation(field)).map(property);
  return { name: record.name, open: true, properties };
}

function referralModel(): ModelType {
  const { name, open, properties } = modelType(referralTree);
  const own: ModelProperty[] = [...properties];
  const model: ModelType = { name, open, properties: own };
  // The other referrals of the same engagement: the model's only cycle.
  own.push({
    name: "relatedReferrals",
    type: model,
    collection: true,
    readOnly: true,
    navigation: true,
  });
  return model;
}

/** The OData model of the Referral, from the statement. */
export const entityModel: ModelType = referralModel();
