import type { BoundExpression } from "../../odata/index.ts";
import type { Database, DialectName } from "../../storage/index.ts";
import { type DealQuery, dealCondition } from "./deal-query.ts";
import { dealIndexes } from "./deal-schema.ts";
import { needsScan } from "./needs-scan.ts";

/** How a query is to be computed. */
export interface DealPlan {
  /** Stands behind the table's name. */
  readonly hint: string;
  /** True: away from the event loop, under a time limit. */
  readonly isScan: boolean;
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

/**
 * Chooses how a list is computed. The rows of each single condition are counted up to a few
 * thousand, which an index alone answers: where there are few, the list goes along that index;
 * where several conditions all have many, it goes through the rows.
 */
export async function planDeals(
  query: Pick<DealQuery, "filter" | "words" | "id">,
  database: Database,
  connectionId: string,
): Promise<DealPlan> {
  const { dialect } = database;
  const { filter } = query;
  const known = hints[dialect];
  if (filter === undefined) return asItComes;
  if (needsScan(filter)) return { hint: known?.through ?? "", isScan: true };
  if (known === undefined || query.words.length > 0 || query.id !== undefined) return asItComes;
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
  if (least.index !== "") return { hint: known.along(least.index), isScan: false };
  return conditions.length > 1 ? { hint: known.through, isScan: true } : asItComes;
}
