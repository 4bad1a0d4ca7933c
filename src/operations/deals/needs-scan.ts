import type { BoundExpression } from "../../odata/index.ts";

const isComparable = (expression: BoundExpression): boolean =>
  expression.kind === "property" || expression.kind === "constant";

/**
 * True where no index can narrow what a filter finds (a function, a negation): then it is computed
 * away from the event loop and under a time limit.
 */
export function needsScan(filter: BoundExpression | undefined): boolean {
  if (filter === undefined) return false;
  switch (filter.kind) {
    case "and":
      return filter.operands.every(needsScan);
    case "or":
      return filter.operands.some(needsScan);
    case "in":
      return !isComparable(filter.operand);
    case "comparison":
      return filter.operator === "ne" || ![filter.left, filter.right].every(isComparable);
    default:
      return true;
  }
}
