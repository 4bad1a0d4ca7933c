import { createHash } from "node:crypto";
import type { ModelType } from "../../contract/index.ts";
import type { AlternateKey, Attribute, AttributeType, Option, Table } from "./model.ts";
import type { Document } from "./store.ts";

/** An id that follows from a name, so that a definition keeps its id across restarts. */
export function metadataId(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex");
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hash.slice(ends[index - 1] ?? 0, end))
    .join("-");
}

/** A label in the only language of the sandbox. */
export function label(text: string): Document {
  const localized = { Label: text, LanguageCode: 1033 };
  return { LocalizedLabels: [localized], UserLocalizedLabel: localized };
}

const metadataTypes: Readonly<Record<AttributeType, string>> = {
  String: "String",
  Memo: "Memo",
  Integer: "Integer",
  Decimal: "Decimal",
  Double: "Double",
  Money: "Money",
  Boolean: "Boolean",
  DateTime: "DateTime",
  DateOnly: "DateTime",
  Lookup: "Lookup",
  Picklist: "Picklist",
  State: "State",
  Status: "Status",
  Uniqueidentifier: "Uniqueidentifier",
  BigInt: "BigInt",
};

function optionDefinition(option: Option): Document {
  return {
    Value: option.value,
    Label: label(option.label),
    ...(option.state === undefined ? {} : { State: option.state }),
  };
}

/** A column as EntityDefinitions shows it. */
export function attributeDefinition(table: Table, attribute: Attribute): Document {
  const type = metadataTypes[attribute.type];
  return {
    "@odata.type": `#Microsoft.Dynamics.CRM.${type}AttributeMetadata`,
    MetadataId: metadataId(`${table.name}.${attribute.name}`),
    LogicalName: attribute.name,
    SchemaName: attribute.name,
    EntityLogicalName: table.name,
    AttributeType: type,
    AttributeTypeName: { Value: `${type}Type` },
    DisplayName: label(attribute.displayName ?? attribute.name),
    IsCustomAttribute: attribute.custom ?? false,
    IsPrimaryId: attribute.name === table.primaryId,
    IsPrimaryName: attribute.name === table.primaryName,
    IsValidForCreate: !attribute.readOnly,
    IsValidForUpdate: !attribute.readOnly,
    IsValidForRead: true,
    ...(attribute.maxLength === undefined ? {} : { MaxLength: attribute.maxLength }),
    ...(attribute.type === "DateOnly" ? { Format: "DateOnly" } : {}),
    ...(attribute.targets === undefined
      ? {}
      : { Targets: [...new Set(Object.values(attribute.targets))] }),
    ...(attribute.options === undefined
      ? {}
      : {
          OptionSet: {
            Name: `${table.name}_${attribute.name}`,
            Options: attribute.options.map(optionDefinition),
          },
        }),
  };
}

/** An alternate key as EntityDefinitions shows it at a moment. */
export function keyDefinition(table: Table, key: AlternateKey, nowMs: number): Document {
  return {
    MetadataId: metadataId(`${table.name}.key.${key.name}`),
    LogicalName: key.name,
    SchemaName: key.name,
    EntityLogicalName: table.name,
    DisplayName: label(key.displayName ?? key.name),
    KeyAttributes: key.attributes,
    EntityKeyIndexStatus: nowMs >= (key.activeFromMs ?? 0) ? "Active" : "Pending",
  };
}

/** A table as EntityDefinitions shows it, with its columns and keys to be expanded. */
export function tableDefinition(table: Table, nowMs: number): Document {
  return {
    MetadataId: metadataId(table.name),
    LogicalName: table.name,
    SchemaName: table.name,
    EntitySetName: table.setName,
    LogicalCollectionName: table.setName,
    PrimaryIdAttribute: table.primaryId,
    PrimaryNameAttribute: table.primaryName,
    DisplayName: label(table.displayName),
    IsCustomEntity: table.custom,
    ChangeTrackingEnabled: table.changeTracking,
    IsOptimisticConcurrencyEnabled: true,
    Attributes: Object.values(table.attributes).map((attribute) =>
      attributeDefinition(table, attribute),
    ),
    Keys: table.keys.map((key) => keyDefinition(table, key, nowMs)),
  };
}

const text = (name: string) => ({ name, type: "String" as const, collection: false });
const flag = (name: string) => ({ name, type: "Boolean" as const, collection: false });
const labelType: ModelType = { name: "Label", open: true, properties: [] };
const shared = [
  { name: "MetadataId", type: "Guid" as const, collection: false },
  text("LogicalName"),
  text("SchemaName"),
  { name: "DisplayName", type: labelType, collection: false },
];

const optionSetType: ModelType = {
  name: "OptionSetMetadata",
  open: true,
  properties: [text("Name"), { name: "Options", type: labelType, collection: true }],
};

/** The OData type of a column's definition. */
export const attributeType: ModelType = {
  name: "AttributeMetadata",
  open: false,
  properties: [
    ...shared,
    text("EntityLogicalName"),
    text("AttributeType"),
    { name: "AttributeTypeName", type: labelType, collection: false },
    flag("IsCustomAttribute"),
    flag("IsPrimaryId"),
    flag("IsPrimaryName"),
    flag("IsValidForCreate"),
    flag("IsValidForUpdate"),
    flag("IsValidForRead"),
    { name: "MaxLength", type: "Int32", collection: false },
    text("Format"),
    { name: "Targets", type: "String", collection: true },
    { name: "OptionSet", type: optionSetType, collection: false, navigation: true },
  ],
};

/** The OData type of an alternate key's definition. */
export const keyType: ModelType = {
  name: "EntityKeyMetadata",
  open: false,
  properties: [
    ...shared,
    text("EntityLogicalName"),
    text("EntityKeyIndexStatus"),
    { name: "KeyAttributes", type: "String", collection: true },
  ],
};

/** The OData type of a table's definition. */
export const tableType: ModelType = {
  name: "EntityMetadata",
  open: false,
  properties: [
    ...shared,
    text("EntitySetName"),
    text("LogicalCollectionName"),
    text("PrimaryIdAttribute"),
    text("PrimaryNameAttribute"),
    flag("IsCustomEntity"),
    flag("ChangeTrackingEnabled"),
    flag("IsOptimisticConcurrencyEnabled"),
    { name: "Attributes", type: attributeType, collection: true, navigation: true },
    { name: "Keys", type: keyType, collection: true, navigation: true },
  ],
};
