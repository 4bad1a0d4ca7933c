import type { Queryable } from "../../storage/port.ts";
import { badRequest, DataverseError, errorCodes } from "./errors.ts";
import { type Model, type Table, tableOfSet } from "./model.ts";
import { findByKey, findRow, type StoredRow } from "./store.ts";
import { isGuid } from "./values.ts";

/** A row as a URL names it: by GUID or by the values of an alternate key. */
export interface Address {
  readonly table: Table;
  readonly id?: string;
  readonly keyValues?: Readonly<Record<string, string | number>>;
}

/** The row behind an address, where there is one. */
export interface ResolvedAddress {
  readonly table: Table;
  readonly id?: string;
  readonly row?: StoredRow;
}

/** A segment that Dataverse has no resource for. */
export function noResource(segment: string): DataverseError {
  return new DataverseError(
    404,
    errorCodes.invalidQuery,
    `Resource not found for the segment '${segment}'.`,
  );
}

const keyPattern = /([a-z_][a-z0-9_]*)\s*=\s*('(?:[^']|'')*'|[^,']+)\s*(?:,|$)/gi;

function parseKeyValues(text: string): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  for (const [, name = "", raw = ""] of text.matchAll(keyPattern)) {
    values[name] = raw.startsWith("'") ? raw.slice(1, -1).replaceAll("''", "'") : keyNumber(raw);
  }
  return values;
}

function keyNumber(raw: string): string | number {
  return raw.trim() === "" || Number.isNaN(Number(raw)) ? raw.trim().toLowerCase() : Number(raw);
}

/** Parses `accounts(…)`, where `key` is the text between the parentheses. */
export function parseAddress(model: Model, setName: string, key: string): Address {
  const table = tableOfSet(model, setName);
  if (!table) throw noResource(setName);
  const guid = key.startsWith(`${table.primaryId}=`) ? key.slice(table.primaryId.length + 1) : key;
  if (isGuid(guid)) return { table, id: guid.toLowerCase() };
  const keyValues = parseKeyValues(key);
  // The documentation of alternate keys: values with these characters can't be addressed.
  const isUnaddressable = Object.values(keyValues).some((value) =>
    /[/<>*%&:\\?+]/.test(`${value}`),
  );
  if (Object.keys(keyValues).length === 0 || isUnaddressable) {
    throw badRequest(
      errorCodes.invalidQuery,
      `Bad Request - Error in query syntax: '${key}' is neither a GUID nor a key.`,
    );
  }
  return { table, keyValues };
}

/** Parses what `@odata.bind` holds: `/accounts(…)`, `accounts(…)` or an absolute URL. */
export function parseReference(model: Model, reference: string): Address {
  const match = /(?:^|\/)([A-Za-z_][A-Za-z0-9_]*)\(([^/]*)\)$/.exec(reference);
  if (!match) {
    throw badRequest(errorCodes.unknownProperty, `'${reference}' is not a reference to a row.`);
  }
  return parseAddress(model, match[1] ?? "", match[2] ?? "");
}

/**
 * Looks up the row behind an address; a key whose index isn't built yet by `nowMs` can't be used.
 */
export async function resolveAddress(
  database: Queryable,
  model: Model,
  address: Address,
  nowMs: number,
): Promise<ResolvedAddress> {
  const { table } = address;
  const current = model.get(table.name) ?? table;
  const id = address.id ?? (await idOfKey(database, current, address.keyValues ?? {}, nowMs));
  const row = id === undefined ? undefined : await findRow(database, table.name, id);
  return {
    table: current,
    ...(id === undefined ? {} : { id }),
    ...(row === undefined ? {} : { row }),
  };
}

async function idOfKey(
  database: Queryable,
  table: Table,
  values: Readonly<Record<string, string | number>>,
  nowMs: number,
): Promise<string | undefined> {
  const names = Object.keys(values);
  const key = table.keys.find(
    ({ attributes, activeFromMs = 0 }) =>
      activeFromMs <= nowMs &&
      attributes.length === names.length &&
      attributes.every((name) => names.includes(name)),
  );
  if (!key) {
    throw badRequest(
      errorCodes.invalidKey,
      `The specified key attributes are not a defined key for the ${table.name} entity`,
    );
  }
  const text = JSON.stringify(key.attributes.map((name) => values[name])).toLowerCase();
  return findByKey(database, table.name, key.name, text);
}
