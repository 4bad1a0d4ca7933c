import type { BoundOrderBy, BoundQuery, Selection } from "./bound.ts";
import { evaluate } from "./evaluate-expression.ts";
import { compareText, compareValues, type ScalarType } from "./value.ts";

/** A JSON object. */
export type Document = Readonly<Record<string, unknown>>;

/**
 * What a query finds: the page, cut down to what was selected, and the number of all matches where
 * it was asked for.
 */
export interface QueryResult {
  readonly value: readonly Document[];
  readonly count?: number;
}

/** True where the filter is true for the document; unknown is not true. */
export const matches = ({ filter }: Pick<BoundQuery, "filter">, document: unknown): boolean =>
  filter === undefined || evaluate(filter, document) === true;

/**
 * Orders documents by the sort keys: null first in ascending, last in descending order. Equal
 * documents fall back to the text of their `tieBreaker`, ascending, so that the order is total
 * where that is unique.
 */
export function documentOrder(
  orderby: readonly BoundOrderBy[],
  tieBreaker: string,
): (left: Document, right: Document) => number {
  return (left, right) => {
    for (const { expression, descending } of orderby) {
      const type = expression.type as ScalarType;
      const order = compareValues(type, evaluate(expression, left), evaluate(expression, right));
      if (order !== 0) return descending ? -order : order;
    }
    return compareText(String(left[tieBreaker] ?? ""), String(right[tieBreaker] ?? ""));
  };
}

const isDocument = (value: unknown): value is Document =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function pick(value: unknown, selection: Selection): unknown {
  if (selection.all) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => pick(item, selection));
  if (!isDocument(value)) return value;
  const entries = Object.entries(value).flatMap(([name, inner]): [string, unknown][] => {
    const wanted = selection.properties.get(name);
    if (wanted) return [[name, pick(inner, wanted)]];
    return name.startsWith("@") ? [[name, inner]] : [];
  });
  return Object.fromEntries(entries);
}

function expanded(value: unknown, query: BoundQuery): unknown {
  if (Array.isArray(value)) return applyQuery(value.filter(isDocument), query).value;
  return isDocument(value) ? project(value, query) : value;
}

/**
 * The document as the query wants it. Annotations stay; navigation properties come only by
 * `$expand`.
 */
export function project(document: Document, query: BoundQuery): Document {
  const { select, expand, navigations } = query;
  const picked = (select ? pick(document, select) : document) as Document;
  const own = Object.entries(picked).filter(([name]) => !navigations.includes(name));
  const included = expand
    .filter(({ name }) => Object.hasOwn(document, name))
    .map(({ name, query: inner }) => [name, expanded(document[name], inner)] as const);
  return Object.fromEntries([...own, ...included]);
}

/**
 * Answers a query from documents in memory. Ties keep the order in which the documents come unless
 * `tieBreaker` is named.
 */
export function applyQuery(
  documents: readonly Document[],
  query: BoundQuery,
  tieBreaker?: string,
): QueryResult {
  const found = documents.filter((document) => matches(query, document));
  if (query.orderby.length > 0 || tieBreaker !== undefined) {
    found.sort(documentOrder(query.orderby, tieBreaker ?? ""));
  }
  const start = query.skip ?? 0;
  const page = found.slice(start, query.top === undefined ? undefined : start + query.top);
  const value = page.map((document) => project(document, query));
  return query.count ? { value, count: found.length } : { value };
}
