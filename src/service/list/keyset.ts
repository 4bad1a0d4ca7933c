import type {
  BoundComparison,
  BoundConstant,
  BoundExpression,
  BoundOrderBy,
  BoundProperty,
  ScalarType,
  Value,
} from "../../odata/index.ts";
import { promotedByPath } from "../store/promoted-columns.ts";

const textProperty = (name: string, type: "String" | "DateTimeOffset"): BoundProperty => ({
  kind: "property",
  type,
  variable: 0,
  path: [name],
});

/**
 * The order of a list that asks for none: as the referrals were created, which no later change
 * disturbs.
 */
const defaultOrder: readonly BoundOrderBy[] = [
  { expression: textProperty("createdDateTime", "DateTimeOffset"), descending: false },
];

/**
 * A total order: the one asked for, or the default one, and then by id in the direction of its last
 * key.
 */
export function totalOrder(asked: readonly BoundOrderBy[]): readonly BoundOrderBy[] {
  const keys = asked.length > 0 ? asked : defaultOrder;
  const { descending = false } = keys.at(-1) ?? {};
  return [...keys, { expression: textProperty("id", "String"), descending }];
}

const isNeverNull = (expression: BoundExpression): boolean =>
  expression.kind === "property" && promotedByPath[expression.path.join("/")]?.nullable === false;

const constant = (type: ScalarType, value: Value): BoundConstant =>
  value === null ? { kind: "constant", type: "Null", value } : { kind: "constant", type, value };

function compare(
  operator: BoundComparison["operator"],
  left: BoundExpression,
  value: Value,
): BoundComparison {
  const right = constant(left.type as ScalarType, value);
  return { kind: "comparison", type: "Boolean", operator, left, right };
}

const any = (operands: readonly BoundExpression[]): BoundExpression =>
  operands.length === 1 && operands[0] ? operands[0] : { kind: "or", type: "Boolean", operands };

const all = (operands: readonly BoundExpression[]): BoundExpression =>
  operands.length === 1 && operands[0] ? operands[0] : { kind: "and", type: "Boolean", operands };

/**
 * What comes strictly behind a value in one key's order, in which null is the smallest; empty where
 * nothing can.
 */
function beyond({ expression, descending }: BoundOrderBy, value: Value): BoundExpression[] {
  if (value === null) return descending ? [] : [compare("ne", expression, null)];
  if (!descending) return [compare("gt", expression, value)];
  const smaller = compare("lt", expression, value);
  return isNeverNull(expression) ? [smaller] : [smaller, compare("eq", expression, null)];
}

/** A weaker condition on the first key alone, from which an index can start. */
function start({ expression, descending }: BoundOrderBy, value: Value): BoundExpression[] {
  if (value === null) return [];
  if (!descending) return [compare("ge", expression, value)];
  return isNeverNull(expression) ? [compare("le", expression, value)] : [];
}

/**
 * The condition for what comes behind a referral with these sort keys: `a > x or (a = x and (b > y
 * or …))`.
 */
export function behind(order: readonly BoundOrderBy[], after: readonly Value[]): BoundExpression {
  const condition = (depth: number): BoundExpression | undefined => {
    const key = order[depth];
    const value = after[depth];
    if (!key || value === undefined) return undefined;
    const rest = condition(depth + 1);
    const tied = rest ? [all([compare("eq", key.expression, value), rest])] : [];
    const alternatives = [...beyond(key, value), ...tied];
    return alternatives.length > 0 ? any(alternatives) : undefined;
  };
  const whole = condition(0) ?? constant("Boolean", false);
  const [first] = order;
  const [value] = after;
  return first && value !== undefined ? all([...start(first, value), whole]) : whole;
}
