import { type Caller, seesField } from "./organisation.ts";
import type { Field, SalesforceObject } from "./schema.ts";
import { standardCurrencies } from "./standard-objects.ts";

type Json = Readonly<Record<string, unknown>>;

function picklistValues({ store }: Caller["organisation"], object: string, field: Field) {
  const choices =
    object === "Opportunity" && field.name === "StageName"
      ? [...store.all("OpportunityStage")]
          .sort((left, right) => Number(left.SortOrder) - Number(right.SortOrder))
          .map((row) => ({ value: String(row.ApiName), label: String(row.MasterLabel) }))
      : field.name === "CurrencyIsoCode"
        ? standardCurrencies.map((code) => ({ value: code, label: code }))
        : (field.values ?? []);
  return choices.map(({ value, label }) => ({
    active: true,
    defaultValue: false,
    label,
    validFor: null,
    value,
  }));
}

function describeField(caller: Caller, object: SalesforceObject, field: Field): Json {
  const writable = field.writable !== false && !object.readOnly;
  const { length = 0, scale = 0, type } = field;
  return {
    name: field.name,
    label: field.label,
    type,
    length,
    byteLength: length * 3,
    precision: type === "currency" || type === "double" ? 18 : 0,
    scale,
    nillable: !field.required && type !== "boolean",
    createable: writable,
    updateable: writable && field.updateable !== false,
    unique: field.unique ?? false,
    externalId: field.externalId ?? false,
    custom: field.custom ?? false,
    filterable: !(type === "textarea" && length > 255),
    sortable: !(type === "textarea" && length > 255),
    defaultedOnCreate: type === "boolean" || field.name === "OwnerId",
    restrictedPicklist: field.restricted ?? false,
    picklistValues:
      type === "picklist" ? picklistValues(caller.organisation, object.name, field) : [],
    referenceTo: field.referenceTo === undefined ? [] : [field.referenceTo],
    relationshipName: field.relationship ?? null,
  };
}

/** An object's short description, as the list of all objects holds it. */
export function describeShort(object: SalesforceObject, versionPath: string): Json {
  const writable = !object.readOnly;
  return {
    name: object.name,
    label: object.label,
    labelPlural: object.pluralLabel,
    keyPrefix: object.prefix,
    custom: object.custom ?? false,
    createable: writable,
    updateable: writable,
    deletable: writable,
    queryable: true,
    retrieveable: true,
    urls: {
      sobject: `${versionPath}/sobjects/${object.name}`,
      describe: `${versionPath}/sobjects/${object.name}/describe`,
      rowTemplate: `${versionPath}/sobjects/${object.name}/{ID}`,
    },
  };
}

/** An object with the fields that the caller sees. */
export function describeObject(caller: Caller, object: SalesforceObject, path: string): Json {
  return {
    ...describeShort(object, path),
    fields: object.fields
      .filter((field) => seesField(caller, object, field))
      .map((field) => describeField(caller, object, field)),
    childRelationships: object.children.map(({ name, object: childObject, field }) => ({
      relationshipName: name,
      childSObject: childObject,
      field,
      cascadeDelete: true,
    })),
  };
}
