import type { BoundExpression } from "../../odata/index.ts";
import type { Database, DialectName } from "../../storage/index.ts";
import { type DealQuery, dealCondition } from "./deal-query.ts";
import { dealIndexes, dealsInUsualOrder } from "./deal-schema.ts";
import { isCheap, needsScan, propertiesIn } from "./needs-scan.ts";

/** How a query is to be computed. */
export interface DealPlan {
  /** Stands behind the table's name. */
  readonly hint: string;
  /** True: away from the event loop, under a time limit. */
  readonly isScan: boolean;
  /** True where an index leads to no more than a few deals. */
  readonly isFew?: true;
}

interface Hints {
  /** Along one index. */
  readonly along: (index: string) => string;
  /** Row by row, which is faster than going from an index to most of the rows. */
  readonly through: string;
}

/** PostgreSQL knows how often values occur and needs no hint; SQLite knows it in the mean alone. */
const hints: Readonly<Record<DialectName, Hints | undefined>> = {
  sqlite: { along: (index) => `INDEXED BY ${index}`, through: "NOT INDEXED" },
  postgres: undefined,
};

const asItComes: DealPlan = { hint: "", isScan: false };
/** So many rows are found by an index and looked at one by one within a few milliseconds. */
const few = 5_000;
/** So many of the first rows in order are looked at before all of them are. */
const glanced = 2_000;

type Asked = Pick<DealQuery, "filter" | "words" | "id">;

const isSearch = ({ words, id }: Asked): boolean => words.length > 0 || id !== undefined;

/** The index that a condition on one property begins with. */
function indexOf(condition: BoundExpression): string | undefined {
  const parts =
    condition.kind === "comparison"
      ? [condition.left, condition.right]
      : condition.kind === "in"
        ? [condition.operand]
        : [];
  const names = parts.flatMap((part) => (part.kind === "property" ? [part.path.join("/")] : []));
  return names.length === 1 ? dealIndexes.get(names[0] ?? "") : undefined;
}

/** The index that a list in this order is read along. */
function indexOfOrder(order: DealQuery["order"]): string | undefined {
  const [first] = order;
  return order.length === 1 && first ? dealIndexes.get(first.column) : undefined;
}

/** Through all deals: where one index holds all that is asked for, through that alone. */
function through(filter: BoundExpression, known: Hints): string {
  const { index, properties } = dealsInUsualOrder;
  const isHeld = [...propertiesIn(filter)].every((name) => properties.has(name));
  return isHeld ? known.along(index) : known.through;
}

/** True where there are no more than a few deals at all. */
async function areFew(database: Database, connectionId: string): Promise<boolean> {
  const sql = `SELECT COUNT(*) AS found FROM
    (SELECT 1 FROM operations_deals WHERE connection_id = ? LIMIT ?)`;
  return Number((await database.get(sql, [connectionId, few]))?.found ?? few) < few;
}

/** A filter that no index narrows: on a thread, unless it is done before a thread had begun. */
async function planAll(
  query: Asked,
  filter: BoundExpression,
  database: Database,
  connectionId: string,
): Promise<DealPlan> {
  const known = hints[database.dialect];
  if (known === undefined) return { hint: "", isScan: true };
  if (isSearch(query)) return { hint: known.through, isScan: true };
  const isQuick = isCheap(filter) && (await areFew(database, connectionId));
  return { hint: through(filter, known), isScan: !isQuick };
}

/**
 * Chooses how a list is computed. The rows of each single condition are counted up to a few
 * thousand, which an index alone answers: where there are few, the list goes along that index;
 * where several conditions all have many, it goes through the rows.
 */
export async function planDeals(
  query: Asked,
  database: Database,
  connectionId: string,
): Promise<DealPlan> {
  const { dialect } = database;
  const { filter } = query;
  const known = hints[dialect];
  if (filter === undefined) return asItComes;
  if (needsScan(filter)) return planAll(query, filter, database, connectionId);
  if (known === undefined || isSearch(query)) return asItComes;
  const conditions = filter.kind === "and" ? filter.operands : [filter];
  let least = { rows: few, index: "" };
  for (const condition of conditions) {
    const index = indexOf(condition);
    if (index === undefined || needsScan(condition)) continue;
    const { text, values } = dealCondition(
      { filter: condition, words: [] },
      { connectionId, dialect },
    );
    const sql = `SELECT COUNT(*) AS found FROM (SELECT 1 FROM operations_deals
      ${known.along(index)} WHERE ${text} LIMIT ?)`;
    const rows = Number((await database.get(sql, [...values, few]))?.found ?? few);
    if (rows < least.rows) least = { rows, index };
  }
  if (least.index !== "") return { hint: known.along(least.index), isScan: false, isFew: true };
  if (conditions.length > 1) return planAll(query, filter, database, connectionId);
  return asItComes;
}

/** The first deals in an order, as the source of a statement whose rows say whether they fit. */
export interface Glance {
  readonly index: string;
  readonly rows: number;
}

/**
 * Where to look before going through all deals: what many fit is found among the first in order.
 * Undefined where that would be no shorter, or a single row may take long.
 */
export function glanceAt(query: DealQuery, dialect: DialectName): Glance | undefined {
  const { filter, order, skip, limit, after } = query;
  const index = indexOfOrder(order);
  if (filter === undefined || index === undefined || after !== undefined) return undefined;
  const isOpen = !isSearch(query) && skip + limit < glanced && isCheap(filter);
  const known = hints[dialect];
  return known && isOpen ? { index: known.along(index), rows: glanced } : undefined;
}
