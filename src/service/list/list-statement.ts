import type { BoundExpression, BoundOrderBy } from "../../odata/index.ts";
import { compileFilter, compileOrderBy, dialects } from "../../storage/index.ts";
import type { DialectName, SqlValue } from "../../storage/port.ts";
import { promotedByPath } from "../store/promoted-columns.ts";
import { type Scope, sentColumns } from "../store/referral-store.ts";

/** A statement with its bound values. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What is to be found. */
export interface Search {
  readonly dialect: DialectName;
  readonly scope: Scope;
  readonly filter?: BoundExpression;
  /** The moment whose state is looked at; absent for the present one. */
  readonly asOf?: string;
  /** True: a statement for `scan`, which looks now and then whether its time is over. */
  readonly isScan: boolean;
}

/** Which part of it, in which order. */
export interface Page {
  readonly order: readonly BoundOrderBy[];
  /** The condition for what comes behind the previous page. */
  readonly behind?: BoundExpression;
  readonly limit?: number;
  readonly offset?: number;
}

/** Where referrals lie as they are, and as they were until they were changed. */
export type Source = "referrals" | "referralVersions";

function where(
  search: Search,
  source: Source,
  more: readonly (BoundExpression | undefined)[],
): Statement {
  const { dialect, scope, asOf } = search;
  const options = { dialect, table: source, promoted: promotedByPath };
  const conditions = more
    .filter((condition) => condition !== undefined)
    .map((condition) => compileFilter(condition, options));
  const { tenantId, locations } = scope;
  const texts = [`"${source}"."tenantId" = ?`];
  const values: SqlValue[] = [tenantId];
  if (locations?.length === 0) texts.push("FALSE");
  else if (locations) {
    texts.push(`"${source}"."locationId" IN (${locations.map(() => "?").join(", ")})`);
    values.push(...locations);
  }
  if (asOf !== undefined) {
    texts.push(`"${source}"."updatedDateTime" <= ?`);
    values.push(asOf);
  }
  if (asOf !== undefined && source === "referralVersions") {
    texts.push(`"${source}"."validUntil" > ?`);
    values.push(asOf);
  }
  if (search.isScan) texts.push(dialects[dialect].scanCheckpoint(`"${source}"`));
  for (const condition of conditions) {
    texts.push(`(${condition.text})`);
    values.push(...condition.values);
  }
  return { sql: `WHERE ${texts.join(" AND ")}`, values };
}

/** The rows of a page; each makes a StoredReferral. */
export function pageStatement(search: Search, page: Page, source: Source): Statement {
  const { dialect } = search;
  const condition = where(search, source, [search.filter, page.behind]);
  const order = compileOrderBy(page.order, { dialect, table: source, promoted: promotedByPath });
  const bounds: SqlValue[] = [];
  let limits = "";
  if (page.limit !== undefined || page.offset) {
    limits = " LIMIT ?";
    bounds.push(page.limit ?? Number.MAX_SAFE_INTEGER);
  }
  if (page.offset) {
    limits += " OFFSET ?";
    bounds.push(page.offset);
  }
  const from = `SELECT ${sentColumns[dialect]} FROM "${source}"`;
  return {
    sql: `${from} ${condition.sql} ORDER BY ${order.text}${limits}`,
    values: [...condition.values, ...order.values, ...bounds],
  };
}

/** The number of all that is found, counted no further than to `limit` where one is given. */
export function countStatement(search: Search, source: Source, limit?: number): Statement {
  const { sql, values } = where(search, source, [search.filter]);
  if (limit === undefined) {
    return { sql: `SELECT count(*) AS "count" FROM "${source}" ${sql}`, values };
  }
  const some = `SELECT 1 FROM "${source}" ${sql} LIMIT ?`;
  return { sql: `SELECT count(*) AS "count" FROM (${some}) AS "some"`, values: [...values, limit] };
}
