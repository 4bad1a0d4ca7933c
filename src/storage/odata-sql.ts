import type { BoundExpression, BoundOrderBy } from "../odata/index.ts";
import { ODataSqlCompiler, type ODataSqlOptions } from "./odata-sql-compiler.ts";
import { joined, type SqlFragment } from "./odata-sql-fragment.ts";

/**
 * A condition for WHERE that is true for exactly the rows for which evaluation in memory yields
 * true.
 */
export const compileFilter = (filter: BoundExpression, options: ODataSqlOptions): SqlFragment =>
  new ODataSqlCompiler(options).condition(filter);

/**
 * The terms of ORDER BY, without the words; empty for no sort keys. Orders as evaluation in memory
 * does; the caller adds a unique column, so that the order is total.
 */
export function compileOrderBy(
  orderby: readonly BoundOrderBy[],
  options: ODataSqlOptions,
): SqlFragment {
  const compiler = new ODataSqlCompiler(options);
  const terms = orderby.flatMap(({ expression, descending }) =>
    compiler.orderTerms(expression, descending),
  );
  return joined(terms, ", ");
}
