import type { ModelProperty, ModelType, PrimitiveType } from "../../contract/index.ts";
import {
  type BoundQuery,
  bindQuery,
  documentOrder,
  matches,
  ODataError,
  parseQueryOptions,
  type QueryOptions,
} from "../../odata/index.ts";
import type { Queryable } from "../../storage/port.ts";
import { badRequest, errorCodes, notImplemented } from "./errors.ts";
import { type AttributeType, lookupProperty, type Model, type Table } from "./model.ts";
import { navigationsOf } from "./relationships.ts";
import { etagOf } from "./render.ts";
import { type Document, findRow, rowsAfter, type StoredRow } from "./store.ts";

const primitives: Readonly<Record<AttributeType, PrimitiveType>> = {
  String: "String",
  Memo: "String",
  Integer: "Int32",
  Decimal: "Decimal",
  Double: "Double",
  Money: "Decimal",
  Boolean: "Boolean",
  DateTime: "DateTimeOffset",
  DateOnly: "Date",
  Lookup: "Guid",
  Picklist: "Int32",
  State: "Int32",
  Status: "Int32",
  Uniqueidentifier: "Guid",
  BigInt: "Int64",
};

const typesOfModel = new WeakMap<Model, ReadonlyMap<string, ModelType>>();

/** The OData types of all tables; navigation properties make them refer to each other. */
export function modelTypes(model: Model): ReadonlyMap<string, ModelType> {
  const known = typesOfModel.get(model);
  if (known) return known;
  const types = buildTypes(model);
  typesOfModel.set(model, types);
  return types;
}

function buildTypes(model: Model): ReadonlyMap<string, ModelType> {
  const drafts = new Map(
    [...model.values()].map((table) => {
      const properties: ModelProperty[] = Object.values(table.attributes).map((attribute) => ({
        name: attribute.type === "Lookup" ? lookupProperty(attribute.name) : attribute.name,
        type: primitives[attribute.type],
        collection: false,
      }));
      return [table.name, { name: table.name, open: false, properties }] as const;
    }),
  );
  for (const table of model.values()) {
    for (const { name, target, kind } of navigationsOf(model, table).values()) {
      const type = drafts.get(target);
      if (!type) continue;
      const collection = kind === "many";
      drafts.get(table.name)?.properties.push({ name, type, collection, navigation: true });
    }
  }
  return drafts;
}

/** The functions that Dataverse's documentation of $filter lists. */
const filterFunctions = new Set(["contains", "startswith", "endswith"]);
const arithmetic = new Set(["add", "sub", "mul", "div", "divby", "mod", "has"]);

interface AnyNode {
  readonly kind?: string;
  readonly operator?: string;
  readonly name?: string;
}

/**
 * Refuses what Dataverse's $filter doesn't know: arithmetic, `in`, and most of OData's functions.
 */
function refuseBeyondDataverse(expression: unknown): void {
  if (expression === null || typeof expression !== "object") return;
  const { kind, operator = "", name = "" } = expression as AnyNode;
  if (kind === "call" && !filterFunctions.has(name)) {
    throw notImplemented(`The function '${name}' isn't supported in $filter.`);
  }
  if (kind === "in" || arithmetic.has(operator)) {
    throw notImplemented(`The operator '${operator || kind}' isn't supported in $filter.`);
  }
  for (const inner of Object.values(expression)) refuseBeyondDataverse(inner);
}

function refuseOptions(options: QueryOptions): void {
  if (options.skip !== undefined) {
    throw badRequest(errorCodes.invalidQuery, "The query parameter $skip is not supported");
  }
  if (options.filter) refuseBeyondDataverse(options.filter);
}

/** Reads the query options of a request against a table. Errors: DataverseError. */
export function readQuery(
  model: Model,
  table: Table,
  options: ReadonlyMap<string, string>,
): BoundQuery {
  const kept = [...options].filter(([name]) => name !== "$skiptoken" && name !== "$deltatoken");
  const text = kept.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const type = modelTypes(model).get(table.name);
  if (!type) throw badRequest(errorCodes.invalidQuery, `No type for ${table.name}.`);
  try {
    const parsed = parseQueryOptions(text);
    const [unknown] = parsed.custom;
    if (unknown) {
      throw badRequest(
        errorCodes.invalidQuery,
        `The query parameter ${unknown.name} is not supported`,
      );
    }
    refuseOptions(parsed);
    return bindQuery(parsed, type);
  } catch (error) {
    if (error instanceof ODataError) throw badRequest(errorCodes.invalidQuery, error.message);
    throw error;
  }
}

async function relatedDocuments(
  database: Queryable,
  model: Model,
  table: Table,
  row: StoredRow,
  query: BoundQuery,
): Promise<Document> {
  const navigations = navigationsOf(model, table);
  const related: Record<string, unknown> = {};
  for (const { name, query: inner } of query.expand) {
    const navigation = navigations.get(name);
    const target = navigation && model.get(navigation.target);
    if (!navigation || !target) continue;
    const found = await rowsBehind(database, navigation, row);
    const documents: Document[] = [];
    for (const each of found) {
      documents.push(await withRelated(database, model, target, each, inner));
    }
    related[name] = navigation.kind === "many" ? documents : (documents[0] ?? null);
  }
  return related;
}

/** The rows that a navigation property leads to. */
export async function rowsBehind(
  database: Queryable,
  navigation: { readonly kind: string; readonly property: string; readonly target: string },
  row: StoredRow,
): Promise<readonly StoredRow[]> {
  if (navigation.kind === "many") {
    const all = await rowsAfter(database, navigation.target, 0);
    return all.filter(({ document }) => document[navigation.property] === row.id);
  }
  const id = row.document[navigation.property];
  const found = typeof id === "string" ? await findRow(database, navigation.target, id) : undefined;
  return found ? [found] : [];
}

/** A row as a document with its ETag, and with what the query expands. */
export async function withRelated(
  database: Queryable,
  model: Model,
  table: Table,
  row: StoredRow,
  query: BoundQuery,
): Promise<Document> {
  const related = await relatedDocuments(database, model, table, row, query);
  return { "@odata.etag": etagOf(row), ...row.document, ...related };
}

/** An expression whose texts are in lower case. */
function caseless<Node>(node: Node): Node {
  if (node === null || typeof node !== "object") return node;
  if (Array.isArray(node)) return node.map(caseless) as Node;
  const { kind, type, value } = node as { kind?: unknown; type?: unknown; value?: unknown };
  if (kind === "constant") {
    const isText = type === "String" && typeof value === "string";
    return isText ? { ...node, value: value.toLowerCase() } : node;
  }
  const entries = Object.entries(node).map(([name, inner]) => [name, caseless(inner)]);
  return Object.fromEntries(entries) as Node;
}

/** True where an expression reads or compares text. */
function hasText(node: unknown): boolean {
  if (node === null || typeof node !== "object") return false;
  return Reflect.get(node, "type") === "String" || Object.values(node).some(hasText);
}

function caselessDocument(table: Table, document: Document): Document {
  const lowered: Record<string, unknown> = { ...document };
  for (const { name, type } of Object.values(table.attributes)) {
    const text = document[name];
    if ((type === "String" || type === "Memo") && typeof text === "string") {
      lowered[name] = text.toLowerCase();
    }
  }
  return lowered;
}

/**
 * The rows that pass the query's filter, in its order; nothing is cut off or left out of them
 * yet. As in Dataverse, texts are compared without regard to case.
 */
export function filterRows(
  table: Table,
  rows: readonly StoredRow[],
  query: BoundQuery,
): readonly StoredRow[] {
  const filter = query.filter && caseless(query.filter);
  // Most filters compare ids: then no row needs a copy in lower case.
  const comparesText = hasText(query.filter);
  const lowered = (document: Document): Document =>
    comparesText || query.orderby.length > 0 ? caselessDocument(table, document) : document;
  const order = documentOrder(query.orderby, "@row");
  return rows
    .map((row) => ({ row, document: lowered(row.document) }))
    .filter(({ document }) => filter === undefined || matches({ filter }, document))
    .map(({ row, document }) => ({ row, document: { ...document, "@row": row.id } }))
    .sort((left, right) => order(left.document, right.document))
    .map(({ row }) => row);
}
