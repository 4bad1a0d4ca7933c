import { noResource } from "./address.ts";
import type { DataverseContext } from "./context.ts";
import { type Customisation, readCustomisation, writeCustomisation } from "./customisation.ts";
import { metadataId } from "./definitions.ts";
import { badRequest, errorCodes } from "./errors.ts";
import type { Attribute, AttributeType, Option, Table } from "./model.ts";
import { tableOfKey } from "./read-definitions.ts";
import { parseBody, parseTarget, type WebApiRequest, type WebApiResponse } from "./request.ts";
import { emptyResponse, jsonResponse } from "./resources.ts";
import { type Document, nextVersion } from "./store.ts";
import { customTableColumns } from "./tables.ts";
import { reindexKeys } from "./write.ts";
import type { WriteSession } from "./write-session.ts";

const schemaNamePattern = /^[a-z][a-z0-9]{1,7}_[A-Za-z][A-Za-z0-9_]*$/;
const maxKeysPerTable = 10;
const keyTypes = new Set<AttributeType>([
  "Decimal",
  "Integer",
  "String",
  "DateTime",
  "DateOnly",
  "Lookup",
  "Picklist",
]);

const refuse = (message: string): Error => badRequest(errorCodes.invalidArgument, message);

function isObject(value: unknown): value is Document {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function schemaName(body: Document): string {
  const name = body.SchemaName;
  if (typeof name !== "string" || !schemaNamePattern.test(name)) {
    throw refuse(
      `The SchemaName '${String(name)}' isn't valid: it must begin with a customization prefix.`,
    );
  }
  return name;
}

function labelText(value: unknown): string | undefined {
  const labels = isObject(value) ? value.LocalizedLabels : undefined;
  const first: unknown = Array.isArray(labels) ? labels[0] : undefined;
  return isObject(first) && typeof first.Label === "string" ? first.Label : undefined;
}

function optionsOf(body: Document): readonly Option[] {
  const set = body.OptionSet;
  const options = isObject(set) && Array.isArray(set.Options) ? set.Options : [];
  return options.map((option: unknown): Option => {
    const value = isObject(option) ? option.Value : undefined;
    const text = isObject(option) ? labelText(option.Label) : undefined;
    if (typeof value !== "number" || text === undefined) {
      throw refuse("Each option needs a Value and a Label.");
    }
    return { value, label: text };
  });
}

const sizeLimits: Readonly<Record<string, number>> = { String: 4000, Memo: 1_048_576 };

/** A column from its definition in a request body. */
function attributeFrom(body: Document): Attribute {
  const name = schemaName(body).toLowerCase();
  const match = /^#?Microsoft\.Dynamics\.CRM\.(\w+)AttributeMetadata$/.exec(
    String(body["@odata.type"] ?? ""),
  );
  const type = match?.[1];
  const displayName = labelText(body.DisplayName);
  if (displayName === undefined) throw refuse("DisplayName is required.");
  const base = { name, displayName, custom: true };
  switch (type) {
    case "String":
    case "Memo": {
      const maxLength = body.MaxLength;
      const limit = sizeLimits[type] ?? 0;
      if (typeof maxLength !== "number" || maxLength < 1 || maxLength > limit) {
        throw refuse(`MaxLength of a ${type} column must be from 1 to ${limit}.`);
      }
      return { ...base, type, maxLength };
    }
    case "Boolean":
      return { ...base, type, defaultValue: body.DefaultValue === true };
    case "Picklist":
      return { ...base, type, options: optionsOf(body) };
    case "Integer":
    case "Decimal":
    case "Money":
      return { ...base, type };
    case "DateTime":
      return { ...base, type: body.Format === "DateOnly" ? "DateOnly" : "DateTime" };
    default:
      throw refuse(`Columns of type '${String(body["@odata.type"])}' can't be created here.`);
  }
}

async function change(
  session: WriteSession,
  table: string,
  edit: (present: Customisation) => Customisation,
): Promise<void> {
  const present = await readCustomisation(session.transaction);
  const version = await nextVersion(session.transaction);
  await writeCustomisation(session.transaction, {
    ...edit(present),
    changedAt: { ...present.changedAt, [table]: version },
  });
}

async function addAttribute(
  session: WriteSession,
  table: Table,
  attribute: Attribute,
): Promise<void> {
  if (table.attributes[attribute.name]) {
    throw badRequest(
      errorCodes.duplicateName,
      `An attribute with the specified name ${attribute.name} already exists.`,
    );
  }
  await change(session, table.name, (present) => ({
    ...present,
    attributes: {
      ...present.attributes,
      [table.name]: [...(present.attributes[table.name] ?? []), attribute],
    },
  }));
}

async function addKey(
  context: DataverseContext,
  session: WriteSession,
  table: Table,
  body: Document,
): Promise<string> {
  const name = schemaName(body).toLowerCase();
  const attributes = Array.isArray(body.KeyAttributes) ? body.KeyAttributes.map(String) : [];
  const types = attributes.map((each) => table.attributes[each]?.type);
  if (attributes.length === 0 || !types.every((type) => type && keyTypes.has(type))) {
    throw refuse(`The key attributes [${attributes.join(", ")}] can't form an alternate key.`);
  }
  if (table.keys.length >= maxKeysPerTable) {
    throw refuse(`A table can have at most ${maxKeysPerTable} alternate keys.`);
  }
  if (table.keys.some((key) => key.name === name)) {
    throw badRequest(errorCodes.duplicateName, `The entity key ${name} already exists.`);
  }
  const displayName = labelText(body.DisplayName) ?? name;
  const activeFromMs = session.nowMs + context.keyIndexDelayMs;
  const key = { name, attributes, displayName, activeFromMs };
  await reindexKeys(session, { ...table, keys: [...table.keys, key] });
  await change(session, table.name, (present) => ({
    ...present,
    keys: { ...present.keys, [table.name]: [...(present.keys[table.name] ?? []), key] },
  }));
  return metadataId(`${table.name}.key.${name}`);
}

async function addTable(session: WriteSession, body: Document): Promise<string> {
  const name = schemaName(body).toLowerCase();
  if (session.model.has(name)) {
    throw badRequest(errorCodes.duplicateName, `The entity ${name} already exists.`);
  }
  const given = Array.isArray(body.Attributes) ? body.Attributes.filter(isObject) : [];
  const primary = given.find((attribute) => attribute.IsPrimaryName === true);
  if (!primary) throw refuse("One attribute must be the primary name: IsPrimaryName.");
  const attributes = given.map(attributeFrom);
  const primaryId = `${name}id`;
  const id: Attribute = { name: primaryId, type: "Uniqueidentifier", custom: true };
  const table: Table = {
    name,
    setName: `${name}s`,
    primaryId,
    primaryName: schemaName(primary).toLowerCase(),
    displayName: labelText(body.DisplayName) ?? name,
    changeTracking: body.ChangeTrackingEnabled === true,
    custom: true,
    attributes: {
      ...Object.fromEntries([id, ...attributes].map((each) => [each.name, each])),
      ...customTableColumns,
    },
    keys: [],
  };
  await change(session, name, (present) => ({ ...present, tables: [...present.tables, table] }));
  return metadataId(name);
}

/** A one-to-many relationship brings its lookup column along. */
async function addRelationship(session: WriteSession, body: Document): Promise<string> {
  const { ReferencedEntity, ReferencingEntity, Lookup } = body;
  const collection = schemaName(body);
  const many = session.model.get(String(ReferencingEntity));
  const one = session.model.get(String(ReferencedEntity));
  if (!many || !one || !isObject(Lookup)) {
    throw refuse("ReferencedEntity, ReferencingEntity and Lookup are required.");
  }
  const navigation = schemaName(Lookup);
  await addAttribute(session, many, {
    name: navigation.toLowerCase(),
    type: "Lookup",
    custom: true,
    displayName: labelText(Lookup.DisplayName) ?? navigation,
    targets: { [navigation]: one.name },
    collection,
  });
  return metadataId(`relationship.${collection}`);
}

async function insertStatusValue(session: WriteSession, body: Document): Promise<number> {
  const table = session.model.get(String(body.EntityLogicalName));
  const status = table?.attributes.statuscode;
  if (!table || !status || body.AttributeLogicalName !== "statuscode") {
    throw refuse("EntityLogicalName and AttributeLogicalName must name a status column.");
  }
  const text = labelText(body.Label);
  const state = body.StateCode;
  const isState = table.attributes.statecode?.options?.some(({ value }) => value === state);
  if (text === undefined || typeof state !== "number" || !isState) {
    throw refuse("Label and a StateCode of the table are required.");
  }
  const taken = new Set(status.options?.map(({ value }) => value));
  const value = typeof body.Value === "number" ? body.Value : Math.max(...taken) + 1;
  if (taken.has(value)) {
    throw badRequest(errorCodes.optionNotUnique, "The picklist value already exists.");
  }
  await change(session, table.name, (present) => ({
    ...present,
    statusReasons: {
      ...present.statusReasons,
      [table.name]: [...(present.statusReasons[table.name] ?? []), { value, label: text, state }],
    },
  }));
  return value;
}

const insidePattern = /^EntityDefinitions\((.+?)\)(?:\/(Attributes|Keys))?$/;

function created(context: DataverseContext, path: string, id: string): WebApiResponse {
  return emptyResponse({ "odata-entityid": `${context.rootUrl}/${path}(${id})` });
}

/** Answers a write of metadata; undefined where the path is another. */
export async function writeDefinitions(
  context: DataverseContext,
  session: WriteSession,
  request: WebApiRequest,
): Promise<WebApiResponse | undefined> {
  const { path } = parseTarget(request.target);
  const isPost = request.method === "POST";
  if (isPost && path === "PublishAllXml") return emptyResponse();
  if (isPost && path === "InsertStatusValue") {
    const value = await insertStatusValue(session, parseBody(request.body));
    return jsonResponse(200, { NewOptionValue: value });
  }
  if (isPost && path === "EntityDefinitions") {
    return created(context, path, await addTable(session, parseBody(request.body)));
  }
  if (isPost && path === "RelationshipDefinitions") {
    return created(context, path, await addRelationship(session, parseBody(request.body)));
  }
  const match = insidePattern.exec(path);
  if (!match) return undefined;
  const table = tableOfKey(session.model, match[1] ?? "");
  const body = parseBody(request.body);
  if (match[2] === undefined) return changeTable(session, request.method, table, body);
  if (!isPost) throw noResource(path);
  if (match[2] === "Keys") {
    return created(context, path, await addKey(context, session, table, body));
  }
  const attribute = attributeFrom(body);
  await addAttribute(session, table, attribute);
  return created(context, path, metadataId(`${table.name}.${attribute.name}`));
}

/** PUT on a table's definition: change tracking can be turned on, and never off again. */
async function changeTable(
  session: WriteSession,
  method: string,
  table: Table,
  body: Document,
): Promise<WebApiResponse> {
  if (method !== "PUT") throw refuse("A table's definition is changed by PUT.");
  for (const property of ["MetadataId", "SchemaName", "DisplayName", "EntitySetName"]) {
    // PUT replaces the definition: what is left out would be lost.
    if (body[property] === undefined) throw refuse(`The definition's ${property} is missing.`);
  }
  if (body.ChangeTrackingEnabled === false && table.changeTracking) {
    throw refuse("Change tracking can't be disabled once it has been enabled.");
  }
  if (body.ChangeTrackingEnabled === true && !table.changeTracking) {
    await change(session, table.name, (present) => ({
      ...present,
      tracked: [...(present.tracked ?? []), table.name],
    }));
  }
  return emptyResponse();
}
