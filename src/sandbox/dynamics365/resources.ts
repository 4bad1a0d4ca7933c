import type { Queryable } from "../../storage/port.ts";
import { noResource, parseAddress, resolveAddress } from "./address.ts";
import type { DataverseContext } from "./context.ts";
import { DataverseError, errorCodes, rowNotFound } from "./errors.ts";
import { type Model, type Table, tableOfSet } from "./model.ts";
import { parseSelect, readChanges, readCollection } from "./read.ts";
import { etagOf, renderRow } from "./render.ts";
import {
  type Preferences,
  parseBody,
  parseTarget,
  readPreferences,
  type WebApiRequest,
  type WebApiResponse,
} from "./request.ts";
import type { StoredRow } from "./store.ts";
import { createRow, deleteRow, updateRow, type WriteSession } from "./write.ts";

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

const rowPattern = /^([A-Za-z_][A-Za-z0-9_]*)\((.*)\)$/;

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
  if (!rowMatch) {
    const table = tableOfSet(model, path);
    if (!table) throw noResource(path);
    const query = { table, options, preferences };
    const tracks = preferences.trackChanges || options.has("$deltatoken");
    const body = await (tracks ? readChanges : readCollection)(context, database, query);
    const applied = preferences.trackChanges
      ? { "preference-applied": "odata.track-changes" }
      : undefined;
    return jsonResponse(200, body, applied);
  }
  const address = parseAddress(model, rowMatch[1] ?? "", rowMatch[2] ?? "");
  const { table, id, row } = await resolveAddress(database, model, address);
  if (!row) throw rowNotFound(table.name, id ?? "(by key)");
  if (request.headers["if-none-match"] === etagOf(row) && !options.has("$expand")) {
    return { status: 304, headers: jsonHeaders, body: "" };
  }
  return rowResponse(context, table, row, options, preferences, 200);
}

function rowResponse(
  context: DataverseContext,
  table: Table,
  row: StoredRow,
  options: ReadonlyMap<string, string>,
  preferences: Preferences,
  status: number,
): WebApiResponse {
  const select = parseSelect(table, options.get("$select"));
  const body = {
    "@odata.context": `${context.rootUrl}/$metadata#${table.setName}/$entity`,
    ...renderRow(table, row, select, preferences.annotations),
  };
  return jsonResponse(status, body, { etag: etagOf(row) });
}

function written(
  context: DataverseContext,
  request: WebApiRequest,
  table: Table,
  row: StoredRow,
  created: boolean,
): WebApiResponse {
  const preferences = readPreferences(request.headers.prefer);
  const { options } = parseTarget(request.target);
  const url = `${context.rootUrl}/${table.setName}(${row.id})`;
  if (!preferences.representation) {
    return emptyResponse({ "odata-entityid": url });
  }
  const response = rowResponse(context, table, row, options, preferences, created ? 201 : 200);
  const headers = { ...response.headers, "preference-applied": "return=representation" };
  return { ...response, headers: created ? { ...headers, "odata-entityid": url } : headers };
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
      errorCodes.recordExists,
      "A record with matching key values already exists.",
    );
  }
}

/** Carries out a POST, PATCH or DELETE on rows inside the session's transaction. */
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
    return written(context, request, table, row, true);
  }
  const address = parseAddress(session.model, rowMatch[1] ?? "", rowMatch[2] ?? "");
  const { table, id, row } = await resolveAddress(session.transaction, session.model, address);
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
  if (row)
    return written(context, request, table, await updateRow(session, table, row, body), false);
  if (request.headers["if-match"] !== undefined) throw rowNotFound(table.name, id ?? "(by key)");
  const createBody = { ...address.keyValues, ...body };
  const created = await createRow(session, table, createBody, id ?? address.id);
  return written(context, request, table, created, true);
}

/** A method that the resource doesn't have. */
export function methodNotAllowed(method: string): DataverseError {
  return new DataverseError(
    405,
    errorCodes.invalidArgument,
    `The requested resource does not support http method '${method}'.`,
  );
}
