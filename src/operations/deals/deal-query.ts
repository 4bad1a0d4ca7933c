import type { DealProperties } from "../../contract/index.ts";
import type { BoundExpression } from "../../odata/index.ts";
import { compileFilter, type DialectName, dialects, type SqlValue } from "../../storage/index.ts";
import { dealColumns, dealPromoted } from "./deal-columns.ts";
import { wordIndexes } from "./word-index.ts";

/** Which deals to list, and how. */
export interface DealQuery {
  readonly filter?: BoundExpression;
  /** Words, each of which a deal's words must begin with. */
  readonly words: readonly string[];
  /** What may be an id, or the beginning of one: deals with it are found beside those by words. */
  readonly id?: string;
  readonly order: readonly {
    readonly column: keyof DealProperties;
    readonly descending: boolean;
  }[];
  /** Only what comes behind this id; goes with the order by id alone. */
  readonly after?: string;
  readonly skip: number;
  readonly limit: number;
}

/** Where a query is asked. */
export interface DealScope {
  readonly connectionId: string;
  readonly dialect: DialectName;
}

interface Condition {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** From so many characters on, the beginning of an id says which one is meant. */
const telling = 8;
const idColumns = ["id", "referralId", "crmId", "engagementId"] as const;
/** Behind everything that begins alike. */
const behind = "\uffff";

/** The numbers of deals with this id on either side, as it was typed or in lower case. */
function byId(text: string, connectionId: string): Condition {
  const spellings = [...new Set([text, text.toLowerCase()])];
  const parts = idColumns.flatMap((column) =>
    spellings.map((spelling) => {
      const isBeginning = spelling.length >= telling;
      const condition = isBeginning ? `"${column}" >= ? AND "${column}" < ?` : `"${column}" = ?`;
      return {
        text: `SELECT "number" FROM operations_deals WHERE connection_id = ? AND ${condition}`,
        values: [connectionId, spelling, ...(isBeginning ? [`${spelling}${behind}`] : [])],
      };
    }),
  );
  return {
    text: parts.map((part) => part.text).join(" UNION ALL "),
    values: parts.flatMap(({ values }) => values),
  };
}

/** The deals that were searched for, as a condition; undefined where nothing was. */
function searched(
  { words, id }: Pick<DealQuery, "words" | "id">,
  { connectionId, dialect }: DealScope,
): Condition | undefined {
  const { search, pattern } = wordIndexes[dialect];
  const found: Condition[] = [];
  if (words.length > 0) found.push({ text: search, values: [pattern(words)] });
  if (id !== undefined) found.push(byId(id, connectionId));
  if (found.length === 0) return undefined;
  const numbers = found.map(({ text }) => text).join(" UNION ALL ");
  return {
    text: `operations_deals."number" IN (${numbers})`,
    values: found.flatMap(({ values }) => values),
  };
}

/**
 * The condition of a query, for the WHERE of a statement on `operations_deals`; where that is a
 * scan, it can be ended.
 */
export function dealCondition(
  query: Pick<DealQuery, "filter" | "words" | "id" | "after">,
  scope: DealScope,
  isScan = false,
): Condition {
  const { filter, after } = query;
  const { connectionId, dialect } = scope;
  const parts: Condition[] = [
    { text: "operations_deals.connection_id = ?", values: [connectionId] },
  ];
  if (after !== undefined) parts.push({ text: 'operations_deals."id" > ?', values: [after] });
  const found = searched(query, scope);
  if (found) parts.push(found);
  if (filter) {
    const table = "operations_deals";
    if (isScan) {
      parts.push({ text: dialects[dialect].scanCheckpoint(`"${table}"`), values: [] });
    }
    const { text, values } = compileFilter(filter, { dialect, table, promoted: dealPromoted });
    parts.push({ text: `(${text})`, values });
  }
  return {
    text: parts.map(({ text }) => text).join(" AND "),
    values: parts.flatMap(({ values }) => values),
  };
}

/** What decides among equals, so that an index that goes on with it gives the order. */
const seconds: Readonly<Partial<Record<string, string>>> = {
  state: "changed",
  status: "closes",
  substatus: "closed",
};

/** The terms of ORDER BY: nothing comes last, and equals keep an order. */
export function dealOrder(order: DealQuery["order"]): string {
  const last = order.at(-1);
  if (last === undefined) return '"id"';
  const direction = last.descending ? "DESC" : "ASC";
  const terms = order.map(({ column, descending }) => {
    const { nullable } = dealColumns[column];
    return `"${column}" ${descending ? "DESC" : "ASC"}${nullable ? " NULLS LAST" : ""}`;
  });
  const second = seconds[last.column];
  if (second !== undefined) terms.push(`"${second}" ${direction}`);
  return [...terms, `"number" ${direction}`].join(", ");
}
