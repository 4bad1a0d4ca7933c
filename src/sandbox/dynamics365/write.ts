import { parseReference, resolveAddress } from "./address.ts";
import { afterChange, checkChange, defaultsFor } from "./behaviour.ts";
import { badRequest, DataverseError, errorCodes, notImplemented, rowNotFound } from "./errors.ts";
import { addMirror, removeWithLinks } from "./linked-rows.ts";
import { type Attribute, lookupOf, lookupProperty, type Table } from "./model.ts";
import { navigationsOf } from "./relationships.ts";
import {
  type Document,
  findByKey,
  findRow,
  nextVersion,
  rowsAfter,
  type StoredRow,
  saveKeys,
  saveRow,
} from "./store.ts";
import { isGuid, storedValue, wholeSeconds } from "./values.ts";
import { alternateKeyValues, lookupTypeSuffix, type WriteSession } from "./write-session.ts";

type Changes = Record<string, unknown>;

const bindSuffix = "@odata.bind";

async function bindLookup(
  session: WriteSession,
  table: Table,
  navigation: string,
  reference: unknown,
): Promise<Changes> {
  const lookup = lookupOf(table, navigation);
  if (!lookup) throw unknownProperty(table, navigation);
  const property = lookupProperty(lookup.attribute.name);
  if (reference === null) return { [property]: null, [property + lookupTypeSuffix]: null };
  const target = await resolveAddress(
    session.transaction,
    session.model,
    parseReference(session.model, String(reference)),
    session.nowMs,
  );
  if (target.table.name !== lookup.target) {
    throw badRequest(
      errorCodes.unknownProperty,
      `Error identified in Payload provided by the user: '${navigation}' refers to ` +
        `'${lookup.target}', not to '${target.table.name}'.`,
    );
  }
  if (target.row === undefined) throw rowNotFound(target.table.name, target.id ?? "unknown");
  return { [property]: target.row.id, [property + lookupTypeSuffix]: target.table.name };
}

function unknownProperty(table: Table, name: string): DataverseError {
  return badRequest(
    errorCodes.unknownProperty,
    `Error identified in Payload provided by the user for Entity :'${table.setName}', ` +
      `InnerException : The property '${name}' does not exist on type ` +
      `'Microsoft.Dynamics.CRM.${table.name}'. Make sure to only use property names that are ` +
      "defined by the type.",
  );
}

async function readChanges(session: WriteSession, table: Table, body: Document): Promise<Changes> {
  const changes: Changes = {};
  for (const [name, value] of Object.entries(body)) {
    if (name.endsWith(bindSuffix)) {
      const navigation = name.slice(0, -bindSuffix.length);
      Object.assign(changes, await bindLookup(session, table, navigation, value));
    } else if (!name.includes("@")) {
      const attribute: Attribute | undefined = table.attributes[name];
      if (attribute === undefined && navigationsOf(session.model, table).has(name)) {
        throw notImplemented(`Creating related rows in '${name}' isn't part of this emulator.`);
      }
      if (attribute === undefined) throw unknownProperty(table, name);
      const stored = storedValue(table, attribute, value);
      // Dataverse accepts columns that aren't valid for update and drops them.
      if (!attribute.readOnly) changes[name] = stored;
    }
  }
  return changes;
}

function emptyDocument(table: Table): Document {
  const entries = Object.values(table.attributes).flatMap((attribute) =>
    attribute.type === "Lookup"
      ? [[lookupProperty(attribute.name), null]]
      : [[attribute.name, attribute.defaultValue ?? null]],
  );
  return Object.fromEntries(entries) as Document;
}

/** Enters the values of a table's alternate keys anew; refuses where two rows share one. */
export async function reindexKeys(session: WriteSession, table: Table): Promise<void> {
  for (const row of await rowsAfter(session.transaction, table.name, 0)) {
    const values = alternateKeyValues(table, row.document);
    await refuseDuplicateKeys(session, table, row.id, values);
    await saveKeys(session.transaction, table.name, row.id, values);
  }
}

async function refuseDuplicateKeys(
  session: WriteSession,
  table: Table,
  id: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [key, value] of Object.entries(values)) {
    const holder = await findByKey(session.transaction, table.name, key, value);
    if (holder !== undefined && holder !== id) {
      throw new DataverseError(
        412,
        errorCodes.duplicateRecord,
        `A record that has the attribute values ${key} already exists. The entity key ` +
          `${key} requires that this set of attributes contains unique values. ` +
          "Select unique values and try again.",
      );
    }
  }
}

async function store(
  session: WriteSession,
  table: Table,
  id: string,
  document: Document,
): Promise<StoredRow> {
  const version = await nextVersion(session.transaction);
  const keyValues = alternateKeyValues(table, document);
  await refuseDuplicateKeys(session, table, id, keyValues);
  const row = { id, version, document: { ...document, versionnumber: version } };
  await saveRow(session.transaction, table.name, row, keyValues);
  return row;
}

function stamp(session: WriteSession, creating: boolean): Document {
  const now = wholeSeconds(session.nowMs);
  const by = (name: string): Document => ({
    [lookupProperty(name)]: session.userId,
    [lookupProperty(name) + lookupTypeSuffix]: "systemuser",
  });
  return {
    modifiedon: now,
    ...by("modifiedby"),
    ...(creating ? { createdon: now, ...by("createdby") } : {}),
  };
}

function refuseMissing(table: Table, document: Document): void {
  for (const attribute of Object.values(table.attributes)) {
    if (attribute.required && document[attribute.name] === null) {
      throw badRequest(
        errorCodes.invalidArgument,
        `Required field '${attribute.name}' is missing for entity '${table.name}'.`,
      );
    }
  }
}

/**
 * Creates a row; the caller may choose its GUID in the body or by `idOfUrl`, and the body's wins.
 */
export async function createRow(
  session: WriteSession,
  table: Table,
  body: Document,
  idOfUrl?: string,
): Promise<StoredRow> {
  const changes = await readChanges(session, table, body);
  const chosen = changes[table.primaryId] ?? idOfUrl;
  const id = typeof chosen === "string" ? chosen.toLowerCase() : session.random.uuid();
  if (!isGuid(id)) throw badRequest(errorCodes.invalidArgument, `'${id}' is not a GUID.`);
  if (await findRow(session.transaction, table.name, id)) {
    throw new DataverseError(412, errorCodes.duplicateRecord, "Cannot insert duplicate key.");
  }
  const start = { ...emptyDocument(table), [table.primaryId]: id };
  const defaults = await defaultsFor(session, table, changes);
  const changed = { ...start, ...defaults, ...changes, [table.primaryId]: id };
  refuseMissing(table, changed);
  await checkChange(session, table, undefined, changed, changes);
  const document = await afterChange(session, table, { ...changed, ...stamp(session, true) });
  const row = await store(session, table, id, document);
  await addMirror(session, table, row);
  return row;
}

/** Changes a row. */
export async function updateRow(
  session: WriteSession,
  table: Table,
  row: StoredRow,
  body: Document,
): Promise<StoredRow> {
  const { [table.primaryId]: _ignored, ...changes } = await readChanges(session, table, body);
  const changed = { ...emptyDocument(table), ...row.document, ...changes };
  refuseMissing(table, changed);
  await checkChange(session, table, row.document, changed, changes);
  const document = await afterChange(session, table, { ...changed, ...stamp(session, false) });
  return store(session, table, row.id, document);
}

/** Changes a row as the system does, past the rules for callers (win, lose). */
export async function overwriteRow(
  session: WriteSession,
  table: Table,
  row: StoredRow,
  changes: Document,
): Promise<StoredRow> {
  const document = { ...row.document, ...changes, ...stamp(session, false) };
  return store(session, table, row.id, document);
}

/** Deletes a row. */
export async function deleteRow(
  session: WriteSession,
  table: Table,
  row: StoredRow,
): Promise<void> {
  await removeWithLinks(session, table, row);
}
