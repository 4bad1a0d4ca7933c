import {
  type ModelProperty,
  type ModelType,
  nearestName,
  type PrimitiveType,
} from "../contract/index.ts";
import { ODataBindingError } from "./odata-error.ts";
import type { ScalarType } from "./value.ts";

/** The scalar type of each primitive type. */
const scalarTypes: Readonly<Record<PrimitiveType, ScalarType>> = {
  String: "String",
  Boolean: "Boolean",
  Int32: "Number",
  Int64: "Number",
  Decimal: "Number",
  Double: "Number",
  DateTimeOffset: "DateTimeOffset",
  Date: "Date",
  TimeOfDay: "TimeOfDay",
  Duration: "Duration",
  Guid: "Guid",
};

/** What a path has led to: a structured value, a scalar, or one that the model doesn't name. */
export type Target =
  | { readonly kind: "structured"; readonly type: ModelType; readonly collection: boolean }
  | {
      readonly kind: "scalar";
      readonly type: ScalarType;
      readonly isInteger: boolean;
      readonly collection: boolean;
    }
  | { readonly kind: "dynamic"; readonly collection: false };

/** What a property of the model holds. */
export function targetOf({ type, collection }: ModelProperty): Target {
  if (typeof type !== "string") return { kind: "structured", type, collection };
  const isInteger = type === "Int32" || type === "Int64";
  return { kind: "scalar", type: scalarTypes[type], isInteger, collection };
}

/**
 * The property of this name, else the only one whose name differs in case alone, else undefined.
 */
function lookUp(type: ModelType, name: string): ModelProperty | undefined {
  const exact = type.properties.find((property) => property.name === name);
  if (exact) return exact;
  const lower = name.toLowerCase();
  const alike = type.properties.filter((property) => property.name.toLowerCase() === lower);
  return alike.length === 1 ? alike[0] : undefined;
}

/**
 * The property of a type by name. Errors: unknownProperty, with the nearest name; undefined for a
 * dynamic one.
 */
export function findProperty(
  type: ModelType,
  name: string,
  position: number,
  dynamicProperties: boolean,
): ModelProperty | undefined {
  const property = lookUp(type, name);
  if (property || (type.open && dynamicProperties && !name.includes("."))) return property;
  const names = type.properties.map((candidate) => candidate.name);
  const near = nearestName(name, names);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const message = `${type.name} has no property ${name}${hint}`;
  throw new ODataBindingError("unknownProperty", message, position);
}
