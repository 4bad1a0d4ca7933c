import { expect, test } from "vitest";
import { fields } from "./fields.ts";
import { entityModel, type ModelProperty, type ModelType } from "./model.ts";

const propertyOf = (type: ModelType, name: string): ModelProperty | undefined =>
  type.properties.find((property) => property.name === name);

function at(path: string): ModelProperty | undefined {
  let type: ModelType | undefined = entityModel;
  let found: ModelProperty | undefined;
  for (const name of path.split(".")) {
    found = type && propertyOf(type, name);
    type = typeof found?.type === "object" ? found.type : undefined;
  }
  return found;
}

test("every field of the statement is in the model, with its type", () => {
  const primitives: Readonly<Record<string, string>> = {
    text: "String",
    dateTime: "DateTimeOffset",
    decimal: "Decimal",
    flag: "Boolean",
  };
  const modelled = fields.filter(({ path }) => !path.startsWith("@"));
  expect(modelled.length).toBe(fields.length - 1);
  for (const { path, type, write } of modelled) {
    const property = at(path);
    expect(property, path).toMatchObject({ collection: type === "list" });
    expect(typeof property?.type === "string" ? property.type : undefined, path).toBe(
      primitives[type],
    );
    expect(property?.readOnly ?? false, path).toBe(write.length === 0);
  }
});

test("every type is open, since unknown properties survive", () => {
  const seen = new Set<ModelType>();
  const visit = (type: ModelType): void => {
    if (seen.has(type)) return;
    seen.add(type);
    expect(type.open, type.name).toBe(true);
    for (const property of type.properties) {
      if (typeof property.type === "object") visit(property.type);
    }
  };
  visit(entityModel);
  expect(new Set([...seen].map(({ name }) => name)).size).toBe(seen.size);
});

test("the related referrals are a navigation to referrals", () => {
  expect(propertyOf(entityModel, "relatedReferrals")).toEqual({
    name: "relatedReferrals",
    type: entityModel,
    collection: true,
    readOnly: true,
    navigation: true,
  });
});
