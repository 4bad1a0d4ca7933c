import type { BoundExpression } from "../../odata/index.ts";
import { dealIndexes } from "./deal-schema.ts";

function isServed(expression: BoundExpression): boolean {
  if (expression.kind !== "property") return false;
  const name = expression.path.join("/");
  return name === "id" || dealIndexes.has(name);
}

const isConstant = (expression: BoundExpression): boolean => expression.kind === "constant";

/** True where an index can narrow what a filter finds. */
function isNarrowed(filter: BoundExpression): boolean {
  switch (filter.kind) {
    case "and":
      return filter.operands.some(isNarrowed);
    case "or":
      return filter.operands.every(isNarrowed);
    case "in":
      return isServed(filter.operand);
    case "comparison": {
      const { left, right, operator } = filter;
      if (operator === "ne") return false;
      return (isServed(left) && isConstant(right)) || (isServed(right) && isConstant(left));
    }
    default:
      return false;
  }
}

/**
 * True where no index can narrow what a filter finds (a function, a negation, a property without
 * an index): then it is computed away from the event loop and under a time limit.
 */
export function needsScan(filter: BoundExpression | undefined): boolean {
  return filter !== undefined && !isNarrowed(filter);
}

/** The expressions right inside one; a deal has no collections. */
function partsOf(expression: BoundExpression): readonly BoundExpression[] {
  switch (expression.kind) {
    case "and":
    case "or":
      return expression.operands;
    case "not":
    case "in":
      return [expression.operand];
    case "comparison":
    case "arithmetic":
      return [expression.left, expression.right];
    case "call":
      return expression.arguments;
    default:
      return [];
  }
}

/** The names of the properties that a filter looks at. */
export function propertiesIn(filter: BoundExpression): ReadonlySet<string> {
  if (filter.kind === "property") return new Set([filter.path.join("/")]);
  return new Set(partsOf(filter).flatMap((part) => [...propertiesIn(part)]));
}

const plainFunctions: ReadonlySet<string> = new Set(["contains", "startswith", "endswith"]);

/** True where looking at one deal takes a microsecond: no arithmetic, no computed function. */
export function isCheap(filter: BoundExpression): boolean {
  const isPlain = filter.kind === "call" ? plainFunctions.has(filter.function) : true;
  return isPlain && filter.kind !== "arithmetic" && partsOf(filter).every(isCheap);
}
