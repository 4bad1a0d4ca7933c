import type { RowValues } from "../row-store.ts";
import { checkConditions, etagOf, isUnmodified } from "./conditions.ts";
import { describeObject, describeShort } from "./describe.ts";
import { errorList, noSuchColumn, notFound, SalesforceError } from "./errors.ts";
import { type Caller, seesField, visibleObject } from "./organisation.ts";
import { type Address, objectBody, type RestRequest, type RestResponse } from "./request.ts";
import {
  createRow,
  deleteRow,
  findRow,
  rowByExternalId,
  updateRow,
  writableObject,
} from "./rows.ts";
import { fieldOf, type SalesforceObject } from "./schema.ts";

function wantObject(caller: Caller, name: string): SalesforceObject {
  const object = visibleObject(caller, name);
  if (object) return object;
  throw notFound("The requested resource does not exist");
}

function rowBody(
  caller: Caller,
  object: SalesforceObject,
  row: RowValues,
  { options, versionPath }: Address,
): RowValues {
  const wanted = options.get("fields")?.split(",");
  for (const name of wanted ?? []) {
    const field = fieldOf(object, name.trim());
    if (!field || !seesField(caller, object, field)) throw noSuchColumn(object.name, name);
  }
  const visible = object.fields.filter((field) => seesField(caller, object, field));
  const shown = wanted
    ? visible.filter(({ name }) => wanted.some((each) => each.trim() === name) || name === "Id")
    : visible;
  return {
    attributes: {
      type: object.name,
      url: `${versionPath}/sobjects/${object.name}/${String(row.Id)}`,
    },
    ...Object.fromEntries(
      shown.map(({ name, type }) => [name, row[name] ?? (type === "boolean" ? false : null)]),
    ),
  };
}

function readOne(
  caller: Caller,
  object: SalesforceObject,
  row: RowValues,
  address: Address,
  request: RestRequest,
): RestResponse {
  if (isUnmodified(row, request.headers)) return { status: 304 };
  const tag = object.name === "Account" ? { etag: etagOf(row) } : {};
  const modified = new Date(String(row.LastModifiedDate).replace("+0000", "Z")).toUTCString();
  return {
    status: 200,
    headers: { ...tag, "last-modified": modified },
    body: rowBody(caller, object, row, address),
  };
}

function created(id: string, more: Readonly<Record<string, unknown>> = {}): RestResponse {
  return { status: 201, body: { id, success: true, errors: [], ...more } };
}

function byExternalId(
  caller: Caller,
  object: SalesforceObject,
  address: Address,
  request: RestRequest,
): RestResponse {
  const [, , fieldName = "", value = ""] = address.segments;
  const row = rowByExternalId(caller, object, fieldName, value);
  if (request.method === "GET") {
    if (!row) throw notFound("The requested resource does not exist");
    return readOne(caller, object, row, address, request);
  }
  if (request.method !== "PATCH") throw methodRefused(request.method);
  const body = objectBody(request.body);
  const keyName = fieldOf(object, fieldName)?.name ?? fieldName;
  if (Object.keys(body).some((name) => name.toLowerCase() === keyName.toLowerCase())) {
    throw new SalesforceError(
      400,
      "INVALID_FIELD",
      `The ${keyName} field should not be specified in the sobject data.`,
    );
  }
  if (!row) {
    return created(createRow(caller, object, { ...body, [keyName]: value }), { created: true });
  }
  checkConditions(object, row, request.headers);
  updateRow(caller, object, String(row.Id), body);
  const id = String(row.Id);
  return { status: 200, body: { id, success: true, errors: [], created: false } };
}

function methodRefused(method: string): SalesforceError {
  return new SalesforceError(
    405,
    "METHOD_NOT_ALLOWED",
    `HTTP Method '${method}' not allowed. Allowed are HEAD,GET,PATCH,DELETE`,
  );
}

function byId(
  caller: Caller,
  object: SalesforceObject,
  address: Address,
  request: RestRequest,
): RestResponse {
  const id = address.segments[2] ?? "";
  const row = findRow(caller, object, id);
  if (request.method === "GET") return readOne(caller, object, row, address, request);
  if (request.method === "PATCH") {
    const body = objectBody(request.body);
    checkConditions(object, row, request.headers);
    updateRow(caller, writableObject(caller, object.name), id, body);
    return { status: 204 };
  }
  if (request.method !== "DELETE") throw methodRefused(request.method);
  deleteRow(caller, writableObject(caller, object.name), id);
  return { status: 204 };
}

/** Answers what lies below `sobjects`. Errors: SalesforceError. */
export function answerObjects(
  caller: Caller,
  address: Address,
  request: RestRequest,
): RestResponse {
  const { segments, versionPath } = address;
  const [, name, third, fourth] = segments;
  if (name === undefined) {
    const sobjects = caller.organisation
      .schema()
      .objects.filter((object) => visibleObject(caller, object.name))
      .map((object) => describeShort(object, versionPath));
    return { status: 200, body: { encoding: "UTF-8", maxBatchSize: 200, sobjects } };
  }
  const object = wantObject(caller, name);
  if (third === undefined) {
    if (request.method === "GET") {
      return { status: 200, body: { objectDescribe: describeShort(object, versionPath) } };
    }
    if (request.method !== "POST") throw methodRefused(request.method);
    const writable = writableObject(caller, name);
    return created(createRow(caller, writable, objectBody(request.body)));
  }
  if (third === "describe") {
    return { status: 200, body: describeObject(caller, object, versionPath) };
  }
  if (fourth !== undefined) return byExternalId(caller, object, address, request);
  return byId(caller, object, address, request);
}

/** A refusal as an answer; several records under one external id are listed. */
export function refusal(error: SalesforceError): RestResponse {
  if (error.status === 300) return { status: 300, body: JSON.parse(error.message) as unknown };
  return { status: error.status, body: errorList(error) };
}
