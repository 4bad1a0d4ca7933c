import type { ModelType } from "../../contract/index.ts";
import { applyQuery, bindQuery, ODataError, parseQueryOptions } from "../../odata/index.ts";
import { noResource } from "./address.ts";
import type { DataverseContext } from "./context.ts";
import {
  attributeDefinition,
  attributeType,
  keyDefinition,
  keyType,
  metadataId,
  tableDefinition,
  tableType,
} from "./definitions.ts";
import { badRequest, DataverseError, errorCodes } from "./errors.ts";
import type { Model, Table } from "./model.ts";
import { parseTarget, type WebApiRequest, type WebApiResponse } from "./request.ts";
import { jsonResponse } from "./resources.ts";
import type { Document } from "./store.ts";

const definitionPattern = /^EntityDefinitions\((.+?)\)(?:\/(.+))?$/;
const innerPattern = /^(Attributes|Keys)(?:\((.+?)\))?(?:\/Microsoft\.Dynamics\.CRM\.(\w+))?$/;

function nameOf(key: string, names: ReadonlyMap<string, string>): string {
  const [, quoted] = /^LogicalName\s*=\s*'([^']+)'$/.exec(key) ?? [];
  return quoted ?? names.get(key.toLowerCase()) ?? key;
}

/** The table that a key of EntityDefinitions names. */
export function tableOfKey(model: Model, key: string): Table {
  const names = new Map([...model.keys()].map((name) => [metadataId(name), name]));
  const table = model.get(nameOf(key, names));
  if (table) return table;
  throw new DataverseError(
    404,
    errorCodes.entityNotFound,
    `Could not find an entity with specified key: ${key}.`,
  );
}

function answerQuery(
  documents: readonly Document[],
  type: ModelType,
  options: ReadonlyMap<string, string>,
): readonly Document[] {
  const text = [...options].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  try {
    return applyQuery(documents, bindQuery(parseQueryOptions(text.join("&")), type)).value;
  } catch (error) {
    if (error instanceof ODataError) throw badRequest(errorCodes.invalidQuery, error.message);
    throw error;
  }
}

function single(
  context: DataverseContext,
  documents: readonly Document[],
  type: ModelType,
  options: ReadonlyMap<string, string>,
): WebApiResponse {
  const [found] = answerQuery(documents, type, options);
  return jsonResponse(200, {
    "@odata.context": `${context.rootUrl}/$metadata#${type.name}/$entity`,
    ...found,
  });
}

function inside(
  context: DataverseContext,
  table: Table,
  rest: string,
  options: ReadonlyMap<string, string>,
): WebApiResponse {
  const [, collection, key, cast] = innerPattern.exec(rest) ?? [];
  if (collection === undefined) throw noResource(rest);
  const nowMs = context.clock.now();
  const isKeys = collection === "Keys";
  const all = isKeys
    ? table.keys.map((each) => keyDefinition(table, each, nowMs))
    : Object.values(table.attributes).map((each) => attributeDefinition(table, each));
  const type = isKeys ? keyType : attributeType;
  const cut = all.filter(
    (each) => cast === undefined || each["@odata.type"] === `#Microsoft.Dynamics.CRM.${cast}`,
  );
  if (key === undefined) return jsonResponse(200, { value: answerQuery(cut, type, options) });
  const ids = new Map(all.map((each) => [String(each.MetadataId), String(each.LogicalName)]));
  const name = nameOf(key, ids);
  const found = cut.filter((each) => each.LogicalName === name);
  if (found.length === 0) {
    throw new DataverseError(
      404,
      errorCodes.attributeNotFound,
      `Could not find an attribute with specified name: ${name}`,
    );
  }
  return single(context, found, type, options);
}

/** Answers a GET on EntityDefinitions; undefined where the path is another. */
export function readDefinitions(
  context: DataverseContext,
  model: Model,
  request: WebApiRequest,
): WebApiResponse | undefined {
  const { path, options } = parseTarget(request.target);
  const nowMs = context.clock.now();
  if (path === "EntityDefinitions") {
    const documents = [...model.values()].map((table) => tableDefinition(table, nowMs));
    return jsonResponse(200, { value: answerQuery(documents, tableType, options) });
  }
  const match = definitionPattern.exec(path);
  if (!match) return undefined;
  const table = tableOfKey(model, match[1] ?? "");
  if (match[2] !== undefined) return inside(context, table, match[2], options);
  return single(context, [tableDefinition(table, nowMs)], tableType, options);
}
