import type { BoundExpression, BoundOrderBy, BoundQuery } from "../../odata/index.ts";
import { type PromotedColumn, promotedColumns } from "../store/promoted-columns.ts";

/** Rows that an index may step over without being noticed. */
const longestSkip = 5_000;
const mostValues = 100;
const columnByPath = new Map(promotedColumns.map((column) => [column.path, column]));
const pageOrders = new Set(["createdDateTime", "updatedDateTime"]);

/** A condition that an index understands: a promoted column compared with constants. */
interface Simple {
  readonly column: PromotedColumn;
  readonly is: "value" | "values" | "range";
}

const columnOf = (expression: BoundExpression): PromotedColumn | undefined =>
  expression.kind === "property" && expression.variable === 0
    ? columnByPath.get(expression.path.join("/"))
    : undefined;

function simple(expression: BoundExpression): Simple | undefined {
  if (expression.kind === "in") {
    const column = columnOf(expression.operand);
    return column && expression.values.length <= mostValues ? { column, is: "values" } : undefined;
  }
  if (expression.kind !== "comparison" || expression.operator === "ne") return undefined;
  const [property, constant] =
    expression.right.kind === "constant"
      ? [expression.left, expression.right]
      : [expression.right, expression.left];
  const column = columnOf(property);
  if (!column || constant.kind !== "constant" || constant.value === null) return undefined;
  return { column, is: expression.operator === "eq" ? "value" : "range" };
}

const conjuncts = (filter: BoundExpression | undefined): readonly BoundExpression[] => {
  if (filter === undefined) return [];
  return filter.kind === "and" ? filter.operands.flatMap(conjuncts) : [filter];
};

/** The promoted column that a page comes in the order of; undefined where it must be sorted. */
function orderColumn(orderby: readonly BoundOrderBy[]): PromotedColumn | undefined {
  if (orderby.length === 0) return columnByPath.get("createdDateTime");
  const column = orderby[0] && columnOf(orderby[0].expression);
  return orderby.length === 1 && column?.use === "order" ? column : undefined;
}

/**
 * True where an index answers the query at a cost that grows with the page and not with the table,
 * so that it may run where calls are answered. Everything else is computed elsewhere, under a time
 * limit.
 */
export function isServedByIndex(query: BoundQuery): boolean {
  const { filter, orderby, skip = 0 } = query;
  const conditions = conjuncts(filter).map(simple);
  if (conditions.some((one) => one?.column.use === "many" && one.is !== "range")) return true;
  const order = orderColumn(orderby);
  if (!order || skip > longestSkip || conditions.includes(undefined)) return false;
  const others = conditions.filter((one) => one?.column !== order);
  if (others.length === 0) return true;
  const [only] = others;
  const isFew = only?.column.use === "few" && only.is === "value";
  return others.length === 1 && isFew && pageOrders.has(order.name);
}
