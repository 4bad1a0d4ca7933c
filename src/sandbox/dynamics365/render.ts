import { applyQuery, type BoundQuery } from "../../odata/index.ts";
import { lookupProperty, type Model, type Table } from "./model.ts";
import { navigationsOf } from "./relationships.ts";
import type { Document, StoredRow } from "./store.ts";

/** The ETag of a row's version. */
export function etagOf(row: StoredRow): string {
  return `W/"${row.version}"`;
}

const formattedSuffix = "@OData.Community.Display.V1.FormattedValue";
const lookupSuffix = "@Microsoft.Dynamics.CRM.lookuplogicalname";

/** What a reply is rendered with. */
export interface RenderOptions {
  readonly model: Model;
  /** Names or patterns of wanted annotations: `*`, `OData.Community.*`. */
  readonly annotations: readonly string[];
}

function wants(annotations: readonly string[], suffix: string): boolean {
  const name = suffix.slice(1);
  return annotations.some(
    (wanted) => wanted === name || (wanted.endsWith("*") && name.startsWith(wanted.slice(0, -1))),
  );
}

function formatted(table: Table, name: string, value: unknown): string | undefined {
  const attribute = table.attributes[name];
  if (value === null || value === undefined) return undefined;
  if (attribute?.options) {
    return attribute.options.find((option) => option.value === value)?.label;
  }
  if (attribute?.type === "Boolean") return value === true ? "Yes" : "No";
  if (attribute?.type === "Money") return Number(value).toFixed(2);
  return undefined;
}

function renderExpanded(
  options: RenderOptions,
  table: Table,
  value: unknown,
  query: BoundQuery,
): unknown {
  if (Array.isArray(value)) {
    const whole = { ...query, expand: [], navigations: [] };
    const { select: _all, ...rows } = whole;
    return applyQuery(value as readonly Document[], rows).value.map((document) =>
      renderDocument(options, table, document, query),
    );
  }
  return value === null || value === undefined
    ? null
    : renderDocument(options, table, value as Document, query);
}

/**
 * A row as a reply shows it: selected properties, expanded ones, its ETag and the wanted
 * annotations.
 */
export function renderDocument(
  options: RenderOptions,
  table: Table,
  document: Document,
  query: BoundQuery,
): Document {
  const { model, annotations } = options;
  const shown: Record<string, unknown> = { "@odata.etag": document["@odata.etag"] };
  const showFormatted = wants(annotations, formattedSuffix);
  const showLookups = wants(annotations, lookupSuffix);
  for (const { name, type } of Object.values(table.attributes)) {
    const property = type === "Lookup" ? lookupProperty(name) : name;
    const isSelected =
      query.select === undefined ||
      query.select.properties.has(property) ||
      query.select.properties.has("*") ||
      name === table.primaryId;
    if (!isSelected) continue;
    const value = document[property] ?? null;
    const text = showFormatted ? formatted(table, name, value) : undefined;
    if (text !== undefined) shown[property + formattedSuffix] = text;
    const target = document[property + lookupSuffix];
    if (showLookups && typeof target === "string") shown[property + lookupSuffix] = target;
    shown[property] = value;
  }
  const navigations = navigationsOf(model, table);
  for (const { name, query: inner } of query.expand) {
    const target = model.get(navigations.get(name)?.target ?? "");
    if (target) shown[name] = renderExpanded(options, target, document[name], inner);
  }
  return shown;
}
