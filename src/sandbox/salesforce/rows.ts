import type { RowValues } from "../row-store.ts";
import { badRequest, noSuchColumn, notFound, SalesforceError } from "./errors.ts";
import { type Caller, seesField, stampOf, visibleObject } from "./organisation.ts";
import { newId, parseId } from "./salesforce-id.ts";
import { type Field, fieldOf, type SalesforceObject } from "./schema.ts";
import { storedValue } from "./values.ts";

/** The fields of a body, by name. */
export type Body = Readonly<Record<string, unknown>>;

function writableField(caller: Caller, object: SalesforceObject, name: string): Field {
  const field = fieldOf(object, name);
  if (!field || !seesField(caller, object, field)) throw noSuchColumn(object.name, name);
  return field;
}

/** The values of a body as they are stored. */
function readBody(
  caller: Caller,
  object: SalesforceObject,
  body: Body,
  isNew: boolean,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === "attributes") continue;
    const field = writableField(caller, object, name);
    if (field.writable === false || (!isNew && field.updateable === false)) {
      throw badRequest(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        `Unable to create/update fields: ${field.name}. Please check the security settings of ` +
          "this field and verify that it is read/write for your profile or permission set.",
        [field.name],
      );
    }
    values[field.name] = storedValue(caller.organisation, object, field, value);
  }
  return values;
}

function requireFields(object: SalesforceObject, row: RowValues): void {
  const missing = object.fields
    .filter((field) => field.required && (row[field.name] ?? null) === null)
    .map(({ name }) => name);
  if (missing.length === 0) return;
  throw badRequest(
    "REQUIRED_FIELD_MISSING",
    `Required fields are missing: [${missing.join(", ")}]`,
    missing,
  );
}

function refuseDuplicates(
  caller: Caller,
  object: SalesforceObject,
  id: string,
  row: RowValues,
): void {
  for (const field of object.fields) {
    const value = row[field.name];
    if (!field.unique || typeof value !== "string") continue;
    const other = liveRows(caller, object.name).find(
      (each) =>
        each.Id !== id && String(each[field.name] ?? "").toLowerCase() === value.toLowerCase(),
    );
    if (!other) continue;
    throw badRequest(
      "DUPLICATE_VALUE",
      `duplicate value found: ${field.name} duplicates value on record with id: ` +
        String(other.Id).slice(0, 15),
      [],
    );
  }
}

/** What follows from other values. */
function derived(caller: Caller, object: SalesforceObject, row: RowValues): RowValues {
  const { store } = caller.organisation;
  if (object.name === "Opportunity") {
    const stage = store.all("OpportunityStage").find((each) => each.ApiName === row.StageName);
    return { ...row, IsClosed: stage?.IsClosed ?? false, IsWon: stage?.IsWon ?? false };
  }
  if (object.name === "Contact") {
    const parts = [row.FirstName, row.LastName].filter((part) => typeof part === "string");
    return { ...row, Name: parts.join(" ") };
  }
  return row;
}

/** Every row of an object that isn't in the recycle bin. */
export function liveRows(caller: Caller, object: string): readonly RowValues[] {
  return caller.organisation.store.all(object).filter((row) => row.IsDeleted !== true);
}

function onlyOnePrimary(caller: Caller, object: SalesforceObject, row: RowValues): void {
  if (object.name !== "OpportunityContactRole" || row.IsPrimary !== true) return;
  for (const other of liveRows(caller, object.name)) {
    if (other.Id === row.Id || other.OpportunityId !== row.OpportunityId || !other.IsPrimary) {
      continue;
    }
    save(caller, object, { ...other, IsPrimary: false });
  }
}

function save(caller: Caller, object: SalesforceObject, row: RowValues): RowValues {
  const { clock, store } = caller.organisation;
  const stamp = stampOf(clock.now());
  const stamped = {
    ...derived(caller, object, row),
    LastModifiedDate: stamp,
    LastModifiedById: caller.userId,
    SystemModstamp: stamp,
  };
  store.put(object.name, String(row.Id), stamped);
  return stamped;
}

/** The object, where the caller may write it. Errors: 404, 400. */
export function writableObject(caller: Caller, name: string): SalesforceObject {
  const object = visibleObject(caller, name);
  if (!object) throw notFound("The requested resource does not exist");
  if (!object.readOnly) return object;
  throw new SalesforceError(
    400,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    `entity type ${object.name} does not support this operation`,
  );
}

/** Makes a row and gives its id. Errors: SalesforceError. */
export function createRow(caller: Caller, object: SalesforceObject, body: Body): string {
  const { clock, multiCurrency, random, store } = caller.organisation;
  const id = newId(object.prefix, random);
  const stamp = stampOf(clock.now());
  const empty = Object.fromEntries(
    object.fields.map((field) => [field.name, field.type === "boolean" ? false : null]),
  );
  const row: RowValues = {
    ...empty,
    ...(multiCurrency && fieldOf(object, "CurrencyIsoCode") ? { CurrencyIsoCode: "USD" } : {}),
    ...(fieldOf(object, "OwnerId") ? { OwnerId: caller.userId } : {}),
    Id: id,
    CreatedDate: stamp,
    CreatedById: caller.userId,
    ...readBody(caller, object, body, true),
  };
  requireFields(object, row);
  refuseDuplicates(caller, object, id, row);
  const saved = save(caller, object, row);
  onlyOnePrimary(caller, object, saved);
  store.put(object.name, id, saved);
  return id;
}

/** A row that the caller sees. Errors: 404, with another code where it is in the recycle bin. */
export function findRow(caller: Caller, object: SalesforceObject, idText: string): RowValues {
  const id = parseId(idText);
  const { mishaps, store } = caller.organisation;
  const row = id === undefined ? undefined : store.get(object.name, id);
  if (!row || mishaps.isHidden(String(row.Id))) {
    throw notFound("The requested resource does not exist");
  }
  if (!row.IsDeleted) return row;
  throw new SalesforceError(404, "ENTITY_IS_DELETED", "entity is deleted", []);
}

/** Changes fields of a row. Errors: SalesforceError. */
export function updateRow(
  caller: Caller,
  object: SalesforceObject,
  idText: string,
  body: Body,
): void {
  const present = findRow(caller, object, idText);
  const row = { ...present, ...readBody(caller, object, body, false) };
  requireFields(object, row);
  refuseDuplicates(caller, object, String(row.Id), row);
  onlyOnePrimary(caller, object, save(caller, object, row));
}

/** Moves a row to the recycle bin, with the rows that hang on it. Errors: SalesforceError. */
export function deleteRow(caller: Caller, object: SalesforceObject, idText: string): void {
  const row = findRow(caller, object, idText);
  const { organisation } = caller;
  save(caller, object, { ...row, IsDeleted: true });
  for (const child of organisation.schema().objects) {
    for (const field of child.fields) {
      const isOwned = field.masterDetail || child.name === "OpportunityContactRole";
      if (field.referenceTo !== object.name || !isOwned) continue;
      for (const each of liveRows(caller, child.name)) {
        if (each[field.name] === row.Id) deleteRow(caller, child, String(each.Id));
      }
    }
  }
}

/** The one row with a value of an external id. Errors: 300 with the rows' addresses, 404. */
export function rowByExternalId(
  caller: Caller,
  object: SalesforceObject,
  fieldName: string,
  value: string,
): RowValues | undefined {
  const field = fieldOf(object, fieldName);
  if (!field?.externalId || !seesField(caller, object, field)) throw notFound();
  const found = liveRows(caller, object.name).filter(
    (row) => String(row[field.name] ?? "").toLowerCase() === value.toLowerCase(),
  );
  if (found.length > 1) {
    throw new SalesforceError(300, "", JSON.stringify(found.map((row) => row.Id)));
  }
  return found[0];
}
