import type { ModelProperty, ModelType, PrimitiveType } from "../../../src/contract/index.ts";

const property = (name: string, type: PrimitiveType | ModelType): ModelProperty => ({
  name,
  type,
  collection: false,
});
const collection = (name: string, type: PrimitiveType | ModelType): ModelProperty => ({
  name,
  type,
  collection: true,
});

const part: ModelType = {
  name: "Part",
  open: false,
  properties: [
    property("name", "String"),
    property("amount", "Decimal"),
    property("type", "String"),
  ],
};
const item: ModelType = {
  name: "Item",
  open: false,
  properties: [
    property("name", "String"),
    property("amount", "Decimal"),
    property("moment", "DateTimeOffset"),
    property("type", "String"),
    collection("parts", part),
  ],
};
const inner: ModelType = {
  name: "Inner",
  open: false,
  properties: [
    property("text", "String"),
    property("moment", "DateTimeOffset"),
    collection("items", item),
  ],
};

/** A model with a property of every type, for tests only. */
export const thingModel: ModelType = {
  name: "Thing",
  open: true,
  properties: [
    property("id", "String"),
    property("text", "String"),
    property("type", "String"),
    property("flag", "Boolean"),
    property("small", "Int32"),
    property("whole", "Int64"),
    property("amount", "Decimal"),
    property("price", "Decimal"),
    property("ratio", "Double"),
    property("moment", "DateTimeOffset"),
    property("stamp", "DateTimeOffset"),
    property("day", "Date"),
    property("clock", "TimeOfDay"),
    property("span", "Duration"),
    property("code", "Guid"),
    property("inner", inner),
    collection("tags", "String"),
    collection("amounts", "Decimal"),
    collection("moments", "DateTimeOffset"),
    collection("items", item),
  ],
};
