import type { Queryable } from "../../storage/port.ts";
import { noResource, parseAddress, resolveAddress } from "./address.ts";
import type { DataverseContext } from "./context.ts";
import { accessDenied, badRequest, DataverseError, errorCodes, rowNotFound } from "./errors.ts";
import { type Model, type Table, tableOfSet } from "./model.ts";
import { readQuery, rowsBehind, withRelated } from "./query.ts";
import { readChanges, readCollection } from "./read.ts";
import { navigationsOf } from "./relationships.ts";
import { etagOf, renderDocument } from "./render.ts";
import {
  type Preferences,
  parseBody,
  parseTarget,
  readPreferences,
  type WebApiRequest,
  type WebApiResponse,
} from "./request.ts";
import type { StoredRow } from "./store.ts";
import { createRow, deleteRow, updateRow } from "./write.ts";
import type { WriteSession } from "./write-session.ts";

const jsonHeaders = {
  "content-type": "application/json; odata.metadata=minimal",
  "odata-version": "4.0",
};

/** An answer with a JSON body. */
export function jsonResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): WebApiResponse {
  return { status, headers: { ...jsonHeaders, ...headers }, body: JSON.stringify(body) };
}

/** An answer without a body. */
export function emptyResponse(headers: Readonly<Record<string, string>> = {}): WebApiResponse {
  return { status: 204, headers: { "odata-version": "4.0", ...headers }, body: "" };
}

/** `accounts(…)` and what stands behind it. */
const rowPattern = /^([A-Za-z_][A-Za-z0-9_]*)\((.*?)\)(?:\/(.+))?$/;

/** Answers a GET on rows. */
export async function readResource(
  context: DataverseContext,
  database: Queryable,
  model: Model,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const { path, options } = parseTarget(request.target);
  const preferences = readPreferences(request.headers.prefer);
  const rowMatch = rowPattern.exec(path);
  if (!rowMatch) return readSet(context, database, model, request);
  const [, setName = "", key = "", rest] = rowMatch;
  const { table, id, row } = await resolveAddress(
    database,
    model,
    parseAddress(model, setName, key),
    context.clock.now(),
  );
  if (!row) throw rowNotFound(table.name, id ?? "(by key)");
  if (context.mishaps.isHidden(row.id)) throw accessDenied(table.name);
  if (rest !== undefined) {
    return readBehind(context, database, { model, table, options, preferences }, row, rest);
  }
  // A conditional GET says nothing about expanded rows or annotations.
  const isPlain = !options.has("$expand") && preferences.annotations.length === 0;
  if (isPlain && request.headers["if-none-match"] === etagOf(row)) {
    return { status: 304, headers: jsonHeaders, body: "" };
  }
  return rowResponse(context, database, model, { table, row, options, preferences, status: 200 });
}

async function readSet(
  context: DataverseContext,
  database: Queryable,
  model: Model,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const { path, options } = parseTarget(request.target);
  const preferences = readPreferences(request.headers.prefer);
  const [setName = "", segment] = path.split("/");
  const table = tableOfSet(model, setName);
  if (!table || (segment !== undefined && segment !== "$count")) throw noResource(path);
  const query = { model, table, options, preferences };
  if (segment === "$count") {
    const filter = new Map([...options].filter(([name]) => name === "$filter"));
    const counted = new Map([...filter, ["$count", "true"]]);
    const page = await readCollection(context, database, { ...query, options: counted });
    const headers = { "content-type": "text/plain", "odata-version": "4.0" };
    return { status: 200, headers, body: String(page["@odata.count"]) };
  }
  if (!preferences.trackChanges && !options.has("$deltatoken")) {
    return jsonResponse(200, await readCollection(context, database, query));
  }
  const body = await readChanges(context, database, query);
  const applied = { "preference-applied": "odata.track-changes" };
  return jsonResponse(200, body, preferences.trackChanges ? applied : {});
}

async function readBehind(
  context: DataverseContext,
  database: Queryable,
  query: Parameters<typeof readCollection>[2],
  row: StoredRow,
  name: string,
): Promise<WebApiResponse> {
  const { model, table, options, preferences } = query;
  if (table.attributes[name]) {
    const value = row.document[name] ?? null;
    return value === null ? emptyResponse() : jsonResponse(200, { value });
  }
  const navigation = navigationsOf(model, table).get(name);
  const target = navigation && model.get(navigation.target);
  if (!navigation || !target) throw noResource(name);
  const rows = await rowsBehind(database, navigation, row);
  if (navigation.kind === "many") {
    const inner = { model, table: target, options, preferences };
    return jsonResponse(200, await readCollection(context, database, inner, rows));
  }
  const [only] = rows;
  if (!only) return emptyResponse();
  const reply = { table: target, row: only, options, preferences, status: 200 };
  return rowResponse(context, database, model, reply);
}

interface RowReply {
  readonly table: Table;
  readonly row: StoredRow;
  readonly options: ReadonlyMap<string, string>;
  readonly preferences: Preferences;
  readonly status: number;
}

async function rowResponse(
  context: DataverseContext,
  database: Queryable,
  model: Model,
  { table, row, options, preferences, status }: RowReply,
): Promise<WebApiResponse> {
  const query = readQuery(model, table, options);
  const { annotations } = preferences;
  const document = await withRelated(database, model, table, row, query);
  const body = {
    "@odata.context": `${context.rootUrl}/$metadata#${table.setName}/$entity`,
    ...renderDocument({ model, annotations }, table, document, query),
  };
  return jsonResponse(status, body, { etag: etagOf(row) });
}

async function written(
  context: DataverseContext,
  session: WriteSession,
  request: WebApiRequest,
  table: Table,
  row: StoredRow,
  isNew: boolean,
): Promise<WebApiResponse> {
  const preferences = readPreferences(request.headers.prefer);
  const { options } = parseTarget(request.target);
  const url = `${context.rootUrl}/${table.setName}(${row.id})`;
  const location = { location: url, "odata-entityid": url };
  if (!preferences.representation) return emptyResponse(location);
  const reply = { table, row, options, preferences, status: isNew ? 201 : 200 };
  const response = await rowResponse(context, session.transaction, session.model, reply);
  const headers = { ...response.headers, "preference-applied": "return=representation" };
  return { ...response, headers: isNew ? { ...headers, ...location } : headers };
}

function checkPreconditions(request: WebApiRequest, row: StoredRow | undefined): void {
  const ifMatch = request.headers["if-match"];
  if (ifMatch !== undefined && ifMatch !== "*" && row && ifMatch !== etagOf(row)) {
    throw new DataverseError(
      412,
      errorCodes.concurrencyVersionMismatch,
      "The version of the existing record doesn't match the RowVersion property provided.",
    );
  }
  if (request.headers["if-none-match"] === "*" && row) {
    throw new DataverseError(
      412,
      errorCodes.duplicateRecord,
      "A record with matching key values already exists.",
    );
  }
}

/** Carries out a POST, PATCH, PUT or DELETE on rows inside the session's transaction. */
export async function writeResource(
  context: DataverseContext,
  session: WriteSession,
  request: WebApiRequest,
): Promise<WebApiResponse> {
  const { path } = parseTarget(request.target);
  const rowMatch = rowPattern.exec(path);
  if (!rowMatch) {
    const table = tableOfSet(session.model, path);
    if (!table) throw noResource(path);
    if (request.method !== "POST") throw methodNotAllowed(request.method);
    const row = await createRow(session, table, parseBody(request.body));
    return written(context, session, request, table, row, true);
  }
  const [, setName = "", key = "", rest] = rowMatch;
  const address = parseAddress(session.model, setName, key);
  const { table, id, row } = await resolveAddress(
    session.transaction,
    session.model,
    address,
    session.nowMs,
  );
  if (rest !== undefined) {
    if (!row) throw rowNotFound(table.name, id ?? "(by key)");
    checkPreconditions(request, row);
    return writeBehind(session, request, table, row, rest);
  }
  if (request.method !== "PATCH" && request.method !== "DELETE") {
    throw methodNotAllowed(request.method);
  }
  checkPreconditions(request, row);
  if (request.method === "DELETE") {
    if (!row) throw rowNotFound(table.name, id ?? "(by key)");
    await deleteRow(session, table, row);
    return emptyResponse();
  }
  const body = parseBody(request.body);
  if (row) {
    const updated = await updateRow(session, table, row, body);
    return written(context, session, request, table, updated, false);
  }
  if (request.headers["if-match"] !== undefined) throw rowNotFound(table.name, id ?? "(by key)");
  // Where the body names a key column too, the body's value is the one that is stored.
  const created = await createRow(session, table, { ...address.keyValues, ...body }, address.id);
  return written(context, session, request, table, created, true);
}

/** PUT and DELETE on one property, and on the reference in a lookup. */
async function writeBehind(
  session: WriteSession,
  request: WebApiRequest,
  table: Table,
  row: StoredRow,
  rest: string,
): Promise<WebApiResponse> {
  const [name = "", segment] = rest.split("/");
  if (segment === "$ref") {
    const reference = request.method === "DELETE" ? null : parseBody(request.body)["@odata.id"];
    if (request.method !== "DELETE" && typeof reference !== "string") {
      throw badRequest(errorCodes.unknownProperty, "The body must hold @odata.id.");
    }
    await updateRow(session, table, row, { [`${name}@odata.bind`]: reference });
    return emptyResponse();
  }
  if (segment !== undefined || !table.attributes[name]) throw noResource(rest);
  if (request.method !== "PUT" && request.method !== "DELETE") {
    throw methodNotAllowed(request.method);
  }
  const value = request.method === "DELETE" ? null : parseBody(request.body).value;
  await updateRow(session, table, row, { [name]: value });
  return emptyResponse();
}

/** A method that the resource doesn't have. */
export function methodNotAllowed(method: string): DataverseError {
  return new DataverseError(
    405,
    errorCodes.invalidArgument,
    `The requested resource does not support http method '${method}'.`,
  );
}
